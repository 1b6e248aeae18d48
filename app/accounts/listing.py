"""Lists of works as files: CSV for a table, JSON for a program."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

from app.catalogue.models import Artwork

FIELDS = ("technique", "dimensions", "location", "school", "form", "type", "timeframe")
COLUMNS = ("artwork_id", "collection", "title", "artist", "date", "year_from", "year_to", *FIELDS, "page")
Address = Callable[[Artwork], str]


def rows(works: Sequence[Artwork], address: Address) -> list[dict[str, Any]]:
    """One record per work, its columns in the order of COLUMNS; `address` gives a work's page."""
    return [
        {
            "artwork_id": work.source_id,
            "collection": work.collection.name,
            "title": work.title,
            "artist": work.artist_text,
            "date": work.date_text,
            "year_from": work.year_from,
            "year_to": work.year_to,
            **{name: getattr(work, name) for name in FIELDS},
            "page": address(work),
        }
        for work in works
    ]


def as_csv(found: list[dict[str, Any]]) -> str:
    """RFC 4180 with a line of names; an unknown year is empty."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    writer.writerows({name: harmless(value) for name, value in row.items()} for row in found)
    return out.getvalue()


def harmless(value: Any) -> Any:
    """Text that a spreadsheet does not take for a formula: `=…` gets an apostrophe, as OWASP has it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def as_json(name: str, description: str, found: list[dict[str, Any]]) -> str:
    """`{"name", "description", "works"}`."""
    return json.dumps({"name": name, "description": description, "works": found}, ensure_ascii=False, indent=1) + "\n"
