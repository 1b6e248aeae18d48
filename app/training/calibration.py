"""Fit the calibration on simulated visitor photographs: `flask train calibration`.

Each photo is asked twice, with its works in the catalogue and without; what is learned is whether the best candidate, and the
right one, really is in the photo. Weights are kept from falling below zero, so that more evidence never makes a match less likely.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from app.engine.calibration import FEATURES, Evidence
from app.engine.images import read_image
from app.engine.types import Image, Match, SearchResult
from app.training.simulation import KINDS, Conditions, simulate

Array = npt.NDArray[np.float64]
Search = Callable[[Image, frozenset[int]], SearchResult]
USED = tuple(kind for kind in KINDS if kind != "clean")
RIDGE = 0.005  # keeps weights finite where photos separate perfectly, as most do


@dataclass(frozen=True)
class Reference:
    """A work and one picture of it."""

    work_id: int
    path: Path


@dataclass(frozen=True)
class Samples:
    """features (n, 8), labels (n,) 0 or 1, photo (n,) number of the photo; `best`: (n,) bool, the first match of its answer."""

    features: Array
    labels: Array
    photo: npt.NDArray[np.int64]
    best: npt.NDArray[np.bool_]


def collect(
    references: Sequence[Reference], search: Search, photos: int, *, seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Samples:
    """Evidence from `photos` simulated photographs of random works, kinds in turn, each asked with and without its works."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[Array, float, int, bool]] = []
    for number in range(photos):
        kind = USED[number % len(USED)]
        chosen = [references[i] for i in rng.choice(len(references), 2 if kind == "two works" else 1, replace=False)]
        photo = simulate([read_image(r.path, max_side=800) for r in chosen], rng, Conditions.of(kind)).image
        works = frozenset(reference.work_id for reference in chosen)
        rows += _rows(search(photo, frozenset()), works, number) + _rows(search(photo, works), frozenset(), number)
        if progress is not None:
            progress(number + 1, photos)
    features, labels, numbers, best = zip(*rows, strict=True)
    return Samples(np.stack(features), np.array(labels), np.array(numbers), np.array(best))


def _rows(result: SearchResult, right: frozenset[int], number: int) -> list[tuple[Array, float, int, bool]]:
    """The best match, and every match that is right or has inliers: what a verdict may rest on."""
    kept = [match for match in result.matches if match.work_id in right or not is_duplicate(match)]
    return [
        (evidence_of(match).features(), float(match.work_id in right), number, rank == 0)
        for rank, match in enumerate(kept)
        if rank == 0 or match.work_id in right or match.inliers
    ]


def is_duplicate(match: Match) -> bool:
    """Is this the same picture a second time in the catalogue? Then it is not wrong, and says nothing of strangers."""
    return match.inliers > 60 and match.appearance > 0.85 and match.colour > 0.75


def evidence_of(match: Match) -> Evidence:
    return Evidence(
        match.inliers, match.cells, match.appearance, match.colour, match.inlier_ratio, match.global_score, match.votes,
        match.tiny_score,
    )


def fit(features: Array, labels: Array) -> tuple[Array, float]:
    """Logistic regression with weights ≥ 0 and a small ridge: (weights (8,), bias). Classes count equally."""
    scale = np.maximum(features.std(axis=0), 1e-6)
    scaled = features / scale
    balance = np.where(labels > 0, 0.5 / max(labels.mean(), 1e-9), 0.5 / max(1 - labels.mean(), 1e-9))

    def loss(parameters: Array) -> tuple[float, Array]:
        z = scaled @ parameters[:-1] + parameters[-1]
        error = balance * (1 / (1 + np.exp(-z)) - labels) / len(labels)
        value = np.sum(balance * (np.logaddexp(0, z) - labels * z)) / len(labels)
        value += RIDGE / 2 * parameters[:-1] @ parameters[:-1]
        return float(value), np.append(scaled.T @ error + RIDGE * parameters[:-1], error.sum())

    bounds = [(0.0, None)] * features.shape[1] + [(None, None)]
    found = minimize(loss, np.append(np.ones(features.shape[1]), -3.0), jac=True, method="L-BFGS-B", bounds=bounds)
    return found.x[:-1] / scale, float(found.x[-1])


def thresholds(
    probabilities: Array, labels: Array, *, false_accepts: float, least: float = 0.5
) -> tuple[float, float]:
    """(identified_at, possible_at): at most `false_accepts` of the wrong best matches pass the first, a twentieth the second.

    The first is at least `least`, the second at least 0.02 and below the first.
    """
    wrong = np.sort(probabilities[labels == 0])
    allowed = int(false_accepts * len(wrong))
    edge = float(wrong[len(wrong) - 1 - allowed]) if len(wrong) else least
    identified = min(max(least, edge + 1e-3), 0.99)
    possible = float(np.quantile(wrong, 0.95)) if len(wrong) else identified / 2
    return identified, float(np.clip(possible, 0.02, identified - 0.01))


def expected_calibration_error(probabilities: Array, labels: Array, bins: int = 10) -> float:
    """Σ |mean probability − share right| · n_bin / n over equal-width bins: Naeini et al., AAAI 2015."""
    which = np.minimum((probabilities * bins).astype(int), bins - 1)
    gaps = [abs(probabilities[which == b].mean() - labels[which == b].mean()) * (which == b).mean() for b in set(which.tolist())]
    return float(sum(gaps))


def card(samples: Samples, *, false_accepts: float = 0.005, folds: int = 5) -> dict[str, Any]:
    """What `calibration.json` holds: weights, thresholds, and how they did on photos that they were not fitted on."""
    weights, bias = fit(samples.features, samples.labels)
    held_out = np.zeros(len(samples.labels))
    for fold in range(folds):
        test = samples.photo % folds == fold
        w, b = fit(samples.features[~test], samples.labels[~test])
        held_out[test] = sigmoid(samples.features[test] @ w + b)
    best = samples.best
    identified, possible = thresholds(held_out[best], samples.labels[best], false_accepts=false_accepts)
    right, wrong = held_out[best & (samples.labels == 1)], held_out[best & (samples.labels == 0)]
    return {
        "features": list(FEATURES), "weights": weights.round(4).tolist(), "bias": round(bias, 4),
        "identified_at": round(identified, 4), "possible_at": round(possible, 4),
        "held_out": {
            "answers": int(best.sum()), "right": len(right), "wrong": len(wrong),
            "expected_calibration_error": round(expected_calibration_error(held_out[best], samples.labels[best]), 4),
            "false_accepts": round(float((wrong >= identified).mean()), 4), "missed": round(float((right < possible).mean()), 4),
            "uncertain": round(float(((right >= possible) & (right < identified)).mean()), 4),
            "unknown_uncertain": round(float(((wrong >= possible) & (wrong < identified)).mean()), 4),
        },
    }


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))
