"""The re-index: the same verb as `flask index build`, as a job."""

from __future__ import annotations

from typing import Any

from celery import Task

from app.engine.errors import EngineError
from app.usage.models import Job
from tasks.application import celery
from tasks.runner import Outcome, Progress, ShouldCancel, run_job


@celery.task(bind=True, name="tasks.indexing.reindex")  # type: ignore[untyped-decorator]
def reindex(self: Task[Any, Any], job_id: str) -> None:
    """Build and publish the index that the job asks for."""
    run_job(job_id, build, (EngineError, OSError), self.request.id or "")


def build(job: Job, progress: Progress, should_cancel: ShouldCancel) -> Outcome:
    """A shell over `services.build_index`."""
    from app import services

    preset = job.arguments.get("preset") or None
    report = services.build_index(preset=preset, progress=progress, should_cancel=should_cancel, job_id=job.id)
    result = {
        "build_id": report.build_id,
        "works": report.works,
        "vectors": report.vectors,
        "recall_at_10": report.recall_at_10,
        "rejects": len(report.rejects),
        "seconds": report.seconds,
    }
    return result, f"{report.works:,} works in {report.seconds:,.0f} s; the new index serves."
