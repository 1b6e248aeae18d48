"""Picture files of the catalogue: found below one folder, kept under their content's hash, never half-written."""

from __future__ import annotations

import hashlib
import os
import warnings
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from app.catalogue.errors import PictureError

FILE_MAX_MB = 256  # of one picture file; larger ones are scans that belong behind an image server
SUFFIXES = {
    "JPEG": "jpg",
    "MPO": "jpg",
    "PNG": "png",
    "WEBP": "webp",
    "TIFF": "tif",
    "GIF": "gif",
    "BMP": "bmp",
    "HEIF": "heic",
    "AVIF": "avif",
}
_READ = [kind for kind in SUFFIXES if kind != "MPO"]  # a phone's JPEG with several pictures: opened as JPEG, called MPO
_TURNED = {5, 6, 7, 8}  # EXIF orientations that exchange width and height (Exif 2.32, table 6)


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture as the table `pictures` has it; `path` is relative to the pictures folder, sizes are after the EXIF turn."""

    source_name: str
    sha256: str
    path: str
    width: int
    height: int


def find(images: Path, name: str) -> Path | None:
    """The file of that name below `images`, None if there is none. Raises PictureError for a path that leads outside."""
    clean = name.replace("\\", "/")
    if clean.startswith("/") or "\0" in clean or (len(clean) > 1 and clean[1] == ":"):
        raise PictureError(f"the picture {name!r} is an absolute path; name it relative to the images folder")
    outside = PictureError(f"the picture {name!r} lies outside the images folder")
    if os.path.normpath(clean).startswith(".."):
        raise outside
    path = images / clean
    try:
        if not path.is_file():
            return None
        if not path.resolve().is_relative_to(images.resolve()):  # by a link
            raise outside
    except OSError as error:  # a name longer than the file system keeps, a link that leads to itself
        raise PictureError(f"the picture {name[:80]!r} cannot be looked up ({error.strerror})") from error
    return path


def store(path: Path, name: str, pictures_dir: Path, *, write: bool = True) -> StoredPicture:
    """Copy a picture to `<sha[:2]>/<sha>.<suffix>` below `pictures_dir` (with `write`); one that is there already is left.

    Only the header is decoded. Raises PictureError if the file cannot be read, is no picture of a kind in `SUFFIXES`, or
    is too large; OSError if it cannot be written.
    """
    content = _content(path, name)
    kind, width, height = _header(content, name)
    sha = hashlib.sha256(content).hexdigest()
    relative = f"{sha[:2]}/{sha}.{SUFFIXES[kind]}"
    if write and not (pictures_dir / relative).exists():
        _write(pictures_dir / relative, content)
    return StoredPicture(name, sha, relative, width, height)


def _content(path: Path, name: str) -> bytes:
    try:
        if path.stat().st_size > FILE_MAX_MB * 1024 * 1024:
            raise PictureError(f"the picture {name!r} is larger than {FILE_MAX_MB} MB; give a smaller copy")
        return path.read_bytes()
    except OSError as error:
        raise PictureError(f"the picture {name!r} cannot be read ({error.strerror})") from error


def _header(content: bytes, name: str) -> tuple[str, int, int]:
    """Format, width and height after the EXIF turn."""
    _know_heif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # damaged EXIF, many pixels: the index build has its own limit and says so
            with Image.open(BytesIO(content), formats=_READ) as image:
                turned = _orientation(image) in _TURNED
                width, height = image.size
                kind = image.format or ""
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        why = "has too many pixels" if isinstance(error, Image.DecompressionBombError) else "cannot be read as a picture"
        raise PictureError(f"the picture {name!r} {why}") from error
    return (kind, height, width) if turned else (kind, width, height)


def _orientation(image: Image.Image) -> int:
    """EXIF orientation still to be applied; 1 where it is missing or broken, and for a TIFF, which Pillow turns itself."""
    if image.format == "TIFF":
        return 1
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:  # a broken EXIF block says nothing about the pixels
        return 1


@cache
def _know_heif() -> None:
    from pillow_heif import register_heif_opener

    register_heif_opener()


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        draft.write_bytes(content)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
