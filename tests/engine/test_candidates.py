"""Candidates of both sources put together, and the several works of one photo told apart."""

from __future__ import annotations

import numpy as np
import pytest

from app.engine.candidates import binary_pairs, merge, occupied_cells, several, with_cosines
from app.engine.types import Bytes, Match
from app.engine.verification import corners


def match(work: int, probability: float, *, at: tuple[float, float] = (0, 0), size: float = 100, verified: bool = True) -> Match:
    region = (corners((1, 1)) * size + at).astype(np.float32)
    return Match(work, work * 10, probability, 0.5, 0.1, 40, verified, region=region)


def test_two_works_in_two_places() -> None:
    found = several([match(1, 0.8), match(2, 0.9, at=(150, 0)), match(3, 0.2, verified=False)])
    assert [(one.work_id, one.verified) for one in found] == [(2, True), (1, True), (3, False)]


@pytest.mark.parametrize(("shift", "verified"), [(0, False), (40, False), (60, True), (200, True)])
def test_one_place_is_of_one_work(shift: float, verified: bool) -> None:
    found = {one.work_id: one.verified for one in several([match(1, 0.8, at=(shift, 0)), match(2, 0.9)])}
    assert found == {2: True, 1: verified}


def test_a_detail_within_another_work_is_not_a_second_work() -> None:
    found = several([match(1, 0.99), match(2, 0.98, at=(20, 20), size=30)])
    assert [(one.work_id, one.verified) for one in found] == [(1, True), (2, False)]


def test_the_place_of_one_that_lost_it_is_free() -> None:
    """3 overlaps with 2, but 2 lost its place to 1."""
    found = several([match(1, 0.99), match(2, 0.9, at=(45, 0)), match(3, 0.8, at=(110, 0))])
    assert {one.work_id: one.verified for one in found} == {1: True, 2: False, 3: True}


def test_verified_before_probable_and_each_work_once() -> None:
    found = several([match(1, 0.7, verified=False), match(2, 0.6), match(1, 0.3, verified=False), match(2, 0.9, at=(300, 0))])
    assert [(one.work_id, one.probability, one.verified) for one in found] == [(2, 0.9, True), (1, 0.7, False)]
    assert several([]) == []


def test_all_sources_without_repetition() -> None:
    tiny = np.arange(9, dtype=np.float32) / 16
    merged = merge([(5, 0.9), (7, 0.8)], [(7, 0.4), (3, 0.2)], [(8, 0.5), (5, 0.3125)])
    found = with_cosines(merged, {3: 0.1, 5: 0.9, 7: 0.8, 8: 0.2}, tiny)
    assert [(one.position, one.global_score, one.votes, one.tiny_score) for one in found] == [
        (7, 0.8, 0.4, 0.4375), (3, 0.1, 0.2, 0.1875), (5, 0.9, 0.0, 0.3125), (8, 0.2, 0.0, 0.5),
    ]
    assert merge([], []) == []


def slow_pairs(photo: Bytes, reference: Bytes, ratio: float) -> set[tuple[int, int]]:
    distances = [[int(np.unpackbits(one ^ other).sum()) for other in reference] for one in photo]
    found = set()
    for row, line in enumerate(distances):
        order = sorted(range(len(line)), key=line.__getitem__)
        nearest = min(range(len(photo)), key=lambda other: distances[other][order[0]])
        if line[order[0]] < ratio * line[order[1]] and nearest == row:
            found.add((row, order[0]))
    return found


def test_binary_matches_are_those_of_the_slow_loop() -> None:
    rng = np.random.default_rng(0)
    reference = rng.integers(0, 256, (40, 32), np.uint8)
    flipped = np.packbits(rng.random((25, 256)) < 0.12, axis=1)
    photo = np.concatenate([reference[:25] ^ flipped, rng.integers(0, 256, (20, 32), np.uint8)])
    rows, columns = binary_pairs(photo, reference, 0.85)
    assert rows.dtype == columns.dtype == np.int64
    assert set(zip(rows.tolist(), columns.tolist(), strict=True)) == slow_pairs(photo, reference, 0.85)
    assert len(rows) >= 20
    for few in (reference[:0], reference[:1]):
        assert len(binary_pairs(photo, few, 0.85)[0]) == 0
    assert len(binary_pairs(photo[:0], reference, 0.85)[0]) == 0


def test_cells_that_hold_an_inlier() -> None:
    points = np.array([(0, 0), (10, 10), (399, 299), (400, 300), (399, 0)], np.float32)  # the last corner lies on the border
    assert occupied_cells(points, (400, 300)) == 3
    grid = np.stack(np.meshgrid(np.arange(5, 400, 10), np.arange(5, 300, 10)), axis=-1).reshape(-1, 2).astype(np.float32)
    assert occupied_cells(grid, (400, 300)) == 16
    assert occupied_cells(np.zeros((0, 2), np.float32), (400, 300)) == 0
