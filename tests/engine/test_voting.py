"""Votes of local features: against the obvious slow loop, and what may not be found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.engine import voting
from app.engine.types import Bytes, Floats, Ints


def descriptors(seed: int, count: int) -> Bytes:
    return np.random.default_rng(seed).integers(0, 192, (count, 128), np.uint8)


def slow_votes(distances: Floats, owners: Ints, pictures: int) -> list[float]:
    """One feature and one neighbour at a time, as the docstring says it."""
    total = [0.0] * pictures
    for row, names in zip(distances.tolist(), owners.tolist(), strict=True):
        there = [(distance, name) for distance, name in zip(row, names, strict=True) if name >= 0]
        seen: set[int] = set()
        for distance, name in there:
            if name not in seen:
                total[name] += (there[-1][0] - distance) / max(there[-1][0], 1e-6)
            seen.add(name)
    return total


@pytest.mark.parametrize("seed", range(5))
def test_votes_are_those_of_the_slow_loop(seed: int) -> None:
    rng = np.random.default_rng(seed)
    distances = np.sort(rng.random((40, 8)).astype(np.float32) * 300, axis=1)
    owners = rng.integers(0, 6, (40, 8))
    for row in range(0, 40, 3):  # lists that held fewer: the missing ones are last
        owners[row, rng.integers(0, 8) :] = -1
    np.testing.assert_allclose(voting.votes(distances, owners, 6), slow_votes(distances, owners, 6), rtol=1e-4)


def test_a_feature_votes_once_per_picture() -> None:
    distances = np.array([[10, 20, 30, 40]], np.float32)
    repeated = voting.votes(distances, np.array([[2, 2, 2, 0]]), 3)
    once = voting.votes(distances, np.array([[2, 1, 1, 0]]), 3)
    assert repeated[2] == once[2] == pytest.approx((40 - 10) / 40)
    assert repeated[0] == 0  # the last neighbour is the background


@pytest.mark.parametrize("seed", range(3))
def test_many_votes_for_one_descriptor_weigh_their_root(seed: int) -> None:
    rng = np.random.default_rng(seed)
    weight = (rng.random((30, 8)) * (rng.random((30, 8)) < 0.7)).astype(np.float32)
    ids = rng.integers(0, 40, (30, 8))
    damped = voting.without_bursts(weight, ids)
    for row, column in np.argwhere(weight > 0):
        voters = int(((ids == ids[row, column]) & (weight > 0)).sum())
        assert damped[row, column] == pytest.approx(weight[row, column] / voters**0.5, rel=1e-5)
    assert (damped[weight == 0] == 0).all() and (damped < weight).any()


@pytest.mark.parametrize("seed", range(3))
def test_consistent_votes_are_the_smaller_of_the_fullest_bins(seed: int) -> None:
    rng = np.random.default_rng(seed)
    weight = (rng.random((40, 8)) * (rng.random((40, 8)) < 0.8)).astype(np.float32)
    owners, turns, zooms = rng.integers(-1, 6, (40, 8)), rng.integers(-255, 256, (40, 8)), rng.integers(-90, 91, (40, 8))
    around, sizes = np.zeros((6, 16)), np.zeros((6, 16))
    for row, column in np.argwhere((weight > 0) & (owners >= 0)):
        owner, vote = owners[row, column], weight[row, column]
        place = turns[row, column] % 256 / 16
        octave = min(max(zooms[row, column] / 8 + 8, 0.0), 14.0)
        for step in (0, 1):
            around[owner, (int(place) + step) % 16] += vote * (1 - abs(place - int(place) - step))
            sizes[owner, int(octave) + step] += vote * (1 - abs(octave - int(octave) - step))
    pictures, found = voting.consistent(weight, owners, turns, zooms)
    np.testing.assert_allclose(found, np.minimum(around.max(axis=1), sizes.max(axis=1))[pictures], rtol=1e-4)
    assert sorted(set(owners[(owners >= 0) & (weight > 0)].tolist())) == pictures.tolist()


def test_votes_agree_on_a_turned_and_scaled_picture() -> None:
    """The features of a picture, all turned by 350° and twice as large, agree; features at random poses do not."""
    rng = np.random.default_rng(4)
    places = np.column_stack([rng.random((300, 2)) * 500, rng.uniform(2, 40, 300), rng.uniform(0, 360, 300)]).astype(np.float32)
    seen = places.copy()
    seen[:, 2], seen[:, 3] = 2 * places[:, 2], (places[:, 3] + 350) % 360
    strange = rng.permutation(seen)
    scores = []
    for photo in (seen, strange):
        away = (voting.poses(photo).astype(np.int64) - voting.poses(places))[:, None]
        one = np.ones((300, 1), np.float32)
        scores.append(float(voting.consistent(one, np.zeros((300, 1), np.int64), away[..., 0], away[..., 1])[1][0]))
    assert scores[0] > 140 and scores[1] < 60  # a turn between two bins gives each its part


def test_no_votes_agree_on_nothing() -> None:
    none = np.zeros((0, 8), np.int64)
    pictures, found = voting.consistent(none.astype(np.float32), none, none, none)
    assert pictures.shape == found.shape == (0,)
    assert voting.poses(np.zeros((0, 4), np.float32)).shape == (0, 2)


def test_no_neighbours_no_votes() -> None:
    assert (voting.votes(np.full((3, 8), 1.8e19, np.float32), np.full((3, 8), -1), 4) == 0).all()
    assert voting.votes(np.zeros((0, 8), np.float32), np.zeros((0, 8), np.int64), 4).tolist() == [0, 0, 0, 0]


def test_probing_every_list_is_exact() -> None:
    gallery, photo = descriptors(0, 3000), descriptors(1, 50)
    index = voting.train(gallery, codes=voting.EXACT)
    voting.add(index, gallery, window=700)
    assert index.nlist > 8 and index.ntotal == 3000
    distances, ids = voting.nearest(index, photo, nprobe=10_000)
    exact = np.linalg.norm(photo[:, None].astype(float) - gallery[None].astype(float), axis=2)
    np.testing.assert_allclose(distances, np.sort(exact, axis=1)[:, :voting.NEIGHBOURS], rtol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(exact, ids, axis=1), distances, rtol=1e-5)


def test_a_few_lists_find_what_is_near() -> None:
    gallery = descriptors(2, 4000)
    noise = np.random.default_rng(3).integers(-6, 7, (60, 128))
    photo = np.clip(gallery[:60].astype(int) + noise, 0, 255).astype(np.uint8)
    index = voting.train(gallery)
    voting.add(index, gallery)
    ids = voting.nearest(index, photo, nprobe=12)[1]
    assert (ids[:, 0] == np.arange(60)).mean() >= 0.95


def test_allowed_is_filtering_by_hand() -> None:
    gallery, photo = descriptors(4, 1001), descriptors(5, 30)  # 1001: the last byte of the bit field is not full
    index = voting.train(gallery, codes=voting.EXACT)
    voting.add(index, gallery)
    may = np.random.default_rng(6).random(1001) < 0.3
    bits = np.packbits(may, bitorder="little")
    distances, ids = voting.nearest(index, photo, nprobe=index.nlist, allowed=bits)
    kept = np.flatnonzero(may)
    exact = np.linalg.norm(photo[:, None].astype(float) - gallery[None, kept].astype(float), axis=2)
    assert set(ids.ravel()) <= set(kept)
    np.testing.assert_allclose(distances, np.sort(exact, axis=1)[:, :voting.NEIGHBOURS], rtol=1e-5)
    nothing = voting.nearest(index, photo, nprobe=index.nlist, allowed=np.zeros_like(bits))[1]
    assert (nothing == -1).all()


def test_codes_find_only_what_is_allowed() -> None:
    gallery = descriptors(4, 1001)
    index = voting.train(gallery)
    voting.add(index, gallery)
    may = np.ones(1001, bool)
    may[::2] = False
    ids = voting.nearest(index, gallery, nprobe=index.nlist, allowed=np.packbits(may, bitorder="little"))[1]
    assert may[ids[ids >= 0]].all()
    assert (ids[1::2, 0] == np.arange(1, 1001, 2)).mean() > 0.9  # those that are there are found


def test_codes_agree_with_exact_bytes() -> None:
    """On descriptors as pictures have them: many unlike ones, and a few that belong together."""
    centres = np.random.default_rng(1).gamma(0.6, 30, (400, 128))
    spread = np.random.default_rng(2).normal(0, 9, (6, 400, 128))
    gallery = np.clip(centres + spread, 0, 255).astype(np.uint8).reshape(-1, 128)
    photo = np.clip(centres + np.random.default_rng(3).normal(0, 9, (400, 128)), 0, 255).astype(np.uint8)
    found = {}
    for codes in (voting.CODES, voting.EXACT):
        index = voting.train(gallery, codes=codes)
        voting.add(index, gallery)
        found[codes] = voting.nearest(index, photo, nprobe=12)
        assert index.code_size <= 128
    same = np.array([len(set(a[:6]) & set(b[:6])) for a, b in zip(found[voting.CODES][1], found[voting.EXACT][1], strict=True)])
    assert same.mean() > 5.5  # of six
    ours, exact = (found[codes][0][:, :6].mean() for codes in (voting.CODES, voting.EXACT))
    np.testing.assert_allclose(ours, exact, rtol=0.4)  # codes of pure noise are coarse


@pytest.mark.parametrize("codes", [voting.CODES, voting.EXACT])
@pytest.mark.parametrize("count", [0, 1, 7, 40, 200])
def test_galleries_of_any_size(count: int, codes: str, tmp_path: Path) -> None:
    """A catalogue of one flat picture has no local feature at all."""
    gallery = descriptors(7, count)
    index = voting.train(gallery, codes=codes)
    voting.add(index, gallery)
    voting.write(index, tmp_path / "votes.faiss")
    again = voting.read(tmp_path / "votes.faiss")
    ids = voting.nearest(again, descriptors(8, 3), nprobe=12)[1]
    assert ((ids >= 0).sum(axis=1) == min(count, voting.NEIGHBOURS)).all()


def test_the_same_descriptors_give_the_same_index(tmp_path: Path) -> None:
    gallery = descriptors(9, 2000)
    for name in "ab":
        index = voting.train(gallery)
        voting.add(index, gallery)
        voting.write(index, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
