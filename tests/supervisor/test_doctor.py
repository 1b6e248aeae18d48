"""The doctor says what is true, masks what is secret, and names what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from app.diagnosis import MASK, diagnose, mask, mask_url
from app.engine.types import BuildReport
from app.extensions import db
from app.settings import Settings
from app.supervisor.broker import EmbeddedBroker
from app.usage import jobs
from tests.tiny import WORKS


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("redis://:secret@host/0", f"redis://:{MASK}@host/0"),
        ("postgresql+psycopg://me:p@ss@host/db", f"postgresql+psycopg://me:{MASK}@host/db"),
        ("amqp://me@host//", "amqp://me@host//"),
    ],
)
def test_urls_are_shown_without_their_password(url: str, shown: str) -> None:
    assert mask_url(url) == shown


def test_secrets_are_masked_and_absence_is_shown() -> None:
    assert mask("secret_key", "abc") == MASK
    assert mask("secret_key", "") == ""
    assert mask("threads", 2) == 2
    assert mask("instance", Path("/srv/pinakes")) == "/srv/pinakes"


def test_a_fresh_instance_is_told_what_to_do(app: Flask, runner: FlaskCliRunner) -> None:
    outcome = runner.invoke(args=["doctor", "--json"])
    report = json.loads(outcome.stdout)
    assert outcome.exit_code == 1
    assert "No index has been built yet; `flask index build` makes one." in report["problems"]
    assert any("`flask db upgrade` makes its tables" in problem for problem in report["problems"])
    assert report["broker"] | {"url": ""} == {
        "url": "", "answers": False, "note": "The embedded broker starts with `make run`.",
    }  # fmt: skip
    assert "No index has been built yet" in outcome.stderr


def test_an_index_and_a_migrated_database_are_found(tiny_app: Flask, tiny_index: BuildReport) -> None:
    from flask_migrate import stamp

    stamp()
    report = diagnose()
    assert report["index"]["build"] == tiny_index.build_id
    assert report["database"]["works"] == len(WORKS)
    assert report["database"]["problem"] == ""
    assert not report["index"].get("problem")


def test_a_database_behind_is_named(app: Flask) -> None:
    db.session.execute(db.text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
    db.session.execute(db.text("INSERT INTO alembic_version VALUES ('0000')"))
    assert diagnose()["database"]["problem"].startswith("The database is at 0000, this version needs ")


def test_a_damaged_index_is_named(tiny_app: Flask, tiny_index: BuildReport, settings: Settings) -> None:
    (settings.indexes_dir / tiny_index.build_id / "manifest.json").write_text("{")
    assert diagnose()["index"]["problem"].startswith("The index cannot be read")


def test_the_broker_is_asked(app: Flask, settings: Settings, tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path / "broker")
    broker.start()
    try:
        app.extensions["pinakes.settings"] = settings.model_copy(update={"broker_url": broker.url})
        assert diagnose()["broker"] == {"url": broker.url, "answers": True}
    finally:
        broker.stop()
    assert diagnose()["broker"]["problem"].startswith("The broker does not answer")


def test_jobs_are_listed_and_cancelled(app: Flask, runner: FlaskCliRunner) -> None:
    job = jobs.create("index_build", {"preset": "default"})
    assert json.loads(runner.invoke(args=["jobs", "list", "--json"]).stdout)[0]["id"] == job.id
    assert runner.invoke(args=["jobs", "cancel", job.id[:8]]).stdout == "Cancelled.\n"
    again = runner.invoke(args=["jobs", "cancel", job.id])
    assert (again.exit_code, "has ended already (cancelled)" in again.stderr) == (1, True)
    assert "No job begins with 'zzz'" in runner.invoke(args=["jobs", "cancel", "zzz"]).stderr
