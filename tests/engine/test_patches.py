"""Patch features against slow loops, and what they say of rectified pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.errors import PresetError
from app.engine.originals import Originals
from app.engine.patches import Grid, PatchScores, grid, likeness
from app.engine.types import Floats
from tests.tiny import painting, visitor_photo

if TYPE_CHECKING:
    from tests.tiny import Encoders


@pytest.mark.parametrize(("stride", "cells", "height"), [(8, 4, 35), (16, 2, 17), (32, 1, 8)])
def test_a_grid_is_the_means_of_its_blocks_less_the_mean_of_all(stride: int, cells: int, height: int) -> None:
    """A patch is 32 pixels of 384 whatever the network's stride: 8 rows of 12; cells too few for one are left over."""
    maps = np.random.default_rng(0).random((height, 384 // stride, 3)).astype(np.float32)
    found = grid(maps)
    corners = [(y, x) for y in range(0, 8 * cells, cells) for x in range(0, 12 * cells, cells)]
    blocks = [maps[y : y + cells, x : x + cells].reshape(cells**2, 3).mean(axis=0) for y, x in corners]
    for own, block, place in zip(found.features, blocks, found.places, strict=True):
        away = block - np.mean(blocks, axis=0)
        np.testing.assert_allclose(own, away / np.linalg.norm(away), atol=1e-4)
        assert (place > 0).all() and (place < 1).all()
    np.testing.assert_allclose(found.places[[0, 13]], [(1 / 24, 1 / 16), (3 / 24, 3 / 16)], atol=1e-6)


def test_a_picture_of_one_cell_is_one_patch() -> None:
    assert len(grid(np.ones((1, 1, 3), np.float32)).features) == 1


def slow_likeness(photo: Grid, reference: Grid, reach: float) -> float:
    cosines = [[float(a @ b) for b in reference.features] for a in photo.features]
    total = 0.0
    for row, line in enumerate(cosines):
        column = line.index(max(line))
        back = max(range(len(cosines)), key=lambda other: cosines[other][column])
        away = np.abs(photo.places[row] - reference.places[column])
        if back == row and away[0] <= reach and away[1] <= reach:
            total += max(line[column], 0.0)
    return total / min(len(photo.features), len(reference.features))


def some_grid(rng: np.random.Generator, count: int) -> Grid:
    rows: Floats = rng.normal(size=(count, 6)).astype(np.float32)
    return Grid(rows / np.linalg.norm(rows, axis=1, keepdims=True), rng.random((count, 2)).astype(np.float32))


@pytest.mark.parametrize("seed", range(3))
def test_likeness_is_that_of_the_slow_loop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = some_grid(rng, 30), some_grid(rng, 20)
    assert likeness(a, b, reach=0.4) == pytest.approx(slow_likeness(a, b, 0.4), abs=1e-5)
    assert likeness(a, b, reach=0.4) == pytest.approx(likeness(b, a, reach=0.4), abs=1e-5)
    assert likeness(a, a) == pytest.approx(1, abs=1e-5)
    assert likeness(a, Grid(a.features, (a.places + 0.5) % 1)) == 0  # every patch is there, and none in its place


class Shelf:
    """What Originals asks of a gallery: the pictures 10, 11, 12 …"""

    def __init__(self, count: int) -> None:
        self.pictures = np.array([(10 + n,) for n in range(count)], [("picture_id", "<i8")])


def test_the_picture_in_a_photo_is_most_like_itself(tiny_encoders: Encoders, tiny_files: Path) -> None:
    files = {10 + n: tiny_files / f"{name}-0.jpg" for n, name in enumerate(("t01", "t02", "t03", "gone"))}
    scores = PatchScores(tiny_encoders["gem"], Shelf(5), files)  # type: ignore[arg-type]
    photo = visitor_photo(painting("t02"))
    found = scores(photo.image, photo.regions, range(5))
    assert found[1] > 1.3 * max(found[0], found[2])
    assert found[3] == found[4] == 0  # a file that is gone, and a picture without one
    assert int(scores(painting("t03"), [], range(3)).argmax()) == 2  # nothing was found in it: the photo as a whole


def test_what_cannot_look_again_says_so(tiny_encoders: Encoders) -> None:
    with pytest.raises(PresetError, match="files"):
        PatchScores(tiny_encoders["gem"], Shelf(1), {})  # type: ignore[arg-type]


def test_what_was_made_of_a_picture_is_kept_a_while(tiny_files: Path) -> None:
    made: list[int] = []
    files = {10 + n: tiny_files / f"t0{n + 1}-0.jpg" for n in range(3)}
    one = Originals(Shelf(3), files, lambda image: made.append(image.shape[0]), side_px=64, kept=2)  # type: ignore[arg-type]
    for position in (0, 1, 0, 2, 0, 1):  # the third drives out the second, which was asked for longest ago
        one(position)
    assert len(made) == 4
