"""What was held out: its pictures ask for others of their label."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.engine.types import Floats, Ints
from app.evaluation.bootstrap import RESAMPLES, interval, photo_weights
from app.evaluation.protocols.ranking import average_precision
from app.training.datasets.types import LabelledPicture, TrainingSet
from app.training.distillation import TrainingError

MOST_DRAWN = 20_000_000  # numbers that the resamples of an interval take


@dataclass(frozen=True)
class HeldOut:
    """The first `asking` pictures ask among all others; `labels` (n,)."""

    paths: tuple[Path, ...]
    labels: Ints
    asking: int

    def figures(self, rows: Floats) -> dict[str, float]:
        """(n, D) of unit length → recall@1 and mean average precision, over the pictures that have something to find."""
        return retrieval(rows, self.labels, self.asking)

    def chance(self) -> float:
        """The recall@1 to be expected of an order without any sense."""
        others = [np.sum(self.labels == self.labels[row]) - 1 for row in range(self.asking)]
        return float(np.mean([count / (len(self.labels) - 1) for count in others if count]))


def held_out(found: TrainingSet, most: int, seed: int) -> HeldOut:
    """The validation part. Where a label has one picture there, training pictures, `most` of them, are sought too.

    Raises TrainingError where nothing is held out, or nothing could be found.
    """
    asking = found.of("validation")
    counts = Counter(one.label for one in asking)
    gallery: list[LabelledPicture] = []
    if min(counts.values(), default=0) < 2:
        train = found.of("train")
        order = np.random.default_rng(seed).permutation(len(train)).tolist()
        gallery = [train[row] for row in sorted(order, key=lambda row: train[row].label not in counts)[:most]]
    pictures = [*asking, *gallery]
    labels = np.asarray(np.unique([one.label for one in pictures], return_inverse=True)[1], np.int64)
    if not any(np.sum(labels == labels[row]) > 1 for row in range(len(asking))):
        raise TrainingError(f"{found.name}: nothing is held out of which another picture of its label could be found.")
    return HeldOut(tuple(one.path for one in pictures), labels, len(asking))


def retrieval(rows: Floats, labels: Ints, asking: int) -> dict[str, float]:
    """Each of the first `asking` rows asks among all others, which are right where their label is the same.

    Recall@1 and mean average precision, each with its 95 % bootstrap interval (`…_low`, `…_high`).
    """
    firsts, precisions = [], []
    for query in range(asking):
        cosines = rows @ rows[query]
        order = np.argsort(-cosines, kind="stable")
        found = np.flatnonzero(labels[order[order != query]] == labels[query])
        if len(found):
            firsts.append(float(found[0] == 0))
            precisions.append(average_precision(found, len(found)))
    return {"n": len(firsts), **_with_interval("recall_at_1", firsts), **_with_interval("map", precisions)}


def _with_interval(name: str, values: list[float]) -> dict[str, float]:
    rows = np.asarray(values)
    weights = photo_weights(np.arange(len(rows)), resamples=min(RESAMPLES, MOST_DRAWN // len(rows)))
    found = interval(lambda drawn: drawn @ rows / drawn.sum(axis=1), weights, len(rows))
    return {name: float(found["value"] or 0), f"{name}_low": float(found["low"] or 0), f"{name}_high": float(found["high"] or 0)}
