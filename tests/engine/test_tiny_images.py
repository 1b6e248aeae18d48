"""Tiny images: what they do not mind, what the outlines enclose, and the gallery's list of them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from app.engine import calibration, gallery, tiny_images
from app.engine.appearance import GRID, thumbnail
from app.engine.gallery import EVERYTHING
from app.engine.tiny_images import DIM, INSETS, TURNS, describe, views
from app.engine.types import Bytes, Floats, Image
from tests.engine import small_builds
from tests.tiny import WORKS, painting

QUAD = np.array([(210, 90), (560, 130), (540, 520), (190, 480)], np.float32)


def hung(picture: Image, *, border: float = 0.0, turn: int = 0) -> Image:
    """A wall with the picture inside QUAD, drawn in by `border` of the quadrilateral's side, turned by quarters."""
    picture = np.ascontiguousarray(np.rot90(picture, turn))
    height, width = picture.shape[:2]
    low, high = border, 1 - border
    unit = np.array([(low, low), (high, low), (high, high), (low, high)], np.float32)
    to_quad = cv2.getPerspectiveTransform(np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32), QUAD)
    corners = cv2.perspectiveTransform(unit[None], to_quad)[0]
    source = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    matrix = cv2.getPerspectiveTransform(source, corners.astype(np.float32))
    wall = np.full((600, 800, 3), 170, np.uint8)
    cv2.fillConvexPoly(wall, QUAD.astype(np.int32), (240, 238, 230))
    return np.asarray(cv2.warpPerspective(picture, matrix, (800, 600), dst=wall, borderMode=cv2.BORDER_TRANSPARENT), np.uint8)


def of(thumb: Bytes) -> Floats:
    return np.asarray(describe(thumb[None])[0], np.float32)


@pytest.fixture(scope="module")
def works() -> Floats:
    """(n, DIM) of the tiny museum."""
    return describe(np.stack([thumbnail(painting(name)) for name in WORKS]))


def test_a_descriptor_minds_neither_the_light_nor_its_amount() -> None:
    thumb = thumbnail(painting("t03"))
    one = of(thumb)
    assert one.shape == (DIM,) and np.linalg.norm(one) == pytest.approx(1, abs=1e-5)
    darker = np.clip(thumb * 0.4 + 8, 0, 255).astype(np.uint8)
    noisy = np.clip(darker + np.random.default_rng(0).normal(0, 2, darker.shape), 0, 255).astype(np.uint8)
    assert one @ of(darker) > 0.93 and one @ of(noisy) > 0.9
    bare = of(np.full((GRID, GRID, 3), 90, np.uint8))
    assert np.linalg.norm(bare) < 0.05 and abs(bare @ one) < 0.05


def slow_half(cells: Floats, size: int) -> Floats:
    side = len(cells) // size
    starts = [(size * y, size * x) for y in range(side) for x in range(side)]
    flat = np.array([cells[y : y + size, x : x + size].mean(axis=(0, 1)) for y, x in starts]).ravel()
    return np.asarray(flat / np.linalg.norm(flat), np.float32)


def test_a_cosine_is_the_mean_of_two_correlations() -> None:
    thumbs = [thumbnail(painting(name)) for name in ("t01", "t06")]
    halves = []
    for thumb in thumbs:
        lab = cv2.cvtColor(thumb, cv2.COLOR_RGB2LAB).astype(np.float32)
        local = (lab - cv2.GaussianBlur(lab, (0, 0), 2.5))[5:-5, 5:-5]
        whole = cv2.GaussianBlur(lab, (0, 0), 1.0)[4:-4, 4:-4]
        whole = (whole - whole.mean(axis=(0, 1))) * [1, 2, 2]
        halves.append((slow_half(local, 2), slow_half(whole, 3)))
    expected = (halves[0][0] @ halves[1][0] + halves[0][1] @ halves[1][1]) / 2
    assert of(thumbs[0]) @ of(thumbs[1]) == pytest.approx(expected, abs=1e-5)


def test_a_turned_picture_is_described_as_its_turned_thumbnail() -> None:
    photo = hung(painting("t02"))
    found = views(photo, [QUAD])
    assert found.shape == (2 * len(INSETS) * TURNS, DIM)
    for number, inset in enumerate(INSETS):
        for turn in range(TURNS):
            slow = of(np.ascontiguousarray(np.rot90(tiny_images.enclosed(photo, QUAD, inset), turn)))
            np.testing.assert_allclose(found[number * TURNS + turn], slow, atol=1e-5)


@pytest.mark.parametrize(("border", "turn"), [(0.0, 0), (0.0, 1), (0.05, 2), (0.12, 3), (0.2, 0)])
def test_an_outline_finds_its_work_in_any_turn_and_frame(border: float, turn: int, works: Floats) -> None:
    for number, name in enumerate(list(WORKS)[:6]):
        photo = (hung(painting(name), border=border, turn=turn) * 0.3).astype(np.uint8)  # dusk
        cosines = tiny_images.best(views(photo, [QUAD]), works)
        assert cosines.argmax() == number and cosines[number] > 0.7


def test_the_best_cosine_in_blocks_is_the_best_cosine(monkeypatch: pytest.MonkeyPatch, works: Floats) -> None:
    monkeypatch.setattr(tiny_images, "BLOCK", 3)
    queries = works[:4]
    expected = [max(float(row @ query) for query in queries) for row in works]
    np.testing.assert_allclose(tiny_images.best(queries, works), expected, rtol=1e-5)


def slow_order(cosines: Floats, works: list[int], out: set[int]) -> list[int]:
    found: list[int] = []
    for position in sorted(range(len(cosines)), key=lambda at: (-cosines[at], at)):
        if works[position] not in out and works[position] not in [works[one] for one in found]:
            found.append(position)
    return found


def test_a_gallery_lists_works_by_their_tiny_images(tmp_path: Path) -> None:
    indexer = small_builds.indexer(tmp_path)
    indexer.build(small_builds.pictures(*range(1, 7)))
    indexer.add(small_builds.pictures(7, 8))
    one = gallery.load(indexer.builds, indexer.builds.current())
    thumbs: Bytes = np.stack([one.thumbnail(at) for at in range(8)])
    np.testing.assert_allclose(one.tiny_images, describe(thumbs), atol=1e-5)
    cosines = tiny_images.best(describe(thumbs[6:7]), one.tiny_images)
    owners = one.pictures["work_id"].tolist()
    found = one.by_tiny_images(cosines, 3, EVERYTHING)
    assert [at for at, _ in found] == slow_order(cosines, owners, set())[:3] and found[0] == (6, pytest.approx(1, abs=1e-5))
    without = one.by_tiny_images(cosines, 9, one.allowed(frozenset({104})))
    assert [at for at, _ in without] == slow_order(cosines, owners, {104})


def test_the_evidence_of_tiny_images_stays_finite() -> None:
    strange = calibration.Evidence(0, 0, 0, 0, 0, 0, 0, 1.0)
    assert np.isfinite(strange.features()).all() and calibration.load().probability(strange) < 1
