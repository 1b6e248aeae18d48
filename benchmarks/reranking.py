"""The first works of a global list, verified as the product verifies its candidates, and put in the order it would show them.

A pair of photo and work is verified once, however many lists name it. So that it means the same in every list, its probability is
that of the local evidence alone: no cosine and no votes; the cosine decides between equals (works without any evidence, mostly).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt

from app.engine import appearance, calibration
from app.engine.candidates import Candidate, Checker, several
from app.engine.describing import READ_SIDE, scaled
from app.engine.gallery import Gallery
from app.engine.images import image_size, read_image
from app.engine.local_features import LocalFeatures, root_sift
from app.engine.noise import median_if_noisy
from app.engine.presets import SearchPreset
from app.engine.segments import PICTURE
from app.engine.types import Bytes, Floats, Ints, Match
from app.services import PHOTO_SIDE


@dataclass(frozen=True)
class References:
    """What a Checker asks of a gallery: pictures, by position, of one work each (work_id = position)."""

    pictures: npt.NDArray[np.void]
    features: Sequence[LocalFeatures]
    thumbnails: Sequence[Bytes]

    def local(self, position: int, kind: str) -> LocalFeatures:
        assert kind == "sift"
        return self.features[position]

    def thumbnail(self, position: int) -> Bytes:
        return self.thumbnails[position]

    def size(self, position: int) -> tuple[int, int]:
        return int(self.pictures["width"][position]), int(self.pictures["height"][position])


def references(pictures: Sequence[Path], preset: SearchPreset, tell: Callable[[int], None]) -> References:
    """Local features and thumbnails as an index build makes them."""
    rows = np.zeros(len(pictures), PICTURE)
    features, thumbnails = [], []
    for position, path in enumerate(pictures):
        image, size = read_image(path, max_side=READ_SIDE), image_size(path)
        found = root_sift(image, count=preset.gallery_sift.count, long_side=preset.gallery_sift.long_side)
        features.append(LocalFeatures(scaled(found.keypoints, size[0] / image.shape[1]), found.descriptors))
        thumbnails.append(appearance.thumbnail(image))
        rows[position] = (position, position, *size)
        tell(position + 1)
    return References(rows, features, thumbnails)


def checker(photo: Path, known: References, preset: SearchPreset, figures: calibration.Calibration) -> Checker:
    """The product's verification of one photo."""
    image = median_if_noisy(read_image(photo, max_side=PHOTO_SIDE))
    local = root_sift(image, count=preset.photo_sift.count, long_side=preset.photo_sift.long_side)
    return Checker(preset, cast(Gallery, known), figures, image, local)


def first_by_cosine(scores: Floats, count: int) -> Ints:
    """(n, W) cosines → (n, count) positions, best first; equal ones in the order of the catalogue."""
    return np.argsort(-scores, axis=1, kind="stable")[:, :count]


def reordered(positions: Sequence[int], cosines: Sequence[float], pairs: dict[int, Match]) -> list[int]:
    """The positions of one list in the order that verification gives."""
    matches = [replace(pairs[int(p)], global_score=float(c)) for p, c in zip(positions, cosines, strict=True)]
    return [match.work_id for match in several(matches)]


def verified_firsts(check: Callable[[Candidate], Match], lists: Sequence[tuple[Ints, Floats]]) -> list[int]:
    """First position of each list (positions, cosines) of one photo after verification; each pair is verified once."""
    wanted = sorted({int(position) for positions, _ in lists for position in positions})
    pairs = {position: check(Candidate(position, 0.0, 0.0)) for position in wanted}
    return [reordered(positions.tolist(), cosines.tolist(), pairs)[0] for positions, cosines in lists]
