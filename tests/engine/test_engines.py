"""Engines by factory string: each against exact search and against filtering by hand, written and opened, and what is no engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.engine import gallery
from app.engine.errors import PresetError
from app.engine.index import VectorIndex, engines, factory, faiss_index, recall_at_k
from app.engine.index.exact import ExactIndex
from app.engine.index.faiss_index import FaissIndex
from app.engine.index.second_pass import SecondPass
from app.engine.presets import search_preset
from app.engine.types import Floats, Ints
from tests.engine.small_builds import CHANNELS, indexer, pictures, without_training
from tests.engine.test_vector_index import clustered

ROWS, DIM = 600, 36
FULL = ("Flat", "IVF12,Flat", "IVF,Flat", "HNSW16", "Forest8")
CODED = ("IVF12,PQ9", "PQ9", "OPQ9,IVF12,PQ9", "OPQ9,PQ9", "HNSW16_PQ9", "PQ5", "LOPQ2,PQ9", "LOPQ12,PQ5")  # 5 does not divide 36
VECTORS, QUERIES = np.split(clustered(ROWS + 40, DIM), [ROWS])


def truth(k: int = 10) -> Ints:
    flat = ExactIndex(DIM)
    flat.add(VECTORS)
    return flat.search(QUERIES, k)[1]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    with faiss_index.one_thread():  # others may be using the cores
        yield


@pytest.fixture(scope="module")
def built() -> dict[str, tuple[VectorIndex, float]]:
    return {name: engines.build(name, VECTORS) for name in (*FULL, *CODED)}


@pytest.mark.parametrize("name", [*FULL, *CODED])
def test_each_engine_finds_what_exact_search_finds(name: str, built: dict[str, tuple[VectorIndex, float]]) -> None:
    index, recall = built[name]
    assert index.name == name and len(index) == ROWS and recall >= 0.97
    scores, rows = index.search(QUERIES, 10)
    assert scores.dtype == np.float32 and rows.dtype == np.int64 and (np.diff(scores, axis=1) <= 1e-6).all()
    assert recall_at_k(rows, truth()) >= 0.95
    np.testing.assert_allclose(scores, np.einsum("nd,nkd->nk", QUERIES, VECTORS[rows]), atol=1e-4)  # cosines, not distances


@pytest.mark.parametrize("name", [*FULL, *CODED])
def test_what_is_not_allowed_is_not_found(name: str, built: dict[str, tuple[VectorIndex, float]]) -> None:
    may = np.random.default_rng(3).random(ROWS) < 0.5
    found = built[name][0].search(QUERIES, 5, np.packbits(may, bitorder="little"))[1]
    by_hand = np.flatnonzero(may)[np.argsort(-(QUERIES @ VECTORS[may].T), axis=1)[:, :5]]
    assert may[found].all() and recall_at_k(found, by_hand) >= 0.9
    nothing = built[name][0].search(QUERIES[:2], 5, np.zeros(-(-ROWS // 8), np.uint8))[1]
    assert (nothing == -1).all()


@pytest.mark.parametrize("name", [*FULL, *CODED])
def test_written_opened_and_added_to(name: str, built: dict[str, tuple[VectorIndex, float]], tmp_path: Path) -> None:
    index = built[name][0]
    index.write(tmp_path / engines.file_of(name))
    again = engines.read(tmp_path, name, index.effort, VECTORS)
    for first, second in zip(index.search(QUERIES, 7), again.search(QUERIES, 7), strict=True):
        assert np.array_equal(first, second)
    assert (again.lists, again.effort) == (index.lists, index.effort)
    again.add(QUERIES)
    assert len(again) == ROWS + len(QUERIES)
    assert again.search(QUERIES, 1)[1].ravel().tolist() == list(range(ROWS, ROWS + len(QUERIES)))


@pytest.mark.parametrize("name", ["HNSW16", "OPQ9,IVF12,PQ9", "Forest8", "LOPQ2,PQ9"])
def test_the_same_vectors_make_the_same_engine(name: str, built: dict[str, tuple[VectorIndex, float]]) -> None:
    for first, second in zip(built[name][0].search(QUERIES, 10), engines.build(name, VECTORS)[0].search(QUERIES, 10), strict=True):
        assert np.array_equal(first, second)


def test_the_lists_that_are_looked_into_hold_the_neighbours() -> None:
    rows = np.random.default_rng(5).normal(size=(ROWS, 12))
    hard = np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)  # neighbours lie across borders
    flat, recall = engines.build("IVF12,Flat", hard)
    assert isinstance(flat, FaissIndex) and 1 < flat.effort < 12 and recall >= 0.99
    fewer = FaissIndex("", flat.index, flat.effort - 1)
    asked, near = engines._strange(hard, ROWS, 0)
    assert recall_at_k(fewer.search(asked, 10)[1], near) < 0.99 <= recall_at_k(flat.search(asked, 10)[1], near)
    assert 0.7 < (asked @ hard.T).max(axis=1).mean() < 0.95  # near a row, and none


def test_codes_alone_lose_what_the_second_pass_brings_back(built: dict[str, tuple[VectorIndex, float]]) -> None:
    both = built["IVF12,PQ9"][0]
    assert isinstance(both, SecondPass)
    alone = recall_at_k(both.index.search(QUERIES, 10)[1], truth())
    assert alone < 0.9 < recall_at_k(both.search(QUERIES, 10)[1], truth())


def test_a_second_pass_reaches_into_every_block() -> None:
    flat = ExactIndex(DIM)
    passes = SecondPass(flat, [])
    for block in (VECTORS[:100], VECTORS[100:130], VECTORS[130:]):
        passes.add(block)
    scores, rows = passes.search(QUERIES, 10)
    assert np.array_equal(rows, truth())
    np.testing.assert_allclose(scores, -np.sort(-(QUERIES @ VECTORS.T), axis=1)[:, :10], atol=1e-5)


def test_effort_may_be_written() -> None:
    assert factory.parse("IVF100,PQ8@4").effort == 4
    assert engines.build("HNSW8@33", VECTORS[:50])[0].effort == 33


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("IVF100", ["no search engine 'IVF100'", "IVF100,PQ8", "HNSW32"]),
        ("Annoy50", ["Forest50 is its method"]),
        ("flat", ["no search engine"]),
        ("IVF0,Flat", ["0 for its lists"]),
        ("LOPQ0,PQ8", ["0 for its lists"]),
        ("LOPQ16,Flat", ["no search engine", "LOPQ16,PQ64"]),
        ("OPQ64,IVF100,PQ8", ["OPQ64", "write OPQ8, or PQ64"]),
        ("OPQ8,IVF9,Flat", ["write PQ8 in place of Flat"]),
        ("HNSW1", ["1 links a node", "4 to 256"]),
        ("Forest9000", ["9000 trees"]),
    ],
)
def test_what_is_no_engine_gets_a_sentence(name: str, parts: list[str]) -> None:
    with pytest.raises(PresetError) as caught:
        factory.parse(name)
    assert all(part in str(caught.value) for part in parts), caught.value


@pytest.mark.parametrize(
    ("name", "rows", "parts"),
    [
        ("IVF100,PQ8", 90, ["needs 256 vectors", "there are 90", "use Flat"]),
        ("IVF300,PQ8", 280, ["needs 300 vectors", "there are 280"]),
        ("LOPQ16,PQ8", 90, ["LOPQ16,PQ8 needs 256 vectors", "there are 90"]),
        ("IVF100,Flat", 90, ["needs 100 vectors"]),
        ("PQ64", 600, ["64 bytes", "36 numbers"]),
    ],
)
def test_too_few_vectors_get_a_sentence(name: str, rows: int, parts: list[str]) -> None:
    vectors: Floats = VECTORS[:rows]
    with pytest.raises(PresetError) as caught:
        engines.build(name, vectors)
    assert all(part in str(caught.value) for part in parts), caught.value


def test_short_codes_are_warned_of() -> None:
    assert "8 bytes of 512 numbers, one byte for 64" in factory.coarse(factory.parse("IVF100,PQ8"), 512)
    assert not factory.coarse(factory.parse("PQ64"), 512) and not factory.coarse(factory.parse("HNSW32"), 512)


@pytest.mark.parametrize("name", ["HNSW8", "Forest2", "Flat"])
def test_a_preset_names_its_engine(name: str, tmp_path: Path) -> None:
    preset = replace(without_training(), engine=name)
    one = indexer(tmp_path, preset=preset)
    report = one.build(pictures(*range(1, 7)))
    manifest = one.builds.manifest(report.build_id)
    assert (manifest["engine"], manifest["lists"], report.recall_at_10) == (name, 0, 1.0)
    one.add(pictures(7))
    opened = gallery.load(one.builds, report.build_id)
    assert opened.vectors.name == name and len(opened.vectors) == 7
    query = opened.parts[1].vectors[:1]
    assert query.shape == (1, CHANNELS)
    assert opened.by_vector(query, 1, gallery.EVERYTHING)[0][0] == 6  # the added picture finds itself


def test_the_default_build_is_what_it_was() -> None:
    default = search_preset("default")
    assert default.engine == "" and default.build_fingerprint == "a39967e49303194d"
    assert replace(default, engine="HNSW32").build_fingerprint != default.build_fingerprint
