"""The archive itself: written as a stream with a hash of every member, read back with every hash checked."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any

from app.catalogue.models import now

FORMAT = 1
MANIFEST = "manifest.json"
COPY_BYTES = 1 << 20
MANIFEST_MOST_BYTES = 256 << 20
Told = Callable[[str, int, int], None]  # stage, done, total


class BackupError(ValueError):
    """A backup cannot be taken or restored; one sentence with the way out."""


class _Hashing(io.RawIOBase):
    """A reader that hashes what goes through it."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source, self.hash, self.count = source, hashlib.sha256(), 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self.source.read(size)
        self.hash.update(data)
        self.count += len(data)
        return data


@dataclass
class Writer:
    """Adds members to an open archive and keeps their hashes."""

    tar: tarfile.TarFile
    members: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, name: str, path: Path) -> None:
        """Add a file under a name. Raises OSError where it cannot be read, FileNotFoundError before anything is written."""
        with path.open("rb") as source:
            status = os.fstat(source.fileno())
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = status.st_size, int(status.st_mtime), status.st_mode & 0o777
            reader = _Hashing(source)
            self.tar.addfile(entry, reader)
        self.members[name] = {"sha256": reader.hash.hexdigest(), "size": entry.size}

    def close(self, **facts: Any) -> dict[str, Any]:
        """Add the manifest, which makes the archive whole; returns it."""
        manifest = {"format": FORMAT, "created": f"{now().isoformat(timespec='seconds')}Z", **facts, "members": self.members}
        data = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mtime = len(data), int(now().timestamp())
        self.tar.addfile(entry, io.BytesIO(data))
        return manifest


@contextmanager
def writing(path: Path) -> Iterator[Writer]:
    """An archive that has its name only once it is whole and on the disk; one that fails leaves nothing."""
    draft = path.with_name(f"{path.name}.part")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # it holds secrets and addresses
    try:
        with os.fdopen(handle, "wb") as out:
            with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar:
                yield Writer(tar)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def read(path: Path, take: Callable[[str, IO[bytes]], None] | None = None, told: Told | None = None) -> dict[str, Any]:
    """Read an archive through, hash every member against the manifest and return that. Raises BackupError where anything differs.

    `take` is handed each member as it passes, before the archive is known to be whole: what it writes is a draft.
    """
    found: dict[str, dict[str, Any]] = {}
    manifest: dict[str, Any] | None = None
    size, passed = path.stat().st_size, 0
    try:
        with tarfile.open(path, "r|") as tar:
            for entry in tar:
                source = tar.extractfile(entry)
                if source is None or manifest is not None:
                    raise BackupError(f"{path} holds {entry.name!r}, which is no part of a backup.")
                if entry.name == MANIFEST:
                    manifest = _manifest(path, source.read(MANIFEST_MOST_BYTES))
                    continue
                found[safe(path, entry.name)] = _passed(source, entry.name, take)
                passed += entry.size
                if told:
                    told("read", passed, size)
    except (tarfile.TarError, EOFError) as error:
        raise BackupError(f"{path} is not whole or no backup ({error}); take an older one.") from error
    if manifest is None:
        raise BackupError(f"{path} is not whole: it ends before its manifest; take an older one.")
    wrong = sorted(name for name in found.keys() | manifest["members"].keys() if found.get(name) != manifest["members"].get(name))
    if wrong:
        raise BackupError(f"{path} is damaged: {wrong[0]} is not as it was written ({len(wrong)} such); take an older one.")
    return manifest


def _passed(source: IO[bytes], name: str, take: Callable[[str, IO[bytes]], None] | None) -> dict[str, Any]:
    reader = _Hashing(source)
    if take:
        take(name, reader)  # type: ignore[arg-type]
    while reader.read(COPY_BYTES):
        pass  # what was not taken is hashed all the same
    return {"sha256": reader.hash.hexdigest(), "size": reader.count}


def _manifest(path: Path, data: bytes) -> dict[str, Any]:
    try:
        manifest = json.loads(data)
        known = manifest["format"] == FORMAT and isinstance(manifest["members"], dict)
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{path} is damaged: its manifest cannot be read; take an older one.") from error
    if not known:
        raise BackupError(f"{path} has format {manifest.get('format')}, this version reads {FORMAT}; update Pinakes first.")
    found: dict[str, Any] = manifest
    return found


def safe(path: Path, name: str) -> str:
    """The member's name, where it leads nowhere else. Raises BackupError."""
    parts = PurePosixPath(name)
    if parts.is_absolute() or ".." in parts.parts or parts.parts[:1] not in (("database",), ("files",)) or "\0" in name:
        raise BackupError(f"{path} holds {name!r}, which is no part of a backup.")
    return name
