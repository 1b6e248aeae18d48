"""Verification: what a camera can see of a flat picture is found exactly, anything else is refused."""

from __future__ import annotations

import numpy as np
import pytest

from app.engine.types import Floats, Ints
from app.engine.verification import (
    Matrix,
    Rules,
    anisotropy,
    convex,
    corners,
    distinct_places,
    match_mutual,
    plausible,
    project,
    signed_area,
    verify,
)

PHOTO, REFERENCE = (1600, 1200), (800, 600)
RULES = Rules()
SEEN = np.array([[1.1, -0.15, 300], [0.1, 1.2, 150], [1.5e-4, 5e-5, 1]])  # a slanting view


def spread(count: int, seed: int = 0) -> Floats:
    """Places all over the reference."""
    return (np.random.default_rng(seed).random((count, 2)) * REFERENCE).astype(np.float32)


def through(homography: Matrix, points: Floats) -> Floats:
    lifted = np.column_stack([points, np.ones(len(points))]) @ homography.T
    return (lifted[:, :2] / lifted[:, 2:]).astype(np.float32)


def checked(homography: Matrix, points: Floats | None = None, rules: Rules = RULES) -> int:
    """Inliers when a photo shows the reference through a homography."""
    points = spread(60) if points is None else points
    rows = np.arange(len(points))
    return verify(through(homography, points), points, (rows, rows), PHOTO, REFERENCE, rules).inliers


def test_a_known_homography_is_recovered() -> None:
    points = spread(120)
    photo_points = through(SEEN, points)
    photo_points[::3] = (np.random.default_rng(1).random((40, 2)) * PHOTO).astype(np.float32)  # a third is wrong
    order = np.random.default_rng(2).permutation(120)
    outcome = verify(photo_points[order], points, (np.argsort(order), np.arange(120)), PHOTO, REFERENCE, RULES)
    assert outcome.homography is not None and outcome.region is not None
    np.testing.assert_allclose(outcome.homography / outcome.homography[2, 2], SEEN, rtol=2e-2, atol=1e-4)
    np.testing.assert_allclose(outcome.region, through(SEEN, corners(REFERENCE)), atol=1.0)
    assert outcome.matches == 120 and 70 <= outcome.inliers <= 85
    assert outcome.photo_rows is not None and outcome.reference_rows is not None
    assert (order[outcome.photo_rows] == outcome.reference_rows).all()  # the counted pairs are true ones
    assert np.isin(outcome.reference_rows % 3, (1, 2)).mean() > 0.97


def test_the_same_question_has_the_same_answer() -> None:
    points = spread(80)
    wrong = (np.random.default_rng(3).random((80, 2)) * PHOTO).astype(np.float32)
    photo_points = np.where((np.arange(80) % 2 == 0)[:, None], through(SEEN, points), wrong)
    rows = np.arange(80)
    one, other = (verify(photo_points, points, (rows, rows), PHOTO, REFERENCE, RULES) for _ in range(2))
    assert one.inliers == other.inliers and np.array_equal(one.homography, other.homography)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("homography", "name"),
    [
        (np.array([[-1.0, 0, 1200], [0, 1, 200], [0, 0, 1]]), "mirror"),
        (np.array([[1.0, 0, 300], [0, 0.1, 400], [0, 0, 1]]), "squeeze"),
        (np.diag([0.05, 0.05, 1.0]), "a stamp"),
        (np.array([[60.0, 0, -20000], [0, 60, -18000], [0, 0, 1]]), "a blade of grass"),
        (np.array([[1.0, 0, 300], [0, 1, 200], [0.004, 0, -1.2]]), "fold at the horizon"),
    ],
)
def test_what_no_camera_sees_is_refused(homography: Matrix, name: str) -> None:
    assert checked(homography) == 0, name
    assert checked(SEEN) > 50


def test_each_limit_stands_for_itself() -> None:
    fine = through(SEEN, corners(REFERENCE))
    assert plausible(fine, PHOTO, SEEN, REFERENCE, RULES)
    assert not plausible(fine[::-1], PHOTO, SEEN, REFERENCE, RULES)  # mirrored: runs against the clock
    assert not plausible(fine[[0, 2, 1, 3]], PHOTO, SEEN, REFERENCE, RULES)  # a bow tie
    assert not plausible(fine, PHOTO, SEEN, REFERENCE, Rules(min_area_share=0.9))
    assert not plausible(fine, (30, 20), SEEN, REFERENCE, RULES)  # 100 times the photo
    assert not plausible(fine, PHOTO, SEEN, REFERENCE, Rules(max_anisotropy=1.01))


def test_geometry_of_quadrilaterals() -> None:
    square = corners((10, 10))
    assert signed_area(square) == 100 and signed_area(square[::-1]) == -100
    assert convex(square) and convex(square[::-1]) and not convex(square[[0, 2, 1, 3]])
    assert not convex(np.array([(0, 0), (10, 0), (2, 2), (0, 10)], np.float32))
    assert anisotropy(np.diag([2.0, 2, 1]), (5, 5)) == pytest.approx(1)
    assert anisotropy(np.diag([6.0, 2, 1]), (5, 5)) == pytest.approx(3)
    assert anisotropy(np.array([[1.0, 1, 0], [1, 1, 0], [0, 0, 1]]), (5, 5)) == float("inf")
    behind = np.array([[1.0, 0, 0], [0, 1, 0], [-0.2, 0, 1]])  # the right side lies beyond the horizon x = 5
    assert project(behind, square) is None
    np.testing.assert_allclose(project(SEEN, square), through(SEEN, square), rtol=1e-6)


def slow_matches(similarity: Floats, ratio: float) -> set[tuple[int, int]]:
    found = set()
    for row, values in enumerate(similarity.astype(float)):
        first, second = sorted(range(len(values)), key=lambda column: -values[column])[:2]
        near, far = (np.sqrt(2 - 2 * values[column]) for column in (first, second))
        if near < ratio * far and similarity[:, first].argmax() == row:
            found.add((row, first))
    return found


def test_matches_are_those_of_the_slow_loop() -> None:
    rng = np.random.default_rng(4)
    reference = rng.normal(size=(70, 16)).astype(np.float32)
    photo = np.concatenate([reference[:40] + 0.3 * rng.normal(size=(40, 16)), rng.normal(size=(50, 16))]).astype(np.float32)
    photo, reference = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (photo, reference))
    similarity = photo @ reference.T
    before = similarity.copy()
    for ratio in (0.6, 0.85, 0.95):
        rows, columns = match_mutual(similarity, ratio)
        assert set(zip(rows.tolist(), columns.tolist(), strict=True)) == slow_matches(before, ratio)
        assert len(rows)
    assert np.array_equal(similarity, before)


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (5, 1), (0, 0)])
def test_too_few_features_match_nothing(shape: tuple[int, int]) -> None:
    rows, columns = match_mutual(np.zeros(shape, np.float32), 0.85)
    assert len(rows) == len(columns) == 0


def slow_places(source: Floats, target: Floats, cell: float) -> int:
    """How many rows are left when each cell of the source keeps its first row, and each cell of the target then its first."""
    first: dict[tuple[int, ...], int] = {}
    for row, point in enumerate(source):
        first.setdefault(tuple(int(v // cell) for v in point), row)
    return len({tuple(int(v // cell) for v in target[row]) for row in first.values()})


def test_features_at_one_place_count_once() -> None:
    points = spread(50)
    tripled = np.repeat(points, 3, axis=0) + np.tile(np.array([(0, 0), (0.2, 0), (0, 0.2)], np.float32), (50, 1))
    assert abs(checked(SEEN, tripled) - checked(SEEN, points)) <= 12  # some of the 50 places lie across a cell's border
    rng = np.random.default_rng(5)
    source, target = (rng.random((300, 2)).astype(np.float32) * 60 for _ in range(2))
    kept = distinct_places(source, target, 4.0)
    assert len(kept) == slow_places(source, target, 4.0) < 225
    for side in (source[kept], target[kept]):
        assert len(np.unique(np.floor(side / 4), axis=0)) == len(kept)
    assert len(distinct_places(source, np.zeros_like(target), 4.0)) == 1  # many to one place is one piece of evidence


@pytest.mark.parametrize("seed", range(8))
def test_noise_is_no_evidence(seed: int) -> None:
    rng = np.random.default_rng(seed)
    photo_points, points = ((rng.random((80, 2)) * size).astype(np.float32) for size in (PHOTO, REFERENCE))
    rows = np.arange(80)
    assert verify(photo_points, points, (rows, rows), PHOTO, REFERENCE, RULES).inliers <= 7  # four pairs fit always


def test_hardly_any_match_is_no_evidence() -> None:
    points = spread(RULES.min_matches - 1)
    rows: Ints = np.arange(len(points))
    outcome = verify(through(SEEN, points), points, (rows, rows), PHOTO, REFERENCE, RULES)
    assert (outcome.inliers, outcome.matches, outcome.region) == (0, len(points), None)


def test_one_place_for_all_is_no_evidence() -> None:
    points = np.full((30, 2), 100, np.float32)
    assert checked(SEEN, points) == 0
    line = np.column_stack([np.linspace(0, 800, 30), np.full(30, 300)]).astype(np.float32)
    assert checked(SEEN, line) <= 30  # degenerate: whatever comes, it comes without an error
