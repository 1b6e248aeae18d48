"""What the importers of single museums share: cells by their column's name, years, people, what goes into `extra`. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import Any

from app.catalogue.dates import parse_years
from app.catalogue.importers.aliases import normal
from app.catalogue.importers.reading import Row
from app.catalogue.importers.records import Maker, Reject

ROLE_MAX = 100  # characters that `Credit.role` keeps
Cells = dict[str, str]  # column's name, as `normal` writes it → the cell without spaces around it


def names_of(header: Iterable[str]) -> list[str]:
    """The header's columns as keys of `Cells`."""
    return [normal(name) for name in header]


def has_columns(header: Iterable[str], needed: Iterable[str]) -> bool:
    """Whether the header has all of these columns, however they are spelt."""
    return {normal(name) for name in needed} <= set(names_of(header))


def cells_of(row: Row, names: list[str]) -> Cells:
    """The row's cells by their columns' names, each on one line."""
    return {name: " ".join(text.split()) for name, text in zip(names, row.fields, strict=True)}


def no_id(row: Row, column: str) -> Reject:
    """Why a row whose id is empty is not imported."""
    return Reject(row.line, f"has no id (column {column!r} is empty)" if any(row.fields) else "is empty")


def year(text: str) -> int | None:
    """A cell that is one year, perhaps written `1889.0`; 0 and 9999 stand for none in museums' tables."""
    found = int(float(text)) if re.fullmatch(r"-?\d{1,4}(\.0+)?", text.strip()) else 0
    return found if found not in (0, 9999) else None


def dated(text: str, first: str = "", last: str = "") -> dict[str, Any]:
    """`date_text`, `year_from` and `year_to`: by the columns with years where they are filled, else by what the text says."""
    given = (year(first), year(last))
    years = given if given != (None, None) else parse_years(text)
    if None not in years and years[0] > years[1]:  # type: ignore[operator]
        years = (years[1], years[0])
    text = text or "-".join(dict.fromkeys(str(one) for one in years if one is not None))
    return {"date_text": text, "year_from": years[0], "year_to": years[1]}


def extra_of(cells: Cells, columns: Mapping[str, str]) -> dict[str, str]:
    """What is kept beside the record: words for reading → the cell of that column, where it is not empty."""
    return {words: cells[normal(column)] for column, words in columns.items() if cells.get(normal(column))}


def people(names: list[str], lives: list[str], roles: list[str], born: list[str], died: list[str]) -> list[Maker]:
    """Makers from lists that run side by side, as far as there are names; a name that comes again is left out."""
    found: dict[tuple[str, str], Maker] = {}
    for name, life, role, first, last in zip_longest(names, lives, roles, born, died, fillvalue=""):
        name, life = " ".join(name.split()), life.strip()
        if name:
            maker = Maker(name, life, role.strip()[:ROLE_MAX], year(first), year(last))
            found.setdefault((name, life), maker)
    return list(found.values())
