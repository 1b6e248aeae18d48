"""The Web Gallery of Art's `catalog.csv` (www.wga.hu): `;` or `,`, single-byte or UTF-8.

The path of a work's picture follows from its page: `…/html/a/aachen/adonis.html` → `art/a/aachen/adonis.jpg`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from app.catalogue.dates import parse_years
from app.catalogue.importers.aliases import normal
from app.catalogue.importers.reading import Row, Table
from app.catalogue.importers.records import Maker, Record, Reject

COLUMNS = ("AUTHOR", "BORN-DIED", "TITLE", "DATE", "TECHNIQUE", "LOCATION", "URL", "FORM", "TYPE", "SCHOOL", "TIMEFRAME")
_NEEDED = {"author", "title", "url", "form", "school", "timeframe"}
_FIELDS = {
    "title": "TITLE",
    "location": "LOCATION",
    "url": "URL",
    "form": "FORM",
    "type": "TYPE",
    "school": "SCHOOL",
    "timeframe": "TIMEFRAME",
}
_PAGE = re.compile(r"/html/(?P<path>.+?)\.html?$", re.IGNORECASE)
# `Oil on panel, 56 x 47 cm`: the catalogue writes the dimensions behind the technique, in one column.
_DIMENSIONS = re.compile(
    r",?\s*((?:\b[a-z]+:?\s+)?\d+(?:[.,]\d+)?\s*(?:x|×)\s*\d.*|\b(?:height|diameter|length|width)\s*:?\s*\d.*)$", re.IGNORECASE
)


class WebGalleryOfArt:
    """One row, one page of the gallery; `a/aachen/adonis` of the page's URL is the work's id."""

    name = "web_gallery_of_art"
    expected = f"the Web Gallery of Art's {';'.join(COLUMNS)}"

    def sniff(self, header: list[str], sample: list[list[str]]) -> float:
        names = {normal(name): index for index, name in enumerate(header)}
        if not names.keys() >= _NEEDED:
            return 0.0
        pages = sum(1 for row in sample if names["url"] < len(row) and _PAGE.search(row[names["url"]]))
        return 1.0 if pages * 2 >= len(sample) else 0.2

    def rows(self, table: Table) -> Iterator[Record | Reject]:
        names = {normal(name): index for index, name in enumerate(table.header)}
        columns = {column: names[normal(column)] for column in COLUMNS if normal(column) in names}
        for row in table.rows():
            yield _record(row, columns) if isinstance(row, Row) else row


def _record(row: Row, columns: dict[str, int]) -> Record | Reject:
    texts = {column: " ".join(row.fields[index].split()) for column, index in columns.items()}
    if not any(texts.values()):
        return Reject(row.line, "is empty")
    if not texts["URL"]:
        return Reject(row.line, "has no id (column 'URL' is empty)")
    page = _PAGE.search(texts["URL"])
    if not page:
        return Reject(row.line, f"has no id: the URL {texts['URL']!r} is no page of the form …/html/a/aachen/adonis.html")
    path = unquote(page["path"])
    fields: dict[str, Any] = {field: texts[column] for field, column in _FIELDS.items() if column in texts}
    year_from, year_to = parse_years(texts.get("DATE", ""))
    fields |= {"date_text": texts.get("DATE", ""), "year_from": year_from, "year_to": year_to}
    technique, dimensions = split_technique(texts.get("TECHNIQUE", ""))
    fields |= {"technique": technique, "dimensions": dimensions}
    makers = [Maker(texts["AUTHOR"], texts.get("BORN-DIED", ""))] if texts["AUTHOR"] else []
    return Record(row.line, path, fields, makers, [f"art/{path}.jpg"])


def split_technique(text: str) -> tuple[str, str]:
    """`Oil on panel, 56 x 47 cm` → (`Oil on panel`, `56 x 47 cm`)."""
    match = _DIMENSIONS.search(text, 0, 1000)
    return (text[: match.start()].strip(" ,"), match[1]) if match else (text, "")
