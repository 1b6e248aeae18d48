"""Pictures inside photographs: on a clean wall found within a few pixels; in a plain photo none."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from app.engine.detection import ordered, overlap, quadrilaterals, rectify
from app.engine.types import Floats, Image
from tests.tiny import outline, paint, visitor_photo


def framed(picture: Image, rim: int = 22) -> Image:
    """A dark frame with a light edge around the picture."""
    frame = cv2.copyMakeBorder(picture, rim, rim, rim, rim, cv2.BORDER_CONSTANT, value=(66, 48, 30))
    return np.asarray(cv2.copyMakeBorder(frame, 3, 3, 3, 3, cv2.BORDER_CONSTANT, value=(190, 160, 96)), np.uint8)


def farthest(found: Floats, region: Floats) -> float:
    """The largest distance between a corner and the one it should be, in pixels."""
    return float(np.linalg.norm(found - region, axis=1).max())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("height", "width"), [(420, 560), (560, 420)])
def test_one_framed_picture(seed: int, height: int, width: int) -> None:
    photo = visitor_photo(framed(paint(seed, height, width)), seed=seed, tilt=0.05 + 0.04 * seed)
    found = quadrilaterals(photo.image)
    assert found and found[0].shape == (4, 2) and found[0].dtype == np.float32
    assert min(farthest(quad, photo.regions[0]) for quad in found) < 12


@pytest.mark.parametrize("seed", range(3))
def test_two_framed_pictures(seed: int) -> None:
    pair = framed(paint(seed, 420, 400)), framed(paint(seed + 10, 500, 380))
    photo = visitor_photo(*pair, size=(1200, 800), seed=seed)
    found = quadrilaterals(photo.image)
    for region in photo.regions:
        assert min(farthest(quad, region) for quad in found) < 12


def test_a_large_photo_has_places_in_its_own_pixels() -> None:
    photo = visitor_photo(framed(paint(1, 420, 560)), size=(2400, 1800))
    assert min(farthest(quad, photo.regions[0]) for quad in quadrilaterals(photo.image)) < 30  # 6 pixels where it is looked for


@pytest.mark.parametrize("name", ["even", "gradient", "grain"])
def test_a_bare_wall_holds_no_picture(name: str) -> None:
    wall = np.full((600, 800, 3), 170.0)
    if name == "gradient":
        wall *= np.linspace(0.7, 1.2, 800)[None, :, None]
    if name == "grain":
        wall += np.random.default_rng(0).normal(0, 4, wall.shape)
    assert quadrilaterals(np.clip(wall, 0, 255).astype(np.uint8)) == []


@pytest.mark.parametrize("seed", range(3))
def test_a_picture_that_fills_the_photo_is_not_cut_up(seed: int) -> None:
    """Nothing but canvas: what is found, if anything, is small beside the photo that is searched as a whole anyway."""
    for quad in quadrilaterals(paint(seed, 600, 800)):
        assert cv2.contourArea(quad) < 0.92 * 600 * 800


def test_at_most_so_many_and_apart() -> None:
    photo = visitor_photo(*(framed(paint(seed, 300, 260)) for seed in range(5)), size=(1600, 500))
    for most in (1, 2, 5):
        found = quadrilaterals(photo.image, most=most)
        assert len(found) <= most
        assert all(overlap(one, other) < 0.3 for i, one in enumerate(found) for other in found[:i])
    assert len(quadrilaterals(photo.image, most=2)) == 2


def test_tiny_and_narrow_photos_are_no_error() -> None:
    for shape in ((32, 32, 3), (32, 900, 3), (900, 33, 3)):
        assert quadrilaterals(np.full(shape, 90, np.uint8)) == []


def test_rectified_is_the_picture() -> None:
    picture = paint(3, 420, 560)
    photo = visitor_photo(picture)
    flat = rectify(photo.image, photo.regions[0] - np.float32(0.5), long_side=512)
    assert max(flat.shape[:2]) <= 512 and flat.shape[1] > flat.shape[0]
    expected = cv2.resize(picture, (flat.shape[1], flat.shape[0]), interpolation=cv2.INTER_AREA)
    blurred = [cv2.GaussianBlur(image, (0, 0), 3).astype(float) for image in (flat, expected)]
    assert np.corrcoef(blurred[0].ravel(), blurred[1].ravel())[0, 1] > 0.95
    assert rectify(photo.image, outline(photo.image), long_side=100).shape == (75, 100, 3)


def test_corners_are_ordered_from_the_top_left() -> None:
    wanted = np.array([(10, 12), (200, 30), (190, 160), (20, 140)], np.float32)
    for order in ([0, 1, 2, 3], [2, 3, 0, 1], [3, 2, 1, 0], [1, 3, 0, 2]):
        assert np.array_equal(ordered(wanted[order]), wanted)


def test_overlap_is_of_the_smaller() -> None:
    square = np.array([(0, 0), (10, 0), (10, 10), (0, 10)], np.float32)
    assert overlap(square, square) == pytest.approx(1)
    assert overlap(square, square * 0.5) == pytest.approx(1)  # lies within
    assert overlap(square, square + (5, 0)) == pytest.approx(0.5)
    assert overlap(square, square + (20, 0)) == 0
    assert overlap(square, np.zeros((4, 2), np.float32)) == 0
