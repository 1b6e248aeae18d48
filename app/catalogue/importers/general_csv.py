"""A CSV of any museum: columns are recognised by their names (see `aliases`), the rest is kept in `extra`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from app.catalogue.dates import parse_years
from app.catalogue.errors import CatalogueFileError
from app.catalogue.importers.aliases import ALIASES, columns_of, normal
from app.catalogue.importers.reading import Row, Table
from app.catalogue.importers.records import Maker, Record, Reject

MAPPED = (*ALIASES, "extra")  # what a column can be mapped to; else it is left out
_TEXTS = ("title", "technique", "location", "school", "form", "type", "timeframe", "description", "url")
_OF_ARTISTS = {"gender", "birth", "death", "birthyear", "deathyear", "yearofbirth", "yearofdeath", "placeofbirth", "fullname"}


@dataclass(frozen=True)
class Layout:
    """Which column of one file is which field."""

    header: list[str]
    columns: dict[str, int]
    extra: list[int]  # columns that no field takes

    def text(self, row: list[str], field: str) -> str:
        index = self.columns.get(field)
        return "" if index is None else row[index].strip()

    def has(self, *fields: str) -> bool:
        return any(field in self.columns for field in fields)


class GeneralCsv:
    """One row, one work; a row that repeats an id with another file adds a picture to the work.

    `mapping`: the column's name → its field, `extra`, or empty for a column that is left out; None: by the columns' names.
    """

    def __init__(self, mapping: dict[str, str] | None = None) -> None:
        self.mapping = mapping

    name = "general_csv"
    expected = "an id column (such as artwork_id, inventory_number or id) beside a title or file column"

    def sniff(self, header: list[str], sample: list[list[str]]) -> float:
        found = columns_of(header)
        of_artists = "artist" not in found and "file" not in found and _OF_ARTISTS & {normal(name) for name in header}
        works = "source_id" in found and ("title" in found or "file" in found)
        return 0.5 if works and not of_artists else 0.0

    def rows(self, table: Table) -> Iterator[Record | Reject]:
        layout = layout_of(table.header, table.sample) if self.mapping is None else mapped(table.header, self.mapping)
        for row in table.rows():
            yield _record(row, layout) if isinstance(row, Row) else row


def layout_of(header: list[str], sample: list[list[str]]) -> Layout:
    """The fields' columns. Of several id columns the first is taken whose values tell the sample's rows apart best."""
    found = columns_of(header)
    if "source_id" in found:
        found["source_id"].sort(key=lambda index: -round(_distinct(sample, index), 1))
    columns = {field: indexes[0] for field, indexes in found.items()}
    if "dimensions" in columns:
        for field in ("height", "width", "depth", "units"):
            columns.pop(field, None)
    taken = set(columns.values())
    return Layout(header, columns, [index for index in range(len(header)) if index not in taken and header[index]])


def guessed(header: list[str], sample: list[list[str]]) -> dict[str, str]:
    """The mapping that the columns' names suggest."""
    layout = layout_of(header, sample)
    fields = {index: field for field, index in layout.columns.items()}
    return {name: fields.get(index, "extra") for index, name in enumerate(header) if name}


def trouble_with(header: list[str], mapping: dict[str, str]) -> str:
    """Why works cannot be read by this mapping, in a sentence; empty where they can."""
    chosen = [mapping.get(name, "") for name in dict.fromkeys(header)]
    if unknown := next((field for field in chosen if field and field not in MAPPED), ""):
        return f"{unknown!r} is no field; known are {', '.join(MAPPED)}."
    if twice := next((field for field in chosen if field and field != "extra" and chosen.count(field) > 1), ""):
        return f"Two columns are mapped to {twice}; choose one of them, and keep the other beside the record."
    if "source_id" not in chosen and "file" not in chosen:
        return "No column is mapped to the id (source_id), and none to the file of the picture that could stand in for it."
    return ""


def mapped(header: list[str], mapping: dict[str, str]) -> Layout:
    """The layout that the mapping says. Raises CatalogueFileError where it makes no sense."""
    if trouble := trouble_with(header, mapping):
        raise CatalogueFileError(trouble)
    fields = [mapping.get(name, "") for name in header]
    columns = {field: index for index, field in reversed(list(enumerate(fields))) if field and field != "extra"}
    columns.setdefault("source_id", columns.get("file", 0))
    if "dimensions" in columns:
        columns = {field: index for field, index in columns.items() if field not in ("height", "width", "depth", "units")}
    return Layout(header, columns, [index for index, field in enumerate(fields) if field == "extra" and header[index]])


def _distinct(sample: list[list[str]], index: int) -> float:
    values = [row[index] for row in sample if index < len(row)]
    return len(set(values) - {""}) / len(values) if values else 0.0


def _record(row: Row, layout: Layout) -> Record | Reject:
    source_id = layout.text(row.fields, "source_id")
    if not source_id:
        column = layout.header[layout.columns["source_id"]]
        return Reject(row.line, "is empty" if not any(row.fields) else f"has no id (column {column!r} is empty)")
    fields: dict[str, Any] = {name: layout.text(row.fields, name) for name in _TEXTS if layout.has(name)}
    fields |= _dates(row.fields, layout) | _dimensions(row.fields, layout)
    if layout.extra:
        fields["extra"] = {layout.header[i]: row.fields[i].strip() for i in layout.extra if row.fields[i].strip()}
    return Record(row.line, source_id, fields, _makers(row.fields, layout), _files(layout.text(row.fields, "file")))


def _files(text: str) -> list[str]:
    """Paths in one field, separated by `|` or `;`."""
    return [name for part in re.split(r"[|;]", text) if (name := part.strip())]


def _dates(row: list[str], layout: Layout) -> dict[str, Any]:
    if not layout.has("date_text", "year", "year_from", "year_to"):
        return {}
    year = layout.text(row, "year")
    first, last = layout.text(row, "year_from"), layout.text(row, "year_to")
    text = layout.text(row, "date_text") or year or "-".join(dict.fromkeys(part for part in (first, last) if part))
    given = (_number(first), _number(last))
    years = parse_years(text) if given == (None, None) else given
    if years == (None, None):
        years = parse_years(year)
    if None not in years and years[0] > years[1]:  # type: ignore[operator]
        years = (years[1], years[0])
    return {"date_text": text, "year_from": years[0], "year_to": years[1]}


def _number(text: str) -> int | None:
    return int(float(text)) if re.fullmatch(r"-?\d{1,4}(\.0+)?", text) and float(text) else None


def _dimensions(row: list[str], layout: Layout) -> dict[str, str]:
    if layout.has("dimensions"):
        return {"dimensions": layout.text(row, "dimensions")}
    if not layout.has("height", "width", "depth"):
        return {}
    sides = [side for name in ("height", "width", "depth") if (side := layout.text(row, name))]
    unit = layout.text(row, "units") if sides else ""
    return {"dimensions": " ".join(part for part in (" × ".join(sides), unit) if part)}


def _makers(row: list[str], layout: Layout) -> list[Maker] | None:
    if not layout.has("artist"):
        return None
    names = [name for part in re.split(r"[|;]", layout.text(row, "artist")) if (name := " ".join(part.split()))]
    lives = [part.strip() for part in layout.text(row, "born_died").split("|")]
    if len(names) == 1:
        lives = [layout.text(row, "born_died")]
    born, died = (_number(layout.text(row, name)) if len(names) == 1 else None for name in ("born_year", "died_year"))
    return [
        Maker(name, lives[index] if len(lives) == len(names) else "", born_year=born, died_year=died)
        for index, name in enumerate(dict.fromkeys(names))
    ]
