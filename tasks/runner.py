"""How every long task runs: claim the job, beat while it works, and end it in one of three ways."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable
from typing import Any

from app.engine.errors import CancelledError
from app.extensions import db
from app.operations import traces
from app.usage import jobs
from app.usage.models import Job
from app.usage.pulse import beating

log = logging.getLogger(__name__)

Progress = Callable[[str, int, int], None]
ShouldCancel = Callable[[], bool]
Outcome = tuple[dict[str, Any], str]  # what came of it (JSON), and the same in a sentence
Work = Callable[[Job, Progress, ShouldCancel], Outcome]


def run_job(job_id: str, work: Work, expected: tuple[type[Exception], ...], celery_id: str = "") -> None:
    """Run `work` for the job, if it is still to be done. `expected` errors become the job's sentence as they are."""
    job = db.session.get(Job, job_id)
    if job is None or not claim(job, celery_id):
        return
    with beating(job_id), traces.job(job.kind, job_id, job.trace, job.created_at, job.started_at):
        try:
            outcome, sentence = work(
                job, functools.partial(jobs.progress, job_id), functools.partial(jobs.is_cancelled, job_id)
            )
        except CancelledError:
            db.session.rollback()
            jobs.cancelled(job)
        except expected as error:
            db.session.rollback()
            jobs.fail(job, " ".join(str(error).split()))
        except Exception as error:
            db.session.rollback()
            log.exception("%s %s failed", job.kind, job_id)
            jobs.fail(job, f"It stopped on an unexpected {type(error).__name__} ({error}); see the worker's log.")
        else:
            jobs.finish(job, outcome, sentence)


def claim(job: Job, celery_id: str = "") -> bool:
    """Claim the job; one whose worker has just died is waited for until its heartbeat is known to be silent."""
    seen = job.heartbeat_at
    while not jobs.start(job, celery_id):
        if job.state != "running" or job.heartbeat_at != seen:
            return False  # ended, or another worker runs it
        time.sleep(1.0)
    return True
