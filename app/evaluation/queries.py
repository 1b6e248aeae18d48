"""One question of an evaluation and its answer, in the ids of the imported file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.engine.types import SearchResult, Verdict


@dataclass(frozen=True)
class Query:
    """What was asked and what came back. Ids are source ids.

    photo: position of the photo in the ground truth; two queries of one photo share it (the bootstrap draws photos).
    relevant: the photo's works that could be found; empty: an unknown photo. made_unknown: its own works were left out.
    best, confidence: the best match and its probability (0…1); None and 0 where nothing matched.
    ranking: the global stage alone, candidates: all that reached verification, both best first.
    """

    photo: int
    kind: str
    relevant: frozenset[str]
    made_unknown: bool
    verdict: Verdict
    best: str | None
    confidence: float
    inliers: int
    verified: frozenset[str]
    ranking: tuple[str, ...]
    candidates: tuple[str, ...]
    latency_ms: float
    error: str = ""

    @property
    def known(self) -> bool:
        return bool(self.relevant)

    @property
    def correct(self) -> bool:
        return self.best is not None and self.best in self.relevant


def rank_of(relevant: frozenset[str], ranking: Sequence[str]) -> int | None:
    """Rank (from 1) of the first relevant work, None if there is none."""
    return next((rank for rank, work in enumerate(ranking, 1) if work in relevant), None)


def answered(
    result: SearchResult,
    works: Mapping[int, str],
    *,
    photo: int,
    kind: str,
    relevant: frozenset[str],
    made_unknown: bool,
    latency_ms: float,
) -> Query:
    """A search result in source ids. works: primary key → source id; a work that is gone meanwhile becomes `#key`."""

    def name(key: int) -> str:
        return works.get(key, f"#{key}")

    best = result.matches[0] if result.matches else None
    return Query(
        photo=photo,
        kind=kind,
        relevant=relevant,
        made_unknown=made_unknown,
        verdict=result.verdict,
        best=name(best.work_id) if best else None,
        confidence=best.probability if best else 0.0,
        inliers=best.inliers if best else 0,
        verified=frozenset(name(match.work_id) for match in result.matches if match.verified),
        ranking=tuple(map(name, result.global_ranking)),
        candidates=tuple(map(name, result.candidates)),
        latency_ms=latency_ms,
    )
