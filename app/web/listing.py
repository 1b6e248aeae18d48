"""The list of works as its address describes it: words, filters, sort, page. Everything that is chosen is in the address."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from app.catalogue import queries
from app.language import lazy_gettext

WORDS_MAX = 200  # characters of a text search
VALUES_MAX = 20  # of one facet
VALUE_MAX = 500  # characters of one value
RELEVANCE = "relevance"
SORT_WORDS = {
    RELEVANCE: lazy_gettext("Best match"),
    "title": lazy_gettext("Title"),
    "artist": lazy_gettext("Artist"),
    "date": lazy_gettext("Date"),
    "newest": lazy_gettext("Newest first"),
}
FACET_WORDS = {
    "artist": lazy_gettext("Artist"),
    "school": lazy_gettext("School"),
    "timeframe": lazy_gettext("Period"),
    "form": lazy_gettext("Form"),
    "type": lazy_gettext("Type"),
    "technique": lazy_gettext("Technique"),
    "collection": lazy_gettext("Collection"),
}
ORDER = ("q", *queries.FACETS, "more", "sort", "page")  # of the parts of an address


def words() -> str:
    """The words that are looked for."""
    return _plain(request.args.get("q", ""))[:WORDS_MAX]


def chosen() -> list[tuple[str, str]]:
    """(facet, value) of everything that is chosen, in the order of the facets."""
    return [
        (name, value)
        for name in queries.FACETS
        for value in list(dict.fromkeys(filter(None, map(_plain, request.args.getlist(name)))))[:VALUES_MAX]
    ]


def _plain(value: str) -> str:
    """Without the character NUL, which PostgreSQL does not take."""
    return value.replace("\0", "").strip()[:VALUE_MAX]


def filters() -> queries.Filters:
    """The same as the catalogue asks it."""
    values: dict[str, Any] = {name: tuple(value for facet, value in chosen() if facet == name) for name in queries.FACETS}
    return queries.Filters(**values)


def sorts() -> dict[str, str]:
    """The ways to sort this list, the one that it has of itself first; without words nothing matches best."""
    return {name: said for name, said in SORT_WORDS.items() if words() or name != RELEVANCE}


def sort() -> str:
    """How it is sorted: as asked, or as it is of itself."""
    ways = sorts()
    given = request.args.get("sort", "")
    return given if given in ways else next(iter(ways))


def page() -> int:
    """The page asked for; 1 where it is no number."""
    return max(1, min(request.args.get("page", 1, type=int), 1_000_000))


def address(*gone: str, **changes: str | None) -> str:
    """The address of this list with parts of it changed, or taken away (`gone`, or None), back on its first page."""
    kept = {name: values for name, values in request.args.lists() if name not in (*gone, "page")}
    return _address(kept | {name: [value] if value else [] for name, value in changes.items()})


def toggled(name: str, value: str) -> str:
    """The address with this value of a facet chosen, or no longer chosen; other values of it stay."""
    values = [other for facet, other in chosen() if facet == name]
    values = [other for other in values if other != value] if value in values else [*values, value]
    kept = {other: given for other, given in request.args.lists() if other not in ("page", "more")}
    return _address(kept | {name: values})


def _address(values: dict[str, list[str]]) -> str:
    """Always in one order, so that equal lists have one address."""
    given: dict[str, Any] = {name: values[name] for name in ORDER if any(values.get(name, ()))}
    return url_for("artworks.browse", **given)
