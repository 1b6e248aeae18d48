"""A photo on its way in: what was sent, and how it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from werkzeug.datastructures import FileStorage

from app.engine.images import strip_metadata
from app.settings import Settings
from app.usage.models import new_id

KEPT_SIDE_PX = 1600  # what the search looks at, and the largest that a page shows
KEPT_QUALITY = 88


@dataclass(frozen=True)
class Photo:
    """What a visitor asks about."""

    data: bytes
    name: str
    way: str  # upload, camera, example, api


def sent(files: list[FileStorage], way: str) -> Photo | None:
    """The first file that holds anything; None where nothing was chosen."""
    for file in files:
        data = file.read()
        if data or file.filename:
            return Photo(data, Path(file.filename or "photo").name, "camera" if way == "camera" else "upload")
    return None


def keep(photo: Photo, settings: Settings) -> str | None:
    """Write the photo, without any metadata, under `uploads/`; its path there, or None where photos are not kept.

    Raises ImageError.
    """
    if settings.uploads_keep_days == 0:
        return None
    data = strip_metadata(
        photo.data, max_megapixels=settings.photo_max_mp, max_side=KEPT_SIDE_PX, quality=KEPT_QUALITY
    )
    name = f"{new_id()}.jpg"
    path = settings.uploads_dir / name[:2] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    draft.write_bytes(data)
    draft.replace(path)
    return f"{name[:2]}/{name}"


def forget(path: str | None, settings: Settings) -> None:
    """Remove a photo that was kept."""
    if path:
        (settings.uploads_dir / path).unlink(missing_ok=True)
