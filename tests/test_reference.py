"""The table of the reference systems: what is written is what was measured, and running it again changes the table alone."""

from __future__ import annotations

import numpy as np

from app.settings import ROOT
from benchmarks import reference


def result() -> dict[str, object]:
    figure = {"value": 0.5, "low": 0.25, "high": 0.75, "n": 8}
    rows = [{"system": "Pinakes", "words": "as visitors ask it", "top1": figure}]
    rows += [{**recipe.__dict__, "top1": figure, "behind": figure} for recipe in reference.RECIPES]
    return {"works": 4, "photos": 8, "file": "photos.csv", "rows": rows}


def test_only_the_table_changes_and_twice_is_once() -> None:
    before = (ROOT / "docs" / "reference-systems.md").read_text("utf-8")
    after = reference.page(result(), before)
    assert "8 photos of known works" in after and after.count("| 0.500 [0.250, 0.750] |") >= 6
    assert after.split("<!-- table -->")[0] == before.split("<!-- table -->")[0]
    assert after.split("<!-- end of table -->")[1] == before.split("<!-- end of table -->")[1]
    assert reference.page(result(), after) == after


def test_a_recipe_finds_the_nearest_work_with_and_without_codes() -> None:
    rng = np.random.default_rng(1)
    works = rng.normal(size=(300, 1, 32)).astype(np.float32)
    works /= np.linalg.norm(works, axis=2, keepdims=True)
    exact = reference.Recipe("", "", "", False, "Flat", "", "")
    assert reference.firsts(exact, works, works[:20]).tolist() == list(range(20))
    codes = reference.Recipe("", "", "", False, "IVF4,PQ8", "", "")
    found = reference.firsts(codes, works, works[:20])
    assert found.shape == (20,) and np.mean(found == np.arange(20)) > 0.5
