"""The readable IVFPQ is FAISS' own: the same centroids and code books give the same ids and distances."""

from __future__ import annotations

from collections.abc import Iterator

import faiss
import numpy as np
import pytest

from app.engine.index.faiss_index import one_thread
from app.engine.types import Floats
from benchmarks.readable_ivfpq import BOOK, ReadableIVFPQ, k_means, squared_distances

DIM, CELLS, PIECES = 24, 10, 6
ROWS: Floats = np.random.default_rng(0).normal(size=(900, DIM)).astype(np.float32)
QUERIES: Floats = np.random.default_rng(1).normal(size=(30, DIM)).astype(np.float32)


@pytest.fixture(scope="module", autouse=True)
def alone() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def theirs() -> faiss.IndexIVFPQ:
    index = faiss.IndexIVFPQ(faiss.IndexFlatL2(DIM), DIM, CELLS, PIECES, 8)
    index.pq.cp.min_points_per_centroid = index.cp.min_points_per_centroid = 1
    index.pq.cp.niter = 5
    index.train(ROWS)
    index.add(ROWS)
    return index


def ours(theirs: faiss.IndexIVFPQ) -> ReadableIVFPQ:
    books = faiss.vector_to_array(theirs.pq.centroids).reshape(PIECES, BOOK, -1)
    return ReadableIVFPQ(theirs.quantizer.reconstruct_n(0, CELLS), books)


@pytest.mark.parametrize("probes", [1, 3, CELLS])
def test_ids_and_distances_are_those_of_faiss(theirs: faiss.IndexIVFPQ, probes: int) -> None:
    mine = ours(theirs)
    mine.add(ROWS[:500])
    mine.add(ROWS[500:])
    theirs.nprobe = probes
    distances, ids = theirs.search(QUERIES, 10)
    found, mine_ids = mine.search(QUERIES, 10, probes=probes)
    np.testing.assert_allclose(found, distances, atol=1e-4)
    clear = np.abs(np.diff(distances, axis=1, append=np.inf)) > 1e-4  # equal codes are equally far: either may come first
    clear[:, 1:] &= clear[:, :-1]
    assert clear.mean() > 0.8 and np.array_equal(mine_ids[clear], ids[clear])


def test_codes_are_those_of_faiss(theirs: faiss.IndexIVFPQ) -> None:
    mine = ours(theirs)
    mine.add(ROWS)
    lists = theirs.invlists
    for cell in range(CELLS):
        size = lists.list_size(cell)
        assert np.array_equal(faiss.rev_swig_ptr(lists.get_ids(cell), size), mine.ids[cell])
        kept = faiss.rev_swig_ptr(lists.get_codes(cell), size * PIECES).reshape(size, PIECES)
        assert np.array_equal(kept, mine.codes[cell])


def test_fewer_than_asked_for_are_filled_up(theirs: faiss.IndexIVFPQ) -> None:
    mine = ours(theirs)
    mine.add(ROWS[:4])
    distances, ids = mine.search(QUERIES[:2], 6, probes=CELLS)
    assert (ids[:, 4:] == -1).all() and np.isinf(distances[:, 4:]).all() and (np.sort(ids[:, :4]) == np.arange(4)).all()


def test_its_own_training_is_as_good(theirs: faiss.IndexIVFPQ) -> None:
    mine = ReadableIVFPQ.train(ROWS, CELLS, PIECES)
    mine.add(ROWS)
    theirs.nprobe = CELLS
    truth = squared_distances(QUERIES, ROWS).argsort(axis=1)[:, :10]

    def recall(found: np.ndarray) -> float:
        return float(np.mean([len(set(f) & set(t)) / 10 for f, t in zip(found.tolist(), truth.tolist(), strict=True)]))

    assert recall(mine.search(QUERIES, 10, probes=CELLS)[1]) > recall(theirs.search(QUERIES, 10)[1]) - 0.05


def test_k_means_finds_what_is_apart() -> None:
    corners = np.float32([[0, 0], [10, 0], [0, 10], [10, 10]])
    rows = np.concatenate([corners + np.float32([dx, 0]) for dx in (-0.1, 0.0, 0.1)])
    best = min((k_means(rows, 4, seed=seed) for seed in range(5)), key=lambda c: squared_distances(rows, c).min(axis=1).sum())
    assert sorted(best.round(3).tolist()) == sorted(corners.tolist())
