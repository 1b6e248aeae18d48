"""Vectors on a Milvus server: a real one over the wire (Milvus Lite), against exact search, lost, filled again, and taken away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.engine import gallery
from app.engine.builds import Builds
from app.engine.errors import BuildError, PresetError
from app.engine.index import engines, milvus, recall_at_k
from app.engine.index.exact import ExactIndex
from app.engine.index.milvus import Address, MilvusIndex
from app.engine.types import Floats, Ints
from app.settings import Settings
from tests.engine.small_builds import indexer, pictures, without_training
from tests.engine.test_vector_index import clustered

ROWS, ADDED, DIM = 600, 30, 36
VECTORS, LATER, QUERIES = np.split(clustered(ROWS + ADDED + 40, DIM), [ROWS, ROWS + ADDED])
NOBODY = Address("milvus://127.0.0.1:9", "pinakes_nobody")  # the port of discard: nothing answers there


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from milvus_lite.adapter.grpc.server import start_server_in_thread

    server, database, port = start_server_in_thread(data_dir=str(tmp_path_factory.mktemp("milvus")), host="127.0.0.1", port=0)
    yield f"milvus://127.0.0.1:{port}"
    server.stop(grace=0)
    database.close()


@pytest.fixture(scope="module")
def built(url: str) -> MilvusIndex:
    index, recall = engines.build("", VECTORS, at=Address(url, "pinakes_test"))
    assert isinstance(index, MilvusIndex) and recall >= 0.97 and index.effort
    return index


def truth(vectors: Floats, may: np.ndarray | None = None, k: int = 10) -> tuple[Floats, Ints]:
    flat = ExactIndex(DIM)
    flat.add(np.ascontiguousarray(vectors))
    return flat.search(QUERIES, k, None if may is None else np.packbits(may, bitorder="little"))


def test_it_finds_what_exact_search_finds(built: MilvusIndex) -> None:
    scores, rows = built.search(QUERIES, 10)
    assert scores.dtype == np.float32 and rows.dtype == np.int64 and (np.diff(scores, axis=1) <= 1e-6).all()
    assert recall_at_k(rows, truth(VECTORS)[1]) >= 0.97
    np.testing.assert_allclose(scores, np.einsum("nd,nkd->nk", QUERIES, VECTORS[rows]), atol=1e-4)
    assert built._silent_until == 0.0, "the server answered, and not the vectors here"


def test_what_was_added_is_found_and_what_is_not_allowed_is_not(url: str, built: MilvusIndex) -> None:
    index = MilvusIndex(built.address, [VECTORS], built.effort)
    index.add(LATER)
    assert len(index) == ROWS + ADDED
    everything, may = np.concatenate([VECTORS, LATER]), np.random.default_rng(3).random(ROWS + ADDED) < 0.7
    rows = index.search(QUERIES, 10, np.packbits(may, bitorder="little"))[1]
    assert may[rows].all() and (rows >= ROWS).any() and recall_at_k(rows, truth(everything, may)[1]) >= 0.97
    few = np.arange(ROWS + ADDED) < 3
    scores, rows = index.search(QUERIES[:2], 5, np.packbits(few, bitorder="little"))
    assert (np.sort(rows[:, :3]) == [0, 1, 2]).all() and (rows[:, 3:] == -1).all() and np.isinf(scores[:, 3:]).all()


def test_photos_are_answered_while_the_server_does_not(built: MilvusIndex) -> None:
    index = milvus.read(VECTORS, built.effort, NOBODY)
    index.add(LATER)
    index._silent_until = 0.0  # as after the pause: it is asked again, in vain
    scores, rows = index.search(QUERIES, 10)
    wanted = truth(np.concatenate([VECTORS, LATER]))
    np.testing.assert_array_equal(rows, wanted[1])
    np.testing.assert_allclose(scores, wanted[0], atol=1e-5)
    assert index._silent_until > 0
    np.testing.assert_array_equal(MilvusIndex(None, [VECTORS]).search(QUERIES, 10)[1], truth(VECTORS)[1])


def test_a_build_goes_to_the_server_and_comes_back_when_it_was_lost(url: str, tmp_path: Path) -> None:
    maker = indexer(tmp_path, preset=without_training())
    maker.builds = Builds(tmp_path / "indexes", url)
    report = maker.build(pictures(*range(1, 9)))
    address = maker.builds.address(report.build_id)
    assert address is not None and milvus.held(address) == 8 and report.recall_at_10 == 1.0
    assert maker.builds.manifest(report.build_id)["engine"] == "Milvus"
    address.connect(5).drop_collection(address.collection)
    opened = gallery.load(maker.builds, report.build_id)
    assert milvus.held(address) == 8, "filled again from the build"
    query = opened._vectors_of(2)
    assert opened.by_vector(query, 4, opened.allowed())[0] == (2, pytest.approx(1.0, abs=1e-4))
    without_server = gallery.load(Builds(tmp_path / "indexes"), report.build_id)
    assert without_server.by_vector(query, 4, opened.allowed())[0][0] == 2
    second = maker.build(pictures(*range(1, 9)))
    maker.builds.delete(report.build_id)
    assert milvus.held(address) == 0 and milvus.held(maker.builds.address(second.build_id) or NOBODY) == 8


def test_a_build_that_the_server_does_not_take_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    maker = indexer(tmp_path, preset=replace(without_training(), engine="Milvus"))
    with pytest.raises(PresetError, match="PINAKES_INDEX_URL"):
        maker.build(pictures(1, 2, 3))
    maker.builds = Builds(tmp_path / "indexes", "milvus://somebody:secret@127.0.0.1:9")
    with pytest.raises(BuildError, match="127.0.0.1:9") as told:
        maker.build(pictures(1, 2, 3))
    assert "secret" not in str(told.value) and maker.builds.names() == []


def test_the_server_is_asked_how_it_is(url: str) -> None:
    assert milvus.trouble(url) == ""
    assert "127.0.0.1:9" in milvus.trouble("milvus://somebody:secret@127.0.0.1:9") and "secret" not in milvus.trouble(NOBODY.url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:19530", "milvus:///nowhere", "milvus://127.0.0.1/museum?x=1"])
def test_an_address_that_is_none_stops_the_start(url: str) -> None:
    with pytest.raises(ValueError, match="milvus://"):
        Settings(index_url=url)
