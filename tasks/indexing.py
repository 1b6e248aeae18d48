"""The re-index and what belongs to it, as jobs: a measurement before, a comparison after, and the plan that begins it by itself."""

from __future__ import annotations

from typing import Any

from celery import Task

from app.accounts import audit
from app.engine.errors import CancelledError, EngineError
from app.engine.types import BuildReport
from app.evaluation.ground_truth import GroundTruthError
from app.extensions import db
from app.usage import alerts, failures
from app.usage.index_models import BuildComparison
from app.usage.models import Job
from tasks.application import celery
from tasks.runner import Outcome, Progress, ShouldCancel, run_job


@celery.task(bind=True, name="tasks.indexing.reindex")  # type: ignore[untyped-decorator]
def reindex(self: Task[Any, Any], job_id: str) -> None:
    """Build the index that the job asks for, and publish it if it says so."""
    run_job(job_id, build, (EngineError, OSError), self.request.id or "")


@celery.task(bind=True, name="tasks.indexing.measure")  # type: ignore[untyped-decorator]
def measure(self: Task[Any, Any], job_id: str) -> None:
    """Describe a handful of pictures to learn how quickly it goes."""
    run_job(job_id, trial, (EngineError, OSError), self.request.id or "")


@celery.task(bind=True, name="tasks.indexing.compare")  # type: ignore[untyped-decorator]
def compare(self: Task[Any, Any], job_id: str) -> None:
    """Compare the two builds that the job's comparison names."""
    run_job(job_id, comparison, (EngineError, GroundTruthError, ValueError, OSError), self.request.id or "")


@celery.task(bind=True, name="tasks.indexing.draw_map")  # type: ignore[untyped-decorator]
def draw_map(self: Task[Any, Any], job_id: str) -> None:
    """Draw the map of the published index."""
    run_job(job_id, mapped, (EngineError, OSError), self.request.id or "")


@celery.task(name="tasks.indexing.look_at_plan")  # type: ignore[untyped-decorator]
def look_at_plan() -> str | None:
    """Begin the planned re-index when its time has come; returns its job's id."""
    from app.reindexing import planning
    from tasks.dispatch import send

    job = planning.look()
    if job is not None:
        send(job)
    return job.id if job else None


def build(job: Job, progress: Progress, should_cancel: ShouldCancel) -> Outcome:
    """A shell over `services.build_index`; a planned build is published only where its check holds."""
    from app.reindexing import planning

    planned, margin = job.arguments.get("planned"), job.arguments.get("margin")
    try:
        report = _built(job, progress, should_cancel, publish=margin is None and bool(job.arguments.get("publish", True)))
        objection = "" if margin is None else _checked(report, float(margin))
    except (EngineError, OSError) as error:
        if planned:
            db.session.rollback()
            stopped = isinstance(error, CancelledError)
            planning.note("Stopped as asked; nothing was changed." if stopped else f"It failed: {error}")
        raise
    published = not objection and (margin is not None or bool(job.arguments.get("publish", True)))
    sentence = _sentence(report, published, objection)
    if planned:
        planning.note(sentence)
    result = {
        "build_id": report.build_id,
        "works": report.works,
        "vectors": report.vectors,
        "recall_at_10": report.recall_at_10,
        "rejects": len(report.rejects),
        "seconds": report.seconds,
        "published": published,
    }
    return result, sentence


def _built(job: Job, progress: Progress, should_cancel: ShouldCancel, *, publish: bool) -> BuildReport:
    from app import services

    return services.build_index(
        preset=job.arguments.get("preset") or None, engine=job.arguments.get("engine") or "",
        progress=progress, should_cancel=should_cancel, job_id=job.id, publish=publish,
    )  # fmt: skip


def _checked(report: BuildReport, margin: float) -> str:
    """Publish the build if nothing speaks against it; else what does. Audited."""
    from app import services
    from app.reindexing import planning

    objection, before = planning.objection(report, margin), services.builds().published()
    if objection:
        audit.record("index.refuse", report.build_id, reason=objection)
        alerts.tell(failures.record("build", "planned", objection))
    else:
        services.publish_build(report.build_id)
        audit.record("index.publish", report.build_id, before=before)
    db.session.commit()
    return objection


def _sentence(report: BuildReport, published: bool, objection: str) -> str:
    done = f"{report.works:,} works in {report.seconds:,.0f} s"
    if objection:
        return f"{done}. {objection}"
    return f"{done}; the new index serves." if published else f"{done}; it waits to be compared and published."


def trial(job: Job, progress: Progress, should_cancel: ShouldCancel) -> Outcome:
    """A shell over `estimate.measure`."""
    from app.reindexing import estimate

    found = estimate.measure(job.arguments.get("preset") or "", progress=progress, should_cancel=should_cancel)
    sentence = f"{found.pictures} pictures in {found.seconds:.1f} s: {found.per_second:.1f} a second. They are kept."
    return {"preset": job.arguments.get("preset"), "pictures": found.pictures, "seconds": found.seconds}, sentence


def comparison(job: Job, progress: Progress, should_cancel: ShouldCancel) -> Outcome:
    """A shell over `comparing.run`; what came of it lies in the comparison's own row."""
    from app.reindexing import comparing, photo_sets

    row = db.session.get(BuildComparison, int(job.arguments["comparison_id"]))
    if row is None or row.photo_set is None:
        raise photo_sets.PhotoSetError("The comparison, or its set of photos, has been deleted meanwhile.")
    row.job_id = job.id  # of the second try, where the first failed
    truth = photo_sets.truth_of(row.photo_set)
    db.session.commit()
    result = comparing.run(row, truth, progress, should_cancel)
    counts = {name: result[name] for name in ("n_photos", "n_changed", "n_better", "n_worse")}
    sentence = f"{counts['n_photos']:,} photos: {counts['n_better']:,} answered better, {counts['n_worse']:,} worse."
    return {"comparison_id": row.id, **counts}, sentence


def mapped(_job: Job, progress: Progress, should_cancel: ShouldCancel) -> Outcome:
    """A shell over `studying.draw_map`."""
    from app import studying

    told = studying.draw_map(progress, should_cancel)
    return told, f"{told['pictures']:,} pictures are on the map."
