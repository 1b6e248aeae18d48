"""A work as machines read it: Open Graph for links that are shared, schema.org for search engines. Pure but for addresses."""

from __future__ import annotations

from typing import Any

from flask import url_for

from app.catalogue.models import Artist, Artwork, Credit
from app.web import labels
from app.web.media import drawn, picture_url

SHARED_PX = 1600


def open_graph(artwork: Artwork, here: str) -> list[tuple[str, str]]:
    """(property, content) of the `<meta>` elements."""
    found = [
        ("og:site_name", "Pinakes"),
        ("og:type", "article"),
        ("og:url", here),
        ("og:title", f"{labels.title(artwork)}, {labels.maker(artwork)}"),
        ("og:description", " · ".join(part for part in (labels.material(artwork), artwork.location) if part)),
    ]
    if artwork.pictures:
        width, height = drawn(artwork.pictures[0], SHARED_PX)
        found += [
            ("og:image", _image(artwork)),
            ("og:image:type", "image/jpeg"),
            ("og:image:width", str(width)),
            ("og:image:height", str(height)),
            ("og:image:alt", labels.alternative(artwork)),
            ("twitter:card", "summary_large_image"),
        ]
    return [(name, content) for name, content in found if content]


def visual_artwork(artwork: Artwork, here: str) -> dict[str, Any]:
    """https://schema.org/VisualArtwork; what the catalogue does not know is left out."""
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "VisualArtwork",
        "@id": here,
        "url": here,
        "name": artwork.title,
        "creator": [_person(credit) for credit in artwork.credits],
        "dateCreated": _created(artwork),
        "artMedium": artwork.technique,
        "artform": artwork.form,
        "genre": artwork.type,
        "size": labels.size(artwork.dimensions),
        "description": artwork.description,
        "identifier": artwork.source_id,
        "isPartOf": {"@type": "Collection", "name": artwork.collection.name},
        "image": _image(artwork) if artwork.pictures else "",
        "sameAs": artwork.url if artwork.url.startswith(("http://", "https://")) else "",
    }
    return {name: value for name, value in found.items() if value}


def _image(artwork: Artwork) -> str:
    picture = artwork.pictures[0]
    return url_for("search.home", _external=True).rstrip("/") + picture_url(picture, SHARED_PX)


def _person(credit: Credit) -> dict[str, Any]:
    """The maker; one with a part in the work (`after`, `workshop of`) has it as schema.org's Role."""
    artist = credit.artist
    person = {
        "@type": "Person",
        "name": artist.name,
        "url": url_for("artworks.artist", artist_id=artist.id, _external=True),
        **_life(artist),
    }
    return {"@type": "Role", "roleName": credit.role, "creator": person} if credit.role else person


def _life(artist: Artist) -> dict[str, Any]:
    """Years that the catalogue is sure of."""
    if labels.VAGUE.search(artist.born_died):
        return {}
    years = {"birthDate": artist.born_year, "deathDate": artist.died_year}
    return {name: f"{year:04d}" for name, year in years.items() if year is not None and year > 0}


def _created(artwork: Artwork) -> str:
    """ISO 8601: a year, or from / to; empty where the catalogue gives no whole range."""
    first, last = artwork.year_from, artwork.year_to
    if first is None or last is None or min(first, last) <= 0 or labels.VAGUE.search(artwork.date_text):
        return ""
    return f"{first:04d}" if first == last else f"{first:04d}/{last:04d}"
