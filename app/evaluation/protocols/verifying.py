"""The first answers of a ranking by their local features: RootSIFT, matched, and the inliers of one homography.

As reference systems 1 (SAHA), 3 and 4 re-rank: by the inliers, or by `v · global + (1 − v) · local` (arXiv 2208.04201).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from app.engine import fusion, verification
from app.engine.local_features import LocalFeatures, as_unit, root_sift
from app.engine.presets import search_preset
from app.engine.types import Image, Progress
from app.evaluation.protocols.searching import Found
from app.evaluation.protocols.task import Box, Item

Seen = tuple[LocalFeatures, tuple[int, int]]  # of a picture of that width and height
Key = tuple[Path, Box | None, str]


class Proofs:
    """Inliers of two pictures; features of a picture are made once, 170 KB each, and each pair is matched once."""

    def __init__(self, read: Callable[[Item], Image]) -> None:
        self._read = read
        self._features: dict[Key, Seen] = {}
        self._inliers: dict[tuple[Key, Key], int] = {}

    def inliers(self, query: Item, picture: Item) -> int:
        keys = key(query), key(picture)
        if keys not in self._inliers:
            self._inliers[keys] = self._count(query, picture)
        return self._inliers[keys]

    def _count(self, query: Item, picture: Item) -> int:
        return inliers(self._of(query), self._of(picture))

    def _of(self, item: Item) -> Seen:
        if key(item) not in self._features:
            self._features[key(item)] = seen(self._read(item))
        return self._features[key(item)]


def seen(image: Image) -> Seen:
    """The local features of a photo as the product's search takes them, and its size."""
    sift = search_preset("default").photo_sift
    return root_sift(image, count=sift.count, long_side=sift.long_side), (image.shape[1], image.shape[0])


def inliers(photo: Seen, picture: Seen) -> int:
    """How many matches one homography explains, by the rules of the product's own verification."""
    (asked, size), (there, picture_size) = photo, picture
    rules = search_preset("default").rules
    pairs = verification.match_mutual(as_unit(asked.descriptors) @ as_unit(there.descriptors).T, rules.ratio)
    return verification.verify(asked.points, there.points, pairs, size, picture_size, rules).inliers


def key(item: Item) -> Key:
    """What of which file it is."""
    return item.path, item.box, getattr(item.change, "__name__", "")


def verified(
    found: Found, queries: Sequence[Item], pictures: Sequence[Item], first: int, v: float, proofs: Proofs, tell: Progress
) -> Found:
    """The first answers of each query by v · score + (1 − v) · inliers / (inliers + 15), those behind by v · score.

    A score below 0 counts as 0, so that nothing from behind overtakes; of equal ones the earlier answer is first.
    """
    positions, scores = found.positions.copy(), np.maximum(found.scores, 0) * np.float32(v)
    for row, query in enumerate(queries):
        rows = positions[row, :first]
        counts = [proofs.inliers(query, pictures[place]) if place >= 0 else 0 for place in rows.tolist()]
        scores[row, :first] += (1 - v) * np.array([fusion.of_inliers(count) for count in counts])
        order = np.argsort(-scores[row, :first], kind="stable")
        positions[row, :first], scores[row, :first] = rows[order], scores[row, :first][order]
        tell("local features", row + 1, len(queries))
    return Found(positions, scores, found.facts)
