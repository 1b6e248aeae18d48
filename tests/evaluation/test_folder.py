"""A folder of photos: names that tell the work, precision, times, the report page and the command."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.engine.errors import ImageError
from app.engine.types import BuildReport
from app.evaluation import folder, folder_page
from app.evaluation.ground_truth import GroundTruthError
from tests.tiny import jpeg, paint, painting, visitor_photo

WORKS = {"00123", "a_b", "a"}


@pytest.mark.parametrize(
    ("stem", "work"),
    [
        ("00123", "00123"), ("00123_left", "00123"), ("00123-2 dark", "00123"), ("a_b_c", "a_b"), ("a_c", "a"), ("12", ""),
        ("x_00123", ""),
    ],
)
def test_a_name_tells_the_work(stem: str, work: str) -> None:
    assert folder.work_in_name(stem, WORKS) == work


def answer(work: str, verdict: str = "identified", ms: float = 100) -> dict[str, Any]:
    match = {"artwork_id": work, "title": "A <b>title</b>", "artist": "", "probability": 0.9, "inliers": 30}
    times = {"encode": ms / 2, "total": ms}
    return {"verdict": verdict, "matches": [match] if work else [], "timings_ms": times, "build": "b", "preset": "default"}


def asked(tmp_path: Path) -> list[folder.Asked]:
    """Right, wrong and sure, right and unsure, a stranger's name, and one that cannot be read."""
    answers = {
        "00123": answer("00123"), "a": answer("00123", ms=200), "a_b": answer("a_b", "uncertain", 300),
        "other": answer("", "not_in_catalogue", 400),
    }  # fmt: skip
    for name in [*answers, "a_broken"]:
        (tmp_path / f"{name}.jpg").write_bytes(jpeg(paint(1, 40, 60)))

    def ask(path: Path) -> dict[str, Any]:
        if path.stem not in answers:
            raise ImageError("The picture is damaged.")
        return answers[path.stem]

    return folder.ask_all(tmp_path, ask, WORKS)


def test_precision_is_of_the_photos_whose_name_tells_a_work(tmp_path: Path) -> None:
    result = folder.summary(asked(tmp_path))
    assert (result["n_photos"], result["n_judged"]) == (5, 4)
    assert result["figures"]["precision@1_folder"]["value"] == pytest.approx(2 / 4)  # what cannot be read is not right
    assert result["figures"]["precision@1_folder_identified"]["value"] == pytest.approx(1 / 2)
    assert result["verdicts"] == {"identified": 2, "uncertain": 1, "not_in_catalogue": 1, "unreadable": 1}
    assert result["timings_ms"]["total"] == {"p50": 250.0, "p95": 385.0, "p99": 397.0, "max": 400.0}
    assert result["timings_ms"]["encode"]["max"] == 200.0 and "verify" not in result["timings_ms"]


def test_a_folder_that_is_missing_or_empty_is_told(tmp_path: Path) -> None:
    with pytest.raises(GroundTruthError, match="no folder"):
        folder.photos_in(tmp_path / "nowhere")
    with pytest.raises(GroundTruthError, match="no picture"):
        folder.photos_in(tmp_path)


def test_the_page_shows_each_photo_beside_its_answer(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    rows = asked(tmp_path / "photos")
    page = folder_page.write(tmp_path / "page", rows, folder.summary(rows), {"00123": tmp_path / "photos" / "00123.jpg"}.get)
    html = page.read_text("utf-8")
    assert html.count("<h2>") == 5 and html.count('class="right"') == 2 and html.count('class="wrong"') == 1
    assert "A &lt;b&gt;title" in html and "The picture is damaged." in html
    assert len(list((tmp_path / "page" / "pictures").iterdir())) == 5 + 2  # five photos; 00123 stands beside two of them


def test_the_command_asks_and_judges(tiny_app: Flask, tiny_index: BuildReport, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "t01_wall.jpg").write_bytes(visitor_photo(painting("t01")).jpeg())
    (photos / "holiday.jpg").write_bytes(jpeg(paint(9001, 300, 400)))
    runner = tiny_app.test_cli_runner()
    args = ["evaluate", "folder", str(photos), "--json", "--page", str(tmp_path / "page"), "--csv", str(tmp_path / "rows.csv")]
    done = runner.invoke(args=args)
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    assert (result["n_photos"], result["n_judged"], result["figures"]["precision@1_folder"]["value"]) == (2, 1, 1.0)
    with (tmp_path / "rows.csv").open(newline="", encoding="utf-8") as file:
        assert [row["photo"] for row in csv.DictReader(file)] == ["holiday.jpg", "t01_wall.jpg"]
    assert (tmp_path / "page" / "index.html").exists()
    wrong = runner.invoke(args=["evaluate", "folder", str(tmp_path / "nowhere")])
    assert wrong.exit_code == 1 and "There is no folder" in wrong.output
