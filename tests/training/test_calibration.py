"""The calibration's fit: against known answers, on a catalogue made hard, and end to end on the tiny museum."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from flask import Flask

from app import services
from app.engine.appearance import colour_agreement, local_colour, thumbnail
from app.engine.calibration import FEATURES
from app.engine.images import save_jpeg
from app.engine.types import BuildReport, Match
from app.training.calibration import (
    Reference,
    card,
    collect,
    expected_calibration_error,
    fit,
    is_duplicate,
    sigmoid,
    thresholds,
)  # fmt: skip
from app.training.calibration_data import drawing, in_frame, write_catalogue
from tests.tiny import paint


def test_the_fit_finds_the_weights_that_made_the_labels() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(20_000, 3))
    labels = (rng.random(20_000) < sigmoid(features @ np.array([2.0, 0.5, 0.0]))).astype(float)
    weights, bias = fit(features, labels)
    assert weights == pytest.approx([2.0, 0.5, 0.0], abs=0.25)  # the ridge pulls them in by a tenth
    assert bias == pytest.approx(0, abs=0.1)


def test_no_evidence_counts_against_a_match() -> None:
    rng = np.random.default_rng(2)
    features = rng.normal(size=(500, 2))
    weights, _ = fit(features, (features[:, 0] - features[:, 1] > 0).astype(float))
    assert weights[0] > 0.5
    assert weights[1] == 0  # the labels fall with it; a weight below zero is not allowed


def test_thresholds_let_through_what_was_allowed() -> None:
    wrong = np.linspace(0, 0.8, 1000)
    right = np.full(100, 0.95)
    labels = np.repeat([0.0, 1.0], [1000, 100])
    identified, possible = thresholds(np.concatenate([wrong, right]), labels, false_accepts=0.01)
    assert (wrong >= identified).mean() <= 0.01
    assert identified == pytest.approx(0.792, abs=0.003)
    assert (wrong >= possible).mean() == pytest.approx(0.05, abs=0.003)
    assert thresholds(np.array([0.1, 0.2, 0.9]), np.array([0.0, 0, 1]), false_accepts=0)[0] == 0.5


def test_calibration_error_by_hand() -> None:
    # two bins: 0.9 said and half right (gap 0.4, weight ½); 0.1 said and none right (gap 0.1, weight ½)
    assert expected_calibration_error(np.array([0.9, 0.9, 0.1, 0.1]), np.array([1.0, 0, 0, 0])) == pytest.approx(0.25)


def test_a_second_copy_in_the_catalogue_is_no_wrong_answer() -> None:
    copy = Match(1, 1, 0.9, 0.9, 0.2, 270, True, appearance=0.95, colour=0.95)
    assert is_duplicate(copy)
    assert not is_duplicate(Match(1, 1, 0.9, 0.5, 0.1, 70, True, appearance=-0.05, colour=0.9))  # a shared frame


def test_a_catalogue_made_hard(tmp_path: Path) -> None:
    for number in range(40):
        save_jpeg(paint(number, 160, 200), tmp_path / "in" / f"{number:02d}.jpg")
    pictures = sorted((tmp_path / "in").iterdir())
    assert write_catalogue(pictures, tmp_path / "a", seed=3) == write_catalogue(pictures, tmp_path / "b", seed=3)
    rows = list(csv.DictReader((tmp_path / "a" / "catalogue.csv").open()))
    drawn = [row for row in rows if row["artwork_id"].endswith("-drawn")]
    assert len(rows) == 40 + len(drawn) and drawn
    for row in rows:
        assert (tmp_path / "a" / row["file"]).read_bytes() == (tmp_path / "b" / row["file"]).read_bytes()
    framed = [row for row in rows if cv2.imread(str(tmp_path / "a" / row["file"])).shape[:2] != (160, 200)]
    assert 5 <= len(framed) <= 22


def test_one_moulding_is_one_ornament_and_a_drawing_has_no_colour() -> None:
    first, second = (in_frame(paint(seed, 300, 300), 3) for seed in (1, 2))
    rim = (slice(0, 20), slice(None))
    assert np.array_equal(first[rim], second[rim])
    assert not np.array_equal(first[rim], in_frame(paint(1, 300, 300), 6)[rim])
    picture = paint(4, 300, 300)
    cells = [local_colour(thumbnail(one)).reshape(-1, 3) for one in (picture, drawing(picture))]
    assert colour_agreement(*cells) < 0.5


def test_evidence_is_collected_and_fitted_on_a_real_index(tiny_index: BuildReport, tiny_app: Flask) -> None:
    searcher = services.searcher()
    references = [Reference(picture.work_id, picture.path) for picture in services.gallery_pictures()]
    samples = collect(references, lambda image, out: searcher.search(image, exclude_works=out), 6, seed=1)
    assert samples.features.shape[1] == len(FEATURES)
    assert samples.best.sum() == 12  # six photos, each asked twice
    made = card(samples)
    assert made["held_out"]["answers"] == 12
    assert min(made["weights"]) >= 0
    assert 0 < made["possible_at"] < made["identified_at"] < 1
