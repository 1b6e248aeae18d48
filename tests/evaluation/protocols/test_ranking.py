"""Figures of one ranking: hand-worked cases, and the published formulas read literally on random rankings."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from app.evaluation.protocols import ranking as figures

R, W, J = 1, 0, -1  # right, wrong, junk


def of(kinds: list[int]) -> tuple[np.ndarray, set[int], set[int]]:  # type: ignore[type-arg]
    """A ranking 0, 1, 2, … and the positions that are right and junk."""
    return (
        np.arange(len(kinds)), {n for n, kind in enumerate(kinds) if kind == R}, {n for n, kind in enumerate(kinds) if kind == J}
    )


def random_rankings() -> Iterator[tuple[list[int], int]]:
    rng = np.random.default_rng(7)
    for _ in range(200):
        kinds = rng.choice([R, W, J], size=int(rng.integers(1, 60)), p=[0.2, 0.6, 0.2]).tolist()
        yield kinds, kinds.count(R) + int(rng.integers(0, 4))  # some right answers are not in the ranking at all


def test_junk_moves_what_follows_up() -> None:
    assert figures.places(*of([J, R, W, J, R])).tolist() == [0, 2]


@pytest.mark.parametrize(
    ("kinds", "total", "area"),
    [
        ([R], 1, 1.0),
        ([W, R], 1, (0 + 1 / 2) / 2),
        ([R, W, R], 2, (1 + (1 / 2 + 2 / 3) / 2) / 2),  # at the second right answer precision goes from 1/2 to 2/3
        ([J, R, J, W, R], 2, (1 + (1 / 2 + 2 / 3) / 2) / 2),
        ([R, W], 2, 0.5),
        ([W, W], 1, 0.0),
    ],
)
def test_trapezoids_by_hand(kinds: list[int], total: int, area: float) -> None:
    assert figures.trapezoidal_ap(figures.places(*of(kinds)), total) == pytest.approx(area)


def test_trapezoids_as_the_curve_is_walked() -> None:
    """The published program walks the ranking and adds the area under each step of recall."""
    for kinds, total in random_rankings():
        area, recall_before, precision_before, right, seen = 0.0, 0.0, 1.0, 0, 0
        for kind in kinds:
            if kind == J:
                continue
            right += kind == R
            seen += 1
            recall, precision = right / total if total else 0.0, right / seen
            area += (recall - recall_before) * (precision + precision_before) / 2
            recall_before, precision_before = recall, precision
        found = figures.trapezoidal_ap(figures.places(*of(kinds)), total)
        assert np.isnan(found) if not total else found == pytest.approx(area)


def test_average_precision_as_its_definition_says() -> None:
    for kinds, total in random_rankings():
        counted = [kind for kind in kinds if kind != J]
        wanted = sum(counted[: k + 1].count(R) / (k + 1) for k, kind in enumerate(counted) if kind == R)
        found = figures.average_precision(figures.places(*of(kinds)), total)
        assert np.isnan(found) if not total else found == pytest.approx(wanted / total)


def test_average_precision_at_100_as_google_defines_it() -> None:
    """(1 / min(m, 100)) Σ_k P(k)·rel(k) over k ≤ min(n, 100)."""
    rng = np.random.default_rng(3)
    for _ in range(50):
        relevant = rng.random(400) < 0.4
        total = int(relevant.sum())
        wanted = sum(relevant[:k].sum() / k * relevant[k - 1] for k in range(1, 101)) / min(total, 100)
        found = figures.average_precision_at(np.flatnonzero(relevant), total, 100)
        assert found == pytest.approx(wanted)


def test_precision_at_k() -> None:
    found = np.array([0, 3, 4])
    assert figures.precision_at(found, 5, answers=9) == pytest.approx(3 / 5)
    assert figures.precision_at(found[:2], 5, answers=4) == pytest.approx(2 / 4)  # fewer answers than k: of those there are
    assert np.isnan(figures.precision_at(found, 5, answers=0))


def test_the_revisited_precision_stops_at_the_last_right_answer() -> None:
    assert figures.revisited_precision_at(np.array([0, 1]), 10) == 1.0  # two of the first two, not two of ten
    assert figures.revisited_precision_at(np.array([0, 5]), 5) == pytest.approx(1 / 5)
    assert figures.revisited_precision_at(np.array([], int), 5) == 0.0


def test_a_hit_needs_something_to_find() -> None:
    assert figures.hit_at(np.array([4]), 5, 1) == 1 and figures.hit_at(np.array([5]), 5, 1) == 0
    assert np.isnan(figures.hit_at(np.array([]), 5, 0))
