"""Appearance: the same picture under another light looks the same; another picture in the same frame does not."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from app.engine.appearance import GRID, UNSEEN, Looks, compare, local_colour, thumbnail
from app.engine.types import Image
from tests.tiny import outline, paint, visitor_photo

SIZE = (560, 420)


def looks(photo: Image, laid: Image, homography: np.ndarray) -> Looks:
    return compare(photo, thumbnail(laid), homography, (laid.shape[1], laid.shape[0]))


def seen(picture: Image, laid: Image | None = None, tilt: float = 0.12) -> float:
    """Agreement of a photo of `picture` with `laid` (default: itself) where the picture hangs."""
    photo = visitor_photo(picture, tilt=tilt)
    homography = cv2.getPerspectiveTransform(outline(picture), photo.regions[0] - 0.5)
    return looks(photo.image, picture if laid is None else laid, homography).agreement


def framed(picture: Image) -> Image:
    """The picture in a broad ornamented frame, always the same one."""
    frame = paint(77, picture.shape[0], picture.shape[1])
    rim = picture.shape[0] // 8
    frame[rim:-rim, rim:-rim] = cv2.resize(picture, (frame.shape[1] - 2 * rim, frame.shape[0] - 2 * rim))
    return frame


@pytest.mark.parametrize("seed", range(4))
def test_the_same_picture_looks_the_same_in_another_light(seed: int) -> None:
    picture = paint(seed, SIZE[1], SIZE[0])
    assert seen(picture) > 0.9
    photo = visitor_photo(picture)
    homography = cv2.getPerspectiveTransform(outline(picture), photo.regions[0] - 0.5)
    warm = np.clip(photo.image * np.array([1.0, 0.85, 0.6]) * 0.7 + 12, 0, 255)
    lamp = np.linspace(0.5, 1.3, warm.shape[0])[:, None, None]
    lit = np.clip(warm * lamp, 0, 255).astype(np.uint8)
    assert looks(lit, picture, homography).agreement > 0.85
    assert looks(lit, picture, homography).colour > 0.6


@pytest.mark.parametrize("seed", range(4))
def test_a_shared_frame_is_no_shared_picture(seed: int) -> None:
    one, other = (framed(paint(number, SIZE[1], SIZE[0])) for number in (seed, seed + 50))
    assert seen(one) > 0.9
    assert abs(seen(one, other)) < 0.3


@pytest.mark.parametrize("seed", range(4))
def test_a_grey_drawing_has_the_lines_and_not_the_colours(seed: int) -> None:
    picture = paint(seed, SIZE[1], SIZE[0])
    drawing = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    photo = visitor_photo(picture)
    homography = cv2.getPerspectiveTransform(outline(picture), photo.regions[0] - 0.5)
    of_drawing, of_picture = looks(photo.image, drawing, homography), looks(photo.image, picture, homography)
    assert of_drawing.agreement > 0.8
    assert of_drawing.colour < 0.5 < 0.7 < of_picture.colour


def test_too_little_in_the_photo_says_nothing() -> None:
    picture = paint(5, SIZE[1], SIZE[0])
    away = np.array([[1.0, 0, 790], [0, 1, 590], [0, 0, 1]])
    assert looks(visitor_photo(picture).image, picture, away) == UNSEEN


def test_flat_ground_says_nothing() -> None:
    flat = np.full((420, 560, 3), 120, np.uint8)
    assert looks(flat, flat, np.eye(3)).agreement == pytest.approx(0, abs=1e-3)


def test_thumbnails_and_their_lightness() -> None:
    small = thumbnail(paint(6, 300, 500))
    assert small.shape == (GRID, GRID, 3) and small.dtype == np.uint8
    ramp = np.repeat(np.linspace(60, 200, GRID).astype(np.uint8)[None, :, None], GRID, axis=0).repeat(3, axis=2)
    assert np.abs(local_colour(ramp)[8:-8, 8:-8]).max() < 1.5  # a gradient of the light is no difference
    assert np.abs(local_colour(small)[..., 0]).max() > 10
