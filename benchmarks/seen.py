"""What a search makes of a photo before it asks the gallery, kept on disk: the same photos are then asked again in seconds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.engine import detection, images, local_features, noise
from app.engine.encoders import Encoder
from app.engine.local_features import LocalFeatures, root_sift
from app.engine.noise import median_if_noisy
from app.engine.pipeline import CROP_SIDE
from app.engine.presets import SearchPreset
from app.engine.types import Floats, Image

CODE = (detection, images, local_features, noise)  # a change in one of them makes what was kept stale
PHOTO_SIDE = 1600  # pixels, as app.services reads a photo


@dataclass(frozen=True)
class Seen:
    """whole: (M, C) raw rows of the photo; crops: (n, M, C) of its rectified pictures; size: (width, height)."""

    photo: str  # what tells this photo, as it was seen, from every other
    whole: Floats
    crops: Floats
    local: LocalFeatures
    size: tuple[int, int]
    noisy: bool


@dataclass
class Eyes:
    """Looks at photos as `Searcher.search` does. `median` False: noise is left in."""

    encoder: Encoder
    preset: SearchPreset
    cache: Path

    def __post_init__(self) -> None:
        self.cache.mkdir(parents=True, exist_ok=True)
        parts = [Path(str(module.__file__)).read_bytes() for module in CODE]
        parts += [self.encoder.fingerprint.encode(), self.preset.photo_sift.kind.encode(), str(CROP_SIDE).encode()]
        self._key = hashlib.sha256(b"\n".join(parts)).hexdigest()[:12]

    def see(self, path: Path, *, median: bool = True) -> Seen:
        name = f"{hashlib.sha256(path.read_bytes()).hexdigest()[:24]}-{self._key}"
        clean = self._kept(name, path, median=True)
        return clean if median or not clean.noisy else self._kept(f"{name}-raw", path, median=False)

    def photo(self, path: Path, *, median: bool = True) -> Image:
        image = images.read_image(path, max_side=PHOTO_SIDE)
        return median_if_noisy(image) if median else image

    def _kept(self, name: str, path: Path, *, median: bool) -> Seen:
        file = self.cache / f"{name}.npz"
        if not file.exists():
            self._look(file, path, median)
        with np.load(file) as kept:
            local = LocalFeatures(kept["keypoints"], kept["descriptors"])
            width, height = kept["size"].tolist()
            return Seen(name, kept["whole"], kept["crops"], local, (width, height), bool(kept["noisy"]))

    def _look(self, file: Path, path: Path, median: bool) -> None:
        raw = images.read_image(path, max_side=PHOTO_SIDE)
        clean = median_if_noisy(raw)
        photo = clean if median else raw
        quads = detection.quadrilaterals(photo)
        crops = [detection.rectify(photo, quad, long_side=CROP_SIDE) for quad in quads]
        whole, *rest = self.encoder.describe([photo, *crops])
        local = root_sift(photo, count=self.preset.photo_sift.count, long_side=self.preset.photo_sift.long_side)
        draft = file.with_suffix(".tmp.npz")
        np.savez(
            draft, whole=whole, crops=np.stack(rest) if rest else np.zeros((0, *whole.shape), np.float32),
            keypoints=local.keypoints, descriptors=local.descriptors, size=(photo.shape[1], photo.shape[0]), noisy=clean is not raw,
        )
        draft.replace(file)
