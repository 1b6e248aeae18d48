"""Pairs of picture and simulated photo as an encoder describes them, and the noise within them that a whitening puts down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.engine.builds import write_json
from app.engine.encoders import Encoder
from app.engine.errors import ImageError
from app.engine.types import Floats, Progress
from app.engine.weights import write_npz
from app.training.distillation import Source, TrainingError, sources, sources_digest
from app.training.encoder import data
from app.training.encoder.whitening import within
from app.training.head_run import revision


@dataclass(frozen=True)
class Pairs:
    """(n, C) rows of unit length of photos and of the pictures that they show, and the sources of the pictures."""

    photos: Floats
    pictures: Floats
    sources: tuple[Source, ...]


def pairs(
    folders: Sequence[Path], photos: int, encoder: Encoder, scratch: Path, *, seed: int = 1, most: int | None = None,
    progress: Progress | None = None,
) -> Pairs:
    """`photos` photos of every readable picture, or of the first `most` by sha256. One file a picture is kept in `scratch`."""
    folder = scratch / f"pairs-{encoder.fingerprint[:16]}-{seed}-{data.REVISION}"
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[Floats] = []
    read: list[Source] = []
    for number, picture in enumerate(found := sources(folders)[:most], 1):
        try:
            rows.append(_rows(picture, photos, encoder, folder / f"{picture.sha256[:24]}-{photos}.npy", seed))
        except ImageError:
            continue
        read.append(picture)
        if progress:
            progress("photos", number, len(found))
    if len(rows) < 2:
        raise TrainingError(f"{len(rows)} readable pictures are too few to learn from.")
    pictures = np.repeat(np.stack([row[0] for row in rows]), photos, axis=0)
    return Pairs(np.concatenate([row[1:] for row in rows]), pictures, tuple(read))


def _rows(picture: Source, photos: int, encoder: Encoder, path: Path, seed: int) -> Floats:
    """(1 + photos, C): the picture, then its photos. Raises ImageError."""
    if not path.exists():
        described = encoder.describe([data.reference(picture), *data.views(picture, photos, seed)])
        draft = path.with_suffix(".part.npy")
        np.save(draft, np.concatenate(described))
        draft.replace(path)
    return np.asarray(np.load(path), np.float32)


def save_noise(found: Pairs, encoder: Encoder, out: Path, *, photos: int, seed: int) -> dict[str, Any]:
    """Write the noise's covariance, scaled to a mean variance of 1, in half precision, and its card. Returns the card."""
    noise = within(found.photos, found.pictures)
    write_npz(out, {"noise": (noise * len(noise) / np.trace(noise)).astype(np.float16)})
    card = {
        "name": out.stem, "encoder": encoder.name, "encoder_fingerprint": encoder.fingerprint, "pairs": len(found.photos),
        "photos_per_picture": photos, "seed": seed, "simulation_revision": data.REVISION,
        "data_sha256": sources_digest(found.sources), "revision": revision(),
    }
    write_json(out.with_suffix(".json"), card)
    return card
