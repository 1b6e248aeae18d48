"""Files on their way into an import: a catalogue file and a ZIP of pictures, checked before anything is unpacked."""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from werkzeug.datastructures import FileStorage
from werkzeug.utils import secure_filename

from app.language import decimal, thousands
from app.language import gettext as _
from app.sentences import N_
from app.usage.models import new_id

CATALOGUE_MAX_MB = 500
TABLES_MOST = 12
ZIP_MAX_FILES = 100_000
ZIP_MAX_GB = 20.0  # unpacked
ZIP_MAX_RATIO = 200.0  # of unpacked to packed size of one file; pictures are far below, bombs far above
RATIO_FREE_BYTES = 1_000_000  # small files may pack as well as they like
UPLOAD_MAX_MB = 4096  # the whole request
PICTURE_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif", ".tif", ".tiff", ".gif", ".bmp")
)
COPY_BYTES = 1 << 20


class UploadError(ValueError):
    """What was sent cannot be used; the message is one sentence that names it."""


def receive(catalogue: list[FileStorage], pictures: FileStorage | None, folder: Path) -> tuple[list[Path], Path | None]:
    """Keep the tables and unpack the pictures in a new folder below `folder`; (files, pictures' folder or None).

    Raises UploadError; then nothing is kept.
    """
    given = [one for one in catalogue if one.filename]
    if not given:
        raise UploadError(_("Choose the catalogue file, then start again."))
    if len(given) > TABLES_MOST:
        raise UploadError(_("At most %(most)s tables are taken at once.", most=TABLES_MOST))
    home = folder / new_id()
    home.mkdir(parents=True)
    try:
        files = [home / (secure_filename(one.filename or "") or f"catalogue-{number}.csv") for number, one in enumerate(given)]
        for source, file in zip(given, files, strict=True):
            _copy(source, file)
        images = _unpacked(pictures, home) if pictures is not None and pictures.filename else None
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise
    return files, images


def _copy(source: FileStorage, target: Path) -> None:
    source.save(target)
    size = target.stat().st_size
    if not size:
        raise UploadError(_("%(file)s is empty.", file=source.filename))
    if size > CATALOGUE_MAX_MB << 20:
        sentence = N_("%(file)s has %(found)s MB; a catalogue file may have %(most)s MB.")
        raise UploadError(_(sentence, file=source.filename, found=size >> 20, most=CATALOGUE_MAX_MB))


def _unpacked(source: FileStorage, home: Path) -> Path:
    packed, images = home / "pictures.zip", home / "pictures"
    source.save(packed)
    images.mkdir()
    unpack(packed, images)
    packed.unlink()
    return images


def unpack(packed: Path, folder: Path) -> int:
    """Unpack the pictures of a ZIP below `folder`, with the paths that they have in it; returns how many.

    Entries that are no pictures are left out. Raises UploadError for a path that leads outside, for more than the
    limits allow, and for a file that is no ZIP or is damaged.
    """
    try:
        with zipfile.ZipFile(packed) as archive:
            entries = list(_checked(archive))
            for entry, path in entries:
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                _extract(archive, entry, target)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error) as error:
        sentence = N_("The ZIP of pictures cannot be read (%(reason)s); pack it again, without a password.")
        raise UploadError(_(sentence, reason=error)) from error
    if not entries:
        raise UploadError(_("The ZIP holds no pictures (JPEG, PNG, WebP, HEIC, AVIF, TIFF, GIF or BMP files)."))
    return len(entries)


def _checked(archive: zipfile.ZipFile) -> Iterator[tuple[zipfile.ZipInfo, PurePosixPath]]:
    """Every picture's entry with its path. Raises UploadError before anything is written."""
    entries = archive.infolist()
    if len(entries) > ZIP_MAX_FILES:
        sentence = N_("The ZIP holds %(found)s files; at most %(most)s are taken at once.")
        raise UploadError(_(sentence, found=thousands(len(entries)), most=thousands(ZIP_MAX_FILES)))
    total = sum(entry.file_size for entry in entries)
    if total > ZIP_MAX_GB * 1e9:
        sentence = N_("The ZIP unpacks to %(found)s GB; at most %(most)s GB are taken at once.")
        raise UploadError(_(sentence, found=decimal(total / 1e9), most=decimal(ZIP_MAX_GB, 0)))
    seen: set[PurePosixPath] = set()
    for entry in entries:
        path = safe_path(entry.filename)
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise UploadError(_("The ZIP's entry %(name)s is a link; pack the pictures themselves.", name=repr(entry.filename)))
        if path in seen:
            raise UploadError(_("The ZIP holds %(name)s twice; pack it again.", name=repr(entry.filename)))
        seen.add(path)
        if entry.file_size > max(RATIO_FREE_BYTES, entry.compress_size * ZIP_MAX_RATIO):
            sentence = N_("The ZIP's entry %(name)s unpacks to far more than a picture could.")
            raise UploadError(_(sentence, name=entry.filename))
        if not entry.is_dir() and path.suffix.lower() in PICTURE_SUFFIXES and path.parts[0] != "__MACOSX":
            yield entry, path


def safe_path(name: str) -> PurePosixPath:
    """The path of an entry, relative to where it is unpacked. Raises UploadError if it leads anywhere else."""
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or not path.parts or ".." in path.parts or ":" in path.parts[0] or "\0" in name:
        sentence = N_("The ZIP's entry %(name)s leads outside the folder; pack the pictures with plain paths.")
        raise UploadError(_(sentence, name=repr(name)))
    return path


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    """Write one entry, at most as many bytes as its header promised."""
    left = entry.file_size
    with archive.open(entry) as source, target.open("xb") as out:
        while chunk := source.read(COPY_BYTES):
            left -= len(chunk)
            if left < 0:
                raise UploadError(_("The ZIP's entry %(name)s is larger than it says.", name=entry.filename))
            out.write(chunk)


def server_path(text: str, instance: Path, *, folder: bool, allowed: list[Path] | None = None) -> Path:
    """A path on the server as somebody typed it, outside the instance, whose files are nobody's to read.

    With `allowed`, it lies below one of these folders, links followed. Raises UploadError if nothing of the kind is there.
    """
    path = Path(text.strip())
    if not path.is_absolute():
        sentence = N_("%(path)s is no full path: begin with the root, as in /srv/museum/catalogue.csv.")
        raise UploadError(_(sentence, path=repr(text)))
    path = path.resolve()
    if path.is_relative_to(instance.resolve()) and not path.is_relative_to(instance.resolve() / "demo"):
        raise UploadError(_("%(path)s lies in the instance's own folder; put the file elsewhere.", path=path))
    if allowed is not None and not any(path.is_relative_to(one.resolve()) for one in allowed):
        sentence = N_("%(path)s lies in no folder that is open for imports. Open are: %(folders)s.")
        raise UploadError(_(sentence, path=path, folders=", ".join(map(str, allowed))))
    if not (path.is_dir() if folder else path.is_file()):
        sentence = N_("There is no folder %(path)s on the server.") if folder else N_("There is no file %(path)s on the server.")
        raise UploadError(_(sentence, path=path))
    return path
