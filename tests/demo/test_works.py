"""The painted works: repeatable, textured enough to be matched, and unlike one another."""

from __future__ import annotations

from itertools import combinations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from app.demo import building, plan
from app.engine.types import Floats, Image

MANNERS = [holding.manner for holding in plan.holdings()]


def features(image: Image) -> tuple[Floats, Floats]:
    """Places (n, 2) and RootSIFT descriptors (n, 128) at 560 px, as an index keeps them."""
    scale = 560 / max(image.shape)
    grey = cv2.cvtColor(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    points, rows = cv2.SIFT_create(700, contrastThreshold=0.02).detectAndCompute(grey, None)
    unit = np.sqrt(rows / np.maximum(rows.sum(axis=1, keepdims=True), 1e-9))
    return np.array([point.pt for point in points], np.float32), np.asarray(unit, np.float32)


def inliers(a: tuple[Floats, Floats], b: tuple[Floats, Floats]) -> int:
    """Distinct places that agree on one homography."""
    near: npt.NDArray[np.float32] = a[1] @ b[1].T
    best, back = near.argmax(axis=1), near.argmax(axis=0)
    second = np.partition(near, -2, axis=1)[:, -2]
    distance, other = np.sqrt(2 - 2 * near.max(axis=1).clip(max=1)), np.sqrt(2 - 2 * second.clip(max=1))
    keep = (back[best] == np.arange(len(best))) & (distance < 0.85 * other)
    if keep.sum() < 4:
        return 0
    source, target = a[0][keep], b[0][best[keep]]
    _, mask = cv2.findHomography(source, target, cv2.USAC_MAGSAC, 4.0)
    if mask is None:
        return 0
    good = mask.ravel() == 1
    return min(len(np.unique(np.round(side[good] / 4), axis=0)) for side in (source, target))


@pytest.mark.parametrize("manner", MANNERS)
def test_a_work_is_the_same_every_time(manner: str, sample: dict[str, Image]) -> None:
    work = next(work for work in plan.works() if work.holding.manner == manner and work.artwork_id in sample)
    np.testing.assert_array_equal(building.paint(work), sample[work.artwork_id])
    assert sample[work.artwork_id].shape == (*work.size, 3)
    assert max(work.size) == plan.LONG_SIDE


def test_every_work_can_be_matched(sample: dict[str, Image]) -> None:
    counts = {name: len(features(image)[0]) for name, image in sample.items()}
    assert min(counts.values()) >= 300, counts


def test_no_two_works_share_structure(sample: dict[str, Image]) -> None:
    """Within a manner and between manners, no homography finds more agreement than chance; a work finds itself."""
    found = {name: features(image) for name, image in sample.items()}
    pairs = {pair: inliers(found[pair[0]], found[pair[1]]) for pair in combinations(found, 2)}
    worst = max(pairs, key=lambda pair: pairs[pair])
    assert pairs[worst] < 12, (worst, pairs[worst])
    turned = cv2.rotate(next(iter(sample.values())), cv2.ROTATE_180)
    assert inliers(features(turned), next(iter(found.values()))) > 100


def test_works_are_well_lit_and_coloured(sample: dict[str, Image]) -> None:
    for name, image in sample.items():
        assert 20 < image.mean() < 235, name
        assert image.std() > 14, name
