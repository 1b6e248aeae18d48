"""Calibration: more evidence never makes a match less likely, and verdicts follow from probabilities."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.engine import calibration
from app.engine.calibration import FEATURES, Calibration, Evidence, is_verified
from app.engine.errors import PresetError
from app.engine.types import Match

SHIPPED = calibration.load()
RISING = {
    "inliers": [0, 4, 8, 20, 80, 400], "cells": [0, 1, 4, 9, 16], "appearance": [-1, -0.2, 0, 0.3, 1],
    "colour": [0, 0.3, 0.7, 1],
    "inlier_ratio": [0, 0.1, 0.5, 1], "global_score": [-1, 0, 0.4, 1], "votes": [0, 0.01, 0.2, 1],
    "tiny_score": [-1, 0, 0.4, 0.9, 1],
}  # fmt: skip
BASES = [
    Evidence(0, 0, 0, 0, 0, 0, 0, 0), Evidence(8, 3, 0.3, 0.8, 0.2, 0.3, 0.02, 0.3),
    Evidence(60, 12, 0.9, 0.9, 0.7, 0.8, 0.3, 0.8),
]  # fmt: skip


@pytest.mark.parametrize("name", RISING)
@pytest.mark.parametrize("base", BASES)
def test_more_evidence_is_never_less_likely(name: str, base: Evidence) -> None:
    probabilities = [SHIPPED.probability(replace(base, **{name: value})) for value in RISING[name]]
    assert probabilities == sorted(probabilities)
    assert all(0 <= probability <= 1 for probability in probabilities)


def test_what_ships_can_be_used() -> None:
    assert (SHIPPED.weights >= 0).all() and SHIPPED.weights.shape == (len(FEATURES),)
    assert 0 < SHIPPED.possible_at < SHIPPED.identified_at < 1
    assert SHIPPED.probability(BASES[0]) < SHIPPED.possible_at
    assert SHIPPED.probability(BASES[2]) > SHIPPED.identified_at
    assert len(Evidence(1, 1, 0, 0, 0, 0, 0, 0).features()) == len(FEATURES)


def test_the_probability_is_logistic() -> None:
    one = Calibration(np.array([1.0, 0, 0, 0, 0, 0, 0, 0]), -2.0, 0.5, 0.1)
    assert one.probability(Evidence(0, 5, 1, 1, 1, 1, 1, 1)) == pytest.approx(1 / (1 + np.exp(2)))
    assert one.probability(Evidence(round(np.e**4) - 1, 0, 0, 0, 0, 0, 0, 0)) == pytest.approx(1 / (1 + np.exp(-2)), abs=0.01)


def test_a_drawing_is_not_the_painting() -> None:
    drawing = Evidence(
        inliers=31, cells=2, appearance=0.54, colour=0.34, inlier_ratio=0.7, global_score=0.4, votes=0.02, tiny_score=0.5
    )
    assert SHIPPED.probability(drawing) < SHIPPED.identified_at < SHIPPED.probability(replace(drawing, cells=6, colour=0.9))


def test_a_tiny_image_alone_identifies_nothing() -> None:
    """An artist's second version of a picture is as like it at 32×32 as the picture itself."""
    one = Calibration(np.array([1.0, 0, 0, 0, 0, 0, 0, 2.0]), -4.0, 0.5, 0.1)
    alike = Evidence(round(np.e**2) - 1, 3, 0.6, 0.9, 0.3, 0.4, 0.1, 0.9)
    assert one.probability(alike) > one.identified_at and not is_verified(one, alike)
    assert is_verified(one, replace(alike, inliers=60)) and is_verified(one, replace(alike, inliers=60, tiny_score=0.5))
    assert not is_verified(one, replace(alike, inliers=30, tiny_score=-0.5))  # what is not alike at all speaks against it
    assert not is_verified(SHIPPED, Evidence(5, 5, 1, 1, 1, 1, 1, 1))


def match(probability: float, verified: bool) -> Match:
    return Match(1, 1, probability, 0.5, 0.1, 20, verified)


@pytest.mark.parametrize(
    ("matches", "verdict"),
    [
        ([], "not_in_catalogue"),
        ([(0.05, False)], "not_in_catalogue"),
        ([(0.1, False)], "uncertain"),
        ([(0.9, False)], "uncertain"),  # likely, but nothing was verified
        ([(0.9, True)], "identified"),
        ([(0.5, True)], "identified"),
        ([(0.49, True)], "uncertain"),
        ([(0.05, False), (0.9, True)], "identified"),
        ([(0.9, False), (0.05, True)], "uncertain"),
    ],
)
def test_verdicts(matches: list[tuple[float, bool]], verdict: str) -> None:
    one = Calibration(np.ones(6), 0.0, identified_at=0.5, possible_at=0.1)
    assert one.verdict([match(*each) for each in matches]) == verdict


def test_files_that_do_not_fit_say_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(PresetError, match=r"calibration\.json is missing.*flask train calibration"):
        calibration.load(tmp_path / "calibration.json")
    stored = json.loads(calibration.PATH.read_text())
    (tmp_path / "calibration.json").write_text(json.dumps({**stored, "features": ["luck"]}))
    with pytest.raises(PresetError, match="other evidence than"):
        calibration.load(tmp_path / "calibration.json")
