"""Weights of votes against the obvious slow loops."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from app.engine import voting
from benchmarks import vote_weights
from benchmarks.vote_weights import SIGMA, WAYS, Neighbours

PICTURES = 6


def found(seed: int, count: int = 30, k: int = 8) -> Neighbours:
    """Random neighbours; some lists held fewer than k."""
    rng = np.random.default_rng(seed)
    owners = rng.integers(0, PICTURES, (count, k))
    for row in range(0, count, 4):
        owners[row, rng.integers(1, k) :] = -1
    ids = np.where(owners >= 0, owners * 100 + rng.integers(0, 3, (count, k)), -1)
    distances = np.sort(rng.random((count, k)).astype(np.float32) * 300, axis=1)
    turns, zooms = rng.integers(-255, 256, (count, k)), rng.integers(-90, 91, (count, k))
    return Neighbours(distances, ids, owners, rng.random((count, k)).astype(np.float32), turns, zooms, PICTURES)


def slow(one: Neighbours, name: str) -> list[list[float]]:
    """One feature and one neighbour at a time; the last that is there is the background, a picture gets one vote a feature."""
    rows = []
    for distances, owners, idf in zip(one.distances.tolist(), one.owners.tolist(), one.idf.tolist(), strict=True):
        last = max(i for i, owner in enumerate(owners) if owner >= 0)
        far = distances[last]
        row = [0.0] * len(owners)
        for i in range(last):
            d = distances[i]
            if owners[i] not in owners[:i]:
                row[i] = {
                    "distance difference": (far - d) / far,
                    "squared difference": far**2 - d**2,
                    "hard": 1.0 if i == 0 else 0.0,
                    "soft, equal": 1.0,
                    "soft, Gaussian": math.exp(-(d**2) / (2 * SIGMA**2)),
                    "difference × idf": (far - d) / far * idf[i],
                }[name]
        rows.append(row)
    return rows


@pytest.mark.parametrize("name", [name for name in WAYS if "bursts" not in name and "geometry" not in name])
@pytest.mark.parametrize("seed", range(3))
def test_each_way_is_that_of_the_slow_loop(name: str, seed: int) -> None:
    one = found(seed)
    np.testing.assert_allclose(WAYS[name][0](one), slow(one, name), rtol=1e-4, atol=1e-6)


def test_the_difference_is_what_the_product_counts() -> None:
    one = found(5)
    ours = vote_weights.totals(one, vote_weights.difference(one))
    np.testing.assert_allclose(ours, voting.votes(one.distances, one.owners, PICTURES), rtol=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_many_votes_for_one_gallery_feature_weigh_their_root(seed: int) -> None:
    one = found(seed)
    plain = vote_weights.difference(one)
    got = vote_weights.within(one)
    for row, column in np.argwhere(plain > 0):
        voters = int(((one.ids == one.ids[row, column]) & (plain > 0)).sum())
        assert got[row, column] == pytest.approx(plain[row, column] / math.sqrt(voters), rel=1e-4)
    assert (got[plain == 0] == 0).all() and (got < plain).any()


def test_a_feature_of_many_pictures_counts_less_in_each() -> None:
    one = found(1)
    plain, got = vote_weights.difference(one), vote_weights.between(one)
    for before, after in zip(plain, got, strict=True):
        np.testing.assert_allclose(after, before / math.sqrt(max(float(before.sum()), 1e-6)), rtol=1e-4)


def test_votes_that_agree_go_before_more_votes_that_do_not() -> None:
    one = found(2, count=40, k=3)
    owners = np.tile([0, 1, 2], (40, 1))  # picture 0 always a little nearer, but turned at random; picture 1 always by 90°
    turns = np.random.default_rng(0).integers(-255, 256, (40, 3))
    turns[:, 1] = 64
    distances = np.tile(np.array([100, 110, 200], np.float32), (40, 1))
    one = replace(one, owners=owners, ids=owners, distances=distances, turns=turns, zooms=np.zeros((40, 3), np.int64))
    weights = vote_weights.difference(one)
    assert vote_weights.totals(one, weights).argmax() == 0 and vote_weights.consistent(one, weights).argmax() == 1
