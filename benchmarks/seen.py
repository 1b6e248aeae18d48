"""What a search makes of a photo before it asks the gallery, kept on disk: the same photos are then asked again in seconds."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine import appearance, detection, images, local_features, moire, noise, picture_detector, tiny_images
from app.engine.encoders import Encoder
from app.engine.local_features import LocalFeatures, root_sift
from app.engine.moire import unstriped_if_screen
from app.engine.noise import median_if_noisy
from app.engine.pipeline import CROP_SIDE, MOST_CROPS
from app.engine.presets import SearchPreset
from app.engine.types import Floats, Image

# A change in one of them makes what was kept stale.
CODE = (appearance, detection, images, local_features, moire, noise, picture_detector, tiny_images)
PHOTO_SIDE = 1600  # pixels, as app.services reads a photo


@dataclass(frozen=True)
class Seen:
    """whole: (M, C) raw rows of the photo; crops: (n, M, C) of its rectified pictures; tiny: (k, DIM) views of its outlines.

    size: (width, height).
    """

    photo: str  # what tells this photo, as it was seen, from every other
    whole: Floats
    crops: Floats
    tiny: Floats
    local: LocalFeatures
    size: tuple[int, int]
    noisy: bool


@dataclass
class Features:
    """Local features of photos, each photo looked at once; the first half of what `Eyes` sees, without a network."""

    preset: SearchPreset
    cache: Path

    def __post_init__(self) -> None:
        self.cache.mkdir(parents=True, exist_ok=True)
        self._key = _digest(*CODE, self.preset.photo_sift.kind)

    def of(self, photo: str, image: Callable[[], Image]) -> LocalFeatures:
        """Of a photo by its name in the cache; `image` is asked for, without its noise, where it was not looked at yet."""
        file = self.cache / f"{photo}-{self._key}-sift.npz"
        if not file.exists():
            local = root_sift(image(), count=self.preset.photo_sift.count, long_side=self.preset.photo_sift.long_side)
            _save(file, keypoints=local.keypoints, descriptors=local.descriptors)
        with np.load(file) as kept:
            return LocalFeatures(kept["keypoints"], kept["descriptors"])


@dataclass
class Eyes:
    """Looks at photos as `Searcher.search` does. `median` False: noise is left in."""

    encoder: Encoder
    preset: SearchPreset
    cache: Path

    def __post_init__(self) -> None:
        self._features = Features(self.preset, self.cache)
        self._key = _digest(*CODE, self.encoder.fingerprint, str(CROP_SIDE))

    def see(self, path: Path, *, median: bool = True) -> Seen:
        name = photo_name(path)
        clean = self._kept(name, path, median=True)
        return clean if median or not clean.noisy else self._kept(f"{name}-raw", path, median=False)

    def _kept(self, name: str, path: Path, *, median: bool) -> Seen:
        file = self.cache / f"{name}-{self._key}.npz"
        if not file.exists():
            self._look(file, path, median)
        local = self._features.of(name, lambda: read(path, median=median))
        with np.load(file) as kept:
            width, height = kept["size"].tolist()
            return Seen(name, kept["whole"], kept["crops"], kept["tiny"], local, (width, height), bool(kept["noisy"]))

    def _look(self, file: Path, path: Path, median: bool) -> None:
        raw = images.read_image(path, max_side=PHOTO_SIDE)
        clean = median_if_noisy(raw)
        photo = unstriped_if_screen(clean if median else raw)
        quads = [quad for quads in picture_detector.shipped().works(photo) for quad in quads]
        quads = quads[:MOST_CROPS]
        crops = [detection.rectify(photo, quad, long_side=CROP_SIDE) for quad in quads]
        whole, *rest = self.encoder.describe([photo, *crops])
        crop_rows = np.stack(rest) if rest else np.zeros((0, *whole.shape), np.float32)
        size, noisy = np.array((photo.shape[1], photo.shape[0])), np.array(clean is not raw)
        _save(file, whole=whole, crops=crop_rows, tiny=tiny_images.views(photo, quads), size=size, noisy=noisy)


def photo_name(path: Path) -> str:
    """By the file's content, so that a photo may lie anywhere."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:24]


def read(path: Path, *, median: bool = True) -> Image:
    """A photo as it is searched, or with its noise."""
    image = images.read_image(path, max_side=PHOTO_SIDE)
    return unstriped_if_screen(median_if_noisy(image) if median else image)


def _digest(*parts: ModuleType | str) -> str:
    """Of the text of modules and of strings."""
    texts = [part.encode() if isinstance(part, str) else Path(str(part.__file__)).read_bytes() for part in parts]
    return hashlib.sha256(b"\n".join(texts)).hexdigest()[:12]


def _save(file: Path, **arrays: npt.NDArray[Any]) -> None:
    draft = file.with_suffix(".tmp.npz")
    np.savez(draft, **arrays)  # type: ignore[arg-type]
    draft.replace(file)
