"""What inliers alone can tell: figures over the outcomes of several verifiers on the pairs that all of them were asked about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from app.engine.candidates import MIN_AGREEMENT
from app.evaluation.metrics import global_average_precision
from benchmarks.verifying.pairs import Asked

RESAMPLES = 2000
Row = Mapping[str, Any]  # of one pair: position, right, inliers, agreement …
Outcomes = Mapping[str, Sequence[Row]]  # by photo


def common(outcomes: Mapping[str, Outcomes]) -> dict[str, dict[str, list[Row]]]:
    """By verifier and photo, the pairs that every verifier was asked about."""
    photos = [photo for photo in next(iter(outcomes.values())) if all(photo in rows for rows in outcomes.values())]
    shared = {
        photo: set.intersection(*({row["position"] for row in rows[photo]} for rows in outcomes.values())) for photo in photos
    }
    return {
        name: {photo: [row for row in rows[photo] if row["position"] in shared[photo]] for photo in photos}
        for name, rows in outcomes.items()
    }


def evidence(row: Row) -> float:
    """Inliers, none where the inside of the picture looks another one, as in the product."""
    unlike = row["agreement"] != 0 and row["agreement"] < MIN_AGREEMENT
    return 0.0 if unlike else float(row["inliers"])


def gap(scores: Sequence[tuple[float, bool, bool]]) -> float:
    """Of (confidence, right, known), one a query."""
    return round(float(_gap(*(np.array(column) for column in zip(*scores, strict=True)))[0]), 4)


def asked_twice(photos: Mapping[str, Sequence[Row]], score: Callable[[Row], float]) -> list[tuple[float, bool, bool]]:
    """Every photo with its works in the catalogue and without: the likeliest of its pairs, whether right, whether it could be."""
    queries = []
    for rows in photos.values():
        known = any(row["right"] for row in rows)
        best = max(rows, key=score)
        queries.append((score(best), bool(best["right"]), known))
        wrong = [row for row in rows if not row["right"]]
        if known and wrong:
            queries.append((max(map(score, wrong)), False, False))
    return queries


def of_global(asked: Sequence[Asked]) -> list[tuple[float, bool, bool]]:
    """The same queries answered by the nearest vector of the whole catalogue."""
    queries = []
    for photo in asked:
        known = any(pair.right for pair in photo.pairs)
        queries.append((photo.first_cosine, photo.first_right, known))
        if known:
            queries.append((photo.first_wrong_cosine, False, False))
    return queries


def gain(asked: Sequence[Asked]) -> dict[str, Any]:
    """GAP of every photo asked twice by global score, by the product's inliers and by its probability; 95 % intervals."""
    rows = {"global": of_global(asked), "inliers": of_pairs(asked, "inliers"), "probability": of_pairs(asked, "probability")}
    owners = np.repeat(np.arange(len(asked)), [1 + any(pair.right for pair in photo.pairs) for photo in asked])
    rng = np.random.default_rng(0)
    drawn = [np.bincount(rng.integers(0, len(asked), len(asked)), minlength=len(asked)) for _ in range(RESAMPLES)]
    weights = np.stack(drawn)[:, owners].astype(float)
    resampled, result = {}, {"photos": len(asked), "queries": len(owners)}
    for name, scores in rows.items():
        columns = [np.array(column) for column in zip(*scores, strict=True)]
        resampled[name] = _gap(*columns, weights)
        result[name] = _interval(float(_gap(*columns)[0]), resampled[name])
    for name in ("inliers", "probability"):
        value = result[name]["value"] - result["global"]["value"]
        result[f"gain of {name}"] = _interval(value, resampled[name] - resampled["global"])
    return result


def of_pairs(asked: Sequence[Asked], score: str) -> list[tuple[float, bool, bool]]:
    """The queries of all photos answered by the likeliest pair, by what the present pipeline made of it."""
    queries = []
    for photo in asked:
        rows = [{"right": pair.right, "score": getattr(pair, score)} for pair in photo.pairs]
        queries += asked_twice({photo.photo: rows}, lambda row: float(row["score"]))
    return queries


def _gap(confidence: Any, right: Any, known: Any, weights: Any = None) -> Any:
    return global_average_precision(confidence.astype(float), right, np.ones(len(right), bool), known.astype(bool), weights)


def _interval(value: float, resampled: Any) -> dict[str, float]:
    low, high = np.percentile(resampled, [2.5, 97.5])
    return {"value": round(value, 4), "low": round(float(low), 4), "high": round(float(high), 4)}


def area_under_curve(right: Sequence[float], wrong: Sequence[float]) -> float:
    """Probability that a right pair has more than a wrong one, ties counted half (Hanley and McNeil, Radiology 1982)."""
    above = np.subtract.outer(np.array(right), np.array(wrong))
    return round(float(np.mean((above > 0) + 0.5 * (above == 0))), 4)


def figures(photos: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
    """Of one verifier."""
    rows = [row for pairs in photos.values() for row in pairs]
    right = [evidence(row) for row in rows if row["right"]]
    wrong = [evidence(row) for row in rows if not row["right"]]
    return {
        "photos": len(photos), "right": len(right), "wrong": len(wrong),
        "median_right": float(np.median(right)), "most_wrong": max(wrong),
        "auc": area_under_curve(right, wrong),
        "above_all_wrong": round(float(np.mean(np.array(right) > max(wrong))), 4),
        "gap_of_inliers": gap(asked_twice(photos, evidence)),
    }


def table(asked: Sequence[Asked], outcomes: Mapping[str, Outcomes]) -> dict[str, Any]:
    """Figures of all verifiers and of the global descriptor on what they have in common; by kind the right above all wrong."""
    shared = common(outcomes)
    photos = next(iter(shared.values()))
    kind = {one.photo: one.kind for one in asked}
    result: dict[str, Any] = {"gap_of_global_score": gap(of_global([one for one in asked if one.photo in photos]))}
    for name, rows in shared.items():
        result[name] = figures(rows)
        most = result[name]["most_wrong"]
        by_kind: dict[str, list[bool]] = {}
        for photo, pairs in rows.items():
            by_kind.setdefault(kind[photo], []).extend(evidence(row) > most for row in pairs if row["right"])
        result[name]["by_kind"] = {of: f"{sum(flags)} of {len(flags)}" for of, flags in by_kind.items()}
    return result
