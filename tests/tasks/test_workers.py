"""Jobs with a real broker and real workers: done, cancelled, and done again after a SIGKILL."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from app.extensions import db
from app.usage import jobs
from app.usage.models import Job
from tasks.dispatch import post
from tests.tasks.conftest import Worker, wait_for

Start = Callable[[], Worker]


@pytest.fixture
def job(served: Flask, tmp_path: Path) -> Job:
    return jobs.create("slow", {"file": str(tmp_path / "began")})


def begun(job: Job) -> int:
    """How often the job has begun."""
    file = Path(job.arguments["file"])
    return len(file.read_text().splitlines()) if file.exists() else 0


def let_end(job: Job) -> None:
    Path(job.arguments["file"]).with_suffix(".go").touch()


def test_a_job_runs_in_a_worker_and_tells_how_far_it_is(job: Job, start_worker: Start) -> None:
    start_worker()
    post("tests.slow", [job.id])
    wait_for(lambda: job.state == "running" and job.done > 0, "progress")
    assert (job.stage, job.total) == ("waiting", 600)
    let_end(job)
    wait_for(lambda: job.state == "done", "the end")
    assert job.message == "Done."
    assert begun(job) == 1


def test_a_running_job_is_cancelled(job: Job, start_worker: Start) -> None:
    start_worker()
    post("tests.slow", [job.id])
    wait_for(lambda: job.state == "running", "the start")
    assert jobs.request_cancel(job)
    wait_for(lambda: job.state == "cancelled", "the stop")


def test_a_job_whose_process_is_killed_runs_again(job: Job, start_worker: Start) -> None:
    worker = start_worker()
    post("tests.slow", [job.id])
    wait_for(lambda: begun(job) == 1, "the start")
    for pid in worker.children():
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: begun(job) == 2, "the second start")
    let_end(job)
    wait_for(lambda: job.state == "done", "the end")
    assert jobs.attempts(job) == 2


def test_a_job_whose_worker_is_killed_runs_again_in_the_next_worker(job: Job, start_worker: Start) -> None:
    worker = start_worker()
    post("tests.slow", [job.id])
    wait_for(lambda: begun(job) == 1, "the start")
    worker.kill()
    db.session.refresh(job)
    assert job.state == "running"  # nobody was left to say otherwise
    start_worker()
    wait_for(lambda: begun(job) == 2, "the second start")
    let_end(job)
    wait_for(lambda: job.state == "done", "the end")


def test_a_message_that_comes_twice_runs_the_job_once(job: Job, start_worker: Start) -> None:
    start_worker()
    start_worker()
    post("tests.slow", [job.id])
    wait_for(lambda: job.state == "running", "the start")
    post("tests.slow", [job.id])
    let_end(job)
    wait_for(lambda: job.state == "done", "the end")
    post("tests.slow", [job.id])
    later = jobs.create("slow", {"file": job.arguments["file"]})
    post("tests.slow", [later.id])
    wait_for(lambda: later.state == "done", "the end of a later job")
    assert begun(job) == 2  # once for each job


def test_a_worker_that_is_told_to_stop_hands_its_job_back(job: Job, start_worker: Start) -> None:
    worker = start_worker()
    post("tests.slow", [job.id])
    wait_for(lambda: begun(job) == 1, "the start")
    worker.process.terminate()
    assert worker.process.wait(20) == 0
    start_worker()
    wait_for(lambda: begun(job) == 2, "the second start")
    let_end(job)
    wait_for(lambda: job.state == "done", "the end")
