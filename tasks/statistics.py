"""Statistics rolled up on a schedule."""

from __future__ import annotations

from app.usage import statistics
from tasks.application import celery


@celery.task(name="tasks.statistics.roll_up_days")  # type: ignore[untyped-decorator]
def roll_up_days() -> int:
    """Roll up today and every day since the last time."""
    return statistics.roll_up_pending()
