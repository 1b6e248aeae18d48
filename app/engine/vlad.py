"""VLAD: the local features of a picture in one vector, by what they add up to about each of a few centroids.

Jégou, Douze, Schmid, Pérez, "Aggregating local descriptors into a compact image representation", CVPR 2010; each centroid's sum
normalised by itself: Arandjelović & Zisserman, "All about VLAD", CVPR 2013, section 3; of RootSIFT.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import faiss
import numpy as np
import numpy.typing as npt

from app.engine.gallery import Gallery
from app.engine.local_features import LocalFeatures, as_unit
from app.engine.types import Floats

CENTROIDS = 64
SAMPLE = 20_000  # descriptors of the build that the centroids are learned from
LEAST = 20  # features inside a picture of the photo; fewer say nothing of it


def vlad(descriptors: Floats, centroids: Floats) -> Floats:
    """(n, D) unit descriptors and (K, D) centroids → (K · D,) of unit length; zero without descriptors."""
    if not len(descriptors):
        return np.zeros(centroids.size, np.float32)
    distances = (centroids**2).sum(axis=1) - 2 * descriptors @ centroids.T  # the descriptor's own length changes no order
    nearest = distances.argmin(axis=1)
    members = (nearest[None] == np.arange(len(centroids))[:, None]).astype(np.float32)
    sums = members @ descriptors - members.sum(axis=1, keepdims=True) * centroids
    return _unit(_unit(sums).ravel())


def codebook(descriptors: Floats, count: int = CENTROIDS, *, seed: int = 0) -> Floats:
    """(K, D) centroids of k-means over (n, D) descriptors; of fewer than `count` descriptors, those themselves."""
    if len(descriptors) <= count:
        return descriptors if len(descriptors) else np.zeros((1, descriptors.shape[1]), np.float32)
    means = faiss.Kmeans(descriptors.shape[1], count, niter=10, seed=seed, min_points_per_centroid=1)
    means.train(np.ascontiguousarray(descriptors))
    return np.asarray(means.centroids, np.float32).reshape(count, -1)


def of_build(gallery: Gallery) -> Floats:
    """The codebook of a build's own local features, an even sample of them; pictures added since change nothing."""
    stored = gallery.parts[0].local["sift"].descriptors
    rows = np.linspace(0, len(stored) - 1, min(len(stored), SAMPLE)).astype(np.int64)
    return codebook(as_unit(np.asarray(stored[rows])))


@dataclass(frozen=True)
class VladScores:
    """How alike the local features of a photo and of catalogue pictures are as a whole, by those that the build has stored."""

    gallery: Gallery
    centroids: Floats

    def __call__(self, photo: LocalFeatures, quads: Sequence[Floats], positions: Sequence[int]) -> Floats:
        """(n,) 0…1: the best cosine of a picture with the whole photo or with one of the pictures in it, 0 where they differ."""
        places = [np.ones(len(photo), np.bool_), *(inside(photo.points, quad) for quad in quads)]
        unit = as_unit(photo.descriptors)
        views = np.stack([vlad(unit[place], self.centroids) for place in places[:1] + [p for p in places[1:] if p.sum() >= LEAST]])
        stored = (as_unit(self.gallery.local(position, "sift").descriptors) for position in positions)
        scores = [float((views @ vlad(one, self.centroids)).max()) for one in stored]
        return np.clip(np.array(scores, np.float32), 0, 1)


def inside(points: Floats, quad: Floats) -> npt.NDArray[np.bool_]:
    """(n,) which of (n, 2) points lie within a convex quadrilateral (4, 2), its border included."""
    edges = np.roll(quad, -1, axis=0) - quad
    away = points[:, None] - quad[None]
    sides = edges[:, 0] * away[..., 1] - edges[:, 1] * away[..., 0]
    return np.asarray((sides >= 0).all(axis=1) | (sides <= 0).all(axis=1), np.bool_)


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12), np.float32)
