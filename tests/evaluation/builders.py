"""Queries with sensible defaults."""

from __future__ import annotations

from collections.abc import Iterable

from app.engine.types import Verdict
from app.evaluation.queries import Query


def query(
    relevant: Iterable[str] = ("a",),
    best: str | None = "a",
    *,
    confidence: float = 0.9,
    verdict: Verdict = "identified",
    verified: Iterable[str] = (),
    ranking: Iterable[str] = (),
    candidates: Iterable[str] = (),
    photo: int = 0,
    made_unknown: bool = False,
    kind: str = "wall",
) -> Query:
    return Query(
        photo=photo,
        kind=kind,
        relevant=frozenset(relevant),
        made_unknown=made_unknown,
        verdict=verdict,
        best=best,
        confidence=confidence,
        inliers=0,
        verified=frozenset(verified),
        ranking=tuple(ranking),
        candidates=tuple(candidates),
        latency_ms=1.0,
    )
