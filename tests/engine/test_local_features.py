"""Local features: where they are, what they are made of, and pictures that have none."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from app.engine import local_features
from app.engine.describing import scaled
from app.engine.local_features import LocalFeatures, as_unit, orb, quantise, root_sift, to_root
from app.engine.types import Floats, Image
from tests.tiny import paint

DETECTORS = [pytest.param(root_sift, 128, id="sift"), pytest.param(orb, 32, id="orb")]
Detector = Callable[..., LocalFeatures]


def discs(places: Floats, height: int, width: int, radius: float) -> Image:
    """Bright discs on grey; a place is a disc's centre in pixels, where whole numbers are pixel centres."""
    image = np.full((height, width, 3), 90, np.uint8)
    for x, y in places:
        centre = round(float(x) * 16), round(float(y) * 16)  # 4 fractional bits
        cv2.circle(image, centre, round(radius * 16), (230, 230, 230), -1, cv2.LINE_AA, 4)
    return image


@pytest.mark.parametrize(("detector", "width"), DETECTORS)
def test_shapes_types_and_limits(detector: Detector, width: int) -> None:
    found = detector(paint(1, 300, 400), count=150, long_side=400)
    assert len(found) == 150
    assert found.keypoints.shape == (150, 4) and found.keypoints.dtype == np.float32
    assert found.descriptors.shape == (150, width) and found.descriptors.dtype == np.uint8
    assert found.descriptors.flags.c_contiguous
    assert (found.points >= 0).all() and (found.points < (400, 300)).all()


@pytest.mark.parametrize(("detector", "width"), DETECTORS)
def test_a_picture_without_texture_has_none(detector: Detector, width: int) -> None:
    found = detector(np.full((200, 300, 3), 128, np.uint8), count=100, long_side=300)
    assert len(found) == 0
    assert found.keypoints.shape == (0, 4) and found.descriptors.shape == (0, width) and found.points.shape == (0, 2)
    assert as_unit(np.zeros((0, 128), np.uint8)).shape == (0, 128)


@pytest.mark.parametrize(("factor", "radius"), [(1, 12), (2, 18), (4, 48)])
def test_places_are_in_pixels_of_the_full_picture(factor: int, radius: float) -> None:
    """Half-pixel shift: without it, places would be off by (factor − 1)/2, 1.5 pixels at a factor of 4."""
    places = np.array([(300, 200), (700, 240), (500, 460.5), (260, 600), (800, 640)], np.float32)
    image = discs(places, 800, 1000, radius)
    found = root_sift(image, count=200, long_side=1000 // factor)
    for place in places:
        blobs = found.keypoints[np.linalg.norm(found.points - place, axis=1) < 5 * factor]
        assert len(blobs), f"no feature at {place}"
        assert np.linalg.norm(np.median(blobs[:, :2], axis=0) - place) < 0.05 * factor


def test_sizes_scale_with_the_picture() -> None:
    places = np.array([(150, 150), (400, 250)], np.float32)
    small = root_sift(discs(places, 400, 560, 10), count=50, long_side=560)
    large = root_sift(discs(places * 2 + 0.5, 800, 1120, 20), count=50, long_side=560)
    for found, place in ((small, places[0]), (large, places[0] * 2 + 0.5)):
        assert np.linalg.norm(found.points - place, axis=1).min() < 1.0
    ratio = np.median(large.keypoints[:, 2]) / np.median(small.keypoints[:, 2])
    assert ratio == pytest.approx(2, rel=0.05)


def test_pictures_read_smaller_keep_their_own_pixels() -> None:
    keypoints = np.array([[0, 0, 3, 45], [99, 49, 4, 90]], np.float32)  # centres of the corner pixels of 100 × 50
    np.testing.assert_allclose(scaled(keypoints, 3), [[1, 1, 9, 45], [298, 148, 12, 90]])
    assert keypoints[0, 0] == 0  # the stored ones are left as they are


@pytest.mark.parametrize("detector", [root_sift, orb])
def test_the_strongest_come_first_and_fewer_are_a_part_of_more(detector: Detector) -> None:
    image = paint(2, 300, 400)
    many, few = detector(image, count=120, long_side=400), detector(image, count=40, long_side=400)
    known = {tuple(row) for row in many.keypoints.tolist()}
    shared = sum(tuple(row) in known for row in few.keypoints.tolist())
    assert shared >= 30  # OpenCV's own retention keeps ties and, for ORB, a share per octave


def test_root_sift_is_the_root_of_the_distribution() -> None:
    sift = np.abs(np.random.default_rng(0).normal(size=(50, 128))).astype(np.float32) * 100
    root = to_root(sift)
    np.testing.assert_allclose(np.linalg.norm(root, axis=1), 1, atol=1e-5)
    expected = np.array([[(value / sum(row)) ** 0.5 for value in row] for row in sift.astype(float).tolist()])
    np.testing.assert_allclose(root, expected, atol=1e-5)
    assert (to_root(np.zeros((1, 128), np.float32)) == 0).all()


def test_bytes_lose_at_most_half_a_step() -> None:
    root = to_root(np.abs(np.random.default_rng(1).normal(size=(200, 128))).astype(np.float32))
    stored = quantise(root)
    assert stored.dtype == np.uint8
    np.testing.assert_allclose(stored / local_features.ROOTSIFT_SCALE, root, atol=0.5 / local_features.ROOTSIFT_SCALE + 1e-6)
    again = as_unit(stored)
    np.testing.assert_allclose(np.linalg.norm(again, axis=1), 1, atol=1e-6)
    assert (again * root).sum(axis=1).min() > 0.9995  # cosines move by less than one in two thousand
    assert quantise(np.ones((1, 128), np.float32)).max() == 255  # saturates, never wraps


def test_real_descriptors_do_not_saturate() -> None:
    assert root_sift(paint(3, 400, 400), count=500, long_side=400).descriptors.max() < 255
