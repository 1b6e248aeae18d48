"""Questions about single searches of a period, which daily figures cannot answer."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.extensions import db
from app.usage.models import Search
from app.usage.statistics import STAGES, Period, percentile, stage_times

SEARCHES_READ = 5000  # of a period, the newest; enough for a 95th percentile that does not move


def stage_percentiles(period: Period) -> list[tuple[str, float, float]]:
    """(stage, p50, p95) in ms over the period's newest searches, in the stages' order; without a time, none."""
    query = (
        select(Search.result["timings_ms"])
        .where(Search.created_at >= period.begin, Search.created_at < period.end)
        .order_by(Search.created_at.desc())
        .limit(SEARCHES_READ)
    )
    times = stage_times(db.session.scalars(query))
    return [(stage, percentile(times[stage], 0.5), percentile(times[stage], 0.95)) for stage in STAGES if times[stage]]


def not_found(period: Period, limit: int = 24) -> Sequence[Search]:
    """Searches answered `not in the catalogue`: those whose photo is kept first, then newest first."""
    query = (
        select(Search)
        .where(Search.created_at >= period.begin, Search.created_at < period.end, Search.verdict == "not_in_catalogue")
        .order_by(Search.photo_path.is_(None), Search.created_at.desc())
        .limit(limit)
    )
    return db.session.scalars(query).all()
