"""A whole evaluation, with a real exact search over descriptors of pictures that the test draws."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.engine.errors import NoIndexError
from app.engine.images import read_image, save_jpeg
from app.engine.types import Match, SearchResult
from app.evaluation.ground_truth import GroundTruth, GroundTruthError, read_ground_truth
from app.evaluation.photos import Search, details, evaluate_photos, report

WORKS = {key: f"w{key:02}" for key in range(1, 13)}  # primary key → source id
IDENTIFIED, KNOWN_AT_ALL = 0.8, 0.5  # cosines


def picture(key: int) -> np.ndarray:
    """A picture of its own for every key: soft random colours."""
    small = np.random.default_rng(key).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return cv2.resize(small, (120, 120), interpolation=cv2.INTER_CUBIC)


def descriptor(image: np.ndarray) -> np.ndarray:
    small = cv2.resize(image, (6, 6), interpolation=cv2.INTER_AREA).astype(np.float64).ravel()
    return (small - small.mean()) / np.linalg.norm(small - small.mean())


class ExactSearch:
    """Cosine with every work; remembers what it was asked."""

    def __init__(self) -> None:
        self.rows = np.stack([descriptor(picture(key)) for key in WORKS])
        self.asked: list[tuple[str, frozenset[int]]] = []

    def __call__(self, path: Path, exclude: frozenset[int]) -> SearchResult:
        self.asked.append((path.name, exclude))
        image = read_image(path)
        cosines = self.rows @ descriptor(image)
        order = [key for key in sorted(WORKS, key=lambda key: -cosines[key - 1]) if key not in exclude]
        best = float(cosines[order[0] - 1])
        verdict = "identified" if best > IDENTIFIED else "uncertain" if best > KNOWN_AT_ALL else "not_in_catalogue"
        matches = [Match(key, key, max(0.0, float(cosines[key - 1])), 0.0, 0.0, 9, cosines[key - 1] > IDENTIFIED) for key in order]
        size = (image.shape[1], image.shape[0])
        return SearchResult(verdict, matches[:3], "build-1", "exact", {}, size, [], order, order[:5])  # type: ignore[arg-type]


@pytest.fixture
def truth(tmp_path: Path) -> GroundTruth:
    """Eight good photos, one mislabelled, one unknown, one whose work no collection has, one that is broken."""
    lines = ["photo,artwork_ids,kind"]
    for key in range(1, 9):
        save_jpeg(picture(key), tmp_path / f"{key}.jpg")
        lines.append(f"{key}.jpg,{WORKS[key]},{'cropped' if key < 5 else 'wall'}")
    save_jpeg(picture(9), tmp_path / "mislabelled.jpg")
    save_jpeg(picture(900), tmp_path / "unknown.jpg")
    save_jpeg(picture(901), tmp_path / "elsewhere.jpg")
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 nothing more")
    lines += ["mislabelled.jpg,w10,wall", "unknown.jpg,,wall", "elsewhere.jpg,gone,wall", "broken.jpg,w11,broken"]
    (tmp_path / "truth.csv").write_text("\n".join(lines) + "\n")
    return read_ground_truth(tmp_path / "truth.csv")


def test_the_figures_of_a_small_evaluation(truth: GroundTruth) -> None:
    result = report(evaluate_photos(ExactSearch(), truth, WORKS), "r1")
    assert result["n_photos"] == 12
    assert result["n_works"] == 12
    assert result["n_unknown"] == 2  # one by the file, one whose work is in no collection
    assert result["n_made_unknown"] == 10
    assert result["unlisted_ids"] == ["gone"]
    assert result["unreadable"] == ["broken.jpg"]
    assert result["top1"]["value"] == pytest.approx(8 / 10) and result["top1"]["n"] == 10
    assert set(result["recall_at"]) == {"1", "5", "10", "50"}
    assert result["recall_at"]["1"]["value"] == pytest.approx(8 / 10)
    assert result["recall_at"]["50"]["value"] == pytest.approx(9 / 10)
    assert result["missed_rate"]["value"] == pytest.approx(1 / 10)
    # verified: 8 right, 1 of the mislabelled photo; not found: w10 and w11
    assert result["set_f1"]["value"] == pytest.approx(2 * 8 / (2 * 8 + 1 + 2))
    # identified without being there: the mislabelled photo, which shows w09, with w10 left out
    assert result["false_accept_rate"]["value"] == pytest.approx(1 / 12, abs=1e-6)
    assert result["false_accept_rate"]["n"] == 12
    assert result["gap"]["n"] == 22
    assert (result["preset"], result["build"], result["revision"]) == ("exact", "build-1", "r1")
    for name in ("top1", "candidate_recall", "set_f1", "gap", "false_accept_rate", "missed_rate", "calibration_error"):
        assert result[name]["low"] <= result[name]["value"] <= result[name]["high"]
    json.dumps(result, allow_nan=False)


def test_by_kind_adds_up_to_the_whole(truth: GroundTruth) -> None:
    result = report(evaluate_photos(ExactSearch(), truth, WORKS), "r1")
    kinds = result["by_kind"]
    assert {kind: figures["n_photos"] for kind, figures in kinds.items()} == {"cropped": 4, "wall": 7, "broken": 1}
    assert kinds["cropped"]["top1"] == {"value": 1, "low": 1, "high": 1, "n": 4}
    assert sum(figures["false_accept_rate"]["n"] for figures in kinds.values()) == 12
    assert kinds["cropped"]["false_accept_rate"]["n"] == 4  # its photos, made unknown


def test_known_photos_are_asked_again_without_their_own_works(truth: GroundTruth) -> None:
    search = ExactSearch()
    evaluate_photos(search, truth, WORKS)
    again = [(name, exclude) for name, exclude in search.asked if exclude]
    assert again[0] == ("1.jpg", {1})
    assert len(again) == 10
    assert "unknown.jpg" not in dict(again)


@pytest.mark.parametrize(("limit", "made"), [(0, 0), (1, 1), (5, 5), (10, 10), (99, 10), (None, 10)])
def test_limit_unknown(truth: GroundTruth, limit: int | None, made: int) -> None:
    evaluation = evaluate_photos(ExactSearch(), truth, WORKS, limit_unknown=limit)
    again = [query.photo for query in evaluation.queries if query.made_unknown]
    assert len(again) == len(set(again)) == made


def test_a_source_id_in_two_collections_is_one_work_and_left_out_in_both(truth: GroundTruth) -> None:
    search = ExactSearch()
    works = {**WORKS, 12: "w01"}
    evaluate_photos(search, truth, works, limit_unknown=1)
    assert search.asked[-1] == ("1.jpg", {1, 12})


def test_details_say_where_the_right_work_stood(truth: GroundTruth) -> None:
    rows = details(evaluate_photos(ExactSearch(), truth, WORKS, limit_unknown=0))
    assert len(rows) == 12
    by_name = {row["photo"]: row for row in rows}
    good, wrong, broken = by_name["3.jpg"], by_name["mislabelled.jpg"], by_name["broken.jpg"]
    assert (good["best"], good["correct"], good["global_rank"], good["candidate_rank"]) == ("w03", True, 1, 1)
    assert (wrong["best"], wrong["correct"]) == ("w09", False) and wrong["global_rank"] > 1
    assert broken["verdict"] == "not_in_catalogue" and "damaged" in broken["error"]
    json.dumps(rows, allow_nan=False)


def test_progress_and_a_warm_up_that_is_not_counted(truth: GroundTruth) -> None:
    search, heard = ExactSearch(), list[tuple[str, int, int]]()
    evaluation = evaluate_photos(search, truth, WORKS, limit_unknown=2, progress=lambda *step: heard.append(step))
    assert heard[0] == ("photos", 1, 14) and heard[-1] == ("photos", 14, 14)
    assert len(search.asked) == 15 and len(evaluation.queries) == 14


def test_an_empty_catalogue_and_a_missing_index_are_errors(truth: GroundTruth) -> None:
    with pytest.raises(GroundTruthError, match="no works"):
        evaluate_photos(ExactSearch(), truth, {})

    def nothing_published(path: Path, exclude: frozenset[int]) -> SearchResult:
        raise NoIndexError("nothing is published")

    search: Search = nothing_published
    with pytest.raises(NoIndexError):
        evaluate_photos(search, truth, WORKS)
