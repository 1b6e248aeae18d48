"""Candidates verified by a learned matcher: features of photo and pictures found when asked for, paired by LightGlue.

No build keeps such features, so a preset that verifies with them takes few candidates; the homography, its rules and all that
follows are those of RootSIFT.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from app.engine.describing import READ_SIDE
from app.engine.gallery import Gallery
from app.engine.matchers.features import Extractor, Found, aliked, xfeat
from app.engine.matchers.glue import compiled_glue, glued_pairs
from app.engine.originals import Originals
from app.engine.types import Image, Ints
from app.engine.weights import WeightStore, load_arrays

FEATURES = 512  # of each picture: LightGlue's cost grows with their product
PHOTO_SIDE, REFERENCE_SIDE = 800, 560  # pixels, RootSIFT's
Pairs = tuple[Ints, Ints]
Glue = Callable[[Found, Found], Pairs]  # (photo, reference)


@dataclass(frozen=True)
class Kind:
    """Which weights, and how they are used."""

    features: str
    matcher: str
    heads: int
    extractor: Callable[..., Extractor]


KINDS = {
    "aliked-lightglue": Kind("aliked-n16", "aliked-lightglue", 4, aliked),
    "xfeat": Kind("xfeat", "xfeat-lighterglue", 1, xfeat),
}


class LearnedMatcher:
    """A learned matcher over the pictures of a build. Not for several threads at once."""

    def __init__(self, extract: Extractor, glue: Glue, gallery: Gallery, files: Mapping[int, Path]) -> None:
        """`files`: picture id → file."""
        self._extract, self.glue, self._gallery = extract, glue, gallery
        self._references: Originals[Found] = Originals(gallery, files, self._reference, side_px=READ_SIDE)

    def of_photo(self, image: Image) -> LearnedPhoto:
        return LearnedPhoto(self, self._extract(image, FEATURES, PHOTO_SIDE))

    def _reference(self, image: Image) -> Found:
        return self._extract(image, FEATURES, REFERENCE_SIDE)

    def reference(self, position: int) -> Found:
        """Features of a catalogue picture in its full pixels; none where its file cannot be read."""
        size, found = self._gallery.size(position), self._references(position)
        if found is None:
            return Found(np.zeros((0, 2), np.float32), np.zeros((0, 1), np.float32), size)
        factor = size[0] / found.size[0]  # the picture was read smaller; pixel centres lie at halves
        return Found(((found.points + 0.5) * factor - 0.5).astype(np.float32), found.descriptors, size)


@dataclass(frozen=True)
class LearnedPhoto:
    """One photo's features, to be paired with those of candidates."""

    matcher: LearnedMatcher
    found: Found

    def reference(self, position: int) -> Found:
        return self.matcher.reference(position)

    def pairs(self, reference: Found) -> Pairs:
        """Rows of photo and reference that belong together."""
        if not len(self.found) or not len(reference):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        return self.matcher.glue(self.found, reference)


def open_matcher(
    name: str, gallery: Gallery, files: Mapping[int, Path], *, threads: int, store: WeightStore | None = None
) -> LearnedMatcher:
    """The matcher of that name among KINDS. Raises WeightsError where its weights were not fetched."""
    kind = KINDS[name]
    arrays: Any = load_arrays(kind.features, store)
    matcher = compiled_glue(load_arrays(kind.matcher, store), heads=kind.heads, threads=threads)
    return LearnedMatcher(kind.extractor(arrays, threads=threads), partial(glued_pairs, matcher), gallery, files)
