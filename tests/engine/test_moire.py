"""Moiré: a screen's coloured bands are seen and taken out, everything else is left as it is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from app.engine.local_features import as_unit, root_sift
from app.engine.moire import PEAK, turning_peak, unstriped_if_screen, without_stripes
from app.engine.types import Image
from app.engine.verification import match_mutual
from app.training.simulation.camera import moire
from tests.tiny import paint

WIDTH, HEIGHT = 640, 480


def on_screen(picture: Image, seed: int, depth: float = 0.5) -> Image:
    """A photo of a screen that shows the picture, as the simulation makes it."""
    stripes = moire((picture.shape[1], picture.shape[0]), np.random.default_rng(seed), depth)
    return np.clip(picture * stripes, 0, 255).astype(np.uint8)


def weave(colours: tuple[tuple[int, int, int], tuple[int, int, int]], period: int = 12) -> Image:
    """Cloth of two colours in a regular weave."""
    wave = (1 + np.cos(2 * np.pi * np.arange(WIDTH) / period)) / 2
    share = (wave[None] * np.ones((HEIGHT, 1)))[..., None]
    return np.rint(share * np.array(colours[0]) + (1 - share) * np.array(colours[1])).astype(np.uint8)


def matches(photo: Image, picture: Image) -> int:
    """How many features of the photo find their own place in the picture."""
    found, known = (root_sift(image, count=600, long_side=640) for image in (photo, picture))
    rows, columns = match_mutual(as_unit(found.descriptors) @ as_unit(known.descriptors).T, 0.85)
    return int((np.linalg.norm(found.points[rows] - known.points[columns], axis=1) < 4).sum())


@pytest.mark.parametrize("seed", range(4))
def test_a_screen_is_seen_and_its_picture_found_again(seed: int) -> None:
    picture = paint(seed, HEIGHT, WIDTH)
    photo = on_screen(picture, seed)
    assert turning_peak(photo) > 1.5 * PEAK
    assert matches(unstriped_if_screen(photo), picture) > 1.2 * matches(photo, picture)


@pytest.mark.parametrize("seed", range(4))
def test_a_painting_is_left_as_it_is(seed: int) -> None:
    picture = paint(seed, HEIGHT, WIDTH)
    assert turning_peak(picture) < PEAK
    assert unstriped_if_screen(picture) is picture


@pytest.mark.parametrize(
    "picture",
    [
        weave(((200, 200, 200), (90, 90, 90))), weave(((220, 40, 40), (40, 140, 40))), weave(((20, 40, 160), (230, 220, 90))),
        np.zeros((HEIGHT, WIDTH, 3), np.uint8), np.full((HEIGHT, WIDTH, 3), 255, np.uint8),
        np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8),
    ],
    ids=["canvas", "red and green", "blue and yellow", "black", "white", "noise"],
)
def test_patterns_of_two_colours_and_emptiness_are_no_screen(picture: Image) -> None:
    assert turning_peak(picture) < PEAK / 2


@pytest.mark.parametrize("size", [(32, 32), (40, 900), (900, 40), (384, 385)])
def test_every_size_is_looked_at(size: tuple[int, int]) -> None:
    assert turning_peak(paint(1, *size)) < PEAK


def test_colours_stay() -> None:
    picture = cv2.GaussianBlur(paint(3, HEIGHT, WIDTH), (0, 0), 16)
    assert np.abs(without_stripes(picture).astype(int) - picture).mean() < 3
    cleaned = without_stripes(on_screen(picture, 3, 0.3))
    before, after = (cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(int) for image in (picture, cleaned))
    assert np.abs(after - before)[..., 1:].mean() < 2  # hue and chroma; the stripes' own are ten times that
