"""The steps of a re-index, as its card shows them: which are done, which goes on, which come, and how long all will take."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from app.catalogue.models import Picture
from app.engine.errors import EngineError
from app.extensions import db
from app.reindexing.estimate import stage_rate
from app.usage import jobs, timings
from app.usage.models import Job


def steps(job: Job) -> list[dict[str, Any]]:
    """`{"stage", "state": done | now | next, "expected": seconds or None}` of a re-index that waits or runs; none of other jobs."""
    if job.kind != "index_build" or job.state not in jobs.UNFINISHED:
        return []
    aside = job.arguments.get("margin") is not None or not job.arguments.get("publish", True)
    order = [stage for stage in timings.STAGES if stage != "publish" or not aside]
    begun = order.index(job.stage) if job.stage in order else 0
    at = begun if job.state == "running" else -1
    pictures = db.session.scalar(select(func.count()).select_from(Picture)) or 0
    return [
        {"stage": stage, "state": "done" if place < at else "now" if place == at else "next",
         "expected": _expected(stage, job, pictures) if place >= at else None}
        for place, stage in enumerate(order)
    ]  # fmt: skip


def _expected(stage: str, job: Job, pictures: int) -> float | None:
    """Seconds that a step takes, by this machine's earlier builds."""
    if stage == timings.DESCRIBE:
        return None  # told of by its own rate
    try:
        rate = stage_rate(stage, str(job.arguments.get("preset") or "default"))
    except EngineError:
        return None
    return pictures / rate.per_second if rate else None


def seconds_left(job: Job, of_job: list[dict[str, Any]]) -> float | None:
    """Of the whole re-index; None while the present step cannot be reckoned."""
    present = next((step for step in of_job if step["state"] == "now"), None)
    if present is None:
        return None
    now: float | None = job.result.get("seconds_left", present["expected"])
    later = [step["expected"] for step in of_job if step["state"] == "next"]
    if now is None or (later and all(expected is None for expected in later)):
        return None
    return now + sum((expected for expected in later if expected), 0.0)
