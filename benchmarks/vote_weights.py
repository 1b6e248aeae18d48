"""What a vote of a local feature may weigh: the ways of the literature, as pure functions of a photo's neighbours.

Every way gives (n, k) weights, one to each neighbour of each feature; `totals` sums them by picture, and `consistent` counts only
those that agree on a turn and on a scale.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.engine import voting
from app.engine.types import Floats, Ints

SIGMA = 6250**0.5  # of the Gaussian, as Philbin et al. chose it for descriptors of length 512, which ours have


@dataclass(frozen=True)
class Neighbours:
    """The k nearest gallery features of each of n photo features; (n, k) arrays, nearest first."""

    distances: Floats
    ids: Ints  # number of the gallery feature; −1: none
    owners: Ints  # picture; −1: none
    idf: Floats  # log(pictures / pictures with a feature in the neighbour's list)
    turns: Ints  # angle of the photo's feature less the neighbour's, in steps of voting.poses
    zooms: Ints  # size, likewise
    pictures: int

    @property
    def there(self) -> npt.NDArray[np.bool_]:
        return self.owners >= 0


def difference(found: Neighbours) -> Floats:
    """(d_b − d) / d_b: how much nearer than the background."""
    return voting.weights(found.distances, found.owners)


def squared_difference(found: Neighbours) -> Floats:
    """d_b² − d²: McCann & Lowe, CVPR 2012, algorithm 2 as it stands."""
    return _masked(found, _background(found) ** 2 - found.distances**2)


def hard(found: Neighbours) -> Floats:
    """One vote, to the nearest neighbour's picture: hard assignment."""
    return _masked(found, np.where(np.arange(found.owners.shape[1]) == 0, 1.0, 0.0) * np.ones_like(found.distances))


def equal(found: Neighbours) -> Floats:
    """One vote to every neighbour's picture, however far."""
    return _masked(found, np.ones_like(found.distances))


def gaussian(found: Neighbours) -> Floats:
    """exp(−d² / 2σ²): soft assignment of Philbin et al., "Lost in quantization", CVPR 2008, section 3."""
    return _masked(found, np.exp(-(found.distances**2) / (2 * SIGMA**2)))


def with_idf(found: Neighbours) -> Floats:
    """The distance difference times the inverse document frequency of the neighbour's list: Sivic & Zisserman, ICCV 2003."""
    return difference(found) * found.idf


def within(found: Neighbours) -> Floats:
    """Bursts in one photo: m votes for one gallery feature weigh √m together. Jégou et al., CVPR 2009, section 4.2."""
    return voting.without_bursts(difference(found), found.ids)


def between(found: Neighbours) -> Floats:
    """Bursts over pictures: a feature that many pictures have counts less, w / √Σ w. Jégou et al., CVPR 2009, section 4.3."""
    weights = difference(found)
    return np.asarray(weights / np.sqrt(np.maximum(weights.sum(axis=1, keepdims=True), 1e-6)), np.float32)


Weigh = Callable[[Neighbours], Floats]
Score = Callable[[Neighbours, Floats], Floats]


def totals(found: Neighbours, weights: Floats) -> Floats:
    """(pictures,) sums."""
    return np.bincount(found.owners[found.there], weights[found.there], found.pictures).astype(np.float32)


def normalised(sizes: Ints) -> Score:
    """Sums over the root of the picture's number of features, as the cosine of histograms has it."""
    return lambda found, weights: np.asarray(totals(found, weights) / np.sqrt(np.maximum(sizes, 1)), np.float32)


def consistent(found: Neighbours, weights: Floats) -> Floats:
    """(pictures,) weak geometric consistency: the smaller of the fullest angle bin and the fullest scale bin."""
    scores = np.zeros(found.pictures, np.float32)
    pictures, agreeing = voting.consistent(weights, found.owners, found.turns, found.zooms)
    scores[pictures] = agreeing
    return scores


def _background(found: Neighbours) -> Floats:
    return np.asarray(np.where(found.there, found.distances, 0).max(axis=1, keepdims=True), np.float32)


def _masked(found: Neighbours, weights: Floats) -> Floats:
    """Weights of neighbours that are there, one vote a feature and picture, none for the background."""
    kept = found.there & ~voting._repeated(found.owners)
    last = found.there.sum(axis=1, keepdims=True) - 1
    kept &= np.arange(found.owners.shape[1]) != last
    return np.where(kept, weights, 0).astype(np.float32)


WAYS: dict[str, tuple[Weigh, Score]] = {
    "distance difference": (difference, totals),
    "squared difference": (squared_difference, totals),
    "hard": (hard, totals),
    "soft, equal": (equal, totals),
    "soft, Gaussian": (gaussian, totals),
    "difference × idf": (with_idf, totals),
    "difference, bursts within": (within, totals),
    "difference, bursts between": (between, totals),
    "difference, weak geometry": (difference, consistent),
    "bursts within, weak geometry": (within, consistent),
}
