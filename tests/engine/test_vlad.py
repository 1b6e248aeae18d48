"""VLAD against the formula written out, and what it says of photos."""

from __future__ import annotations

import numpy as np
import pytest

from app.engine.local_features import LocalFeatures, as_unit, root_sift
from app.engine.types import Floats
from app.engine.vlad import VladScores, codebook, inside, vlad
from tests.tiny import painting, visitor_photo


def slow_vlad(descriptors: Floats, centroids: Floats) -> list[float]:
    """One descriptor after another: its difference from the nearest centroid is added to that centroid's cell."""
    cells = [[0.0] * centroids.shape[1] for _ in centroids]
    for own in descriptors.tolist():
        away = [sum((a - b) ** 2 for a, b in zip(own, centre, strict=True)) for centre in centroids.tolist()]
        nearest = away.index(min(away))
        for place, (a, b) in enumerate(zip(own, centroids[nearest].tolist(), strict=True)):
            cells[nearest][place] += a - b
    unit = []
    for cell in cells:
        length = sum(value**2 for value in cell) ** 0.5
        unit += [value / length if length else 0.0 for value in cell]
    whole = sum(value**2 for value in unit) ** 0.5
    return [value / whole for value in unit]


@pytest.mark.parametrize("seed", range(3))
def test_vlad_is_that_of_the_slow_loop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    descriptors = as_unit(rng.integers(0, 190, (60, 16), np.uint8))
    centroids = codebook(as_unit(rng.integers(0, 190, (90, 16), np.uint8)), 7)
    assert centroids.shape == (7, 16)
    np.testing.assert_allclose(vlad(descriptors, centroids), slow_vlad(descriptors, centroids), atol=1e-4)


def test_a_picture_without_features_is_like_nothing() -> None:
    centroids = np.eye(4, dtype=np.float32)
    assert not vlad(np.zeros((0, 4), np.float32), centroids).any()
    assert codebook(np.zeros((0, 4), np.float32), 8).shape == (1, 4)
    assert len(codebook(centroids, 8)) == 4


def test_points_within_a_quadrilateral() -> None:
    quad = np.array([(0, 0), (10, 2), (8, 10), (1, 8)], np.float32)
    points = np.array([(5, 5), (0, 0), (9, 9.5), (-1, 5), (5, 0.2)], np.float32)
    assert inside(points, quad).tolist() == [True, True, False, False, False]
    assert inside(points, quad[::-1]).tolist() == [True, True, False, False, False]


class Shelf:
    """What VladScores asks of a gallery."""

    def __init__(self, known: list[LocalFeatures]) -> None:
        self.known = known

    def local(self, position: int, kind: str) -> LocalFeatures:
        assert kind == "sift"
        return self.known[position]


def test_a_photo_of_two_works_is_like_both_of_them_by_their_places() -> None:
    names = ("t01", "t02", "t03", "t04", "t05")
    known = [root_sift(painting(name), count=700, long_side=560) for name in names]
    centroids = codebook(as_unit(np.concatenate([one.descriptors for one in known])), 32)
    scores = VladScores(Shelf(known), centroids)  # type: ignore[arg-type]
    photo = visitor_photo(painting("t02"), painting("t04"))
    local = root_sift(photo.image, count=1200, long_side=800)
    apart = scores(local, photo.regions, range(5))
    assert set(np.argsort(-apart)[:2].tolist()) == {1, 3}
    assert (apart >= scores(local, [], range(5)) - 1e-6).all() and (apart <= 1).all()
    for region, right in zip(photo.regions, (1, 3), strict=True):
        alone = scores(local, [region], range(5))
        assert alone[right] > 1.5 * alone[[0, 2, 4]].max()
