"""95 % intervals by the percentile bootstrap over photos."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypedDict

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Statistic = Callable[[Doubles], Doubles]  # weights (B, n queries) → (B,)
RESAMPLES = 2000
SEED = 20_170_904  # fixed, so that a figure's interval does not change from run to run


class Figure(TypedDict):
    """A figure with its 95 % interval and the number of queries it is about; None where there are none."""

    value: float | None
    low: float | None
    high: float | None
    n: int


def photo_weights(photos: npt.NDArray[np.int64], *, resamples: int = RESAMPLES, seed: int = SEED) -> Doubles:
    """How often each query is drawn in each resample: (resamples, n queries) float64.

    photos: (n,) the photo of each query. Photos are drawn with replacement, as many as there are; all queries of a photo
    are drawn together, because they are not independent.
    """
    unique, of_query = np.unique(photos, return_inverse=True)
    if not len(unique):
        return np.zeros((resamples, 0))
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(len(unique), np.full(len(unique), 1 / len(unique)), size=resamples)
    return counts[:, of_query].astype(np.float64)


def interval(statistic: Statistic, weights: Doubles, n: int) -> Figure:
    """The statistic of all queries once, and the 2.5th and 97.5th percentile of its resampled values.

    weights: from `photo_weights`. Resamples in which the statistic is undefined (NaN) are left out.
    Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3.
    """
    value = float(statistic(np.ones((1, weights.shape[1])))[0])
    if np.isnan(value):
        return {"value": None, "low": None, "high": None, "n": n}
    resampled = statistic(weights)
    low, high = np.nanpercentile(resampled, [2.5, 97.5]) if not np.isnan(resampled).all() else (value, value)
    return {"value": round(value, 6), "low": round(float(low), 6), "high": round(float(high), 6), "n": n}
