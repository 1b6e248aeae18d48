"""A ZIP of pictures, judged by its table of contents before anything is written, then unpacked.

A second call goes on where an earlier one ended.
"""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from app.catalogue.errors import CatalogueFileError
from app.picture_files import is_picture

MAX_FILES = 100_000
MAX_GB = 20.0  # unpacked
MAX_RATIO = 200.0  # of unpacked to packed size of one file; pictures are far below, bombs far above
RATIO_FREE_BYTES = 1_000_000  # small files may pack as well as they like
COPY_BYTES = 1 << 20
STEP = 50  # files between two words on how far it is

Progress = Callable[[str, int, int], None]
Entry = tuple[zipfile.ZipInfo, PurePosixPath]


def check(packed: Path) -> int:
    """How many pictures the ZIP holds. Writes nothing.

    Raises CatalogueFileError for a path that leads outside, for more than the limits allow, and for a file that is no
    ZIP, is damaged, or has no pictures.
    """
    return len(_opened(packed, lambda _archive, entries: entries))


def unpack(packed: Path, folder: Path, progress: Progress | None = None) -> int:
    """Unpack the pictures into `folder`, with the paths that they have in the ZIP; returns how many. Others are left out.

    What an earlier call had unpacked stays. The folder is there only once it is whole. Raises CatalogueFileError.
    """
    begun = folder.with_name(f"{folder.name}.begun")

    def write(archive: zipfile.ZipFile, entries: list[Entry]) -> list[Entry]:
        for count, (entry, path) in enumerate(entries):
            if progress and count % STEP == 0:
                progress("unpacking", count, len(entries))
            target = begun / path
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                _extract(archive, entry, target)
        return entries

    try:
        entries = _opened(packed, write)
    except CatalogueFileError:
        shutil.rmtree(begun, ignore_errors=True)
        raise
    if folder.is_dir():  # somebody made it before
        shutil.copytree(begun, folder, dirs_exist_ok=True)
        shutil.rmtree(begun)
    else:
        begun.rename(folder)
    return len(entries)


def ensure(packed: Path, folder: Path, progress: Progress | None = None) -> None:
    """The ZIP as a folder, unpacked once; then the ZIP is no longer needed. Raises CatalogueFileError."""
    if packed.is_file() and not folder.is_dir():
        unpack(packed, folder, progress)
    packed.unlink(missing_ok=True)


def _opened(packed: Path, use: Callable[[zipfile.ZipFile, list[Entry]], list[Entry]]) -> list[Entry]:
    try:
        with zipfile.ZipFile(packed) as archive:
            entries = use(archive, list(_checked(archive)))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error) as error:
        text = f"The ZIP of pictures cannot be read ({error}); pack it again, without a password."
        raise CatalogueFileError(text) from error
    if not entries:
        raise CatalogueFileError("The ZIP holds no pictures (JPEG, PNG, WebP, HEIC, AVIF, TIFF, GIF or BMP files).")
    return entries


def _checked(archive: zipfile.ZipFile) -> Iterator[Entry]:
    """Every picture's entry with its path."""
    entries = archive.infolist()
    if len(entries) > MAX_FILES:
        raise CatalogueFileError(f"The ZIP holds {len(entries):,} files; at most {MAX_FILES:,} are taken at once.")
    total = sum(entry.file_size for entry in entries)
    if total > MAX_GB * 1e9:
        raise CatalogueFileError(f"The ZIP unpacks to {total / 1e9:.1f} GB; at most {MAX_GB:.0f} GB are taken at once.")
    seen: set[PurePosixPath] = set()
    for entry in entries:
        path = safe_path(entry.filename)
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise CatalogueFileError(f"The ZIP's entry {entry.filename!r} is a link; pack the pictures themselves.")
        if path in seen:
            raise CatalogueFileError(f"The ZIP holds {entry.filename!r} twice; pack it again.")
        seen.add(path)
        if entry.file_size > max(RATIO_FREE_BYTES, entry.compress_size * MAX_RATIO):
            raise CatalogueFileError(f"The ZIP's entry {entry.filename} unpacks to far more than a picture could.")
        if not entry.is_dir() and is_picture(path) and path.parts[0] != "__MACOSX":
            yield entry, path


def safe_path(name: str) -> PurePosixPath:
    """The path of an entry, relative to where it is unpacked. Raises CatalogueFileError if it leads anywhere else."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or not path.parts or ".." in path.parts or ":" in path.parts[0] or "\0" in name:
        raise CatalogueFileError(f"The ZIP's entry {name!r} leads outside the folder; pack the pictures with plain paths.")
    return path


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    """Write one entry, at most as many bytes as its header promised; the file has its name only once it is whole."""
    left, part = entry.file_size, target.with_name(f"{target.name}.part")
    with archive.open(entry) as source, part.open("wb") as out:
        while chunk := source.read(COPY_BYTES):
            left -= len(chunk)
            if left < 0:
                raise CatalogueFileError(f"The ZIP's entry {entry.filename} is larger than it says.")
            out.write(chunk)
    part.rename(target)
