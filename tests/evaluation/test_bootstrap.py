"""Intervals: against a plain loop, against the binomial, and whole photos at a time."""

from __future__ import annotations

import numpy as np
import pytest

from app.evaluation import metrics
from app.evaluation.bootstrap import interval, photo_weights


def ratio_of(hits: np.ndarray) -> metrics.Ratio:
    return metrics.Ratio(hits.astype(float), np.ones(len(hits)))


def test_it_equals_a_loop_over_drawn_photos() -> None:
    hits = np.random.default_rng(0).random(40) < 0.8
    weights = photo_weights(np.arange(40), resamples=500, seed=3)
    means = [np.repeat(hits, row.astype(int)).mean() for row in weights]
    figure = interval(ratio_of(hits).weighted, weights, 40)
    low, high = np.percentile(means, [2.5, 97.5])
    assert figure["value"] == pytest.approx(hits.mean())
    assert (figure["low"], figure["high"]) == pytest.approx((low, high), abs=1e-6)
    assert figure["n"] == 40


def test_its_width_is_the_binomials() -> None:
    hits = np.arange(400) < 320  # p = 0.8
    figure = interval(ratio_of(hits).weighted, photo_weights(np.arange(400)), 400)
    half = 1.96 * np.sqrt(0.8 * 0.2 / 400)
    assert figure["low"] == pytest.approx(0.8 - half, abs=0.006)
    assert figure["high"] == pytest.approx(0.8 + half, abs=0.006)


def test_every_resample_has_as_many_photos_and_whole_photos() -> None:
    photos = np.array([0, 0, 1, 2, 2, 7])
    weights = photo_weights(photos, resamples=100)
    assert (weights[:, 0] == weights[:, 1]).all() and (weights[:, 3] == weights[:, 4]).all()
    assert (weights[:, [0, 2, 3, 5]].sum(axis=1) == 4).all()


def test_repeating_every_query_of_a_photo_narrows_nothing() -> None:
    hits = np.random.default_rng(1).random(50) < 0.7
    once = interval(ratio_of(hits).weighted, photo_weights(np.arange(50)), 50)
    thrice = interval(ratio_of(np.repeat(hits, 3)).weighted, photo_weights(np.repeat(np.arange(50), 3)), 150)
    assert (once["low"], once["high"]) == (thrice["low"], thrice["high"])


def test_the_same_seed_gives_the_same_interval_and_another_a_like_one() -> None:
    hits = np.random.default_rng(2).random(100) < 0.9
    figures = [interval(ratio_of(hits).weighted, photo_weights(np.arange(100), seed=seed), 100) for seed in (1, 1, 2)]
    assert figures[0] == figures[1]
    assert figures[2]["low"] == pytest.approx(figures[0]["low"], abs=0.02)


def test_nothing_to_count_gives_none() -> None:
    empty = np.zeros(0)
    figure = interval(metrics.Ratio(empty, empty).weighted, photo_weights(np.zeros(0, np.int64)), 0)
    assert figure == {"value": None, "low": None, "high": None, "n": 0}
    none_known = metrics.Ratio(np.zeros(5), np.zeros(5))
    assert interval(none_known.weighted, photo_weights(np.arange(5)), 0)["value"] is None


def test_resamples_that_miss_every_counted_query_are_left_out() -> None:
    rare = metrics.Ratio(np.array([1.0, 0, 0, 0]), np.array([1.0, 0, 0, 0]))
    assert interval(rare.weighted, photo_weights(np.arange(4)), 1) == {"value": 1, "low": 1, "high": 1, "n": 1}
