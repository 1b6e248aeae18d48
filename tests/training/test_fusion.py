"""The choice of v: by hand, on scores whose best weight is known, and end to end on the tiny museum."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from flask.testing import FlaskCliRunner

from app.engine import fusion
from app.evaluation.ground_truth import GroundTruthError
from app.training.fusion import Answered, average_precision, best, card, choose, figure, in_half
from tests.tiny import BuildReport, painting, visitor_photo


def answered(photo: int, *rows: tuple[float, float, bool], relevant: int | None = None) -> Answered:
    cosines, local, right = (np.array(column) for column in zip(*rows, strict=True))
    return Answered(photo, cosines, local, right.astype(np.bool_), int(right.sum()) if relevant is None else relevant)


def test_figures_by_hand() -> None:
    """At v = ½ the first photo answers rightly with 0.7, its work left out wrongly with 0.5, the second wrongly with 0.6."""
    answers = [
        answered(0, (0.4, 1.0, True), (0.6, 0.0, False)), answered(0, (0.6, 0.4, False)),
        answered(1, (0.9, 0.3, False), (0.2, 0.4, True)),
    ]
    confidence, right = best(answers, 0.5)
    np.testing.assert_allclose(confidence, [0.7, 0.5, 0.6])
    assert right.tolist() == [True, False, False]
    assert figure(answers, 0.5, "inliers")["value"] == 0.5  # one of two known questions, and before all others
    assert figure(answers, 0.5, "inliers")["n"] == 2
    ranked = answered(0, (0.9, 0, False), (0.8, 0, True), (0.7, 0, False), (0.6, 0, True), relevant=4)
    assert average_precision(ranked, 1.0) == pytest.approx((1 / 2 + 2 / 4) / 4)


def test_a_question_without_candidates_is_answered_by_nothing() -> None:
    nothing = Answered(0, np.zeros(0), np.zeros(0), np.zeros(0, np.bool_), 1)
    confidence, right = best([nothing], 0.5)
    assert (confidence.tolist(), right.tolist()) == ([0.0], [False])
    assert average_precision(nothing, 0.5) == 0


def test_the_chosen_weight_is_in_the_middle_of_the_best() -> None:
    """The right one is above the other for v in (0.3, 0.7): its two scores are 0.5, the others have one high and one low."""
    answers = [answered(photo, (0.5, 0.5, True), (0.65, 0.15, False), (0.15, 0.65, False)) for photo in range(3)]
    v, by_v = choose(answers, "vlad")
    assert v == pytest.approx(0.5, abs=0.05)
    assert by_v["0.5"] == 1 > by_v["0.1"] == by_v["0.9"]


def test_what_is_chosen_on_one_half_is_reported_on_the_other() -> None:
    names = [f"{number}.jpg" for number in range(40)]
    helpful = [photo for photo, name in enumerate(names) if in_half(name, "a")]
    assert 10 < len(helpful) < 30
    answers = []
    for photo in range(40):  # in half a the local score is right, in half b the cosine is
        good, bad = (0.2, 0.9, True), (0.8, 0.3, False)
        rows = (good, bad) if photo in helpful else ((0.8, 0.3, True), (0.2, 0.9, False))
        answers += [answered(photo, *rows), answered(photo, (0.3, 0.1, False), relevant=0)]
    made = card(answers, names, "a", "inliers")
    assert made["v"] < 0.5
    assert (made["other_half"]["global_alone"]["value"], made["other_half"]["local_alone"]["value"]) == (1.0, 0.0)
    assert made["other_half"]["chosen"] == made["other_half"]["local_alone"]  # no choice was made by what is reported
    assert 0 < made["possible_at"] < made["identified_at"] < 1
    assert card(answers, names, "b", "inliers")["v"] > 0.5
    with pytest.raises(GroundTruthError, match="One half"):
        card(answers[:2], names[:1], "a", "inliers")


def test_the_command_writes_one_section_and_leaves_the_others(
    tiny_index: BuildReport, runner: FlaskCliRunner, tmp_path: Path
) -> None:
    lines = []
    for source_id in ("t02", "t05", "t09", "t04"):
        (tmp_path / f"{source_id}.jpg").write_bytes(visitor_photo(painting(source_id)).jpeg())
        lines.append(f"{source_id}.jpg,{source_id},wall")
    assert {in_half(line.split(",")[0], "a") for line in lines} == {True, False}
    (tmp_path / "photos.csv").write_text("\n".join(["photo,artwork_ids,kind", *lines]), encoding="utf-8")
    out = tmp_path / "fusion.json"
    for local in ("inliers", "vlad"):
        words = ["train", "fusion", str(tmp_path / "photos.csv"), "--local", local, "--out", str(out)]
        done = runner.invoke(args=words)
        assert done.exit_code == 0, done.stderr
        assert f"{local}: v = " in done.stdout
    written = json.loads(out.read_text())
    assert written["inliers"]["figure"] == "gap" and written["vlad"]["figure"] == "map"
    assert written["inliers"]["other_half"]["chosen"]["value"] == 1.0
    assert fusion.load(out).v == written["inliers"]["v"] and fusion.weight("vlad", out) == written["vlad"]["v"]
    (tmp_path / "photos.csv").write_text("photo,artwork_ids,kind\nt02.jpg,x99,wall\n", encoding="utf-8")
    refused = runner.invoke(args=["train", "fusion", str(tmp_path / "photos.csv"), "--out", str(out)])
    assert refused.exit_code == 1 and "No photo of the file" in refused.stderr
