"""The life of a job: claimed once, told of, ended in one of three ways, taken up again when its worker dies."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from app.catalogue.models import now
from app.extensions import db
from app.usage import jobs
from app.usage.models import Job
from app.usage.pulse import beating, pulse, rate


def silent(job: Job, seconds: float) -> None:
    job.heartbeat_at = now() - timedelta(seconds=seconds)
    db.session.commit()


def test_a_job_is_claimed_by_one_worker_only(app: Flask) -> None:
    job = jobs.create("index_build", {"preset": "default"})
    assert jobs.start(job, "first")
    assert not jobs.start(job, "second")
    assert (job.state, job.celery_id, job.arguments) == ("running", "first", {"preset": "default", "attempts": 1})


def test_another_worker_takes_over_when_the_first_is_silent(app: Flask) -> None:
    job = jobs.create("index_build", {})
    jobs.start(job, "first")
    silent(job, jobs.SILENT_SECONDS + 1)
    assert jobs.start(job, "second")
    assert jobs.attempts(job) == 2


def test_progress_tells_rate_and_time_left(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.usage.pulse.WRITE_SECONDS", 0.0)
    job = jobs.create("index_build", {})
    jobs.start(job)
    jobs.progress(job.id, "describing", 0, 40)
    time.sleep(0.05)
    jobs.progress(job.id, "describing", 10, 40)
    db.session.refresh(job)
    assert (job.stage, job.done, job.total) == ("describing", 10, 40)
    assert job.result["seconds_left"] == pytest.approx(30 / job.result["per_second"])


def test_progress_of_one_stage_is_throttled_but_a_new_stage_is_told_at_once(app: Flask) -> None:
    job = jobs.create("index_build", {})
    jobs.start(job)
    for done in range(5):
        jobs.progress(job.id, "describing", done, 5)
    jobs.progress(job.id, "checking", 0, 1)
    db.session.refresh(job)
    assert (job.stage, job.done) == ("checking", 0)


def test_a_locked_database_costs_a_beat_and_not_the_job(app: Flask) -> None:
    job = jobs.create("import", {})
    jobs.start(job)
    before = job.heartbeat_at
    db.session.execute(text("UPDATE jobs SET message = 'writing'"))  # this transaction holds SQLite's one write lock
    pulse().beat(job.id)
    jobs.progress(job.id, "storing", 1, 2)
    db.session.rollback()
    db.session.refresh(job)
    assert (job.heartbeat_at, job.stage) == (before, "")
    pulse().beat(job.id)
    db.session.refresh(job)
    assert job.heartbeat_at is not None
    assert before is not None
    assert job.heartbeat_at > before


def test_a_working_job_beats(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.usage.pulse.BEAT_SECONDS", 0.05)
    job = jobs.create("import", {})
    jobs.start(job)
    silent(job, 1000)
    with beating(job.id):
        time.sleep(0.3)
    db.session.refresh(job)
    assert jobs.silence(job) < 10


def test_cancelling_a_queued_job_ends_it_and_a_running_one_is_asked(app: Flask) -> None:
    waiting, running = jobs.create("import", {}), jobs.create("import", {})
    jobs.start(running)
    assert jobs.request_cancel(waiting)
    assert jobs.request_cancel(running)
    assert (waiting.state, running.state) == ("cancelled", "running")
    assert jobs.is_cancelled(running.id)
    assert not jobs.start(waiting)
    jobs.finish(running, {})
    assert not jobs.request_cancel(running)


def test_a_lost_job_is_queued_again_until_it_has_cost_three_workers(app: Flask) -> None:
    job = jobs.create("index_build", {})
    for _ in range(jobs.MOST_ATTEMPTS):
        assert jobs.start(job)
        assert jobs.mark_lost() == []  # it was heard of a moment ago
        silent(job, jobs.LOST_SECONDS + 1)
        lost = jobs.mark_lost()
    assert lost == []
    assert job.state == "failed"
    assert job.message == "Its worker died 3 times; the worker's log says more. Nothing was published."


def test_a_lost_job_that_was_to_stop_stops(app: Flask) -> None:
    job = jobs.create("index_build", {})
    jobs.start(job)
    jobs.request_cancel(job)
    silent(job, jobs.LOST_SECONDS + 1)
    assert jobs.mark_lost() == []
    assert job.state == "cancelled"


def test_rate_is_told_only_when_it_is_known() -> None:
    assert rate(0, 10, 5.0) == {}
    assert rate(3, 0, 5.0) == {}
    assert rate(5, 20, 10.0) == {"per_second": 0.5, "seconds_left": 30.0}
