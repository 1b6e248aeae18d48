"""A photo on its way in: what was sent, what lay at an address, and how it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from flask import current_app, request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import TooManyRequests

from app import fetching
from app.accounts.throttle import Throttle
from app.engine.images import strip_metadata
from app.language import gettext as _
from app.settings import Settings
from app.usage.models import new_id

KEPT_SIDE_PX = 1600  # what the search looks at, and the largest that a page shows
KEPT_QUALITY = 88
LINKS_PER_CLIENT = 60  # pictures fetched for one network address in 15 minutes: nobody makes other sites busy through us


@dataclass(frozen=True)
class Photo:
    """What a visitor asks about."""

    data: bytes
    name: str
    way: str  # upload, camera, example, url, catalogue, refine, api


def sent(files: list[FileStorage], way: str) -> Photo | None:
    """The first file that holds anything; None where nothing was chosen."""
    for file in files:
        data = file.read()
        if data or file.filename:
            return Photo(data, Path(file.filename or "photo").name, "camera" if way == "camera" else "upload")
    return None


def linked(url: str, settings: Settings) -> Photo:
    """The picture at a public web address. Raises FetchError (a sentence), and TooManyRequests over the limit of a client."""
    if not settings.url_search:
        raise fetching.FetchError(_("Pictures are not fetched from the web here. Save the picture and choose the file."))
    throttle: Throttle = current_app.extensions.setdefault("pinakes.links", Throttle())
    client = request.remote_addr or ""
    if throttle.count(client) >= LINKS_PER_CLIENT:
        raise TooManyRequests(retry_after=throttle.wait_s(client))
    throttle.fail(client)
    limits = fetching.Limits(settings.url_max_mb, settings.url_timeout_s)
    found = fetching.fetch(url, limits, current_app.extensions.get("pinakes.network"))
    return Photo(found.data, found.name, "url")


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
