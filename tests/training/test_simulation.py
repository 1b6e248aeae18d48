"""The simulator of visitor photographs: exact regions, every kind, and the same photo for the same seed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.engine.images import read_image, save_jpeg
from app.engine.types import Floats, Image
from app.training.simulation import HARD_KINDS, KINDS, Conditions, simulate
from app.training.simulation.camera import project, smear, view
from app.training.simulation.distractors import _shares, write_distractors
from app.training.simulation.series import write_series


def picture(seed: int, height: int = 240, width: int = 320) -> Image:
    """A smooth colourful picture with structure everywhere, so that a shift of a pixel would show."""
    rng = np.random.default_rng(seed)
    grid = rng.integers(0, 256, (height // 16, width // 16, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def small(kind: str) -> Conditions:
    return replace(Conditions.of(kind), long_side=(500, 620))


def inside(photo: Image, region: Floats) -> bool:
    height, width = photo.shape[:2]
    return bool(np.all(region >= -1) and np.all(region <= (width, height)))


@pytest.mark.parametrize(("tilt", "roll"), [((0, 0), (0, 0)), ((25, 25), (0, 0)), ((15, 15), (12, 12))])
def test_picture_lies_where_the_region_says(tilt: tuple[float, float], roll: tuple[float, float]) -> None:
    original = picture(1)
    photo = simulate([original], np.random.default_rng(5), replace(small("clean"), tilt=tilt, roll=roll))
    size = (photo.image.shape[1], photo.image.shape[0])
    source = np.array([(0, 0), (319, 0), (319, 239), (0, 239)], np.float32)
    matrix = cv2.getPerspectiveTransform(source, photo.regions[0])  # from the region alone
    expected = cv2.warpPerspective(original, matrix, size, flags=cv2.INTER_LINEAR)
    mask = cv2.erode(cv2.warpPerspective(np.full((240, 320), 255, np.uint8), matrix, size), np.ones((9, 9), np.uint8)) == 255
    right = np.abs(photo.image[mask].astype(float) - expected[mask]).mean()
    shifted = np.abs(photo.image[mask].astype(float) - np.roll(expected, 2, axis=1)[mask]).mean()
    assert right < 3.0
    assert shifted > 2 * right  # two pixels beside it, it would not fit


def test_region_is_the_homography_of_the_corners() -> None:
    original = picture(2, 200, 300)
    photo = simulate([original], np.random.default_rng(3), small("perspective"))
    corners = project(photo.homographies[0], [(0, 0), (299, 0), (299, 199), (0, 199)])
    np.testing.assert_allclose(corners, photo.regions[0], atol=1e-3)


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_is_a_photo_and_repeats(kind: str) -> None:
    pictures = [picture(7), picture(8, 300, 220)][: 2 if kind == "two works" else 1]
    photo = simulate(pictures, np.random.default_rng(11), small(kind))
    again = simulate(pictures, np.random.default_rng(11), small(kind))
    other = simulate(pictures, np.random.default_rng(12), small(kind))
    assert photo.image.dtype == np.uint8 and photo.image.shape[2] == 3
    assert 500 <= max(photo.image.shape) <= 620
    np.testing.assert_array_equal(photo.image, again.image)
    assert photo.image.shape != other.image.shape or np.any(photo.image != other.image)
    assert [region.shape for region in photo.regions] == [(4, 2)] * len(pictures)
    if kind not in ("cut", "cropped"):
        assert all(inside(photo.image, region) for region in photo.regions)


@pytest.mark.parametrize("seed", range(4))
def test_cut_picture_runs_over_one_edge_by_the_share(seed: int) -> None:
    photo = simulate([picture(4)], np.random.default_rng(seed), replace(small("cut"), cut=(0.3, 0.3), tilt=(0, 0), roll=(0, 0)))
    low, high = photo.regions[0].min(axis=0), photo.regions[0].max(axis=0)
    size = np.array([photo.image.shape[1], photo.image.shape[0]])
    beyond = np.maximum(-low, 0) + np.maximum(high - size, 0)
    assert np.max(beyond / (high - low)) == pytest.approx(0.3, abs=0.02)


def test_two_works_do_not_overlap() -> None:
    photo = simulate([picture(1), picture(2)], np.random.default_rng(0), small("two works"))
    assert photo.regions[0][:, 0].max() < photo.regions[1][:, 0].min()


@pytest.mark.parametrize("seed", range(6))
def test_hidden_share_is_hidden(seed: int) -> None:
    """Where somebody stands in the way, the picture cannot be seen; elsewhere it can."""
    options = replace(small("clean"), fill=(0.7, 0.7))
    plain = simulate([picture(9)], np.random.default_rng(seed), options)
    hidden = simulate([picture(9)], np.random.default_rng(seed), replace(options, hidden=(0.25, 0.25)))
    mask = np.zeros(plain.image.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, np.round(plain.regions[0]).astype(np.int32), 1)
    changed = np.abs(plain.image.astype(int) - hidden.image).max(axis=2) > 40
    share = changed[mask == 1].mean()
    assert 0.06 < share < 0.5


def test_glare_brightens_the_picture_only() -> None:
    options = replace(small("clean"), glare=(0.7, 0.7))
    plain = simulate([picture(9)], np.random.default_rng(2), small("clean")).image.astype(float)
    glared = simulate([picture(9)], np.random.default_rng(2), options)
    mask = np.zeros(plain.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, np.round(glared.regions[0]).astype(np.int32), 1)
    outside = cv2.dilate(mask, np.ones((25, 25), np.uint8)) == 0
    assert (glared.image.astype(float) - plain)[mask == 1].mean() > 5
    assert abs((glared.image.astype(float) - plain)[outside].mean()) < 0.5


def test_camera_straight_on_changes_nothing() -> None:
    np.testing.assert_allclose(view(0, 0, 0, 900), np.eye(3), atol=1e-12)


def test_camera_from_the_left_makes_the_left_larger() -> None:
    square = [(-100, -100), (100, -100), (100, 100), (-100, 100)]
    seen = project(view(30, 0, 0, 900), square)
    left, right = np.linalg.norm(seen[3] - seen[0]), np.linalg.norm(seen[2] - seen[1])
    assert left != pytest.approx(right, rel=0.05)
    np.testing.assert_allclose(project(view(30, 0, 0, 900), [(0, 0)]), [(0, 0)], atol=1e-9)


@pytest.mark.parametrize(("length", "angle"), [(5, 0), (9, 45), (12, 100)])
def test_smear_keeps_the_light(length: float, angle: float) -> None:
    assert smear(length, angle).sum() == pytest.approx(1, abs=1e-5)


def test_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="framed"):
        Conditions.of("upside down")


@pytest.mark.parametrize("count", [0, 4])
def test_number_of_pictures_is_one_to_three(count: int) -> None:
    with pytest.raises(ValueError, match=str(count)):
        simulate([picture(i) for i in range(count)], np.random.default_rng(0), small("clean"))


@pytest.mark.parametrize("kind", HARD_KINDS)
def test_hard_kinds_are_what_they_say(kind: str) -> None:
    original = picture(7, 480, 640)
    photo = simulate([original], np.random.default_rng(8), replace(small(kind), frames=("none",)))
    height, width = photo.image.shape[:2]
    region = photo.regions[0]
    area = abs(cv2.contourArea(region)) / (width * height)
    seen = cv2.intersectConvexConvex(region, np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32))[0]
    if kind == "a third visible":
        assert 0.3 < seen / cv2.contourArea(region) < 0.45
    if kind == "a tenth of the photo":
        assert 0.05 < area < 0.14
    if kind == "dusk":
        assert photo.image.mean() < 70
    if kind == "glare over a third":
        inside_mask = np.zeros((height, width), np.uint8)
        cv2.fillConvexPoly(inside_mask, region.astype(np.int32), 1)
        plain = simulate([original], np.random.default_rng(8), replace(small(kind), frames=("none",), washed=(0.0, 0.0))).image
        brighter = photo.image.mean(axis=2) - plain.mean(axis=2) > 40
        assert 0.2 < brighter[inside_mask == 1].mean() < 0.5


def test_a_screen_shows_stripes() -> None:
    from app.training.simulation.camera import moire

    factors = moire((200, 100), np.random.default_rng(1), 0.4)
    assert factors.shape == (100, 200, 3)
    assert factors.min() == pytest.approx(0.6, abs=0.05) and factors.max() == pytest.approx(1.4, abs=0.05)


def test_a_longer_series_begins_with_the_shorter_one(tmp_path: Path) -> None:
    save_jpeg(picture(1), tmp_path / "a.jpg")
    save_jpeg(picture(2), tmp_path / "b.jpg")
    works = [("a", tmp_path / "a.jpg"), ("b", tmp_path / "b.jpg")]
    write_series(works, tmp_path / "short", 2, ["far", "turned"], seed=4)
    write_series(works, tmp_path / "long", 3, ["far", "turned"], seed=4)
    assert (tmp_path / "short/photos/0001.jpg").read_bytes() == (tmp_path / "long/photos/0001.jpg").read_bytes()
    lines = (tmp_path / "long/photos.csv").read_text().splitlines()
    assert lines[0] == "photo,artwork_ids,kind" and lines[1].endswith(",far") and lines[3].endswith(",far")
    with pytest.raises(ValueError, match="no works"):
        write_series([], tmp_path / "none", 1, ["far"])
    with pytest.raises(ValueError, match="'fra'"):
        write_series(works, tmp_path / "none", 1, ["fra"])


def test_distractors_are_new_pictures_and_the_same_for_the_same_seed(tmp_path: Path) -> None:
    paths = [tmp_path / f"{seed}.jpg" for seed in range(3)]
    for seed, path in enumerate(paths):
        save_jpeg(picture(seed, 400, 500), path)
    write_distractors(paths, tmp_path / "one", 3, seed=2)
    write_distractors(paths, tmp_path / "two", 1, first=1, seed=2)
    first = sorted((tmp_path / "one/works").rglob("*.jpg"))
    assert [path.name for path in first] == ["d000000.jpg", "d000001.jpg", "d000002.jpg"]
    assert first[1].read_bytes() == (tmp_path / "two" / first[1].relative_to(tmp_path / "one")).read_bytes()
    assert first[0].read_bytes() != first[1].read_bytes()
    assert max(read_image(first[0]).shape[:2]) == 560
    with pytest.raises(ValueError, match="no picture"):
        write_distractors([], tmp_path / "none", 1)


def test_the_patches_of_a_distractor_leave_no_gap() -> None:
    canvas = np.zeros((90, 140), np.float32)
    for window, share in _shares(7, (140, 90), np.random.default_rng(3)):
        canvas[window] += share
    assert np.allclose(canvas, 1, atol=1e-3)
