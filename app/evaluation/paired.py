"""Two searches on the same questions: each figure of both, and their difference with its interval over the same resamples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from app.evaluation import metrics
from app.evaluation.bootstrap import Doubles, Statistic, interval, photo_weights
from app.evaluation.queries import Query

Queries = Sequence[Query]
Of = Callable[[Queries], tuple[Statistic, int]]  # the figure of these queries, and how many it is about


def _ratio(figure: Callable[[Queries], metrics.Ratio]) -> Of:
    def of(queries: Queries) -> tuple[Statistic, int]:
        found = figure(queries)
        return found.weighted, found.counted

    return of


def _gap(queries: Queries) -> tuple[Statistic, int]:
    columns = (
        np.array([query.confidence for query in queries], dtype=np.float64),
        np.array([query.correct for query in queries], dtype=bool),
        np.array([query.best is not None for query in queries], dtype=bool),
        np.array([query.known for query in queries], dtype=bool),
    )
    return partial(metrics.global_average_precision, *columns), len(queries)


def _latency(queries: Queries) -> tuple[Statistic, int]:
    return partial(weighted_median, np.array([query.latency_ms for query in queries], dtype=np.float64)), len(queries)


def weighted_median(values: Doubles, weights: Doubles) -> Doubles:
    """(n,) values, (B, n) multiplicities → (B,) lower medians; NaN where there are none."""
    if not len(values):
        return np.full(len(weights), np.nan)
    order = np.argsort(values, kind="stable")
    seen = np.cumsum(weights[:, order], axis=1)
    return np.asarray(values[order][np.argmax(2 * seen >= seen[:, -1:], axis=1)])


# name → (figure, whether it is also about photos asked again without their own works, whether more is better)
FIGURES: dict[str, tuple[Of, bool, bool]] = {
    "top1": (_ratio(metrics.top1), False, True),
    "set_f1": (_ratio(metrics.set_f1_micro), False, True),
    "gap": (_gap, True, True),
    "false_accept_rate": (_ratio(metrics.false_accept_rate), True, False),
    "missed_rate": (_ratio(metrics.missed_rate), False, False),
    "latency_ms": (_latency, False, False),
}


def compared(before: Queries, after: Queries) -> dict[str, dict[str, Any]]:
    """Figure → `before`, `after` and `difference` (after − before), each a Figure, and `better`: 1, −1, or 0 where the interval
    of the difference holds 0. Both searches were asked the same questions in the same order.
    """
    assert [(one.photo, one.made_unknown) for one in before] == [(one.photo, one.made_unknown) for one in after]
    table = {}
    for name, (of, made_unknown_too, more_is_better) in FIGURES.items():
        kept = [index for index, query in enumerate(before) if made_unknown_too or not query.made_unknown]
        old, count = of([before[index] for index in kept])
        new, _ = of([after[index] for index in kept])
        weights = photo_weights(np.array([before[index].photo for index in kept], dtype=np.int64))
        row = {
            "before": interval(old, weights, count),
            "after": interval(new, weights, count),
            "difference": interval(partial(_difference, old, new), weights, count),
        }
        table[name] = {**row, "better": _better(row["difference"]["low"], row["difference"]["high"], more_is_better)}
    return table


def _difference(old: Statistic, new: Statistic, weights: Doubles) -> Doubles:
    return np.asarray(new(weights) - old(weights))


def _better(low: float | None, high: float | None, more_is_better: bool) -> int:
    if low is None or high is None or low <= 0 <= high:
        return 0
    return 1 if (low > 0) == more_is_better else -1


def changed(before: Queries, after: Queries) -> list[tuple[Query, Query, int]]:
    """The questions that were answered otherwise, and whether better (1), worse (−1) or neither (0); worse ones first."""
    pairs = [
        (old, new, np.sign(worth(new) - worth(old)).item())
        for old, new in zip(before, after, strict=True)
        if (old.verdict, old.best, old.verified) != (new.verdict, new.best, new.verified)
    ]
    return sorted(pairs, key=lambda pair: (pair[2] != -1, pair[2] == 0))


def worth(query: Query) -> int:
    """2: a right answer; 1: a doubtful one with the right work first, or of an unknown work; 0: a wrong one, or none."""
    if query.known:
        return {"identified": 2, "uncertain": 1, "not_in_catalogue": 0}[query.verdict] if query.correct else 0
    return {"identified": 0, "uncertain": 1, "not_in_catalogue": 2}[query.verdict]
