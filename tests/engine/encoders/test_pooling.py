"""Each pooling against an obvious slow loop over the same small maps."""

from __future__ import annotations

import math

import numpy as np
import pytest

from app.engine.encoders import pooling
from app.engine.types import Floats

SHAPES = [(3, 5), (5, 3), (4, 4), (1, 6)]


@pytest.fixture(params=SHAPES, ids=str)
def features(request: pytest.FixtureRequest) -> Floats:
    """A map after a ReLU: a third of it zero, one channel silent, one the same everywhere."""
    generator = np.random.default_rng(7)
    maps = np.maximum(generator.normal(0.4, 1, (*request.param, 6)), 0).astype(np.float32)
    maps[..., 2] = 0
    maps[..., 4] = 1.5
    return maps


def places(features: Floats) -> list[tuple[int, int]]:
    return [(y, x) for y in range(features.shape[0]) for x in range(features.shape[1])]


def unit(vector: list[float]) -> Floats:
    length = math.sqrt(sum(value * value for value in vector))
    return np.array([value / length if length else 0.0 for value in vector], np.float32)


def test_mac_is_the_greatest_value_of_each_channel(features: Floats) -> None:
    slow = [max(features[y, x, k] for y, x in places(features)) for k in range(6)]
    np.testing.assert_allclose(pooling.mac(features), slow, rtol=1e-6)


def test_spoc_is_the_sum_of_each_channel(features: Floats) -> None:
    slow = [sum(float(features[y, x, k]) for y, x in places(features)) for k in range(6)]
    np.testing.assert_allclose(pooling.spoc(features), slow, rtol=1e-5)


def test_spoc_with_the_centre_prior(features: Floats) -> None:
    height, width = features.shape[:2]
    sigma = min(height, width) / 2 / 3
    slow = [0.0] * 6
    for y, x in places(features):
        squared = (y + 1 - height / 2) ** 2 + (x + 1 - width / 2) ** 2
        for k in range(6):
            slow[k] += math.exp(-squared / (2 * sigma**2)) * float(features[y, x, k])
    np.testing.assert_allclose(pooling.spoc(features, centre_prior=True), slow, rtol=1e-4)


@pytest.mark.parametrize("p", [1.0, 3.0, 7.0])
def test_gem_is_the_generalised_mean(features: Floats, p: float) -> None:
    count = len(places(features))
    slow = [
        (sum(max(float(features[y, x, k]), 1e-6) ** p for y, x in places(features)) / count) ** (1 / p) for k in range(6)
    ]
    np.testing.assert_allclose(pooling.gem(features, p=p), slow, rtol=1e-4)


def slow_channel_weights(features: Floats) -> list[float]:
    count = len(places(features))
    shares = [sum(1 for y, x in places(features) if features[y, x, k] > 0) / count for k in range(6)]
    return [math.log(sum(shares) / share) if share else 0.0 for share in shares]


def test_crow_channel_weights_favour_rare_channels(features: Floats) -> None:
    found = pooling.crow_channel_weights(features)
    np.testing.assert_allclose(found, slow_channel_weights(features), rtol=1e-5)
    assert found[2] == 0  # never active
    assert found[4] == min(found[k] for k in (0, 1, 3, 4, 5))  # active everywhere


def test_crow_weighs_by_place_and_by_channel(features: Floats) -> None:
    totals = {place: sum(float(value) for value in features[place]) for place in places(features)}
    length = math.sqrt(sum(total * total for total in totals.values()))
    channels = slow_channel_weights(features)
    slow = [
        channels[k] * sum(math.sqrt(totals[place] / length) * float(features[place][k]) for place in places(features))
        for k in range(6)
    ]
    np.testing.assert_allclose(pooling.crow(features), slow, rtol=1e-4)


def test_rmac_sums_the_unit_maxima_of_its_regions(features: Floats) -> None:
    slow = np.zeros(6, np.float32)
    for top, left, side in pooling.rmac_regions(*features.shape[:2]):
        inside = [(y, x) for y, x in places(features) if top <= y < top + side and left <= x < left + side]
        slow += unit([max(float(features[place][k]) for place in inside) for k in range(6)])
    np.testing.assert_allclose(pooling.rmac(features), unit(list(slow)), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("p", [1.0, 3.0])
def test_rgem_sums_the_unit_means_of_its_regions(features: Floats, p: float) -> None:
    slow = np.zeros(6, np.float32)
    for top, left, side in pooling.rmac_regions(*features.shape[:2]):
        inside = [(y, x) for y, x in places(features) if top <= y < top + side and left <= x < left + side]
        powers = [sum(max(float(features[place][k]), 1e-6) ** p for place in inside) for k in range(6)]
        slow += unit([(power / len(inside)) ** (1 / p) for power in powers])
    np.testing.assert_allclose(pooling.rgem(features, p=p), unit(list(slow)), rtol=1e-4, atol=1e-6)


def test_rgem_approaches_rmac_with_its_exponent(features: Floats) -> None:
    low, high = (float(np.abs(pooling.rgem(features, p=p) - pooling.rmac(features)).max()) for p in (1.0, 60.0))
    assert high < 0.02 and (low > 4 * high or min(features.shape[:2]) == 1)  # there a region is one place


def test_regions_are_whitened_one_by_one(features: Floats) -> None:
    generator = np.random.default_rng(8)
    kernel, bias = generator.normal(size=(6, 4)).astype(np.float32), generator.normal(size=4).astype(np.float32)
    slow = np.zeros(4, np.float32)
    for top, left, side in pooling.rmac_regions(*features.shape[:2]):
        row = unit([float(one) for one in pooling.mac(features[top : top + side, left : left + side])])
        slow += unit([sum(float(row[k] * kernel[k, d]) for k in range(6)) + float(bias[d]) for d in range(4)])
    rows = pooling.region_rows(features, pooling.mac)
    found = pooling.over_regions(rows, lambda regions: regions @ kernel + bias)
    np.testing.assert_allclose(found, unit(list(slow)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("height", "width", "counts"), [(30, 30, [1, 4, 9]), (24, 32, [2, 6, 12]), (32, 24, [2, 6, 12])])
def test_rmac_regions_lie_inside_and_are_as_many_as_in_the_paper(height: int, width: int, counts: list[int]) -> None:
    regions = pooling.rmac_regions(height, width)
    sides = [2 * min(height, width) // (level + 1) for level in (1, 2, 3)]
    assert [sum(region[2] == side for region in regions) for side in sides] == counts
    assert all(0 <= top <= height - side and 0 <= left <= width - side for top, left, side in regions)
    assert any(left + side == width for _, left, side in regions)


def test_class_activation_maps_are_the_weighted_sum_scaled_to_one() -> None:
    generator = np.random.default_rng(3)
    features = np.maximum(generator.normal(size=(4, 5, 3)), 0).astype(np.float32)
    weights = generator.normal(size=(3, 7)).astype(np.float32)
    found = pooling.class_activation_maps(features, weights, np.array([6, 2]))
    for row, number in zip(found, (6, 2), strict=True):
        slow = np.array([[sum(features[y, x, k] * weights[k, number] for k in range(3)) for x in range(5)] for y in range(4)])
        np.testing.assert_allclose(row, np.clip(slow, 0, None) / slow.max(), atol=1e-5)
        assert row.min() >= 0
        assert row.max() == pytest.approx(1)


def test_a_class_without_evidence_has_an_empty_map() -> None:
    found = pooling.class_activation_maps(np.ones((2, 2, 1), np.float32), np.array([[-1.0]], np.float32), np.array([0]))
    assert not found.any()


def test_most_probable_ranks_by_logit_and_breaks_ties_by_number() -> None:
    assert pooling.most_probable(np.array([0.1, 3, 0.1, 2], np.float32), 3).tolist() == [1, 3, 0]


def test_cam_pool_is_the_weighted_sum_of_jimenez(features: Floats) -> None:
    maps = np.random.default_rng(5).random((2, *features.shape[:2])).astype(np.float32)
    channels = slow_channel_weights(features)
    found = pooling.cam_pool(features, maps)
    for row, weights in zip(found, maps, strict=True):
        slow = [channels[k] * sum(float(weights[p] * features[p][k]) for p in places(features)) for k in range(6)]
        np.testing.assert_allclose(row, unit(slow), rtol=1e-4, atol=1e-6)


def test_cam_pool_of_an_empty_map_is_zero(features: Floats) -> None:
    assert not pooling.cam_pool(features, np.zeros((1, *features.shape[:2]), np.float32)).any()


def test_maps_are_resized_to_the_features_with_centres_at_half() -> None:
    found = pooling.resize_maps(np.array([[[0.0, 1.0]]], np.float32), 1, 4)
    np.testing.assert_allclose(found[0, 0], [0, 0.25, 0.75, 1], atol=1e-6)
