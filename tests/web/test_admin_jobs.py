"""Overview, job cards and their JSON, cancel."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask

from app.accounts.models import AuditEvent
from app.catalogue.models import now
from app.extensions import db
from app.usage import jobs
from app.usage.models import Job
from app.web.staff.words import ago, card, duration
from tests.web.staff_cast import log_in


def running(**values: object) -> Job:
    job = jobs.create("index_build", {"preset": "default"})
    jobs.start(job)
    for name, value in values.items():
        setattr(job, name, value)
    db.session.commit()
    return job


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, ""), (0.4, "0 s"), (59.4, "59 s"), (60, "1 min"), (200, "3 min 20 s"), (3600, "1 h 0 min"), (7500, "2 h 5 min")],
)
def test_duration(seconds: float | None, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(3, "just now"), (300, "5 min ago"), (3 * 3600, "3 h ago"), (86400, "1 day ago"), (3 * 86400, "3 days ago")],
)
def test_ago(seconds: int, words: str) -> None:
    at = datetime(2026, 3, 14, 12)
    assert ago(at, at + timedelta(seconds=seconds)) == words


def test_the_card_tells_stage_rate_and_time_left(app: Flask) -> None:
    job = running(stage="describing", done=412, total=1003, result={"per_second": 3.4, "seconds_left": 174.0})
    shown = log_in(app, "carla", "curator").get(f"/admin/jobs/{job.id}.json").json
    assert shown is not None
    assert shown["figures"] == "412 of 1,003 · 3.4 per second · 2 min 54 s left"
    assert shown["share"] == pytest.approx(412 / 1003, abs=1e-4)
    assert (shown["stage"], shown["ended"]) == ("describing", False)


def test_the_card_says_when_the_worker_is_silent(app: Flask) -> None:
    job = running(heartbeat_at=now() - timedelta(seconds=40))
    assert "the worker has not been heard of for 40 s" in card(job)["figures"]


def test_the_page_of_a_running_job_works_without_script(app: Flask) -> None:
    job = running(stage="describing", done=1, total=4)
    carla = log_in(app, "carla", "curator")
    page = carla.get(f"/admin/jobs/{job.id}").text
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page
    assert 'value="0.25"' in page
    jobs.fail(job, "The disk is full.")
    page = carla.get(f"/admin/jobs/{job.id}").text
    assert "refresh" not in page
    assert "The disk is full." in page


def test_cancel_asks_the_job_and_is_audited(app: Flask) -> None:
    job = running()
    carla = log_in(app, "carla", "curator")
    assert "stops at its next step" in carla.post(f"/admin/jobs/{job.id}/cancel", follow_redirects=True).text
    db.session.refresh(job)
    assert job.cancel_requested
    event = db.session.scalar(db.select(AuditEvent).where(AuditEvent.action == "job.cancel"))
    assert event is not None
    assert event.actor == "carla@example.org"
    jobs.cancelled(job)
    assert "It had ended already." in carla.post(f"/admin/jobs/{job.id}/cancel", follow_redirects=True).text


def test_jobs_are_filtered_by_the_address(app: Flask) -> None:
    running()
    jobs.create("import", {"file": "/x/museum.csv", "name": "museum.csv", "dry_run": True})
    carla = log_in(app, "carla", "curator")
    assert "Dry run of museum.csv" in carla.get("/admin/jobs?kind=import").text
    assert "Dry run of museum.csv" not in carla.get("/admin/jobs?state=running").text


def test_unknown_jobs_are_not_found(app: Flask) -> None:
    carla = log_in(app, "carla", "curator")
    assert carla.get("/admin/jobs/none").status_code == 404
    assert carla.get("/admin/jobs/none.json").status_code == 404
    assert carla.post("/admin/jobs/none/cancel").status_code == 404


def test_the_overview_of_an_empty_catalogue_says_what_to_do(app: Flask) -> None:
    page = log_in(app, "carla", "curator").get("/admin/").text
    assert "The catalogue is empty" in page
