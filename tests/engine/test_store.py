"""The descriptor store: what is put comes back, whole or not at all, also from several processes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.engine.store import Arrays, DescriptorStore
from app.settings import ROOT


@pytest.fixture
def store(tmp_path: Path) -> DescriptorStore:
    return DescriptorStore(tmp_path / "deep" / "descriptors.sqlite")


def test_what_is_put_comes_back(store: DescriptorStore) -> None:
    rng = np.random.default_rng(0)
    arrays = {
        "raw": rng.normal(size=(3, 32)).astype(np.float16), "bytes": rng.integers(0, 256, (5, 128), np.uint8),
        "none": np.zeros((0, 4), np.float32), "size": np.array([640, 480]), "turned": rng.normal(size=(4, 6)).T,
    }  # fmt: skip
    store.put("kind", [("aa", arrays)])
    again = store.get("kind", "aa")
    assert set(again) == set(arrays)
    for name, array in arrays.items():
        assert again[name].dtype == array.dtype and again[name].shape == array.shape
        assert (again[name] == array).all()


def test_known_is_by_kind(store: DescriptorStore) -> None:
    one = {"x": np.ones(1)}
    store.put("sift", [("aa", one), ("bb", one)])
    store.put("orb", [("bb", one)])
    assert store.known("sift") == {"aa", "bb"} and store.known("orb") == {"bb"} and store.known("other") == set()
    for kind, sha in (("orb", "aa"), ("sift", "cc")):
        with pytest.raises(KeyError, match=sha):
            store.get(kind, sha)


def test_the_newest_counts(store: DescriptorStore) -> None:
    for value in (1, 2):
        store.put("kind", [("aa", {"x": np.array([value])})])
    assert store.get("kind", "aa")["x"].tolist() == [2]
    assert DescriptorStore(store.path).known("kind") == {"aa"}  # opened again


def test_a_batch_is_stored_whole_or_not_at_all(store: DescriptorStore) -> None:
    def breaks() -> Iterator[tuple[str, Arrays]]:
        yield "aa", {"x": np.ones(1)}
        raise RuntimeError("the lamp went out")

    with pytest.raises(RuntimeError, match="lamp"):
        store.put("kind", breaks())
    assert store.known("kind") == set()


WRITER = """
import sys, numpy as np
from pathlib import Path
from app.engine.store import DescriptorStore
store = DescriptorStore(Path(sys.argv[1]))
for batch in range(20):
    store.put("kind", [(f"{sys.argv[2]}-{batch}-{n}", {"x": np.full(500, batch)}) for n in range(5)])
"""


def test_two_processes_share_a_store(store: DescriptorStore) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(store.path), name], cwd=ROOT) for name in "ab"]
    seen = 0
    while any(writer.poll() is None for writer in writers):
        known = store.known("kind")
        assert len(known) % 5 == 0 and len(known) >= seen  # whole batches only
        seen = len(known)
    assert [writer.returncode for writer in writers] == [0, 0]
    assert len(store.known("kind")) == 200
    assert store.get("kind", "b-19-4")["x"].tolist() == [19] * 500
