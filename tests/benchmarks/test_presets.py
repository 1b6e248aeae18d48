"""Presets side by side: differences of the same questions, and the product's own answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app.evaluation.ground_truth import read_ground_truth
from app.evaluation.queries import Query
from benchmarks import presets
from tests.tiny import BuildReport, painting, visitor_photo


def query(photo: int, ranking: tuple[str, ...]) -> Query:
    return Query(photo, "", frozenset({"a"}), False, "identified", ranking[0], 0.9, 20, frozenset(), ranking, ranking, 100.0)


def test_a_difference_is_of_the_same_photos() -> None:
    before = [query(photo, ("a", "b") if photo % 2 else ("b", "a")) for photo in range(20)]
    after = [replace(one, ranking=("a", "b")) for one in before]
    found = presets.figures(before, after)
    assert found["recall@1"]["after"]["value"] == 1.0 and found["recall@1"]["difference"]["value"] == 0.5
    assert 0 < found["recall@1"]["difference"]["low"] < 0.5 < found["recall@1"]["difference"]["high"]
    assert found["recall@5"]["difference"]["value"] == 0 == found["top1"]["difference"]["value"]
    line = presets.table({"one": found}).splitlines()[2]
    assert "| 1.000 (+0.500) | 1.000 |" in line


def test_presets_are_asked_over_one_build(tiny_index: BuildReport, tmp_path: Path) -> None:
    (tmp_path / "t05.jpg").write_bytes(visitor_photo(painting("t05")).jpeg())
    (tmp_path / "photos.csv").write_text("photo,artwork_ids,kind\nt05.jpg,t05,wall\n", encoding="utf-8")
    rows = presets.measure(read_ground_truth(tmp_path / "photos.csv"), ["default", "patches"], 0)
    assert {name: row["top1"]["after"]["value"] for name, row in rows.items()} == {"default": 1.0, "patches": 1.0}
    assert set(presets.SHOWN) <= set(rows["patches"])
