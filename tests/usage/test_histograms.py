"""Percentiles from added bins, against those of the values themselves."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from app.usage import histograms
from app.usage.histograms import PER_DOUBLING, share_bin, share_of, time_bin, time_of

HALF_A_BIN = 2 ** (1 / (2 * PER_DOUBLING)) - 1


def binned(values: np.ndarray, bin_of: object) -> Counter[str]:
    return Counter(str(bin_of(value)) for value in values)  # type: ignore[operator]


@pytest.mark.parametrize("ms", [1.0, 1.0594, 7.0, 449.3, 60_000.0, 3_600_000.0])
def test_a_time_lies_in_its_bin_and_near_its_middle(ms: float) -> None:
    number = time_bin(ms)
    assert 2 ** (number / PER_DOUBLING) <= ms * (1 + 1e-12) and ms < 2 ** ((number + 1) / PER_DOUBLING)
    assert abs(time_of(number) / ms - 1) <= HALF_A_BIN + 1e-12


def test_times_below_a_millisecond_share_a_bin() -> None:
    assert {time_bin(ms) for ms in (0.0, 0.2, 0.999)} == {histograms.BELOW}
    assert time_of(histograms.BELOW) == 0.5


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
@pytest.mark.parametrize("count", [1, 2, 19, 20, 101, 5000])
def test_percentiles_are_exact_to_half_a_bin(count: int, share: float) -> None:
    values = np.random.default_rng(count).lognormal(6.0, 0.7, count) + 1
    exact = np.percentile(values, 100 * share, method="inverted_cdf")
    found = histograms.times(binned(values, time_bin), share)
    assert found is not None and abs(found[0] / exact - 1) <= HALF_A_BIN + 1e-12


def test_bins_of_parts_add_up_to_those_of_the_whole() -> None:
    values = np.random.default_rng(1).lognormal(6.0, 0.7, 400)
    parts = binned(values[:150], time_bin) + binned(values[150:], time_bin)
    assert parts == binned(values, time_bin)


def test_probabilities_are_exact_to_half_a_hundredth() -> None:
    values = np.random.default_rng(2).beta(8, 2, 999)
    found = histograms.shares(binned(values, share_bin), 0.1, 0.5, 0.9)
    exact = np.percentile(values, [10, 50, 90], method="inverted_cdf")
    assert found is not None and np.abs(np.array(found) - exact).max() <= 0.005 + 1e-12
    assert share_bin(1.0) == 99 and share_bin(-0.1) == 0 and share_of(99) == 0.995


def test_nothing_counted_has_no_percentile() -> None:
    assert histograms.times({}, 0.5) is None
    assert histograms.shares({}, 0.5, 0.9) is None
