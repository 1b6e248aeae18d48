"""Builds over pictures that are described already: small, quick, and without an encoder at work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from app.engine.builds import Builds
from app.engine.describing import Describer
from app.engine.pipeline import Indexer
from app.engine.presets import SearchPreset, search_preset
from app.engine.store import DescriptorStore
from app.engine.types import Floats, GalleryPicture, Image

CHANNELS = 24


@dataclass
class Remembered:
    """An encoder whose descriptors all lie in the store; asked for a new one, it fails."""

    name: str = "remembered"
    fingerprint: str = "0" * 64
    maps: int = 1
    channels: int = CHANNELS

    def describe(self, images: Sequence[Image]) -> list[Floats]:
        raise AssertionError(f"{len(images)} pictures were described although they are in the store")


def pictures(*numbers: int) -> list[GalleryPicture]:
    """Two pictures to a work: 1 and 2 are of work 101, 3 and 4 of 102 …"""
    return [GalleryPicture(n, 101 + (n - 1) // 2, Path(f"{n}.jpg"), f"{n:064x}") for n in numbers]


def indexer(folder: Path, *, described: int = 8, features: int = 30, preset: SearchPreset | None = None) -> Indexer:
    """An indexer on `folder` in whose store the pictures 1 … `described` lie, with that many local features each."""
    describer = Describer(preset or search_preset("default"), Remembered(), DescriptorStore(folder / "descriptors.sqlite"), 1)
    missing = [p for p in pictures(*range(1, described + 1)) if p.sha256 not in describer.store.known(describer.local_kind)]
    for picture in missing:
        rng = np.random.default_rng(picture.picture_id)
        raw = rng.normal(size=(1, CHANNELS))
        describer.store.put(describer.vector_kind, [(picture.sha256, {"raw": (raw / np.linalg.norm(raw)).astype(np.float16)})])
        arrays = {
            "size": np.array((640, 480)), "thumbnail": rng.integers(0, 256, (32, 32, 3), np.uint8),
            "sift_keypoints": rng.random((features, 4)).astype(np.float32) * 400,
            "sift_descriptors": rng.integers(0, 190, (features, 128), np.uint8),
            "orb_keypoints": rng.random((features, 4)).astype(np.float32) * 400,
            "orb_descriptors": rng.integers(0, 256, (features, 32), np.uint8),
        }  # fmt: skip
        describer.store.put(describer.local_kind, [(picture.sha256, arrays)])
    return Indexer(describer, Builds(folder / "indexes"))


def without_training() -> SearchPreset:
    """What is kept of a picture then does not depend on which others were there when the build was made."""
    return replace(search_preset("exact-votes"), whiten=False)
