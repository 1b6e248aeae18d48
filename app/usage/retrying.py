"""A job done again: what failed, was stopped, or lost its worker, with the same arguments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.catalogue.models import ImportRun
from app.extensions import db
from app.sentences import N_, SentenceError
from app.usage import jobs
from app.usage.models import Job

RETRIED = ("failed", "cancelled")
ONE_AT_A_TIME = ("index_build",)
NOT_ARGUMENTS = ("attempts", "retry_of")


class RetryError(SentenceError):
    """A job cannot be done again; the message says why."""


def is_lost(job: Job) -> bool:
    """Whether its worker died and nobody has taken it up yet."""
    return job.state == "running" and jobs.silence(job) > jobs.LOST_SECONDS


def can_retry(job: Job) -> bool:
    """Whether there is something to try again; whether it may be, `again` finds out."""
    return job.state in RETRIED or is_lost(job)


def again(job: Job, user_id: int | None, *, admin: bool = True) -> Job:
    """The job that does it again, committed and not yet sent. Raises RetryError."""
    if not can_retry(job):
        raise RetryError(N_("This job has not failed, so there is nothing to try again."))
    arguments = {name: value for name, value in job.arguments.items() if name not in NOT_ARGUMENTS}
    _refuse_others_files(job, user_id, admin)
    _refuse_missing_files(job.kind, arguments)
    if is_lost(job):
        job.state, job.celery_id, job.cancel_requested = "queued", "", False
        db.session.commit()
        return job
    _refuse_a_second(job, arguments)
    return jobs.create(job.kind, {**arguments, "retry_of": job.id}, user_id=user_id)


def _refuse_others_files(job: Job, user_id: int | None, admin: bool) -> None:
    """Paths of the server that an admin chose are not for a curator to read anew."""
    if not admin and job.user_id != user_id and job.arguments.get("file"):
        raise RetryError(N_("Somebody else has begun this import: let them try it again, or an admin."))


def _refuse_missing_files(kind: str, arguments: dict[str, Any]) -> None:
    if kind == "import" and not arguments.get("address") and not Path(str(arguments.get("file", ""))).is_file():
        raise RetryError(N_("The file of this import has been cleared away meanwhile; upload it again."))
    if kind == "import_undo":
        run = db.session.get(ImportRun, int(arguments.get("run_id", 0)))
        if run is None or run.undone_at is not None:
            raise RetryError(N_("This import has been undone already."))


def _refuse_a_second(job: Job, arguments: dict[str, Any]) -> None:
    for other in db.session.scalars(select(Job).where(Job.kind == job.kind, Job.state.in_(jobs.UNFINISHED))):
        theirs = {name: value for name, value in other.arguments.items() if name not in NOT_ARGUMENTS}
        if job.kind in ONE_AT_A_TIME or theirs == arguments:
            raise RetryError(N_("It is being tried again already: wait for it, or cancel it."))
