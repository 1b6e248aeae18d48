"""The table of the reference systems: what is written is what was measured, and running it again changes the table alone."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from app import services
from app.catalogue.queries import pictures_for_index
from app.engine.fusion import load
from app.engine.images import save_jpeg
from app.engine.types import BuildReport, Floats
from app.evaluation.ground_truth import LabelledPhoto
from app.settings import ROOT
from benchmarks import reference
from benchmarks.recipes import CHECKED, RECIPES, Recipe, ask
from tests.tiny import painting, visitor_photo


def result(works: int) -> dict[str, Any]:
    figure = {"value": 0.5, "low": 0.25, "high": 0.75, "n": 8}
    rows: list[dict[str, Any]] = [{"system": "Pinakes", "words": "as visitors ask it", "top1": figure}]
    rows[0] |= {"identified": 6, "of_them_right": 5, "seconds_p50": 0.4, "seconds_p95": 0.7}
    rows += [{**asdict(recipe), "alone": figure, "top1": figure, "behind": figure} for recipe in RECIPES]
    copies = {"photos": 16, "degradations": ["same", "jpeg_20"], "rows": rows[:2]}
    return {"works": works, "photos": 8, "file": "photos.csv", "data_hash": "abc", "rows": rows, "copies": copies}


def test_only_the_table_changes_and_twice_is_once() -> None:
    before = (ROOT / "docs" / "reference-systems.md").read_text("utf-8")
    runs = [result(4), result(9)]
    after = reference.page(runs, before)
    assert after.count("8 photos of known works") == 2 and "### 9 works" in after and after.count("| 0.500 [0.250, 0.750] |") >= 12
    assert "16 copies of catalogue pictures (same, jpeg 20)" in after and "identified 6 of them, 5 of these rightly" in after
    assert after.split("<!-- table -->")[0] == before.split("<!-- table -->")[0]
    assert after.split("<!-- end of table -->")[1] == before.split("<!-- end of table -->")[1]
    assert reference.page(runs, after) == after


def test_a_run_replaces_the_one_of_the_same_photos_and_works(tmp_path: Path) -> None:
    card = tmp_path / "card.json"
    assert reference.kept_runs(result(9), card) == [result(9)]
    card.write_text(json.dumps({"result": {"runs": [result(4), {**result(9), "photos": 1}]}}), "utf-8")
    assert reference.kept_runs(result(9), card) == [result(4), result(9)]
    assert [run["data_hash"] for run in reference.kept_runs({**result(9), "data_hash": "b"}, card)] == ["abc", "abc", "b"]


def test_copies_are_asked_of_the_product_and_of_a_recipe(tiny_index: BuildReport, tmp_path: Path) -> None:
    contest = reference.Contest()
    copies = contest.copies(tmp_path, 2)
    assert len(copies) == 2 * len(reference.CHANGES) == len({photo.path for photo in copies if photo.path.exists()})
    product = contest.table(copies, [])[0]
    assert product["top1"]["n"] == len(copies) and product["top1"]["value"] > 0.8
    assert 0 < product["of_them_right"] <= product["identified"] <= len(copies) and product["seconds_p50"] > 0


def vectors(count: int, dim: int) -> Floats:
    rows = np.random.default_rng(1).normal(size=(count, 1, dim)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=2, keepdims=True), np.float32)


def nothing(photo: int, row: int) -> int:
    raise AssertionError("a recipe without local features matched some")


def test_a_recipe_finds_the_nearest_work_with_and_without_codes() -> None:
    works = vectors(300, 32)
    exact = ask(Recipe("", "", "", False, "Flat", "", ""), works, works[:20], nothing)
    assert exact.alone.tolist() == exact.reranked.tolist() == list(range(20))
    codes = ask(Recipe("", "", "", False, "IVF4,PQ8", "", ""), works, works[:20], nothing).alone
    assert codes.shape == (20,) and np.mean(codes == np.arange(20)) > 0.5


def test_local_features_decide_among_the_first_works() -> None:
    works = vectors(60, 32)
    sift = Recipe("", "", "", False, "Flat", "", "", local="sift")
    asked: list[tuple[int, int]] = []

    def inliers(photo: int, row: int) -> int:
        asked.append((photo, row))
        return 40 if row == second[photo] else 4

    second = np.argsort(-(works[:3, 0] @ works[:, 0].T), axis=1)[:, 1]
    found = ask(sift, works, works[:3], inliers)
    assert found.alone.tolist() == [0, 1, 2] and found.reranked.tolist() == second.tolist()
    assert len(asked) == 3 * CHECKED
    walked = ask(replace(sift, graph="random-walk", local=""), works, works[:3], nothing)
    assert walked.reranked.tolist() == [0, 1, 2]  # a photo that is its work stays the best of its neighbours
    fusion = replace(sift, local="fusion")
    assert ask(fusion, works, works[:3], lambda photo, row: 0).reranked.tolist() == [0, 1, 2]
    cosines, v = (works[:3, 0] @ works[:, 0].T)[np.arange(3), second], load().v
    expected = np.where(v * cosines + (1 - v) * 900 / 915 > v, second, np.arange(3))
    assert ask(fusion, works, works[:3], lambda photo, row: 900 * (row == second[photo])).reranked.tolist() == expected.tolist()


def test_inliers_are_those_of_the_product(tiny_index: BuildReport, tmp_path: Path) -> None:
    save_jpeg(visitor_photo(painting("t02")).image, tmp_path / "one.jpg", quality=95)
    photo = LabelledPhoto("one.jpg", tmp_path / "one.jpg", frozenset({"t02"}), "wall")
    pictures, names = pictures_for_index(), services.source_ids()
    proofs = reference.Proofs([photo], services.searcher().gallery, [picture.picture_id for picture in pictures])
    counts = [proofs.inliers(0, row) for row in range(len(pictures))]
    assert names[pictures[int(np.argmax(counts))].artwork_pk] == "t02" and max(counts) > 15
    assert sorted(counts)[-2] < max(counts) / 2
