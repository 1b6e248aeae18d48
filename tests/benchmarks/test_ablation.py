"""The rows of the ablation: the default one is the product, and what was kept gives the same answer again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app import services
from app.engine.images import save_jpeg
from app.engine.types import BuildReport, SearchResult
from app.evaluation.ground_truth import read_ground_truth
from benchmarks import ablation
from benchmarks.ablation import ROWS, Row, half_of, measure, open_bench
from tests.tiny import STRANGER, paint, painting, visitor_photo

BY_NAME = {row.name: row for row in ROWS}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Two photos of works, one of them noisy, and one of a stranger, with their ground truth."""
    one, two = visitor_photo(painting("t02")), visitor_photo(painting("t05"), painting("t08"), size=(1200, 800))
    noisy = two.image.copy()
    noisy[np.random.default_rng(0).random(noisy.shape[:2]) < 0.01] = 255
    for name, image in (("one", one.image), ("two", noisy), ("none", visitor_photo(paint(STRANGER, 420, 560)).image)):
        save_jpeg(image, tmp_path / f"{name}.jpg", quality=95)
    (tmp_path / "photos.csv").write_text("photo,artwork_ids\none.jpg,t02\ntwo.jpg,t05|t08\nnone.jpg,\n", encoding="utf-8")
    return tmp_path / "photos.csv"


def told(result: SearchResult) -> list[tuple[int, bool, float, int]]:
    return [(match.work_id, match.verified, round(match.probability, 3), match.inliers) for match in result.matches[:3]]


def test_the_default_row_is_the_product(tiny_index: BuildReport, photos: Path, tmp_path: Path) -> None:
    bench, works = open_bench(tmp_path / "cache")
    product = services.searcher()
    own = frozenset(pk for pk, name in works.items() if name in ("t05", "t08"))
    for path in sorted(photos.parent.glob("*.jpg")):
        for exclude in (frozenset[int](), own):
            expected = product.search(services.read_photo(path), exclude_works=exclude)
            for _ in range(2):  # as it is computed, and as it was kept
                found = bench.search(BY_NAME["default"], path, exclude)
                assert (found.verdict, told(found)) == (expected.verdict, told(expected))
                assert set(found.candidates) == set(expected.candidates) and found.global_ranking[:3] == expected.global_ranking[:3]
                bench._voted.clear()
                bench.proofs._memory.clear()


def test_every_row_has_its_figures(tiny_index: BuildReport, photos: Path, tmp_path: Path) -> None:
    bench, works = open_bench(tmp_path / "cache")
    truth = read_ground_truth(photos)
    rows = [measure(bench, row, truth, works) for row in ROWS if row.vectors in bench.galleries]
    assert all(row["top1"]["n"] == 2 and ("set_f1" in row) == BY_NAME[row["row"]].verify for row in rows)
    lines = ablation.table(rows).splitlines()
    assert len(lines) == 2 + len(rows) and len({line.count("|") for line in lines}) == 1
    assert lines[2].endswith("| – | – |") and "| `default` |" in "\n".join(lines)
    assert measure(bench, BY_NAME["default"], truth, works)["set_f1"]["value"] == 1.0
    assert "parts" not in bench.galleries  # no build has them


def test_each_photo_is_in_one_half(photos: Path) -> None:
    truth = read_ground_truth(photos)
    halves = [{photo.name for photo in half_of(truth, half).photos} for half in ("choose", "report")]
    assert halves[0] | halves[1] == {"one.jpg", "two.jpg", "none.jpg"} and not halves[0] & halves[1]
    assert half_of(truth, "all") == truth


def test_names_of_rows_are_their_own() -> None:
    assert len(BY_NAME) == len(ROWS) and BY_NAME["default"] == Row("default", BY_NAME["default"].words)
    assert ablation.COUNTED.identified_at == 15 / 30
