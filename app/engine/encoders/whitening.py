"""PCA-whitening of descriptors: fitted on a catalogue and, if asked for, on what photos do to descriptors; kept with the build."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.engine.encoders.pooling import unit_rows
from app.engine.errors import PresetError
from app.engine.types import Floats

Doubles = npt.NDArray[np.float64]

# Of the largest eigenvalue. Weaker directions are seen by few pictures, and whitening would blow their noise up. Chosen on
# 1,003 works asked by 255 gallery photographs (GeM of block5_conv3 at 384 px, whole photo and pictures found in it): recall@50
# 0.976 at 1e-3, 0.976 at 1e-2, 0.988 at 0.03, 0.992 at 0.1; recall@1 0.953, 0.969, 0.969, 0.969; the same way on both halves.
RELATIVE_FLOOR = 0.1
# Of a whitening that knows the noise within pairs of photo and picture: chosen on simulated photos of 102 works kept from the fit;
# on 171 further ones recall@1 0.760 without it, 0.854 with these; neighbouring values are within 0.02 (docs/encoders.md).
NOISE_SHARE, NOISE_FLOOR = 0.5, 0.03


@dataclass(frozen=True)
class Whitening:
    """`mean` (C,), `projection` (C, dim): one column per direction, already divided by its standard deviation."""

    mean: Floats
    projection: Floats

    @property
    def dim(self) -> int:
        return int(self.projection.shape[1])

    def apply(self, raw: Floats) -> Floats:
        """(M, C) rows of unit length → (dim,) of unit length: centre, project, l2, sum over M, l2.

        Rows that are all zero (a class map that is zero everywhere) are left out.
        Jimenez et al., BMVC 2017; for M = 1 the usual PCA-whitening of Jégou & Chum, ECCV 2012.
        """
        rows = raw[np.any(raw != 0, axis=1)]
        projected = np.asarray((rows - self.mean) @ self.projection, np.float32)
        return unit_rows(unit_rows(projected).sum(axis=0))

    def to_bytes(self) -> bytes:
        """As an `.npz`; equal whitenings give equal bytes."""
        buffer = io.BytesIO()
        np.savez(buffer, mean=self.mean, projection=self.projection)
        return buffer.getvalue()

    def save(self, path: Path) -> None:
        """Write aside, then replace."""
        draft = path.with_name(f".{path.name}.tmp")
        draft.write_bytes(self.to_bytes())
        draft.replace(path)

    @classmethod
    def load(cls, path: Path) -> Whitening:
        """Raises OSError or ValueError where the file is missing or damaged."""
        with np.load(path, allow_pickle=False) as file:
            return cls(np.asarray(file["mean"], np.float32), np.asarray(file["projection"], np.float32))


def fit_whitening(
    rows: Floats, dim: int, *, floor: float = RELATIVE_FLOOR, noise: Floats | Doubles | None = None, share: float = NOISE_SHARE
) -> Whitening:
    """PCA-whitening from (N, C) rows to at most `dim` directions.

    Fewer directions come out where the rows span fewer: `dim ≤ min(dim, C, N − 1)`; at least one. The covariance is
    float64; eigenvalues below `floor` times the largest are lifted to it, so that directions seen by few rows do not
    drown the others. Each direction's largest component is positive: the same rows give the same whitening.
    For CAM descriptors give one row a picture, that of the most probable class (Jimenez et al. 2017: N_pca = 1).
    noise: (C, C) covariance of what differs between photos and the pictures that they show. It makes up `share` of the
    covariance that is whitened, both scaled to the same mean variance, and so spans directions that a small catalogue does not.
    """
    data = np.asarray(rows, np.float64)
    mean = data.mean(axis=0) if len(data) else np.zeros(data.shape[1])
    covariance = (data - mean).T @ (data - mean) / max(len(data) - 1, 1)
    if noise is not None:
        covariance = (1 - share) * _even(covariance) + share * _even(np.asarray(noise, np.float64))
    most = dim if noise is not None else min(dim, len(data) - 1)
    return whitening_of(mean, covariance, most, floor=floor)


def whitening_of(mean: Doubles, covariance: Doubles, dim: int, *, floor: float) -> Whitening:
    """The whitening of rows with this (C,) mean and (C, C) covariance, to at most `dim` directions: see `fit_whitening`."""
    values, vectors = _principal(covariance)
    spanned = int(np.sum(values > 1e-10 * float(values[0])))
    kept = max(1, min(dim, spanned))
    deviations = np.sqrt(np.maximum(values[:kept], max(floor * float(values[0]), 1e-12)))
    return Whitening(np.asarray(mean, np.float32), np.asarray(_signed(vectors[:, :kept]) / deviations, np.float32))


def read_noise(path: Path, encoder_fingerprint: str) -> Floats:
    """What `flask train whitening` measured with this very encoder. Raises PresetError where it is missing or of another one."""
    try:
        card = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        with np.load(path, allow_pickle=False) as file:
            noise = np.asarray(file["noise"], np.float32)
    except (OSError, ValueError, KeyError) as error:
        raise PresetError(f"{path.name} cannot be read ({error}); run: flask train whitening FOLDER…") from error
    if card["encoder_fingerprint"] != encoder_fingerprint:
        raise PresetError(f"{path.name} was measured with another encoder, {card['encoder']}; run: flask train whitening FOLDER…")
    return noise


def _even(covariance: Doubles) -> Doubles:
    """Scaled to a mean variance of 1."""
    return np.asarray(covariance * len(covariance) / max(float(np.trace(covariance)), 1e-12))


def _principal(covariance: Doubles) -> tuple[Doubles, Doubles]:
    """Eigenvalues, largest first, and eigenvectors (columns)."""
    values, vectors = np.linalg.eigh(covariance)
    return values[::-1], vectors[:, ::-1]


def _signed(vectors: Doubles) -> Doubles:
    """Columns turned so that the component of largest size is positive: the sign of an eigenvector is arbitrary."""
    largest = np.abs(vectors).argmax(axis=0)
    return np.asarray(vectors * np.where(vectors[largest, np.arange(vectors.shape[1])] < 0, -1.0, 1.0))
