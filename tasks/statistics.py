"""Statistics rolled up on a schedule."""

from __future__ import annotations

from app.usage import rolling
from tasks.application import celery


@celery.task(name="tasks.statistics.roll_up")  # type: ignore[untyped-decorator]
def roll_up() -> int:
    """Roll up every hour since the last time; returns how many were written."""
    return rolling.roll_up().hours
