"""A photo answered and kept: what pages and API do alike."""

from __future__ import annotations

from flask import has_request_context, request

from app import language, services
from app.engine.types import Progress
from app.operations import traces
from app.results import as_seen
from app.usage import searches
from app.usage.models import UNKNOWN, Search
from app.web import uploads
from app.web.context import settings
from app.web.devices import device_of


def recorded(
    photo: uploads.Photo, *, user_id: int | None = None, progress: Progress | None = None, seen: services.Seen | None = None
) -> Search:
    """Search, keep the photo, record the answer. Raises ImageError, NoIndexError, services.Busy."""
    answer = services.search_photo(photo.data, name=photo.name, progress=progress, seen=seen)
    with traces.span("keep the photo"):
        kept, seen_in_it = uploads.keep(photo, settings()), as_seen(answer.result)
    try:
        with traces.span("record"):
            return searches.record(
                answer, way=photo.way, name=photo.name, photo_path=kept, user_id=user_id, seen=seen_in_it, **asker(photo.way)
            )
    except Exception:
        uploads.forget(kept, settings())  # no row will ever name this file
        raise


def asker(way: str) -> dict[str, str]:
    """What the statistics keep of who asks: the class of the device and the language of the page. No address, no browser."""
    if not has_request_context():
        return {"device": UNKNOWN, "language": UNKNOWN}
    if way == "api":
        return {"device": "program", "language": "none"}
    return {"device": device_of(request.user_agent.string), "language": language.language()}
