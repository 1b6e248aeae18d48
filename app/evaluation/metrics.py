"""Figures of an evaluation, each a pure function whose name carries its protocol (docs/evaluation.md defines them in words).

All but two are ratios of sums over queries, so each comes as its per-query numerators and denominators: their quotient is
the figure, and a bootstrap re-weights them without asking again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.evaluation.queries import Query, rank_of

Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Ratio:
    """Per-query numerators and denominators, (n,) float64 each."""

    numerator: Doubles
    denominator: Doubles

    def weighted(self, weights: Doubles) -> Doubles:
        """Σ w·numerator / Σ w·denominator for each row of weights (B, n) → (B,); NaN where nothing counts."""
        return _quotient(weights @ self.numerator, weights @ self.denominator)

    @property
    def value(self) -> float:
        return float(self.weighted(np.ones((1, len(self.numerator))))[0])

    @property
    def counted(self) -> int:
        """Queries that the figure is about."""
        return int(np.count_nonzero(self.denominator))


def _quotient(above: Doubles, below: Doubles) -> Doubles:
    """above / below, NaN where below is 0."""
    result: Doubles = np.divide(above, below, out=np.full(len(below), np.nan), where=below > 0)
    return result


def _share(queries: Sequence[Query], hit: Callable[[Query], bool], among: Callable[[Query], bool]) -> Ratio:
    denominator = np.array([among(query) for query in queries], dtype=np.float64)
    numerator = np.array([among(query) and hit(query) for query in queries], dtype=np.float64)
    return Ratio(numerator, denominator)


def top1(queries: Sequence[Query]) -> Ratio:
    """Share of photos of known works whose best match is one of the photo's works."""
    return _share(queries, lambda query: query.correct, lambda query: query.known)


def recall_at_k(queries: Sequence[Query], k: int) -> Ratio:
    """Share of photos of known works with one of their works among the first k of the global stage alone."""
    return _share(queries, lambda query: rank_of(query.relevant, query.ranking[:k]) is not None, lambda query: query.known)


def candidate_recall(queries: Sequence[Query]) -> Ratio:
    """Share of photos of known works with one of their works among all candidates that reach verification."""
    return _share(queries, lambda query: rank_of(query.relevant, query.candidates) is not None, lambda query: query.known)


def set_f1_micro(queries: Sequence[Query]) -> Ratio:
    """Micro-averaged F1 of the verified works against the works in the photo: 2·TP / (2·TP + FP + FN), summed over photos.

    An unknown photo counts by its false positives; with none it adds nothing.
    """
    hits = np.array([len(query.verified & query.relevant) for query in queries], dtype=np.float64)
    misfits = np.array([len(query.verified ^ query.relevant) for query in queries], dtype=np.float64)
    return Ratio(2 * hits, 2 * hits + misfits)


def false_accept_rate(queries: Sequence[Query]) -> Ratio:
    """Share of unknown photos, by the file or made so, that are answered "identified"."""
    return _share(queries, lambda query: query.verdict == "identified", lambda query: not query.known)


def missed_rate(queries: Sequence[Query]) -> Ratio:
    """Share of photos of known works that are answered "not_in_catalogue"."""
    return _share(queries, lambda query: query.verdict == "not_in_catalogue", lambda query: query.known)


def global_average_precision(
    confidence: Doubles, correct: Flags, predicted: Flags, known: Flags, weights: Doubles | None = None
) -> Doubles:
    """GAP, also micro-AP: (1/M) Σᵢ P(i)·rel(i) over the predictions of all queries in order of falling confidence.

    confidence, correct, predicted, known: (n,), one per query. Each query predicts at most once (`predicted`); M is the
    number of known queries; P(i) the share of correct ones among the first i; rel(i) = 1 if the i-th is correct. An unknown
    query cannot be correct, so that its prediction only lowers the precision of what follows. Predictions of equal
    confidence form one block and share the precision at its end, so that the order of the file has no say.
    weights: (B, n) multiplicities, for the bootstrap. Returns (B,) float64, (1,) without weights; NaN where M = 0.

    Perronnin, Liu, Renders, "A family of contextual measures of similarity between distributions with application to image
    retrieval", CVPR 2009; as used by Weyand et al., "Google Landmarks Dataset v2", CVPR 2020, equation 1, and
    Ypsilantis et al., "The Met Dataset", NeurIPS Datasets and Benchmarks 2021, section 4.
    """
    weights = np.ones((1, len(confidence))) if weights is None else weights
    order = np.argsort(-confidence, kind="stable")
    order = order[predicted[order]]
    ranked = weights[:, order]
    _, starts, sizes = np.unique(-confidence[order], return_index=True, return_counts=True)
    last = np.repeat(starts + sizes - 1, sizes)  # of each prediction: the last of its block
    seen = np.cumsum(ranked, axis=1)[:, last]
    right = np.cumsum(ranked * correct[order], axis=1)[:, last]
    precision = np.divide(right, seen, out=np.zeros_like(seen), where=seen > 0)
    summed = (precision * ranked * correct[order]).sum(axis=1)
    return _quotient(summed, weights @ known.astype(np.float64))


def expected_calibration_error(
    confidence: Doubles, correct: Flags, weights: Doubles | None = None, *, bins: int = 10
) -> Doubles:
    """ECE: Σ_b (n_b / n)·|accuracy_b − confidence_b| over equal-width bins (b/bins, (b+1)/bins]; 0 falls into the first.

    confidence: (n,) probabilities 0…1 of the best matches; correct: (n,). weights and result as for GAP; NaN where n = 0.
    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, equation 3.
    """
    weights = np.ones((1, len(confidence))) if weights is None else weights
    bin_of = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gaps = np.zeros((len(confidence), bins))
    gaps[np.arange(len(confidence)), bin_of] = correct - confidence
    return _quotient(np.abs(weights @ gaps).sum(axis=1), weights.sum(axis=1))
