"""Figures of one query's ranking: pure functions of database positions."""

from __future__ import annotations

from collections.abc import Set

import numpy as np

from app.engine.types import Ints


def places(ranking: Ints, right: Set[int], junk: Set[int] = frozenset()) -> Ints:
    """0-based ranks of the right answers, ascending, in the ranking from which junk was taken out.

    ranking: (K,) database positions, best first.
    """
    counted = ranking[~np.isin(ranking, list(junk))] if junk else ranking
    return np.flatnonzero(np.isin(counted, list(right)))


def trapezoidal_ap(found: Ints, total: int) -> float:
    """Area under the precision–recall curve by trapezoids, with precision 1 before the first answer; NaN for total = 0.

    found: 0-based ranks of right answers; total: how many there are, found or not. A right answer at rank r, the j-th
    (from 0), adds (1/total)·(j/r + (j+1)/(r+1))/2, with j/r = 1 at r = 0. Philbin et al., "Object retrieval with large
    vocabularies and fast spatial matching", CVPR 2007, section 2, as their published program reckons it.
    """
    if not total:
        return float("nan")
    order = np.arange(len(found), dtype=np.float64)
    before = np.divide(order, found, out=np.ones(len(found)), where=found > 0)
    return float(((before + (order + 1) / (found + 1)) / 2).sum() / total)


def average_precision(found: Ints, total: int) -> float:
    """Σ of the precisions at the right answers / total; NaN for total = 0. Manning et al. 2008, section 8.4."""
    if not total:
        return float("nan")
    return float((np.arange(1, len(found) + 1) / (found + 1)).sum() / total)


def average_precision_at(found: Ints, total: int, k: int) -> float:
    """As `average_precision` over the first k answers, divided by min(total, k).

    Weyand et al., "Google Landmarks Dataset v2", CVPR 2020, equation 2.
    """
    if not total:
        return float("nan")
    return average_precision(found[found < k], min(total, k))


def precision_at(found: Ints, k: int, answers: int) -> float:
    """Right among the first k answers / k, or / the number of answers where there are fewer; NaN without answers."""
    return float((found < k).sum() / min(k, answers)) if answers else float("nan")


def revisited_precision_at(found: Ints, k: int) -> float:
    """Right among the first k' / k', k' = min(k, rank of the last right answer); 0 where none was found.

    Radenović et al., "Revisiting Oxford and Paris", CVPR 2018, section 4, as their published program reckons it.
    """
    if not len(found):
        return 0.0
    last = min(k, int(found[-1]) + 1)
    return float((found < last).sum() / last)


def hit_at(found: Ints, k: int, total: int) -> float:
    """1 if a right answer is among the first k, else 0; NaN where there is none to find (total = 0)."""
    return float((found < k).any()) if total else float("nan")
