"""Taking a backup of a site that runs: one snapshot of the database, then the files that it names."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, make_url, select

from app.catalogue.models import now
from app.engine.builds import CURRENT, Builds
from app.operations.backup import tables
from app.operations.backup.archive import BackupError, Told, Writer, writing
from app.settings import Settings

NAME = re.compile(r"pinakes-\d{8}-\d{6}\.tar")
LAST = "last-backup.json"
HERE = ("pictures", "uploads", "imports", "indexes")  # taken by what names them, or where they are wanted
LEFT_OUT = re.compile(  # made anew, of this run alone, or somebody's own aside
    r"(thumbnails|logs|health|broker|backups|beat-schedule.*|run\.(lock|json)|index\.lock|backup\.lock|last-backup\.json"
    r"|descriptors\.sqlite.*|.*\.(tmp|part)|before-restore-.*|\..*|pinakes-\d{8}-\d{6}\.tar)"
)


@dataclass(frozen=True)
class Wanted:
    """What a backup is to hold beside the database, the pictures and the published build."""

    descriptors: bool = False
    uploads: bool = True
    imports: bool = True  # tables and pictures that were sent to be imported, which are kept for a week
    all_builds: bool = False


def take(settings: Settings, to: Path, wanted: Wanted | None = None, *, keep: int = 0, told: Told | None = None) -> dict[str, Any]:
    """Write an archive to `to`, a file or a folder; returns what it holds. Raises BackupError, OSError.

    keep: afterwards only so many archives stay in the folder, the newest; 0 removes none.
    """
    wanted, tell = wanted or Wanted(), told or (lambda stage, done, total: None)
    path = to / f"pinakes-{now():%Y%m%d-%H%M%S}.tar" if to.is_dir() else to
    if keep and not to.is_dir():
        raise BackupError(f"--keep needs a folder, and {to} is none; make it first.")
    if path.exists():
        raise BackupError(f"{path} is there already; give another name, or a folder.")
    if not path.parent.is_dir():
        raise BackupError(f"There is no folder {path.parent}; make it first.")
    with _alone(settings.instance), _workplace(settings.instance) as aside, writing(path) as archive:
        manifest = _written(settings, archive, wanted, aside, tell)
    gone = rotate(path.parent, keep) if keep else []
    size = path.stat().st_size
    (settings.instance / LAST).write_text(json.dumps({"at": time.time(), "file": str(path), "bytes": size}))
    return {
        "file": str(path), "bytes": size, "revision": manifest["revision"], "rows": manifest["rows"],
        "pictures": manifest["pictures"], "missing": manifest["missing"], "build": manifest["build"],
        "members": len(manifest["members"]), "removed": [one.name for one in gone],
    }  # fmt: skip


def last(settings: Settings) -> dict[str, Any] | None:
    """When this instance was last backed up (`at`, seconds since 1970), into which `file` of how many `bytes`; None: never."""
    try:
        said = json.loads((settings.instance / LAST).read_text())
        return {"at": float(said["at"]), "file": str(said["file"]), "bytes": int(said["bytes"])}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _written(settings: Settings, archive: Writer, wanted: Wanted, aside: Path, tell: Told) -> dict[str, Any]:
    from app.diagnosis import masked

    with tables.snapshot(settings.database) as connection:
        builds = _builds(settings, aside, wanted.all_builds)  # as they are when the database is looked at
        pictures, rows = _pictures(connection), _rows(connection, archive, aside, tell)
        revision, dialect = tables.revision(connection), connection.dialect.name
    missing = []
    for number, name in enumerate(pictures):
        if not _added(archive, f"files/pictures/{name}", settings.pictures_dir / name):
            missing.append(name)
        tell("pictures", number + 1, len(pictures))
    others = [*builds, *_others(settings, wanted), *(_descriptors(settings, aside) if wanted.descriptors else [])]
    for number, (name, path) in enumerate(others):
        _added(archive, f"files/{name}", path)
        tell("files", number + 1, len(others))
    return archive.close(
        revision=revision, dialect=dialect, rows=rows, pictures=len(pictures) - len(missing), missing=missing,
        build=Builds(aside / "indexes").published(), settings={name: row["value"] for name, row in masked(settings).items()},
    )  # fmt: skip


def _rows(connection: Connection, archive: Writer, aside: Path, tell: Told) -> dict[str, int]:
    counted = {}
    for name, table in tables.reflected(connection).items():
        path = aside / f"{name}.jsonl.gz"
        counted[name] = tables.dump(connection, table, path, lambda of, count: tell(f"rows of {of}", count, 0))
        archive.add(f"database/{path.name}", path)
        path.unlink()
    return counted


def _pictures(connection: Connection) -> list[str]:
    """Files of the pictures that the snapshot names, relative to `pictures/`."""
    table = tables.reflected(connection).get("pictures")
    if table is None:
        return []
    return sorted(set(connection.execute(select(table.c.path)).scalars()))


def _builds(settings: Settings, aside: Path, every: bool) -> list[tuple[str, Path]]:
    """Files of the published build, or of all: linked aside, so that nobody prunes or changes them while they are copied."""
    shelf = Builds(settings.indexes_dir)
    published = shelf.published()
    names = [name for name in shelf.names() if every or name == published]
    if published not in names:
        return []
    (aside / "indexes").mkdir()
    (aside / "indexes" / CURRENT).write_text(published + "\n")
    found = [(f"indexes/{CURRENT}", aside / "indexes" / CURRENT)]
    for name in names:
        # what counts is said by changes.json: it comes first, so that every segment that it names is there
        files = sorted(_files(shelf.folder / name), key=lambda path: (path.name != "changes.json", path))
        for path in files:
            inner = f"indexes/{path.relative_to(shelf.folder).as_posix()}"
            found.append((inner, _linked(path, aside / inner)))
    return found


def _linked(path: Path, to: Path) -> Path:
    """A second name of the file; the file itself where the disk knows no links."""
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, to)
    except OSError:
        return path
    return to


def _others(settings: Settings, wanted: Wanted) -> list[tuple[str, Path]]:
    """All other files of the instance that cannot be made anew.

    Secrets, trained heads, the demo's examples, saved sets of photos; visitors' photos and files of imports, if wanted.
    """
    own_database = _database_files(settings)
    roots = [
        path
        for path in sorted(settings.instance.iterdir())
        if path.name not in HERE and path not in own_database and not LEFT_OUT.fullmatch(path.name)
    ]
    roots += [settings.uploads_dir] if wanted.uploads else []
    roots += [settings.instance / "imports"] if wanted.imports else []
    files = [file for root in roots for file in ([root] if root.is_file() else _files(root))]
    return [(path.relative_to(settings.instance).as_posix(), path) for path in files]


def _descriptors(settings: Settings, aside: Path) -> list[tuple[str, Path]]:
    """A copy of the descriptors as they are now, by SQLite's own backup: a re-index may be writing."""
    path = settings.descriptors_path
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(aside / path.name)) as copy:
        source.backup(copy, pages=4096)
    return [(path.name, aside / path.name)]


def _database_files(settings: Settings) -> set[Path]:
    """The database and what SQLite keeps beside it; none of another server's."""
    url = make_url(settings.database)
    if url.get_backend_name() != "sqlite" or not url.database:
        return set()
    return {Path(url.database + end) for end in ("", "-wal", "-shm", "-journal")}


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(root, name) for name in sorted(files) if not name.startswith(".") and Path(root, name).is_file())


def _added(archive: Writer, name: str, path: Path) -> bool:
    """Whether the file was there: a visitor may delete a photo at any time."""
    try:
        archive.add(name, path)
    except FileNotFoundError:
        return False
    return True


def rotate(folder: Path, keep: int) -> list[Path]:
    """Remove all but the newest archives of a folder, by the time in their names; returns those removed."""
    found = sorted(path for path in folder.iterdir() if NAME.fullmatch(path.name))
    gone = found[: max(0, len(found) - keep)]
    for path in gone:
        path.unlink()
    return gone


@contextmanager
def _alone(instance: Path) -> Iterator[None]:
    with (instance / "backup.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BackupError("Another backup of this instance is being taken; wait for it.") from None
        yield


@contextmanager
def _workplace(instance: Path) -> Iterator[Path]:
    """A folder on the instance's own disk, where second names of files can be made."""
    folder = Path(tempfile.mkdtemp(prefix=".backup-", dir=instance))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
