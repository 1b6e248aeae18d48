"""`flask index …` and `flask search`: JSON alone on standard output, one line and exit code 1 for what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from app import services
from app.accounts.models import AuditEvent
from app.engine.types import BuildReport
from app.extensions import db
from tests.tiny import WORKS, painting, visitor_photo


def run_json(runner: FlaskCliRunner, *words: str) -> Any:
    """What a command printed, which must be one JSON document and nothing else."""
    result = runner.invoke(args=[*words])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def fails(result: Result, *parts: str) -> None:
    """The command ended with code 1 and one line that has the parts; nothing on standard output, no stack trace."""
    assert result.exit_code == 1, result.output
    assert result.stdout == "" and isinstance(result.exception, SystemExit)
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("Error: "), result.stderr
    for part in parts:
        assert part in lines[0]


def photo_file(folder: Path, source_id: str) -> Path:
    path = folder / f"{source_id}.jpg"
    path.write_bytes(visitor_photo(painting(source_id)).jpeg())
    return path


def test_build_and_status_as_json(tiny_app: Flask, runner: FlaskCliRunner) -> None:
    built = run_json(runner, "index", "build", "--json")
    assert (built["works"], built["published"], built["rejects"], built["preset"]) == (len(WORKS), True, [], "default")
    status = run_json(runner, "index", "status", "--json")
    assert status["build"] == built["build"] and status["works"] == len(WORKS) and status["vectors"] == built["vectors"]
    assert status["recall_at_10"] >= 0.99 and status["preset"] == "default"
    assert [row["build_id"] for row in run_json(runner, "index", "builds", "--json")] == [built["build"]]


def test_progress_goes_to_standard_error(tiny_app: Flask, runner: FlaskCliRunner) -> None:
    result = runner.invoke(args=["index", "build", "--json", "--preset", "cam"])
    assert json.loads(result.stdout)["preset"] == "cam" and "describe" in result.stderr


def test_for_people(tiny_index: BuildReport, runner: FlaskCliRunner) -> None:
    status = runner.invoke(args=["index", "status"]).stdout
    assert tiny_index.build_id in status and "recall_at_10" in status
    builds = runner.invoke(args=["index", "builds"]).stdout
    assert builds.startswith(tiny_index.build_id) and builds.rstrip().endswith("published")


def test_builds_are_published_and_rolled_back(tiny_index: BuildReport, runner: FlaskCliRunner) -> None:
    second = run_json(runner, "index", "build", "--no-publish", "--json")
    assert second["published"] is False
    assert run_json(runner, "index", "status", "--json")["build"] == tiny_index.build_id
    assert runner.invoke(args=["index", "publish", second["build"]]).stdout == f"{second['build']} is published.\n"
    assert runner.invoke(args=["index", "rollback"]).stdout == f"{tiny_index.build_id} is published.\n"
    fails(runner.invoke(args=["index", "rollback"]), "no build older", tiny_index.build_id)
    fails(runner.invoke(args=["index", "publish", "nothing"]), "no build 'nothing'", second["build"])
    first, second_id = tiny_index.build_id, second["build"]
    assert recorded() == [("index.build", second_id, ""), ("index.publish", second_id, first), ("index.publish", first, second_id)]


def recorded() -> list[tuple[str, str, str]]:
    """(deed, what with, what was published before) of the audit trail, all by the command line."""
    events = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert {event.actor for event in events} == {"command line"}
    return [(event.action, event.subject, event.details.get("before", "")) for event in events]


def test_works_are_taken_out_and_put_back(tiny_index: BuildReport, runner: FlaskCliRunner, tmp_path: Path) -> None:
    photo = str(photo_file(tmp_path, "t11"))
    assert run_json(runner, "index", "remove", "t11") == {"removed": 2}
    assert run_json(runner, "search", photo, "--json")["verdict"] != "identified"
    assert run_json(runner, "index", "add", "t11", "t01") == {"added": 2, "rejects": []}
    assert run_json(runner, "search", photo, "--json")["matches"][0]["artwork_id"] == "t11"
    assert recorded() == [("index.remove", "t11", ""), ("index.add", "t11, t01", "")]
    for verb in ("add", "remove"):
        fails(runner.invoke(args=["index", verb, "t01", "nobody"]), "No work has the id 'nobody'")


def test_one_photo_is_an_object_and_several_a_list(tiny_index: BuildReport, runner: FlaskCliRunner, tmp_path: Path) -> None:
    one, other = photo_file(tmp_path, "t01"), photo_file(tmp_path, "t02")
    answer = run_json(runner, "search", str(one), "--json")
    assert list(answer) == ["photo", "verdict", "build", "preset", "matches", "timings_ms"]
    assert answer["photo"] == str(one) and answer["matches"][0]["artwork_id"] == "t01"
    expected = services.search_photo(one).json  # the web page's answer
    assert [match["artwork_id"] for match in answer["matches"]] == [match["artwork_id"] for match in expected["matches"][:5]]
    several = run_json(runner, "search", str(one), str(other), "--limit", "1", "--json")
    assert [[match["artwork_id"] for match in each["matches"]] for each in several] == [["t01"], ["t02"]]


def test_a_search_for_people(tiny_index: BuildReport, runner: FlaskCliRunner, tmp_path: Path) -> None:
    result = runner.invoke(args=["search", str(photo_file(tmp_path, "t04")), "--limit", "1"])
    assert result.exit_code == 0
    first, second = result.stdout.splitlines()
    assert "t04.jpg: identified (" in first
    assert "✓" in second and "t04  Study 4 — Ada Holt" in second


def test_what_cannot_be_searched_is_one_line(tiny_index: BuildReport, runner: FlaskCliRunner, tmp_path: Path) -> None:
    (tmp_path / "notes.jpg").write_text("only words")
    fails(runner.invoke(args=["search", str(tmp_path / "notes.jpg"), "--json"]), "text file")
    fails(runner.invoke(args=["search", str(tmp_path / "none.jpg"), "--json"]), "none.jpg")
    fails(runner.invoke(args=["search", str(tmp_path), "--json"]), tmp_path.name)


def test_before_the_first_build(tiny_app: Flask, runner: FlaskCliRunner, tmp_path: Path) -> None:
    photo = str(photo_file(tmp_path, "t01"))
    for words in (["index", "status", "--json"], ["search", photo], ["index", "add", "t01"], ["index", "remove", "t01"]):
        fails(runner.invoke(args=words), "flask index build")
    assert run_json(runner, "index", "builds", "--json") == []
    fails(runner.invoke(args=["index", "build", "--preset", "best"]), "no search preset 'best'", "default")


def test_an_empty_catalogue_cannot_be_indexed(app: Flask, tiny_encoders: Any, runner: FlaskCliRunner) -> None:
    from tests.tiny import give_encoders

    give_encoders(app, tiny_encoders)
    fails_with_progress = runner.invoke(args=["index", "build", "--json"])
    assert fails_with_progress.exit_code == 1 and fails_with_progress.stdout == ""
    assert "Error: There is no readable picture to index" in fails_with_progress.stderr
    assert "Traceback" not in fails_with_progress.stderr


def test_a_database_without_tables_is_one_line(app: Flask, tiny_encoders: Any, runner: FlaskCliRunner) -> None:
    from tests.tiny import give_encoders

    give_encoders(app, tiny_encoders)
    db.drop_all()
    for words in (["index", "build"], ["index", "add", "t01"]):
        fails(runner.invoke(args=words), "flask db upgrade")


@pytest.mark.parametrize("verb", ["build", "status", "builds", "publish", "rollback", "add", "remove"])
def test_every_command_explains_itself(verb: str, runner: FlaskCliRunner) -> None:
    result = runner.invoke(args=["index", verb, "--help"])
    assert result.exit_code == 0 and f"Example: flask index {verb}" in " ".join(result.stdout.split())


def test_photos_are_evaluated_by_a_preset(tiny_index: BuildReport, runner: FlaskCliRunner, tmp_path: Path) -> None:
    photo_file(tmp_path, "t05")
    (tmp_path / "photos.csv").write_text("photo,artwork_ids,kind\nt05.jpg,t05,wall\n", encoding="utf-8")
    words = ("evaluate", "photos", str(tmp_path / "photos.csv"), "--json")
    for preset in ("fusion", "diffusion"):
        result = run_json(runner, *words, "--preset", preset)
        assert (result["preset"], result["build"], result["top1"]["value"]) == (preset, tiny_index.build_id, 1.0)
    fails(runner.invoke(args=[*words, "--preset", "parts"]), "'parts'", "flask index build --preset parts")
    fails(runner.invoke(args=[*words, "--preset", "nonsense"]), "no search preset 'nonsense'", "average-expansion")
