"""The figures of a set of queries, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from app.evaluation import metrics
from app.evaluation.bootstrap import Doubles, Figure, interval, photo_weights
from app.evaluation.queries import Query

RECALL_AT = (1, 5, 10, 50)


def summary(queries: Sequence[Query]) -> dict[str, Any]:
    """All figures. Those about known works and about sets take the photos as they are; `gap`, `false_accept_rate` and
    `calibration_error` also those asked again with their own works left out."""
    asked = [query for query in queries if not query.made_unknown]
    once, all_of_them = _weights(asked), _weights(queries)
    return {
        "top1": _ratio(metrics.top1(asked), once),
        "recall_at": {str(k): _ratio(metrics.recall_at_k(asked, k), once) for k in RECALL_AT},
        "candidate_recall": _ratio(metrics.candidate_recall(asked), once),
        "set_f1": _ratio(metrics.set_f1_micro(asked), once),
        "gap": _gap(queries, all_of_them),
        "false_accept_rate": _ratio(metrics.false_accept_rate(queries), all_of_them),
        "missed_rate": _ratio(metrics.missed_rate(asked), once),
        "calibration_error": _calibration_error(queries),
    }


def _weights(queries: Sequence[Query]) -> Doubles:
    return photo_weights(np.array([query.photo for query in queries], dtype=np.int64))


def _ratio(ratio: metrics.Ratio, weights: Doubles) -> Figure:
    return interval(ratio.weighted, weights, ratio.counted)


def _columns(queries: Sequence[Query]) -> tuple[Doubles, metrics.Flags, metrics.Flags, metrics.Flags]:
    """confidence, correct, predicted, known: (n,) each."""
    return (
        np.array([query.confidence for query in queries], dtype=np.float64),
        np.array([query.correct for query in queries], dtype=bool),
        np.array([query.best is not None for query in queries], dtype=bool),
        np.array([query.known for query in queries], dtype=bool),
    )


def _gap(queries: Sequence[Query], weights: Doubles) -> Figure:
    return interval(partial(metrics.global_average_precision, *_columns(queries)), weights, len(queries))


def _calibration_error(queries: Sequence[Query]) -> Figure:
    predicted = [query for query in queries if query.best is not None]
    confidence, correct, _, _ = _columns(predicted)
    return interval(partial(metrics.expected_calibration_error, confidence, correct), _weights(predicted), len(predicted))
