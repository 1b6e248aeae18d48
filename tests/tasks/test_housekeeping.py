"""The scheduled tasks, and that the schedule names tasks that exist."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from flask import Flask

from app import services
from app.catalogue.models import now
from app.engine.types import BuildReport
from app.extensions import db
from app.settings import Settings
from app.usage import jobs
from app.usage.models import Rollup
from tasks import housekeeping, statistics
from tasks.application import MODULES, celery, configuration, transport_options
from tests.usage.builders import make_search


def test_the_schedule_names_tasks_that_exist() -> None:
    celery.loader.import_default_modules()
    entries = configuration(Settings())["beat_schedule"].values()
    assert {entry["task"] for entry in entries} <= set(celery.tasks)
    assert {name.rpartition(".")[0] for name in celery.tasks if name.startswith("tasks.")} == set(MODULES)
    assert all(entry["options"]["expires"] > 0 for entry in entries)


def test_work_of_a_killed_worker_is_not_lost_in_the_broker() -> None:
    found = configuration(Settings(broker_url="redis://127.0.0.1:6379/0"))
    assert found["task_acks_late"] and found["task_reject_on_worker_lost"]
    assert found["worker_prefetch_multiplier"] == 1
    assert found["accept_content"] == ["json"]
    options = transport_options("redis://127.0.0.1:6379/0")
    assert (options["unacked_restore_interval"], options["unacked_restore_throttle"]) == (2, 1)
    assert transport_options("amqp://127.0.0.1//") == {}


def test_statistics_are_rolled_up(app: Flask) -> None:
    make_search(now() - timedelta(hours=2))
    assert statistics.roll_up() == 1
    assert {rollup.span for rollup in db.session.query(Rollup)} == {"hour", "day", "month", "year"}


def test_pruning_keeps_the_newest_builds_and_waits_for_a_running_one(
    tiny_app: Flask, tiny_index: BuildReport, settings: Settings
) -> None:
    tiny_app.extensions["pinakes.settings"] = settings.model_copy(update={"builds_keep": 1})
    newest = services.build_index()
    with services.build_lock():
        assert housekeeping.prune() == {"photos": 0, "files": 0, "builds": 0, "mail": 0, "collections": 0}
    assert housekeeping.prune()["builds"] == 1
    assert services.builds().names() == [newest.build_id]


def test_a_lost_job_is_sent_again(tiny_app: Flask, tiny_index: BuildReport) -> None:
    job = jobs.create("index_build", {"preset": "default"})
    jobs.start(job)
    job.heartbeat_at = now() - timedelta(seconds=jobs.LOST_SECONDS + 1)
    db.session.commit()
    assert housekeeping.recover_lost_jobs() == 1
    db.session.refresh(job)
    assert (job.state, jobs.attempts(job)) == ("done", 2)
    assert housekeeping.recover_lost_jobs() == 0


def test_unfinished_jobs_are_resumed(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "museum.csv"
    file.write_text("id,title\nA1,The Ferry\n")
    job = jobs.create("import", {"file": str(file), "name": "museum.csv", "dry_run": False})
    jobs.finish(jobs.create("import", {"file": "/nowhere"}), {})
    assert housekeeping.resume_jobs() == 1
    db.session.refresh(job)
    assert (job.state, job.message) == ("done", "1 added, 0 updated, 0 unchanged, 0 rejected.")


def test_an_error_nobody_expected_fails_the_job_and_not_the_worker(app: Flask) -> None:
    job = jobs.create("import", {})  # without the file that every import names
    assert housekeeping.resume_jobs() == 1
    db.session.refresh(job)
    assert job.state == "failed"
    assert job.message.startswith("It stopped on an unexpected KeyError")
