"""Cells, layers and the map of an index, against what NumPy says of the same vectors."""

from __future__ import annotations

from collections.abc import Iterator

import faiss
import numpy as np
import pytest

from app.engine import layout
from app.engine.index import engines, inverted_file, study
from app.engine.index.faiss_index import FaissIndex, one_thread
from app.engine.types import Floats
from tests.engine.test_vector_index import clustered


@pytest.fixture(scope="module", autouse=True)
def alone() -> Iterator[None]:
    with one_thread():
        yield


def test_cells_are_what_numpy_says() -> None:
    vectors = clustered(400, 16)
    cells = study.cells_of(inverted_file.build(vectors)[0].index)
    assert cells is not None
    sizes = cells.sizes()
    assert sizes.sum() == 400 and len(sizes) == len(cells) == 10
    centres = cells.inner.quantizer.reconstruct_n(0, 10)
    by_hand = (vectors @ centres.T).argmax(axis=1)
    for cell in range(10):
        assert sorted(cells.rows(cell)) == np.flatnonzero(by_hand == cell).tolist()
    cosines, order = cells.nearest(vectors[:5])
    assert order[:, 0].tolist() == by_hand[:5].tolist()
    units = centres / np.linalg.norm(centres, axis=1)[:, None]
    np.testing.assert_allclose(cosines[0], units[order[0]] @ vectors[0], atol=1e-5)


def test_cells_behind_a_rotation_and_engines_without() -> None:
    vectors = clustered(300, 16)
    made = engines.filled(engines.parse("OPQ4,IVF6,PQ4"), vectors)
    assert isinstance(made, FaissIndex)
    cells = study.cells_of(made.index)
    assert cells is not None and cells.sizes().sum() == 300
    first = cells.nearest(vectors)[1][:, 0]
    assert all(row in cells.rows(int(cell)) for row, cell in enumerate(first[:20]))
    assert study.cells_of(faiss.IndexFlatIP(16)) is None


def test_layers_are_counted() -> None:
    found = study.layers(clustered(500, 16), links=4)
    assert found.nodes[0] == found.rows == 500 and (np.diff(found.nodes) < 0).all() and len(found.nodes) >= 3
    assert found.degrees.sum() == 500 and len(found.degrees) == 9 and found.degrees[0] == 0


def test_near_vectors_are_near_on_the_map(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(4, 12)) * 3
    rows = np.repeat(centres, 40, axis=0) + rng.normal(size=(160, 12))
    vectors: Floats = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    places, chosen = layout.layout(vectors)
    assert places.shape == (160, 2) and places.min() >= 0 and places.max() <= 1 and len(chosen) == 160
    group = np.repeat(np.arange(4), 40)

    def purity(places: Floats) -> float:
        apart = ((places[:, None] - places[None]) ** 2).sum(axis=2)
        np.fill_diagonal(apart, np.inf)
        return float((group[apart.argsort(axis=1)[:, :10]] == group[:, None]).mean())

    assert purity(places) > 0.95
    assert np.array_equal(places, layout.layout(vectors)[0])
    monkeypatch.setattr(layout, "LANDMARKS", 80)
    assert purity(layout.layout(vectors)[0]) > 0.9  # half of them placed among the others


@pytest.mark.parametrize("count", [1, 2, 4, 6])
def test_few_vectors_have_a_map(count: int) -> None:
    places = layout.layout(clustered(count, 8))[0]
    assert places.shape == (count, 2) and np.isfinite(places).all() and 0 <= places.min() <= places.max() <= 1
    assert len(np.unique(places, axis=0)) == count


def test_joint_probabilities_have_the_perplexity_that_was_asked_for() -> None:
    squared = np.maximum(2 - 2 * clustered(60, 8) @ clustered(60, 8).T, 0).astype(np.float64)
    np.fill_diagonal(squared, np.inf)
    given = layout._given(squared, np.log(10.0))
    entropy = -(given * np.log(np.maximum(given, 1e-300))).sum(axis=1)
    np.testing.assert_allclose(np.exp(entropy), 10, rtol=1e-2)
    assert layout.joint(clustered(60, 8), 10.0).sum() == pytest.approx(1, abs=1e-4)
