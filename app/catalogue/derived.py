"""Columns of a work that follow from others: what it is found by and sorted by. The importer and the models both fill them here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.catalogue.text import search_text, words

LAST = "\U0010ffff"  # sorts behind every letter: a work without a title or a maker
UNDATED = 9999
TEXT_MAX = 20_000  # characters of a searched text; PostgreSQL takes a document of a million bytes at most
KEY_MAX = 300  # characters of a key to sort by; an index of PostgreSQL takes 2,700 bytes
SEARCHED = (
    "title", "school", "type", "technique", "form", "timeframe", "date_text", "location", "source_id", "description",
)  # fmt: skip
SOURCES = (*SEARCHED, "year_from", "year_to")  # a change of one of these changes what is derived


def derived(values: Mapping[str, Any], artists: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """`search_text`, `sort_title`, `sort_artist` and `sort_year` of a work with these fields.

    `artists`: (sort_name, name) in the catalogue's order. Missing and None count as unknown.
    """
    given = {name: values.get(name) or "" for name in SEARCHED}
    names = [name for _sort_name, name in artists]
    year = values.get("year_from")
    year = values.get("year_to") if year is None else year
    return {
        "search_text": search_text([given["title"], *names, *(given[name] for name in SEARCHED[1:])])[:TEXT_MAX],
        "sort_title": words(given["title"])[:KEY_MAX] or LAST,
        "sort_artist": " ".join(words(sort_name) for sort_name, _name in artists)[:KEY_MAX].strip() or LAST,
        "sort_year": UNDATED if year is None else year,
    }
