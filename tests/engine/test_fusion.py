"""Score fusion by hand, the file it is read from, and rankings ordered anew by it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.engine import fusion
from app.engine.calibration import Evidence
from app.engine.errors import PresetError
from app.engine.fusion import Fusion
from app.engine.types import Match


def test_fusion_weighs_both_scores() -> None:
    assert fusion.fused(0.8, 0.5, 0.25) == pytest.approx(0.25 * 0.8 + 0.75 * 0.5)
    assert fusion.fused(-0.3, 0, 0.5) == 0
    evidence = Evidence(45, 9, 0.5, 0.9, 0.4, 0.6, 0.1, 0.3)
    assert Fusion(0.5, 0.5, 0.2).probability(evidence) == pytest.approx(0.5 * 0.6 + 0.5 * 0.75)


@pytest.mark.parametrize(
    ("score", "verified", "verdict"),
    [(0.7, True, "identified"), (0.7, False, "uncertain"), (0.3, True, "uncertain"), (0.1, False, "not_in_catalogue")],
)
def test_the_verdict_of_fused_scores(score: float, verified: bool, verdict: str) -> None:
    match = Match(1, 1, score, 0.0, 0.0, 20, verified)
    assert Fusion(0.5, 0.5, 0.2).verdict([match]) == verdict


def test_a_ranking_is_ordered_by_both_scores_as_far_as_there_are_local_ones() -> None:
    ranking, local = [(7, 0.5), (3, 0.5), (9, 0.25), (1, 0.125)], np.array([0.0, 0.0, 0.75], np.float32)
    assert fusion.reordered(ranking, local, 0.5) == [(9, 0.5), (7, 0.25), (3, 0.25), (1, 0.125)]  # the fourth has no local score
    assert [position for position, _ in fusion.reordered(ranking, local, 1.0)] == [7, 3, 9, 1]


def test_what_ships_is_complete() -> None:
    shipped = fusion.load()
    assert 0 <= shipped.v <= 1 and 0 < shipped.possible_at < shipped.identified_at < 1
    for local in ("vlad", "patches"):
        assert 0 <= fusion.weight(local) <= 1


def test_a_missing_or_broken_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(PresetError, match="flask train fusion"):
        fusion.load(tmp_path / "fusion.json")
    (tmp_path / "fusion.json").write_text("{")
    with pytest.raises(PresetError, match="cannot be read"):
        fusion.weight("vlad", tmp_path / "fusion.json")
