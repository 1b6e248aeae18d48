"""Index builds on disk: written aside, checked, published by one atomic rename, rolled back by name.

    indexes/
      CURRENT                 the name of the published build
      <build-id>/
        manifest.json         fingerprints, counts, recall, sha256 of every file
        global.faiss votes.faiss whitening.npz
        segments/base/        arrays of the pictures that were built
        segments/<n>/         arrays of pictures added since
        changes.json          which added segments count, and which pictures were removed: replaced by one rename per change

A draft carries a leading dot; a crash leaves at most a draft, which the next build of any name may delete.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.engine.errors import BuildError, NoIndexError
from app.engine.index.milvus import Address, forget

CURRENT = "CURRENT"
FORMAT = 1
TIME_DIGITS = len("20260101-120000")  # of a build id


@dataclass(frozen=True)
class Changes:
    """What happened to a build since it was published."""

    serial: int = 0
    segments: tuple[str, ...] = ()
    removed: frozenset[int] = field(default_factory=frozenset)  # picture ids

    def as_json(self) -> dict[str, Any]:
        return {"serial": self.serial, "segments": list(self.segments), "removed": sorted(self.removed)}


class Builds:
    """The builds of one folder; `server`: URL of the one that keeps vectors, if any does."""

    def __init__(self, folder: Path, server: str = "") -> None:
        self.folder, self.server = folder, server

    def address(self, build_id: str) -> Address | None:
        """Where the server keeps the vectors of a build."""
        return Address(self.server, f"pinakes_{build_id.replace('-', '_')}") if self.server else None

    def new_draft(self, preset: str) -> tuple[str, Path]:
        """A new build id, and the folder to write it in; nothing else sees it until `accept`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        safe = "".join(c if c.isalnum() or c in "-_" else "-" for c in preset)
        build_id = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{safe}-{secrets.token_hex(2)}"
        draft = self.folder / f".{build_id}"
        draft.mkdir()
        return build_id, draft

    def accept(self, build_id: str, manifest: dict[str, Any]) -> None:
        """Write the manifest with the hash of every file, make all of it durable, and give the draft its name."""
        draft = self.folder / f".{build_id}"
        files = {str(p.relative_to(draft)): _sha256(p) for p in sorted(draft.rglob("*")) if p.is_file()}
        write_json(draft / "changes.json", Changes().as_json())
        write_json(draft / "manifest.json", {"format": FORMAT, "build_id": build_id, **manifest, "files": files})
        for path in draft.rglob("*"):
            _fsync(path)
        draft.rename(self.folder / build_id)
        _fsync(self.folder)

    def discard(self, build_id: str) -> None:
        shutil.rmtree(self.folder / f".{build_id}", ignore_errors=True)
        self._forget(build_id)

    def check(self, build_id: str) -> None:
        """Raises BuildError naming the first file that is missing or not as it was written."""
        for name, expected in self.manifest(build_id)["files"].items():
            path = self.folder / build_id / name
            if not path.is_file() or _sha256(path) != expected:
                raise BuildError(f"Build {build_id} is damaged: {name} is missing or changed; build again, or roll back.")

    def publish(self, build_id: str) -> None:
        """Make a build the one that is searched, by one rename; its files are checked first."""
        self.check(build_id)
        draft = self.folder / f".{CURRENT}-{secrets.token_hex(4)}"
        draft.write_text(build_id + "\n")
        _fsync(draft)
        draft.replace(self.folder / CURRENT)
        _fsync(self.folder)

    def current(self) -> str:
        """The published build's id. Raises NoIndexError when there is none."""
        name = self.published()
        if not name:
            raise NoIndexError("No index has been built yet; `flask index build` makes one.")
        if not (self.folder / name / "manifest.json").is_file():
            raise BuildError(f"The published build {name} is missing from {self.folder}; roll back or build again.")
        return name

    def published(self) -> str:
        """The id that CURRENT names, whether that build is there or not; empty where nothing was published yet."""
        try:
            return (self.folder / CURRENT).read_text().strip()
        except FileNotFoundError:
            return ""

    def names(self) -> list[str]:
        """All finished builds, oldest first: ids start with the second, within which the manifest's own time decides."""
        if not self.folder.is_dir():
            return []
        manifests = [p / "manifest.json" for p in self.folder.iterdir() if not p.name.startswith(".")]
        made = {path.parent.name: path.stat().st_mtime_ns for path in manifests if path.is_file()}
        return sorted(made, key=lambda name: (name[:TIME_DIGITS], made[name], name))

    def previous(self) -> str:
        """The build before the published one, or the newest where that is gone. Raises BuildError when there is none."""
        names, published = self.names(), self.published()
        if published in names:
            names = names[: names.index(published)]
        if not names:
            raise BuildError(f"There is no build older than {published or 'none'} to go back to; run `flask index build`.")
        return names[-1]

    def manifest(self, build_id: str) -> dict[str, Any]:
        path = self.folder / build_id / "manifest.json"
        try:
            manifest: dict[str, Any] = json.loads(path.read_text())
        except FileNotFoundError:
            raise BuildError(f"There is no build {build_id!r}; known: {', '.join(self.names()) or 'none'}.") from None
        except ValueError:
            raise BuildError(f"Build {build_id} is damaged: manifest.json cannot be read; build again, or roll back.") from None
        if manifest.get("format") != FORMAT:
            raise BuildError(f"Build {build_id} has format {manifest.get('format')}, this version reads {FORMAT}; build again.")
        return manifest

    def changes(self, build_id: str) -> Changes:
        raw = json.loads((self.folder / build_id / "changes.json").read_text())
        return Changes(raw["serial"], tuple(raw["segments"]), frozenset(raw["removed"]))

    def change(
        self, build_id: str, *, segment: str | None = None,
        removed: frozenset[int] = frozenset(), restored: frozenset[int] = frozenset(),
    ) -> None:
        """Count a written segment in, mark pictures as removed or not any more, by one rename. Callers hold the build lock."""
        old, folder = self.changes(build_id), self.folder / build_id
        if segment:
            for path in [*(folder / "segments" / segment).iterdir(), folder / "segments" / segment, folder / "segments"]:
                _fsync(path)
        segments = old.segments + ((segment,) if segment else ())
        write_json(folder / "changes.json", Changes(old.serial + 1, segments, (old.removed | removed) - restored).as_json())

    def prune(self, keep: int) -> list[str]:
        """Delete all but the newest `keep` builds; the published one always stays. Returns the deleted names."""
        names = self.names()
        kept = {*names[-keep:], self.published()}
        gone = [name for name in names if name not in kept]
        for name in gone:
            self._remove(name)
        return gone

    def delete(self, build_id: str) -> None:
        """Delete one build. Raises BuildError where it is published, or there is none of that name. Callers hold the build lock."""
        if build_id == self.published():
            raise BuildError(f"Build {build_id} is searched now, so it is not deleted; publish another first.")
        self.manifest(build_id)
        self._remove(build_id)

    def _remove(self, name: str) -> None:
        draft = self.folder / f".{name}"  # half a build is never seen under its name
        (self.folder / name).rename(draft)
        shutil.rmtree(draft)
        self._forget(name)

    def _forget(self, build_id: str) -> None:
        """Take the build's vectors off the server."""
        if address := self.address(build_id):
            forget(address)

    def discard_drafts(self) -> None:
        """Delete what crashed builds and changes left. Callers hold the build lock, so that no draft is being written."""
        if self.folder.is_dir():
            for path in [*self.folder.glob(".*"), *self.folder.glob("*/.*")]:
                if path.is_dir():
                    shutil.rmtree(path)
                    self._forget(path.name.removeprefix("."))
                else:
                    path.unlink(missing_ok=True)


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write aside, then rename: a reader sees the old file or the new one."""
    draft = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    draft.write_text(json.dumps(value, indent=1))
    _fsync(draft)
    draft.replace(path)


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
