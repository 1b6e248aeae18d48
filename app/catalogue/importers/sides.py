"""Tables that lie beside the one with the works and are joined to it by a key: artists, museums, pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from app.catalogue.errors import CatalogueFileError
from app.catalogue.importers.cells import Cells, cells_of, names_of
from app.catalogue.importers.reading import Table, open_table
from app.catalogue.importers.records import Reject


@dataclass
class Side:
    """One such table by its key. A row that cannot be read is a reject that names the table."""

    name: str
    found: bool = False
    rows: int = 0
    rejects: list[Reject] = field(default_factory=list)
    by: dict[str, list[Cells]] = field(default_factory=dict)

    def one(self, key: str) -> Cells:
        """The row of that key; an empty one where there is none."""
        rows = self.by.get(key)
        return rows[0] if rows else {}

    def all(self, key: str) -> list[Cells]:
        return self.by.get(key, [])


def read_side(table: Table, name: str, key: str, keep: tuple[str, ...] = ()) -> Side:
    """Read the table `name` beside `table` (its `keep` columns alone, where given); one that is missing stays empty.

    It is told of in the import's report (`table.sides`).
    """
    side = Side(name)
    table.sides.append(side)
    path = next((one for one in table.path.parent.iterdir() if one.name.lower() == name.lower() and one.is_file()), None)
    if path is None:
        return side
    other = open_table(path)
    names = names_of(other.header)
    if key not in names:
        raise CatalogueFileError(f"{name}: the header is {', '.join(other.header)[:300]!r}; expected is a column {key!r}.")
    side.found = True
    for row in other.rows():
        side.rows += 1
        if isinstance(row, Reject):
            side.rejects.append(Reject(row.line, f"{name}: {row.reason}"))
            continue
        cells = cells_of(row, names)
        kept = {column: cells[column] for column in keep} if keep else cells
        if cells[key]:
            side.by.setdefault(cells[key], []).append(kept)
    return side


def rejects_of(sides: list[Side]) -> Iterator[Reject]:
    """The rejects of all the tables."""
    for side in sides:
        yield from side.rejects
