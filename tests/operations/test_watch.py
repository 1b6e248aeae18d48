"""The watch: processes that fell silent, a disk that fills up; what it notes is told once an hour."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import Mail
from app.catalogue.models import now
from app.extensions import db
from app.operations import beats, health, watch
from app.settings import Settings
from app.usage import failures
from app.usage.failures import Failure
from tests.tasks.conftest import Worker, broker, served, start_worker, wait_for  # noqa: F401  fixtures
from tests.web.staff_cast import log_in


def silence(instance: Path, name: str, seconds: float) -> None:
    """As a process leaves its file when it is killed."""
    beats.write(instance, name, time.time() - 3600, memory=1)
    for path in (instance / beats.FOLDER).glob("*.json"):
        said = json.loads(path.read_text())
        if said["name"] == name:
            path.write_text(json.dumps({**said, "at": time.time() - seconds}))


def test_a_killed_worker_is_noted_once_and_told(app: Flask, settings: Settings) -> None:
    log_in(app, "ada", "admin")
    silence(settings.instance, "worker:celery@museum", 200)
    silence(settings.instance, "worker:celery@other", 20)
    (failure,) = watch.look()
    assert (failure.kind, failure.why) == (
        "worker", "celery@museum has not been heard of for 3 min, and did not say that it ends.",
    )  # fmt: skip
    assert watch.look() == []
    mails = db.session.scalars(select(Mail)).all()
    assert [(mail.recipient, mail.subject) for mail in mails] == [
        ("ada@example.org", "Pinakes: A worker has not been heard of")
    ]
    assert failure.reference in mails[0].text
    failure.at, failure.told_at = now() - timedelta(hours=2), now() - timedelta(hours=2)
    db.session.commit()
    assert len(watch.look()) == 1, "what goes on being wrong is told again after an hour"


def test_a_disk_that_fills_up_is_noted(app: Flask, settings: Settings) -> None:
    assert watch.look() == []
    free = health.disk(count=False).free
    app.extensions["pinakes.settings"] = settings.model_copy(update={"disk_free_min_mb": (free >> 20) + 50})
    (failure,) = watch.look()
    assert failure.kind == "disk" and "MB are free where the instance lies" in failure.why
    page = log_in(app, "carla", "curator").get("/admin/operations").text
    assert "The disk is nearly full:" in page


def test_a_beat_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    beats.write(tmp_path, "scheduler", 0.0)
    (tmp_path / beats.FOLDER / "broken.json").write_text("{")
    assert [beat.name for beat in beats.read(tmp_path)] == ["scheduler"]
    beats.remove(tmp_path, "scheduler")
    assert beats.read(tmp_path) == []


def test_two_web_processes_do_not_look_at_once(tmp_path: Path) -> None:
    with watch.alone(tmp_path) as mine, watch.alone(tmp_path) as theirs:
        assert (mine, theirs) == (True, False)


def test_the_thread_looks_by_itself(settings: Settings, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.02)
    silence(settings.instance, "scheduler", 1000)
    thread = watch.Watch(app)
    thread.begin()
    thread.begin()
    wait_for(lambda: db.session.scalar(select(Failure).where(Failure.kind == "scheduler")) is not None, "the note", 20)
    thread.ended.set()
    assert failures.times_since("scheduler", "scheduler", now() - timedelta(hours=1)) == 1


def test_a_worker_beats_says_what_it_does_and_takes_leave(
    served: Flask,  # noqa: F811
    start_worker: Callable[..., Worker],  # noqa: F811
) -> None:
    instance = Path(served.instance_path)
    worker = start_worker()
    wait_for(lambda: any(beat.at > beat.started + 0.2 for beat in beats.read(instance)), "the second beat")
    (beat,) = beats.read(instance)
    assert (beat.kind, beat.pid, beat.silent) == ("worker", worker.process.pid, False)
    assert beat.facts["processes"] == 1 and beat.facts["memory"] > 20 << 20
    assert health.queue().messages == 0
    worker.process.terminate()
    assert worker.process.wait(30) == 0
    assert beats.read(instance) == []
    assert [failure.kind for failure in watch.look() if failure.kind == "worker"] == []
