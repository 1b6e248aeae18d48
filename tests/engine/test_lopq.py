"""Locally optimised product quantisation: the paper's distance by hand, plain product codes as its simplest case, and its claim."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import faiss
import numpy as np
import pytest

from app.engine.index import engines, factory, lopq, recall_at_k, study
from app.engine.index.exact import ExactIndex
from app.engine.index.faiss_index import one_thread
from app.engine.index.lopq import Lopq
from app.engine.types import Floats
from tests.engine.test_vector_index import clustered

DIM, CELLS = 32, 4


@pytest.fixture(scope="module", autouse=True)
def alone() -> Iterator[None]:
    with one_thread():
        yield


def leaning(count: int, seed: int = 0) -> Floats:
    """Unit rows in clusters, each spread along eight directions of its own."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(CELLS, DIM))
    turns = [np.linalg.qr(rng.normal(size=(DIM, DIM)))[0] for _ in range(CELLS)]
    spread = np.repeat([0.4, 0.02], [8, DIM - 8])
    home = rng.integers(0, CELLS, count)
    away = np.stack([(spread * rng.normal(size=DIM)) @ turns[cell] for cell in home])
    rows = 2 * centres[home] / np.linalg.norm(centres[home], axis=1, keepdims=True) + away
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


VECTORS, QUERIES = np.split(leaning(1700), [1600])


def bare(name: str, vectors: Floats = VECTORS) -> Lopq:
    made = engines.bare(factory.parse(name), vectors)
    assert isinstance(made, Lopq)
    return made


@pytest.fixture(scope="module")
def built() -> Lopq:
    return bare(f"LOPQ{CELLS},PQ4@{CELLS}")


def test_it_finds_more_than_one_rotation_for_all_does(built: Lopq) -> None:
    """The paper's claim, by equal bytes and with every cell looked into."""
    flat = ExactIndex(DIM)
    flat.add(VECTORS)
    truth = flat.search(QUERIES, 10)[1]
    own = recall_at_k(built.search(QUERIES, 10)[1], truth)
    for name in ("PQ4", f"IVF{CELLS},PQ4@{CELLS}", f"OPQ4,IVF{CELLS},PQ4@{CELLS}"):
        other = engines.bare(factory.parse(name), VECTORS)
        assert own > recall_at_k(other.search(QUERIES, 10)[1], truth) + 0.1, name
    assert (built.owners > 0).sum() >= 2 and own > 0.8  # not all clusters are cells


def test_its_distances_are_those_of_the_paper(built: Lopq) -> None:
    scores, rows = built.search(QUERIES[:3], 1600)
    for query, line, found in zip(QUERIES[:3], scores, rows, strict=True):
        assert sorted(found) == list(range(1600))
        for place in (0, 5, 700, 1599):
            assert 2 - 2 * line[place] == pytest.approx(literally(built, query, int(found[place])), abs=1e-4)


def literally(built: Lopq, query: Floats, row: int) -> float:
    """‖R_iᵀ(q − c_i) − q_i(R_iᵀ(x − c_i))‖² and the cell's loss, number by number."""
    centres = built.centres.astype(float)
    cell = min(range(len(centres)), key=lambda i: sum((VECTORS[row][d] - centres[i][d]) ** 2 for d in range(DIM)))
    rotation = built.quantisers[built.owners[cell]].rotation
    books = built.quantisers[built.owners[cell]].books.reshape(4, 256, DIM // 4)

    def turned(vector: Floats) -> list[float]:
        return [sum(float((vector[d] - centres[cell][d]) * rotation[d][a]) for d in range(DIM)) for a in range(DIM)]

    asked, kept, total = turned(query), turned(VECTORS[row]), 0.0
    for piece in range(4):
        axes = range(piece * DIM // 4, (piece + 1) * DIM // 4)
        away = ((books[piece] - [kept[a] for a in axes]) ** 2).sum(axis=1)
        nearest = books[piece][int(away.argmin())]
        total += sum((asked[a] - nearest[n]) ** 2 for n, a in enumerate(axes))
    return total + float(built.losses[cell])


def test_a_cell_s_loss_is_that_of_its_rows(built: Lopq) -> None:
    for cell, rows in enumerate(built.rows):
        quantiser = built.quantisers[built.owners[cell]]
        coded = quantiser.product.decode(built.codes[cell]) @ quantiser.rotation.T + built.centres[cell]
        assert built.losses[cell] == pytest.approx(((VECTORS[rows] - coded) ** 2).sum(axis=1).mean(), rel=1e-3)
    scores, rows = built.search(QUERIES, 1600)
    away = 2 - 2 * scores - ((QUERIES[:, None] - VECTORS[rows]) ** 2).sum(axis=2)
    homes = built.nearest_cells(VECTORS, 1)[:, 0][rows]
    for cell in range(CELLS):
        # distances are those of the vectors, on average; a code book that is shared is none of this cell's means
        assert abs(away[homes == cell].mean()) < (0.02 if built.owners[cell] else 0.25) * built.losses[cell]


def test_one_cell_that_is_not_turned_is_plain_product_codes() -> None:
    centre = np.zeros((1, DIM), np.float32)
    quantiser = lopq.trained(VECTORS, np.eye(DIM, dtype=np.float32), 4)
    one = Lopq(
        "",
        centre,
        [quantiser],
        np.zeros(1, np.int64),
        np.zeros(1, np.float32),
        [np.empty((0, 4), np.uint8)],
        [np.empty(0, np.int64)],
    )
    one.add(VECTORS)
    plain = faiss.IndexPQ(DIM, 4, 8)
    plain.do_polysemous_training = False
    plain.pq.cp.seed, plain.pq.cp.min_points_per_centroid = 1, 1
    plain.train(VECTORS)
    plain.add(VECTORS)
    squared, rows = plain.search(QUERIES, 10)
    scores, found = one.search(QUERIES, 10)
    np.testing.assert_allclose(2 - 2 * scores, squared, atol=1e-5)
    assert (found == rows).mean() > 0.9  # rows of one code lie equally far


def test_a_rotation_turns_and_no_more() -> None:
    residuals = VECTORS[:300] - VECTORS[:300].mean(axis=0)
    turn = lopq.rotation(residuals, 4)
    np.testing.assert_allclose(turn @ turn.T, np.eye(DIM), atol=1e-5)
    spread = np.cov(residuals @ turn, rowvar=False)
    assert np.abs(spread - np.diag(np.diag(spread))).max() < 1e-5  # along the principal axes
    longer = lopq.rotation(residuals, 5)  # 35 numbers of 32
    assert longer.shape == (DIM, 35)
    np.testing.assert_allclose(longer @ longer.T, np.eye(DIM), atol=1e-5)


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_axes_are_dealt_so_that_products_come_out_alike(scale: float) -> None:
    variances = scale * np.array([1, 64, 2, 32, 4, 16, 8, 8.0])
    order = lopq.allocated(variances, 4)
    assert sorted(order) == list(range(8))
    products = variances[order].reshape(4, 2).prod(axis=1) / scale**2
    np.testing.assert_allclose(products, 64)  # 64·1, 32·2, 16·4, 8·8
    assert sorted(lopq.allocated(np.zeros(6), 3)) == list(range(6))  # vectors that are all alike


def test_cells_of_few_share_what_all_residuals_teach() -> None:
    crowd, few = leaning(900, seed=5)[:400], clustered(40, DIM, seed=9)[:12]
    vectors = np.concatenate([crowd, few])
    made = bare("LOPQ6,PQ4", vectors)
    sizes = np.array([len(rows) for rows in made.rows])
    assert ((made.owners > 0) == (sizes >= lopq.LEAST_OWN)).all() and 0 in made.owners
    every = vectors - made.centres[made.nearest_cells(vectors, 1)[:, 0]]
    shared = lopq.trained(every, lopq.rotation(every, 4), 4)
    np.testing.assert_array_equal(made.quantisers[0].books, shared.books)


def test_fewer_than_wanted_and_none(built: Lopq) -> None:
    made = bare("LOPQ2,PQ4@1", VECTORS[:300])
    scores, rows = made.search(QUERIES[:5], 300)
    assert (rows[:, -1] == -1).all() and np.isneginf(scores[rows < 0]).all()  # the other cell was not looked into
    assert all(len(set(line[line >= 0])) == (line >= 0).sum() for line in rows)
    allowed = np.packbits(np.isin(np.arange(1600), [3, 77]), bitorder="little")
    assert {frozenset(line) for line in built.search(QUERIES[:5], 4, allowed)[1].tolist()} == {frozenset({3, 77, -1})}


def test_the_number_of_cells_may_be_left_to_the_size() -> None:
    assert [lopq.open_count(rows) for rows in (300, 1500, 43_690, 10**9)] == [1, 1, 42, 4 * round(10**4.5)]
    assert bare("LOPQ,PQ4").lists == 1


def test_the_study_sees_its_cells(built: Lopq, tmp_path: Path) -> None:
    path = tmp_path / engines.file_of(built.name)
    built.write(path)
    cells = study.read_cells(path)
    assert cells is not None and len(cells) == CELLS
    assert cells.sizes().tolist() == [len(rows) for rows in built.rows] and cells.sizes().sum() == 1600
    cosines, order = cells.nearest(VECTORS[:50])
    assert all(row in cells.rows(int(cell)) for row, cell in enumerate(order[:, 0]))
    away = ((VECTORS[:50, None] - built.centres) ** 2).sum(axis=2)
    assert np.array_equal(order, away.argsort(axis=1)) and np.array_equal(order, built.nearest_cells(VECTORS[:50], CELLS))
    assert cosines[7, 0] == pytest.approx(
        np.vdot(VECTORS[7], built.centres[order[7, 0]]) / np.linalg.norm(built.centres[order[7, 0]])
    )
    engines.build("Forest2", VECTORS[:50])[0].write(tmp_path / "global.npz")
    assert study.read_cells(tmp_path / "global.npz") is None
