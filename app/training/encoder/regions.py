"""The whitening of regions, fitted on pictures: `flask train regional-whitening`. What it is for: `engine/encoders/regional.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine.builds import write_json
from app.engine.encoders import Encoder, encoder_preset
from app.engine.encoders.backbone import REGIONAL
from app.engine.encoders.regional import BIAS, KERNEL, whitening_path
from app.engine.encoders.whitening import whitening_of
from app.engine.errors import ImageError
from app.engine.images import read_image
from app.engine.types import Floats, Progress
from app.engine.weights import WeightStore, arrays_digest, load_arrays, write_npz
from app.training.distillation import Source, TrainingError, sources, sources_digest
from app.training.head_run import revision

Doubles = npt.NDArray[np.float64]
READ_PX = 1600  # the longest side that an encoder may see
FLOOR = 0.1  # of the largest eigenvalue


class Moments:
    """Mean and covariance of rows that come a few at a time: memory does not grow with the pictures."""

    def __init__(self, channels: int) -> None:
        self.count = 0
        self._sum = np.zeros(channels)
        self._products = np.zeros((channels, channels))

    def add(self, rows: Floats) -> None:
        """(n, C)."""
        doubles = rows.astype(np.float64)
        self.count += len(doubles)
        self._sum += doubles.sum(axis=0)
        self._products += doubles.T @ doubles

    def mean(self) -> Doubles:
        return self._sum / self.count

    def covariance(self) -> Doubles:
        mean = self.mean()
        return np.asarray((self._products - self.count * np.outer(mean, mean)) / (self.count - 1))


@dataclass(frozen=True)
class Regions:
    """What the regions of these pictures are like."""

    moments: Moments
    pictures: tuple[Source, ...]


def plain_name(name: str, store: WeightStore | None = None) -> str:
    """The encoder whose regions `name` whitens: `resnet50-rgem@512` of `resnet50-rgem-local@512`; or `name`, where it whitens none.

    Raises PresetError, WeightsError, or TrainingError where it has no regions or needs nothing fitted.
    """
    preset = encoder_preset(name, store)
    if preset.pooling not in REGIONAL:
        raise TrainingError(f"{name} does not pool by regions; name an encoder that does, such as resnet50-rgem@512.")
    if KERNEL in load_arrays(preset.weights, store):
        raise TrainingError(f"The weights {preset.weights} hold a whitening of regions that was learned with them; nothing to fit.")
    return name.replace("-local", "", 1) if preset.local else name


def collect(
    folders: Sequence[Path], encoder: Encoder, *, most: int | None = None, progress: Progress | None = None
) -> Regions:
    """The regions of every readable picture, or of the first `most` by sha256. Raises TrainingError where they are too few."""
    moments, read = Moments(encoder.channels), []
    for number, picture in enumerate(found := sources(folders)[:most], 1):
        try:
            (rows,) = encoder.regions([read_image(picture.path, max_side=READ_PX)])
        except ImageError:
            continue
        moments.add(rows)
        read.append(picture)
        if progress:
            progress("pictures", number, len(found))
    if moments.count <= encoder.channels:
        raise TrainingError(
            f"{moments.count} regions of {len(read)} pictures are too few for {encoder.channels} channels, of which each needs one "
            "at least; give more pictures."
        )
    return Regions(moments, tuple(read))


def fit(moments: Moments, *, floor: float = FLOOR) -> dict[str, Floats]:
    """PCA-whitening of the regions in all directions that they span, as one linear layer: its arrays by name."""
    mean, covariance = moments.mean(), moments.covariance()
    projection = whitening_of(mean, covariance, len(mean), floor=floor).projection
    return {KERNEL: projection, BIAS: np.asarray(-mean @ projection, np.float32)}


def save(found: Regions, encoder: Encoder, store: WeightStore) -> tuple[Path, dict[str, Any]]:
    """Fit and write where every size of this encoder finds it, its card beside it. Returns the file and the card."""
    arrays = fit(found.moments)
    path = whitening_path(store.heads, encoder_preset(encoder.name, store))
    card = {
        "task": "whitening of regions", "encoder": encoder.name, "weights": encoder.weights, "trunk_sha256": encoder.trunk,
        "pictures": len(found.pictures), "regions": found.moments.count, "floor": FLOOR, "dim": len(arrays[BIAS]),
        "data_sha256": sources_digest(found.pictures), "arrays_sha256": arrays_digest(arrays), "revision": revision(),
    }
    write_npz(path, arrays)
    write_json(path.with_suffix(".json"), card)
    return path, card
