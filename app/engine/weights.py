"""Weight files: what `models_store/weights.toml` names, fetched by name and sha256, stored as plain arrays."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine import weights_formats, weights_sources
from app.engine.errors import WeightsError
from app.engine.types import Floats

STORE = Path(__file__).resolve().parents[2] / "models_store"
Arrays = dict[str, Floats]
Download = Callable[[str, int, int], None]  # (name, bytes done, bytes in all)


@dataclass(frozen=True)
class WeightFile:
    """One entry of `weights.toml`, or the card of trained weights.

    `arrays_sha256` is over the stored arrays; empty where the source may change. `supply`: which file to give where none can be
    fetched.
    """

    name: str
    family: str
    about: str
    licence: str
    preprocessing: str
    source: str
    package: str = ""
    archive: str = ""
    megabytes: int = 0
    format: str = "npz"
    supply: str = ""
    archive_sha256: str = ""
    archive_md5: str = ""
    member: str = ""
    member_sha256: str = ""
    arrays_sha256: str = ""
    default: bool = False


@dataclass(frozen=True)
class WeightStore:
    """The folder that holds `weights.toml`, `weights/` and `heads/`."""

    folder: Path = STORE

    @property
    def weights(self) -> Path:
        return self.folder / "weights"

    @property
    def heads(self) -> Path:
        return self.folder / "heads"

    def path(self, name: str) -> Path:
        return self.weights / f"{name}.npz"

    def entries(self) -> dict[str, WeightFile]:
        """Every weight file by name. Raises WeightsError where the manifest cannot be read."""
        manifest = self.folder / "weights.toml"
        try:
            table = tomllib.loads(manifest.read_text(encoding="utf-8"))
            listed = {name: _entry(name, row) for name, row in table.items()}
        except (OSError, tomllib.TOMLDecodeError, TypeError) as error:
            raise WeightsError(f"{manifest} cannot be read: {error}") from error
        return self._trained() | listed

    def _trained(self) -> dict[str, WeightFile]:
        """Weights that were trained here: a card beside the file (`<name>.json`) that says family and preprocessing."""
        found: dict[str, WeightFile] = {}
        for card in sorted(self.weights.glob("*.json")):
            try:
                told = json.loads(card.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue  # no card of ours
            if isinstance(told, dict) and {"family", "preprocessing"} <= set(told):
                said = {key: str(told.get(key, "")) for key in ("family", "about", "licence", "preprocessing", "arrays_sha256")}
                found[card.stem] = WeightFile(name=card.stem, source="trained", **said)  # type: ignore[arg-type]
        return found

    def entry(self, name: str) -> WeightFile:
        """The entry of that name. Raises WeightsError listing the names there are."""
        entries = self.entries()
        if name not in entries:
            raise WeightsError(f"There are no weights named {name!r}; known: {', '.join(entries)}.")
        return entries[name]


def _entry(name: str, row: Mapping[str, object]) -> WeightFile:
    known = {field.name for field in fields(WeightFile)}
    if unknown := set(row) - known:
        raise TypeError(f"[{name}] has unknown keys: {', '.join(sorted(unknown))}")
    return WeightFile(name=name, **row)  # type: ignore[arg-type]


def arrays_digest(arrays: Mapping[str, Floats]) -> str:
    """sha256 (hex) over names, shapes and little-endian float32 bytes, in order of name."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name], dtype="<f4")
        digest.update(f"{name}{array.shape}".encode())
        digest.update(array.data)
    return digest.hexdigest()


def load_arrays(name: str, store: WeightStore | None = None) -> Arrays:
    """The stored arrays of `name`, float32, checked against the manifest.

    Raises WeightsError where they were not fetched yet, are cut, or are others than the manifest names.
    """
    store = store or WeightStore()
    entry = store.entry(name)
    path = store.path(name)
    if not path.exists():
        raise WeightsError(_absent(entry))
    arrays = read_npz(path)
    if entry.arrays_sha256 and arrays_digest(arrays) != entry.arrays_sha256:
        raise WeightsError(f"{path.name} is not what weights.toml names; run: flask weights fetch --again {name}")
    return arrays


def _absent(entry: WeightFile) -> str:
    if entry.source == "supplied":
        return f"The weights are not here: {weights_sources.how_to_supply(entry)}"
    return f"The weights {entry.name} are not here yet; run: flask weights fetch {entry.name}"


def read_npz(path: Path) -> Arrays:
    """Plain arrays of an `.npz`, as float32; nothing is unpickled. Raises WeightsError where the file is damaged."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return {key: np.asarray(file[key], np.float32) for key in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise WeightsError(f"{path.name} is damaged ({error}); delete it and fetch it again.") from error


def write_npz(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write aside, then replace: a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **dict(sorted(arrays.items())))  # type: ignore[arg-type]
        Path(draft).chmod(0o644)
        Path(draft).replace(path)
    finally:
        Path(draft).unlink(missing_ok=True)


def fetch(
    name: str, store: WeightStore | None = None, *, again: bool = False, progress: Download | None = None
) -> Path:
    """Fetch, check, convert and store one weight file; does nothing where it is here already and right.

    Raises WeightsError: unknown name, no network, wrong sha256, a cut file, a pickle that holds more than arrays.
    """
    store = store or WeightStore()
    for _ in fetch_each([name], store, again=again, progress=progress):
        pass
    return store.path(name)


def fetch_each(
    names: Iterable[str], store: WeightStore | None = None, *, again: bool = False, progress: Download | None = None
) -> Iterator[str]:
    """Fetch several, as `fetch` does, each told when it is here; an archive that holds more than one of them is downloaded once."""
    store = store or WeightStore()
    together: dict[str, list[WeightFile]] = {}
    for entry in [store.entry(name) for name in names]:
        if not again and state(entry, store) == "ready":
            yield entry.name
        else:
            together.setdefault(entry.archive_sha256 or entry.archive_md5 or entry.name, []).append(entry)
    for entries in together.values():
        store.weights.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=store.weights, prefix=".fetch-") as scratch:
            archive = weights_sources.download(entries[0], Path(scratch), progress)
            for entry in entries:
                _stored(archive, entry, store)
                yield entry.name


def add(name: str, file: Path, store: WeightStore | None = None) -> Path:
    """Store the weights of a file that the user has: checked, converted and named as if it had been fetched.

    Raises WeightsError: unknown name, a file that is another than the pinned one, or that lacks what the network needs.
    """
    store = store or WeightStore()
    entry = store.entry(name)
    if entry.source == "trained":
        raise WeightsError(f"{name} is trained here, not given; run: flask train encoder FOLDER…")
    store.weights.mkdir(parents=True, exist_ok=True)
    return _stored(file, entry, store)


def _stored(archive: Path, entry: WeightFile, store: WeightStore) -> Path:
    """Check an archive, convert and store what is in it."""
    check_archive(archive, entry)
    arrays = weights_formats.read(archive, entry)
    found = arrays_digest(arrays)
    if entry.arrays_sha256 and found != entry.arrays_sha256:
        raise WeightsError(f"{archive.name} holds other arrays (sha256 {found[:16]}…) than weights.toml names for {entry.name}.")
    write_npz(store.path(entry.name), arrays)
    return store.path(entry.name)


def check_archive(archive: Path, entry: WeightFile) -> None:
    """Raises WeightsError where the file's digest is not the pinned one; a supplied file has none."""
    if entry.source == "supplied":
        return
    kind, expected = ("sha256", entry.archive_sha256) if entry.archive_sha256 else ("md5", entry.archive_md5)
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, kind).hexdigest()
    if found != expected:
        raise WeightsError(
            f"{archive.name} has {kind} {found[:16]}…, but weights.toml names {expected[:16]}…: it was cut or "
            f"exchanged on the way; try again, or through another index."
        )


def state(entry: WeightFile, store: WeightStore) -> str:
    """`ready`, `missing` or `damaged`."""
    if not store.path(entry.name).exists():
        return "missing"
    try:
        load_arrays(entry.name, store)
    except WeightsError:
        return "damaged"
    return "ready"


def status(store: WeightStore | None = None) -> list[dict[str, object]]:
    """One row per weight file: name, family, state, default, licence, size on disk in bytes, pinned sha256."""
    store = store or WeightStore()
    rows: list[dict[str, object]] = []
    for entry in store.entries().values():
        path = store.path(entry.name)
        rows.append({
            "name": entry.name, "family": entry.family, "about": entry.about, "licence": entry.licence,
            "state": state(entry, store), "default": entry.default, "source": entry.source, "supply": entry.supply,
            "sha256": entry.arrays_sha256, "bytes": path.stat().st_size if path.exists() else 0,
        })
    return rows
