"""Pictures found by the network: its maps turned into quadrilaterals, and the shipped one on a wall that nobody trained on."""

from __future__ import annotations

import numpy as np
import pytest

from app.engine.picture_detector import PictureDetector, intersection_over_union, quads_of_maps, squared
from app.engine.types import Floats
from app.training.simulation import Conditions, simulate
from tests.training.test_simulation import picture


def rectangle(left: float, top: float, right: float, bottom: float) -> Floats:
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)


def maps_of(*works: tuple[Floats, Floats]) -> Floats:
    maps = np.zeros((48, 64, 2), np.float32)
    for inner, outer in works:
        for channel, corners in enumerate((inner, outer)):
            (left, top), (right, bottom) = corners[0].astype(int), corners[2].astype(int)
            maps[top : bottom + 1, left : right + 1, channel] = 0.98
    return maps


def test_each_island_is_a_work_with_its_picture_and_its_frame() -> None:
    left = rectangle(6, 8, 25, 35), rectangle(2, 4, 29, 39)
    right = rectangle(40, 10, 57, 30), rectangle(40, 10, 57, 30)
    works = quads_of_maps(maps_of(left, right))
    assert [len(work) for work in works] == [2, 1]  # without a frame both would be the same
    for found, true in zip([*works[0], *works[1]], [*left, right[0]], strict=True):
        assert intersection_over_union(found, true) > 0.85


def test_frames_that_touch_belong_each_to_its_own_picture() -> None:
    maps = maps_of((rectangle(6, 8, 25, 35), rectangle(2, 4, 31, 39)), (rectangle(38, 8, 57, 35), rectangle(32, 4, 61, 39)))
    first, second = quads_of_maps(maps)
    assert intersection_over_union(first[1], second[1]) < 0.05


def test_of_nothing_and_of_a_label_there_is_no_quadrilateral() -> None:
    assert quads_of_maps(maps_of()) == []
    assert quads_of_maps(maps_of((rectangle(5, 5, 8, 8), rectangle(5, 5, 8, 8)))) == []


def test_a_photo_goes_into_the_corner_of_the_square() -> None:
    square, (height, width) = squared(np.full((300, 600, 3), 7, np.uint8))
    assert square.shape == (256, 256, 3) and (height, width) == (128, 256)
    assert (square[:128] == 7).all() and (square[128:] == 128).all()


@pytest.mark.parametrize("kind", ["framed", "perspective", "rotated"])
def test_the_shipped_network_finds_a_picture_on_a_wall(kind: str) -> None:
    detector = PictureDetector()
    found = 0
    for seed in range(4):
        photo = simulate([picture(50 + seed)], np.random.default_rng(seed), Conditions.of(kind))
        quads = [quad for quads in detector.works(photo.image) for quad in quads]
        pairs = [(quad, outline) for quad in quads for outline in photo.hanging[0]]
        found += max((intersection_over_union(*pair) for pair in pairs), default=0) > 0.7
    assert found >= 3
