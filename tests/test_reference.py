"""The table of the reference systems: what is written is what was measured, and running it again changes the table alone."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

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


def result() -> dict[str, object]:
    figure = {"value": 0.5, "low": 0.25, "high": 0.75, "n": 8}
    rows = [{"system": "Pinakes", "words": "as visitors ask it", "top1": figure}]
    rows += [{**asdict(recipe), "alone": figure, "top1": figure, "behind": figure} for recipe in RECIPES]
    return {"works": 4, "photos": 8, "file": "photos.csv", "rows": rows}


def test_only_the_table_changes_and_twice_is_once() -> None:
    before = (ROOT / "docs" / "reference-systems.md").read_text("utf-8")
    after = reference.page(result(), before)
    assert "8 photos of known works" in after and after.count("| 0.500 [0.250, 0.750] |") >= 6
    assert after.split("<!-- table -->")[0] == before.split("<!-- table -->")[0]
    assert after.split("<!-- end of table -->")[1] == before.split("<!-- end of table -->")[1]
    assert reference.page(result(), after) == after


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
