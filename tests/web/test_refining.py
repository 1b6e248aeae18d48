"""What an edit does to pixels, and how an address says it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from app.web.refining import LEAST, Edit, apply, around, cover, read

CORNERS = np.array([[[10, 0, 0], [0, 20, 0]], [[0, 0, 30], [40, 40, 0]]], np.uint8)  # a picture of 2 × 2 different pixels


def test_an_address_says_what_was_done_and_nothing_else() -> None:
    edit = Edit(left=12.5, bottom=3, turn=270, tilt=-2.5, mirror=True)
    assert edit.arguments() == {"left": "12.5", "bottom": "3", "turn": "270", "tilt": "-2.5", "mirror": "1"}
    assert read(edit.arguments()) == edit
    assert Edit().arguments() == {} and read({}) == Edit() and Edit().nothing


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"left": "abc", "tilt": "nan", "turn": "inf", "mirror": "no"}, Edit()),
        ({"left": "-4", "top": "1e9"}, Edit(top=100 - LEAST)),
        ({"left": "60", "right": "60"}, Edit(left=60, right=35)),
        ({"tilt": "2,5"}, Edit(tilt=2.5)),
        ({"tilt": "-90"}, Edit(tilt=-45)),
        ({"turn": "-90"}, Edit(turn=270)),
        ({"turn": "100"}, Edit(turn=90)),
        ({"turn": "450"}, Edit(turn=90)),
        ({"left": "33.3333"}, Edit(left=33.3)),
        ({"tilt": "-0.01"}, Edit()),
    ],
)
def test_what_is_typed_is_brought_within_limits(given: dict[str, str], found: Edit) -> None:
    assert read(given) == found
    assert "-0" not in read(given).arguments().values()


@pytest.mark.parametrize(
    ("edit", "rows"),
    [
        (Edit(mirror=True), [[1, 0], [3, 2]]),
        (Edit(turn=90), [[2, 0], [3, 1]]),
        (Edit(turn=180), [[3, 2], [1, 0]]),
        (Edit(turn=270), [[1, 3], [0, 2]]),
        (Edit(mirror=True, turn=90), [[3, 1], [2, 0]]),
        (Edit(right=50, mirror=True), [[1], [3]]),
        (Edit(top=50), [[2, 3]]),
    ],
)
def test_mirror_turn_trim(edit: Edit, rows: list[list[int]]) -> None:
    pixels = CORNERS.reshape(4, 3)
    assert np.array_equal(apply(CORNERS, edit), pixels[np.array(rows)])


def test_a_tilt_turns_clockwise_and_leaves_no_empty_corner() -> None:
    wide = np.full((300, 500, 3), 200, np.uint8)
    cv2.line(wide, (250, 150), (250, 60), (255, 0, 0), 5)  # a hand that points at twelve
    tilted = apply(wide, Edit(tilt=30))
    assert tilted.shape == wide.shape and int(tilted.min(axis=(0, 1))[0]) >= 199  # red is nowhere missing: no black corner
    ys, xs = np.nonzero(tilted[..., 1] < 60)
    assert xs.mean() > 255 and ys.mean() < 145  # now at one o'clock
    assert cover(500, 300, 0) == 1 and cover(500, 300, 90) == pytest.approx(500 / 300) and cover(3, 5, -9) == cover(5, 3, 9)


def test_trims_never_leave_nothing() -> None:
    assert apply(CORNERS, Edit(left=95)).shape == (2, 1, 3)
    assert apply(np.zeros((700, 900, 3), np.uint8), Edit(left=10, right=20, bottom=50)).shape == (350, 630, 3)


def test_a_part_of_a_part_is_a_part_of_the_photo() -> None:
    first, second = Edit(left=20, right=20, top=50, turn=90, tilt=3), Edit(left=50, bottom=10)
    assert first.within(second) == Edit(left=50, right=20, top=50, bottom=5, turn=90, tilt=3)
    photo = np.random.default_rng(1).integers(0, 256, (200, 400, 3), dtype=np.uint8)
    outer, inner = Edit(left=25, top=10), Edit(right=40, top=20)
    assert np.array_equal(apply(apply(photo, outer), inner), apply(photo, outer.within(inner)))


def test_the_part_where_a_picture_was_found_with_a_little_around_it() -> None:
    assert around([[100, 100], [300, 120], [300, 380], [90, 400]], (1000, 500)) == Edit(left=6, top=17, right=67, bottom=17)
    assert around([[-50, 0], [2000, 0], [2000, 600], [0, 500]], (1000, 500)) == Edit()  # it fills the photo
