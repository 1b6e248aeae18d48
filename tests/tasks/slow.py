"""A Celery application with one slow job, for the tests that kill workers: `celery -A tests.tasks.slow worker`.

The job writes a line into `file` each time it begins, and ends when the file `file.go` is there.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from app.operations import beats
from app.usage import jobs, pulse
from app.usage.models import Job
from tasks.application import celery
from tasks.dispatch import TASKS
from tasks.runner import Outcome, Progress, ShouldCancel, run_job

jobs.SILENT_SECONDS = 2.0  # quicker than in earnest
pulse.BEAT_SECONDS = 0.3
beats.BEAT_SECONDS = 0.3
TASKS["slow"] = "tests.slow"


@celery.task(bind=True, name="tests.slow")
def slow(self: Any, job_id: str) -> None:
    run_job(job_id, wait, (OSError,), self.request.id or "")


def wait(job: Job, progress: Progress, should_cancel: ShouldCancel) -> Outcome:
    from app.engine.errors import CancelledError

    file = Path(job.arguments["file"])
    with file.open("a") as lines:
        lines.write("began\n")
    for step in range(600):
        if file.with_suffix(".go").exists():
            return {"steps": step}, "Done."
        if should_cancel():
            raise CancelledError("Stopped as asked.")
        progress("waiting", step, 600)
        time.sleep(0.1)
    raise OSError(f"{file.with_suffix('.go')} never came.")
