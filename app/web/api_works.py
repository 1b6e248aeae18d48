"""Works, lists of works and collections as JSON. Hidden works are nowhere in it."""

from __future__ import annotations

from typing import Any

from flask import url_for

from app.catalogue import queries
from app.catalogue.models import Artwork, Credit, Picture
from app.web.api_errors import ApiError
from app.web.media import picture_url

PREVIEW_PX = 800
TEXTS = ("technique", "dimensions", "location", "school", "form", "type", "timeframe", "description", "url")


def work(artwork: Artwork) -> dict[str, Any]:
    """The record of one work; unknown text is empty, an unknown year null. Addresses are relative to the server."""
    return {
        "artwork_id": artwork.source_id,
        "collection": artwork.collection.name,
        "title": artwork.title,
        "artist": artwork.artist_text,
        "artists": [_artist(credit) for credit in artwork.credits],
        "date": artwork.date_text,
        "year_from": artwork.year_from,
        "year_to": artwork.year_to,
        **{name: getattr(artwork, name) for name in TEXTS},
        "extra": artwork.extra,
        "pictures": [_picture(picture) for picture in artwork.pictures],
        "page": url_for("artworks.work", artwork_id=artwork.id),
    }


def _artist(credit: Credit) -> dict[str, str]:
    maker = credit.artist
    return {"name": maker.name, "sort_name": maker.sort_name, "born_died": maker.born_died, "role": credit.role}


def _picture(picture: Picture) -> dict[str, Any]:
    return {
        "width": picture.width,
        "height": picture.height,
        "full": url_for("media.full", picture_id=picture.id, v=picture.sha256[:10]),
        "preview": picture_url(picture, PREVIEW_PX),
    }


def named(artwork_id: str, collection: str = "") -> Artwork:
    """The work with that id in its imported file.

    Raises ApiError: 404 where there is none, 409 with the choices where several collections have one.
    """
    pks = queries.pks_by_source_id([artwork_id], collection).get(artwork_id, [])
    found = [artwork for artwork in queries.artworks_by_pk(pks).values() if not artwork.hidden]
    if not found:
        within = f" in the collection “{collection}”" if collection else ""
        raise ApiError(404, f"No work has the id “{artwork_id}”{within}; /api/v1/works lists what there is.")
    if len(found) > 1:
        text = f"{len(found)} collections have a work with the id “{artwork_id}”; say which with ?collection=."
        raise ApiError(409, text, choices=sorted(map(_choice, found), key=lambda choice: choice["collection"]))
    return found[0]


def neighbour(artwork: Artwork, cosine: float) -> dict[str, Any]:
    """A work near another one."""
    return {
        "artwork_id": artwork.source_id, "collection": artwork.collection.name, "title": artwork.title,
        "artist": artwork.artist_text, "global_score": round(cosine, 4), "page": url_for("artworks.work", artwork_id=artwork.id),
    }  # fmt: skip


def _choice(artwork: Artwork) -> dict[str, str]:
    name = artwork.collection.name
    return {"collection": name, "url": url_for("api.work", artwork_id=artwork.source_id, collection=name)}


def listing(page: queries.Page, chosen: dict[str, str]) -> dict[str, Any]:
    """One page of works with the addresses of those beside it; `chosen` are the call's other parameters."""
    previous = min(page.page - 1, page.pages)
    return {
        "works": [work(artwork) for artwork in page.works],
        "total": page.total,
        "page": page.page,
        "pages": page.pages,
        "per_page": page.per_page,
        "next": _address(chosen, page.page + 1) if page.has_next else None,
        "prev": _address(chosen, previous) if previous >= 1 else None,
    }


def _address(chosen: dict[str, str], number: int) -> str:
    given: dict[str, Any] = {name: value for name, value in chosen.items() if value and name != "page"}
    return url_for("api.works", **given, page=number)


def collections() -> list[dict[str, Any]]:
    """Every collection that has works to show."""
    return [
        {"name": name, "works": works, "pictures": pictures, "url": url_for("api.works", collection=name)}
        for name, works, pictures in queries.shown_collections()
    ]
