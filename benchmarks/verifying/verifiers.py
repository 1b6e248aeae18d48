"""What is compared: ways to describe two pictures and to pair their features. The homography and its rules are the product's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np

from app.engine import verification
from app.engine.candidates import binary_pairs
from app.engine.images import resize
from app.engine.local_features import LocalFeatures, as_unit, orb, root_sift
from app.engine.matchers import features
from app.engine.matchers.features import Found
from app.engine.matchers.glue import glued_pairs
from app.engine.types import Image, Ints

PHOTO, REFERENCE = (1200, 800), (700, 560)  # features and pixels of the long side: the default preset's
Pairs = tuple[Ints, Ints]


class Verifier(Protocol):
    """One way to verify."""

    def photo(self, image: Image) -> Found: ...

    def reference(self, image: Image) -> Found: ...

    def pairs(self, photo: Found, reference: Found) -> Pairs: ...


def _of(local: LocalFeatures, image: Image, descriptors: Any) -> Found:
    return Found(local.points, descriptors, (image.shape[1], image.shape[0]))


Change = Callable[[Image], Image]


def same(image: Image) -> Image:
    return image


def clahe(image: Image, *, limit: float = 3.0) -> Image:
    """Lightness equalised in 8 × 8 tiles."""
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(limit, (8, 8)).apply(np.ascontiguousarray(lab[..., 0]))
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), np.uint8)


def blurred(image: Image, *, sigma: float = 2.5) -> Image:
    """As a photo of 1,400 px on its long side would be by `sigma` pixels."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma * max(image.shape[:2]) / 1400), np.uint8)


@dataclass(frozen=True)
class Sift:
    """RootSIFT, mutual nearest neighbours with a ratio test. `changed`: what is done to a photo first."""

    ratio: float = 0.85
    changed: Change = same
    photo_budget: tuple[int, int] = PHOTO
    reference_budget: tuple[int, int] = REFERENCE
    contrast: float = 0.02

    def photo(self, image: Image) -> Found:
        count, side = self.photo_budget
        found = root_sift(self.changed(image), count=count, long_side=side, contrast=self.contrast)
        return _of(found, image, as_unit(found.descriptors))

    def reference(self, image: Image) -> Found:
        count, side = self.reference_budget
        found = root_sift(image, count=count, long_side=side)
        return _of(found, image, as_unit(found.descriptors))

    def pairs(self, photo: Found, reference: Found) -> Pairs:
        return verification.match_mutual(photo.descriptors @ reference.descriptors.T, self.ratio)


@dataclass(frozen=True)
class Guided(Sift):
    """A second round of pairs near where the first homography predicts them (guided.py)."""

    radius_px: float = 8.0
    least: float = 0.8


@dataclass(frozen=True)
class Upright(Sift):
    """SIFT whose features do not turn with the picture: fewer confusions, nothing found in a turned one."""

    def photo(self, image: Image) -> Found:
        return _upright(image, *self.photo_budget)

    def reference(self, image: Image) -> Found:
        return _upright(image, *self.reference_budget)


def _upright(image: Image, count: int, side: int) -> Found:
    small = resize(image, side)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    sift = cv2.SIFT.create(nfeatures=count, contrastThreshold=0.02)
    places = {}
    for point in sift.detect(grey, None):
        point.angle = 0.0
        places.setdefault((point.pt, point.size), point)
    strongest = sorted(places.values(), key=lambda p: -p.response)[:count]
    if not strongest:
        return Found(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32), (image.shape[1], image.shape[0]))
    points, raw = sift.compute(grey, strongest)
    rows = np.sqrt(raw / np.maximum(raw.sum(axis=1, keepdims=True), 1e-12))
    factor = image.shape[1] / small.shape[1]
    placed = (np.array([p.pt for p in points], np.float32) - 0.25 + 0.5) * factor - 0.5
    return Found(placed, features.unit(rows), (image.shape[1], image.shape[0]))


@dataclass(frozen=True)
class TwoSizes(Sift):
    """References described at two sizes, the smaller one for works that are small in the photo."""

    def reference(self, image: Image) -> Found:
        large = super().reference(image)
        found = root_sift(image, count=350, long_side=280)
        descriptors = np.concatenate([large.descriptors, as_unit(found.descriptors)])
        return Found(np.concatenate([large.points, found.points]), descriptors, large.size)


@dataclass(frozen=True)
class Orb:
    ratio: float = 0.85

    def photo(self, image: Image) -> Found:
        found = orb(image, count=1000, long_side=800)
        return _of(found, image, found.descriptors)

    def reference(self, image: Image) -> Found:
        found = orb(image, count=500, long_side=560)
        return _of(found, image, found.descriptors)

    def pairs(self, photo: Found, reference: Found) -> Pairs:
        return binary_pairs(photo.descriptors, reference.descriptors, self.ratio)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Learned:
    """A network's features, mutual nearest neighbours with a ratio test."""

    extract: features.Extractor
    ratio: float
    photo_budget: tuple[int, int] = PHOTO
    reference_budget: tuple[int, int] = REFERENCE

    def photo(self, image: Image) -> Found:
        return self.extract(image, *self.photo_budget)

    def reference(self, image: Image) -> Found:
        return self.extract(image, *self.reference_budget)

    def pairs(self, photo: Found, reference: Found) -> Pairs:
        return verification.match_mutual(photo.descriptors @ reference.descriptors.T, self.ratio)


@dataclass(frozen=True)
class Glued(Learned):
    """A network's features, paired by LightGlue."""

    matcher: Any = None
    least: float = 0.1  # probability of a pair, the authors' own
    most: int = 512  # of each picture's features, the strongest: the cost grows with their product

    def pairs(self, photo: Found, reference: Found) -> Pairs:
        if not len(photo) or not len(reference):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        return glued_pairs(self.matcher, photo.first(self.most), reference.first(self.most), least=self.least)
