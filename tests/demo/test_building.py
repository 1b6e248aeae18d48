"""Building into a folder: whole or not at all, once per edition. Real works, a few of them."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from flask.testing import FlaskCliRunner

from app.demo import DemoError, building, photographs, plan
from app.demo.records import HEADER


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> list[plan.Work]:
    """The plan cut down to four works and three photos."""
    works = [work for work in plan.works() if work.number == 3][1:5]
    stranger = plan.strangers()[2]
    photos = [
        photographs.Photograph("photos/001.jpg", "framed", "framed", (works[0],), 1),
        photographs.Photograph("photos/002.jpg", "two works", "two works", (works[1], works[2]), 2),
        photographs.Photograph("photos/003.jpg", photographs.UNKNOWN, "glare", (stranger,), 3),
    ]
    monkeypatch.setattr(building, "works", lambda: works)
    monkeypatch.setattr(building, "photographs", lambda: photos)
    return works


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_build_writes_everything_and_only_once(few: list[plan.Work], tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    folder = tmp_path / "demo"
    building.build(folder, progress=lambda *step: told.append(step))
    assert tuple(rows(folder / "catalogue.csv")[0]) == HEADER
    assert [row["artwork_id"] for row in rows(folder / "catalogue.csv")] == [work.artwork_id for work in few]
    for row in rows(folder / "catalogue.csv"):
        assert cv2.imread(str(folder / row["file"])) is not None
    assert [row["artwork_ids"] for row in rows(folder / "photos.csv")] == [
        few[0].artwork_id,
        f"{few[1].artwork_id}|{few[2].artwork_id}",
        "",
    ]
    assert sorted(path.name for path in (folder / "photos").iterdir()) == ["001.jpg", "002.jpg", "003.jpg"]
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]  # no drafts, no strangers' pictures
    assert sorted(path.name for path in folder.iterdir()) == [
        "catalogue.csv",
        "demo.json",
        "examples.json",
        "photos",
        "photos.csv",
        "works",
    ]
    assert ("painting", 5, 5) in told and ("photographing", 3, 3) in told
    before = (folder / "works" / f"{few[0].artwork_id}.jpg").stat().st_mtime_ns
    told.clear()
    building.build(folder, progress=lambda *step: told.append(step))
    assert told == []
    assert (folder / "works" / f"{few[0].artwork_id}.jpg").stat().st_mtime_ns == before


def test_build_does_not_depend_on_the_workers(few: list[plan.Work], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    building.build(tmp_path / "two")
    monkeypatch.setattr(building, "WORKERS", 1)
    building.build(tmp_path / "one")
    for path in sorted((tmp_path / "two").rglob("*.jpg")):
        assert path.read_bytes() == (tmp_path / "one" / path.relative_to(tmp_path / "two")).read_bytes(), path.name


def test_another_edition_replaces_the_folder(few: list[plan.Work], tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    (folder / "works").mkdir(parents=True)
    (folder / "works" / "old.jpg").write_bytes(b"old")
    (folder / building.MARKER).write_text(json.dumps({"version": "an older one"}))
    building.build(folder)
    assert not (folder / "works" / "old.jpg").exists()
    assert building.is_built(folder, building.edition())


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(DemoError, match="empty or new folder"):
        building.build(tmp_path)
    assert (tmp_path / "letter.txt").read_text() == "mine"


def test_a_failed_build_leaves_nothing(few: list[plan.Work], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = photographs.Photograph("photos/004.jpg", "framed", "no such conditions", (few[0],), 4)
    monkeypatch.setattr(building, "photographs", lambda: [lost])
    with pytest.raises(ValueError, match="no such conditions"):
        building.build(tmp_path / "demo")
    assert list(tmp_path.iterdir()) == []


def test_pictures_are_written_as_seen(tmp_path: Path) -> None:
    """Colours keep their order through the file."""
    image = np.zeros((64, 64, 3), np.uint8)
    image[..., 0] = 220  # red
    building.save(tmp_path / "red.jpg", image)
    assert building.load(tmp_path / "red.jpg")[32, 32].tolist() == pytest.approx([220, 0, 0], abs=3)


def test_command_prints_json(few: list[plan.Work], runner: FlaskCliRunner, tmp_path: Path) -> None:
    result = runner.invoke(args=["demo", "build", "--folder", str(tmp_path / "demo"), "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["works"] == 4 and report["photos"] == 3
    assert Path(report["catalogue"]).is_file()


def test_command_refuses_in_one_line(runner: FlaskCliRunner, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    result = runner.invoke(args=["demo", "build", "--folder", str(tmp_path)])
    assert result.exit_code == 1
    assert result.stderr.strip().splitlines()[-1].startswith("Error: ")
    assert "Traceback" not in result.output
