"""Guided matching: a first homography says where each reference feature should lie; there a weaker likeness is enough.

Hartley and Zisserman, "Multiple view geometry", 2nd edition, section 4.8.1 step (v).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from app.engine import verification
from app.engine.types import Floats, Ints
from app.engine.verification import Rules, Verification


def second_round(
    first: Verification, similarity: Floats, photo_points: Floats, reference_points: Floats,
    photo_size: tuple[int, int], reference_size: tuple[int, int], rules: Rules, *, radius_px: float, least: float,
) -> Verification:
    """The pair verified again with pairs near where `first` predicts them; `first` itself where that finds no more.

    similarity: (n, m) cosines of photo and reference; radius_px at `rules.scale_px`; least: their least cosine.
    """
    if first.homography is None:
        return first
    predicted = verification.project(first.homography, reference_points)
    if predicted is None:
        return first
    pairs = near_pairs(similarity, photo_points, predicted, radius_px * max(photo_size) / rules.scale_px, least)
    again = verification.verify(photo_points, reference_points, pairs, photo_size, reference_size, rules)
    return replace(again, matches=max(first.matches, again.matches)) if again.inliers > first.inliers else first


def near_pairs(similarity: Floats, photo_points: Floats, predicted: Floats, radius: float, least: float) -> tuple[Ints, Ints]:
    """Each other's likest among what lies within `radius` pixels of the predicted place, at least `least` alike."""
    squared = ((photo_points[:, None] - predicted[None]) ** 2).sum(axis=2)
    near = np.where(squared <= radius**2, similarity, -2.0)
    best, back = near.argmax(axis=1), near.argmax(axis=0)
    rows = np.arange(len(best))
    kept = np.flatnonzero((back[best] == rows) & (near[rows, best] >= least))
    return kept, best[kept]
