"""Files on their way into an import: a catalogue file and a ZIP of pictures, checked and kept."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from werkzeug.datastructures import FileStorage
from werkzeug.utils import secure_filename

from app.catalogue import unpacking
from app.catalogue.errors import CatalogueFileError
from app.language import gettext as _
from app.retelling import retold
from app.sentences import N_
from app.usage.models import new_id

CATALOGUE_MAX_MB = 500
TABLES_MOST = 12
UPLOAD_MAX_MB = 4096  # the whole request


class UploadError(ValueError):
    """What was sent cannot be used; the message is one sentence that names it."""


def receive(catalogue: list[FileStorage], pictures: FileStorage | None, folder: Path) -> tuple[list[Path], Path | None]:
    """Keep the tables and the ZIP of pictures in a new folder below `folder`; (files, the ZIP or None).

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
        packed = _kept(pictures, home) if pictures is not None and pictures.filename else None
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise
    return files, packed


def _copy(source: FileStorage, target: Path) -> None:
    source.save(target)
    size = target.stat().st_size
    if not size:
        raise UploadError(_("%(file)s is empty.", file=source.filename))
    if size > CATALOGUE_MAX_MB << 20:
        sentence = N_("%(file)s has %(found)s MB; a catalogue file may have %(most)s MB.")
        raise UploadError(_(sentence, file=source.filename, found=size >> 20, most=CATALOGUE_MAX_MB))


def _kept(source: FileStorage, home: Path) -> Path:
    """The ZIP on disk, looked into but not unpacked: that takes minutes, and is the worker's."""
    packed = home / "pictures.zip"
    source.save(packed)
    _said(unpacking.check, packed)
    return packed


def unpack(packed: Path, folder: Path) -> int:
    """Unpack the pictures of a ZIP into `folder`; returns how many. Raises UploadError (see `unpacking.unpack`)."""
    return _said(unpacking.unpack, packed, folder)


def _said(work: Callable[..., int], *arguments: Path) -> int:
    """What the work comes to; its refusal in the language of the page."""
    try:
        return work(*arguments)
    except CatalogueFileError as error:
        raise UploadError(retold(str(error))) from error


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
