"""Vector indexes: the inverted file against exact search, and exact search against NumPy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.engine.index import exact, inverted_file, recall_at_k
from app.engine.index.exact import ExactIndex
from app.engine.types import Floats


def clustered(count: int, dim: int = 32, seed: int = 0) -> Floats:
    """Unit rows about √n centres, as descriptors of a collection of several hands lie."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(max(1, round(count**0.5)), dim))
    rows = centres[rng.integers(0, len(centres), count)] + 0.5 * rng.normal(size=(count, dim))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def reference(vectors: Floats) -> ExactIndex:
    index = ExactIndex(vectors.shape[1])
    index.add(vectors)
    return index


@pytest.mark.parametrize("count", [1, 5, 60, 1003])
def test_recall_is_measured_and_reached(count: int) -> None:
    vectors = clustered(count)
    index, recall = inverted_file.build(vectors)
    assert len(index) == count and 0.99 <= recall <= 1.0
    scores, rows = index.search(vectors, 11)
    assert scores.shape == rows.shape == (count, 11) and rows.dtype == np.int64
    assert (np.diff(scores[:, : min(count, 11)], axis=1) <= 1e-6).all()
    assert (rows[:, min(count, 11) :] == -1).all()
    truth = reference(vectors).search(vectors, 11)[1]
    assert recall_at_k(rows, truth) >= 0.985


def test_nprobe_is_the_smallest_that_is_enough() -> None:
    vectors = clustered(3000)
    index, recall = inverted_file.build(vectors)
    steps = inverted_file._steps(index.index.nlist)
    assert 1 < index.nprobe < index.index.nlist  # neither trivial nor exhaustive here
    fewer = steps[: steps.index(index.nprobe)]
    truth = reference(vectors)
    others = np.array([[r for r in line if r != own][:10] for own, line in enumerate(truth.search(vectors, 11)[1].tolist())])
    for nprobe, enough in [*((n, False) for n in fewer), (index.nprobe, True)]:
        found = inverted_file.InvertedFile(index.index, nprobe).search(vectors, 11)[1]
        without_self = [[r for r in line if r != own][:10] for own, line in enumerate(found.tolist())]
        share = np.mean([len(set(f) & set(t)) / 10 for f, t in zip(without_self, others.tolist(), strict=True)])
        assert (share > 0.985) if enough else (share < 0.995), nprobe  # measured on a third of these queries
    assert recall == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize("lists", [1, 2, 3, 17, 500])
def test_steps_end_with_exact_search(lists: int) -> None:
    steps = inverted_file._steps(lists)
    assert steps == sorted(set(steps)) and steps[-1] == lists and steps[0] == 1


@pytest.mark.parametrize(("rows", "expected"), [(1, 1), (77, 1), (1003, 25), (43_690, 836), (1_000_000, 4000)])
def test_lists_follow_the_size(rows: int, expected: int) -> None:
    assert inverted_file.list_count(rows) == expected


@pytest.mark.parametrize("count", [5, 60, 1003])
def test_allowed_is_filtering_by_hand(count: int) -> None:
    vectors, queries = clustered(count), clustered(20, seed=1)
    may = np.random.default_rng(2).random(count) < 0.4
    may[0] = True
    bits = np.packbits(may, bitorder="little")
    inverted = inverted_file.build(vectors)[0]
    inverted.nprobe = inverted.index.nlist
    wanted = min(4, int(may.sum()))
    by_hand = np.flatnonzero(may)[np.argsort(-(queries @ vectors[may].T), axis=1)[:, :wanted]]
    for index in (inverted, reference(vectors)):
        assert np.array_equal(index.search(queries, 4, bits)[1][:, :wanted], by_hand), index.name
        assert (index.search(queries, 4, np.zeros_like(bits))[1] == -1).all()


def test_rows_may_be_added_and_files_read_again(tmp_path: Path) -> None:
    vectors = clustered(300)
    index = inverted_file.build(vectors[:250])[0]
    index.add(vectors[250:])
    assert index.search(vectors[299:], 1)[1].tolist() == [[299]]
    flat = reference(vectors)
    index.write(tmp_path / "ivf")
    flat.write(tmp_path / "flat")
    again, flat_again = inverted_file.read(tmp_path / "ivf", index.nprobe), exact.read(tmp_path / "flat")
    for one, other in ((index, again), (flat, flat_again)):
        assert len(one) == len(other) == 300
        for first, second in zip(one.search(vectors[:9], 5), other.search(vectors[:9], 5), strict=True):
            assert np.array_equal(first, second)


def test_exact_search_is_numpy() -> None:
    vectors, queries = clustered(500), clustered(30, seed=3)
    cosines = queries @ vectors.T
    scores, rows = reference(vectors).search(queries, 10)
    np.testing.assert_allclose(scores, -np.sort(-cosines, axis=1)[:, :10], atol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(cosines, rows, axis=1), scores, atol=1e-5)


def test_recall_by_hand() -> None:
    exact_rows = np.array([[1, 2, 3, 4], [5, 6, -1, -1], [-1, -1, -1, -1]])
    found = np.array([[4, 9, 1, -1], [6, 5, 7, -1], [3, -1, -1, -1]])
    assert recall_at_k(found, exact_rows) == pytest.approx((2 / 4 + 2 / 2) / 2)
    assert recall_at_k(found[2:], exact_rows[2:]) == 1.0
