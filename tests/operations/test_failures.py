"""Failures in words: a number for the visitor, the stack trace in the log under it, a row for the staff, nothing twice an hour."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.catalogue.models import now
from app.extensions import db
from app.operations import logs
from app.reindexing import rows
from app.usage import alerts, failures, jobs
from app.usage.failures import Failure
from tests.web.staff_cast import log_in

NUMBER = re.compile(r"\b[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\b")


@pytest.fixture
def broken(app: Flask) -> FlaskClient:
    """A browser on a site whose pages answer 500 as visitors get it: its table of works has gone."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    db.session.execute(db.text("DROP TABLE credits"))
    db.session.execute(db.text("DROP TABLE artworks"))
    db.session.commit()
    return app.test_client()


def noted() -> list[Failure]:
    return list(db.session.scalars(failures.listing()))


def test_a_failed_page_shows_a_number_and_the_log_has_the_trace_under_it(app: Flask, broken: FlaskClient) -> None:
    answer = broken.get("/works?q=secret")
    found = NUMBER.search(answer.text)
    assert answer.status_code == 500 and found
    assert "Traceback" not in answer.text and "no such table" not in answer.text
    (failure,) = noted()
    assert (failure.kind, failure.reference) == ("page", found[0])
    assert "OperationalError (no such table" in failure.why
    log = logs.path_of(app).read_text()
    line = next(line for line in log.splitlines() if found[0] in line)
    assert " ERROR " in line and "/works" in line
    assert "Traceback (most recent call last)" in log
    assert logs.path_of(app).stat().st_mode & 0o077 == 0


def test_programs_get_the_number_too(app: Flask, broken: FlaskClient) -> None:
    said = broken.get("/api/v1/works").json
    assert said and said["error"]["reference"] == noted()[0].reference


def test_an_expected_answer_has_no_number(client: FlaskClient) -> None:
    assert not NUMBER.search(client.get("/nowhere").text)
    assert noted() == []


def test_a_database_that_is_down_does_not_hide_the_number(app: Flask, broken: FlaskClient) -> None:
    db.session.execute(db.text("DROP TABLE failures"))
    db.session.commit()
    found = NUMBER.search(broken.get("/works").text)
    assert found and found[0] in logs.path_of(app).read_text()


def test_a_number_is_found_however_it_was_typed(app: Flask) -> None:
    failures.record("page", "x", "y", reference="K7Q0-9X1M")
    db.session.commit()
    carla = log_in(app, "carla", "curator")
    for typed in ("K7Q0-9X1M", "k7qo 9xim", "k7q09xlm"):
        assert "K7Q0-9X1M" in carla.get("/admin/operations/failures", query_string={"number": typed}).text.split("<tbody>")[1]
    assert "Nothing has failed" in carla.get("/admin/operations/failures?number=AAAA-AAAA").text


def test_one_thing_is_not_listed_without_end_and_old_failures_go(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "MOST_AN_HOUR", 3)
    assert [bool(failures.record("page", "same", "why")) for _ in range(5)] == [True, True, True, False, False]
    old = failures.record("page", "other", "why")
    assert old
    old.at = now() - timedelta(days=91)
    db.session.commit()
    assert failures.prune() == 1
    assert len(noted()) == 3


def test_passwords_of_addresses_are_masked(app: Flask) -> None:
    failure = failures.record("job", "x", "Error connecting to redis://me:secret@host:6379/0 or https://t0ken@chat.example/x")
    assert failure and failure.why == "Error connecting to redis://********@host:6379/0 or https://********@chat.example/x"


def test_a_job_that_fails_is_noted_and_a_tried_file_is_not_told(app: Flask) -> None:
    log_in(app, "ada", "admin")
    jobs.fail(jobs.create("import", {"name": "museum.csv", "dry_run": True}), "No such column.")
    jobs.fail(jobs.create("import", {"name": "museum.csv"}), "The disk is full.")
    told = [bool(failure.told_at) for failure in reversed(noted())]
    assert told == [False, True]
    assert noted()[0].details["title"] == "Import of museum.csv"


def test_the_log_is_turned_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MOST_BYTES", 100)
    path = tmp_path / "logs" / logs.NAME
    for number in range(30):
        logs.append(path, f"line {number:02} {'x' * 31}\n")  # 40 bytes: two to a file
    files = sorted(file.name for file in path.parent.glob("pinakes*"))
    assert files == [logs.NAME, *(f"{logs.NAME}.{number}" for number in range(1, logs.OLD_FILES + 1))]
    assert [line[:7] for line in path.with_name("pinakes.log.1").read_text().splitlines()] == ["line 26", "line 27"]
    assert path.read_text().startswith("line 28")


def test_alerts_need_words_for_every_kind_that_is_told() -> None:
    assert set(alerts.SUBJECTS) == set(alerts.ADVICE) <= set(failures.KINDS)


def test_a_build_from_the_command_line_that_fails_is_noted_too(app: Flask) -> None:
    row = rows.begin("default", None)
    rows.failed(row, OSError(28, "No space left on device"))
    (failure,) = noted()
    assert (failure.kind, failure.thing) == ("build", "default") and "No space left" in failure.why
