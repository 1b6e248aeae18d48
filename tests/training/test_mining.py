"""Mining against slow, obvious loops."""

from __future__ import annotations

import numpy as np
import pytest

from app.engine.encoders.pooling import unit_rows
from app.training.encoder import mining
from app.training.encoder.optimizers import Schedule

RNG = np.random.default_rng(8)


def slow_negatives(closeness: list[float], own: int, pool: list[int], count: int) -> list[int]:
    found: list[int] = []
    for place in sorted(range(len(pool)), key=lambda place: -closeness[place]):
        if pool[place] != own and pool[place] not in [pool[other] for other in found]:
            found.append(place)
    return found[:count]


def test_hard_negatives_are_the_nearest_of_other_labels_one_of_each() -> None:
    queries, pool = RNG.integers(0, 7, 9), RNG.integers(0, 7, 60)
    vectors = unit_rows(RNG.normal(size=(69, 5)).astype(np.float32))
    closeness = vectors[:9] @ vectors[9:].T
    found = mining.hard_negatives(closeness, queries, pool, 4)
    for row in range(9):
        assert found[row].tolist() == slow_negatives(closeness[row].tolist(), int(queries[row]), pool.tolist(), 4)


def test_positives_are_of_the_same_label_or_as_listed() -> None:
    labels = np.array([0, 0, 1, 2, 2, 2])
    pairs = mining.positive_pairs(labels, (), 10, np.random.default_rng(1))
    assert sorted(pairs[:, 0].tolist()) == [0, 1, 3, 4, 5]  # picture 2 is alone
    assert all(labels[query] == labels[positive] and query != positive for query, positive in pairs)
    listed = [(0, 4), (0, 5), (3, 1)]
    many = [tuple(pair) for seed in range(20) for pair in mining.positive_pairs(labels, listed, 10, np.random.default_rng(seed))]
    assert set(many) == set(listed)
    assert len(mining.positive_pairs(labels, (), 2, np.random.default_rng(1))) == 2


def test_batches_of_all_pairs_hold_groups_of_a_label() -> None:
    labels = RNG.integers(0, 5, 47)
    found = mining.label_batches(labels, 10, 3, np.random.default_rng(2))
    assert found.shape[1] == 9  # whole groups
    assert len(set(found.ravel().tolist())) == found.size  # nobody twice
    for group in found.reshape(-1, 3):
        assert len(set(labels[group].tolist())) == 1
    whole = sum(int(np.sum(labels == label)) // 3 for label in range(5))
    assert len(found) == whole // 3
    assert mining.label_batches(np.arange(4), 4, 2, np.random.default_rng(1)).shape == (0, 4)


def test_rates_rise_then_fall_as_asked() -> None:
    cosine = Schedule("cosine", warm_up=2)
    assert [round(cosine.share(step, 4, 1), 3) for step in range(4)] == [0.5, 0.854, 0.5, 0.146]
    exponential = Schedule("exponential", factor=0.5)
    assert [exponential.share(step, 6, 3) for step in range(6)] == [1, 1, 0.5, 0.5, 0.25, 0.25]
    assert {Schedule("none").share(step, 6, 3) for step in range(6)} == {1.0}
    assert Schedule("exponential", factor=float(np.exp(-0.01))).share(5, 6, 3) == pytest.approx(np.exp(-0.02))
