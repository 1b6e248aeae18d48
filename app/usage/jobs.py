"""Long tasks as the table `jobs` knows them: made before they are sent, claimed by one worker, told of while they run.

The table is the truth, the broker only the messenger: a message that comes twice finds the job already claimed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update

from app.catalogue.models import now
from app.extensions import db
from app.operations import traces
from app.usage import alerts, failures
from app.usage.models import Job
from app.usage.pulse import pulse

SILENT_SECONDS = 20.0  # without a heartbeat, which comes every 3 s: then another worker may take the job over
LOST_SECONDS = 90.0  # then a job that no message brought back is sent again
MOST_ATTEMPTS = 3  # a job that ends its worker this often is not tried again
UNFINISHED = ("queued", "running")


def create(kind: str, arguments: dict[str, Any], user_id: int | None = None) -> Job:
    """A queued job, committed: its message is sent after this returns, so that no worker looks before it is there."""
    job = Job(kind=kind, arguments=arguments, user_id=user_id, trace=traces.here())
    db.session.add(job)
    db.session.commit()
    return job


def start(job: Job, celery_id: str = "") -> bool:
    """Claim a job that is queued, or whose worker has been silent. False: it is another's, finished or cancelled."""
    arguments = {**job.arguments, "attempts": attempts(job) + 1}
    values = {"state": "running", "celery_id": celery_id, "heartbeat_at": now(), "message": "", "arguments": arguments}
    claim = update(Job).where(Job.id == job.id, or_(Job.state == "queued", _silent(SILENT_SECONDS)))
    claimed = db.session.execute(claim.values(started_at=now(), done=0, total=0, stage="", **values))
    db.session.commit()
    db.session.refresh(job)
    return bool(claimed.rowcount)  # type: ignore[attr-defined]


def progress(job_id: str, stage: str, done: int, total: int) -> None:
    """Tell how far a job is; at most twice a second reaches the database, the first of each stage always."""
    pulse().progress(job_id, stage, done, total)


def is_cancelled(job_id: str) -> bool:
    """Whether someone asked for a stop; looked up at most once a second."""
    return pulse().is_cancelled(job_id)


def finish(job: Job, result: dict[str, Any], message: str = "") -> None:
    """The job came to its end; `result` must be JSON."""
    _end(job, "done", message, result)


def fail(job: Job, sentence: str) -> None:
    """The job came to nothing, and why: noted among the failures, and told unless somebody only tried a file."""
    failure = failures.record("job", job.kind, sentence, job=job.id, of=job.kind, title=title_of(job))
    if not job.arguments.get("dry_run"):
        alerts.tell(failure)
    _end(job, "failed", sentence, {})


def title_of(job: Job) -> str:
    """The job in English, for messages: `Import of museum.csv`."""
    words = {"index_build": "Re-index", "import": "Import", "import_undo": "Undo of the import"}
    of = job.arguments.get("name") or job.arguments.get("preset") or ""
    return f"{words.get(job.kind, job.kind.replace('_', ' ').capitalize())} of {of}" if of else words.get(job.kind, job.kind)


def cancelled(job: Job, sentence: str = "Stopped as asked; nothing was changed.") -> None:
    """The job ended because it was asked to."""
    _end(job, "cancelled", sentence, {})


def request_cancel(job: Job) -> bool:
    """Ask a job to stop: a queued one is cancelled at once, a running one at its next step. False: it had ended."""
    here = update(Job).where(Job.id == job.id)
    ended = {"state": "cancelled", "finished_at": now(), "message": "Cancelled before it began."}
    gone = here.where(Job.state == "queued").values(**ended)
    asked = here.where(Job.state == "running").values(cancel_requested=True)
    touched = [db.session.execute(statement).rowcount for statement in (gone, asked)]  # type: ignore[attr-defined]
    db.session.commit()
    db.session.refresh(job)
    return any(touched)


def mark_lost() -> list[Job]:
    """Running jobs whose worker died: some are queued again and returned, to be sent; others fail."""
    lost = list(db.session.scalars(select(Job).where(_silent(LOST_SECONDS))))
    again = [job for job in lost if attempts(job) < MOST_ATTEMPTS and not job.cancel_requested]
    for job in lost:
        if job in again:
            job.state = "queued"
        elif job.cancel_requested:
            cancelled(job)
        else:
            fail(job, f"Its worker died {attempts(job)} times; the worker's log says more. Nothing was published.")
    db.session.commit()
    return again


def unfinished() -> list[Job]:
    """Queued and running jobs, oldest first."""
    return list(db.session.scalars(select(Job).where(Job.state.in_(UNFINISHED)).order_by(Job.created_at)))


def recent(kind: str | None = None, limit: int = 50) -> list[Job]:
    """The newest jobs, of one kind or of all."""
    query = select(Job).order_by(Job.created_at.desc()).limit(limit)
    return list(db.session.scalars(query.where(Job.kind == kind) if kind else query))


def attempts(job: Job) -> int:
    """How often a worker has begun it."""
    return int(job.arguments.get("attempts", 0))


def silence(job: Job, at: datetime | None = None) -> float:
    """Seconds since its worker was last heard of; 0 for a job that does not run."""
    if job.state != "running" or job.heartbeat_at is None:
        return 0.0
    return ((at or now()) - job.heartbeat_at).total_seconds()


def _silent(seconds: float) -> ColumnElement[bool]:
    since = now() - timedelta(seconds=seconds)
    return and_(Job.state == "running", or_(Job.heartbeat_at.is_(None), Job.heartbeat_at < since))


def _end(job: Job, state: str, message: str, result: dict[str, Any]) -> None:
    job.state, job.message, job.result = state, message, result
    job.finished_at = now()
    db.session.commit()
