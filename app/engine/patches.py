"""Patch features: what the encoder sees at each place of a rectified photo, found again at about that place of a candidate.

As landmark retrieval re-ranks by patches of its network (arXiv 2208.04201), without their storage: the candidates' maps are
made when they are asked for. Weak geometry: the picture was rectified, so that what belongs together lies at about the same place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from app.engine import detection
from app.engine.encoders import Encoder
from app.engine.gallery import Gallery
from app.engine.originals import Originals
from app.engine.types import Floats, Image

SIDE_PX = 384  # long side of what the network sees
PATCH_PX = 32  # of these along a patch, whatever the network: a cell where its stride is 32, 2 × 2 cells of VGG16's block 5
KEPT, VGG_CHANNELS = 256, 512  # catalogue pictures whose patches stay in memory, 60 MB, of vectors so long
REACH = 0.15  # of the picture's sides: how far from its place a patch may be found


class Grid(NamedTuple):
    """`features` (n, C) of unit length; `places` (n, 2), x and y as shares of the picture's sides."""

    features: Floats
    places: Floats


def grid(maps: Floats) -> Grid:
    """(h, w, C) maps of SIDE_PX → the means of patches, less the mean of all, which most pictures have alike."""
    height, width = (max(1, side // cells(maps)) for side in maps.shape[:2])
    rows = _means(maps, height, width)
    features = rows - rows.mean(axis=0)
    y, x = np.divmod(np.arange(len(rows)), width)
    places = np.column_stack([(x + 0.5) / width, (y + 0.5) / height]).astype(np.float32)
    return Grid(np.asarray(features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12), np.float32), places)


def cells(maps: Floats) -> int:
    """Cells along a patch of maps (h, w, C) of a picture whose long side is SIDE_PX; one where a cell is larger than a patch."""
    return max(1, round(PATCH_PX * int(max(maps.shape[:2])) / SIDE_PX))


def _means(maps: Floats, height: int, width: int) -> Floats:
    """(height · width, C): the mean of each block of cells, row by row; what is left over at the end is left out."""
    tall, wide = maps.shape[0] // height, maps.shape[1] // width
    cut = maps[: height * tall, : width * wide]
    return np.asarray(cut.reshape(height, tall, width, wide, -1).mean(axis=(1, 3)).reshape(height * width, -1), np.float32)


def likeness(photo: Grid, reference: Grid, *, reach: float = REACH) -> float:
    """0…1: the cosines of patches that are each other's nearest and lie within `reach`, over the fewer patches' number."""
    cosines = photo.features @ reference.features.T
    best, back = cosines.argmax(axis=1), cosines.argmax(axis=0)
    rows = np.arange(len(best))
    near = (np.abs(photo.places - reference.places[best]) <= reach).all(axis=1)
    pairs = rows[(back[best] == rows) & near]
    return float(np.maximum(cosines[pairs, best[pairs]], 0).sum() / max(min(cosines.shape), 1))


class PatchScores:
    """How alike photo and catalogue pictures are patch by patch. One call at a time."""

    def __init__(self, encoder: Encoder, gallery: Gallery, files: Mapping[int, Path]) -> None:
        """`files`: picture id → file. Raises PresetError where there are none."""
        self._encoder = encoder
        kept = KEPT // max(1, encoder.channels // VGG_CHANNELS)  # the same memory whatever the network
        self._references = Originals(gallery, files, self.of, side_px=2 * SIDE_PX, kept=kept)

    def of(self, image: Image) -> Grid:
        return grid(self._encoder.maps_of(image, SIDE_PX))

    def __call__(self, photo: Image, quads: Sequence[Floats], positions: Sequence[int]) -> Floats:
        """(n,) 0…1: the best likeness of a picture with one of the pictures in the photo; with the photo where it has none."""
        views = [self.of(detection.rectify(photo, quad, long_side=SIDE_PX)) for quad in quads] or [self.of(photo)]
        references = (self._references(position) for position in positions)
        scores = [0.0 if one is None else max(likeness(view, one) for view in views) for one in references]
        return np.array(scores, np.float32)
