"""The Museum of Modern Art's `Artworks.csv` (github.com/MuseumofModernArt/collection).

Several artists stand in one cell with commas between them, their years as `(1930) (1941)`, 0 where there is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.catalogue.importers.cells import Cells, cells_of, dated, extra_of, has_columns, names_of, no_id, people
from app.catalogue.importers.reading import Row, Table
from app.catalogue.importers.records import Maker, Record, Reject

_NEEDED = ("Title", "Artist", "ConstituentID", "ArtistBio", "BeginDate", "EndDate", "AccessionNumber", "ObjectID", "Department")
_EXTRA = {
    "AccessionNumber": "Accession number", "Department": "Department", "CreditLine": "Credit line", "DateAcquired": "Acquired",
    "OnView": "On view",
}  # fmt: skip


class MuseumOfModernArt:
    """One row, one work; `ObjectID` is the id."""

    name = "museum_of_modern_art"
    expected = "the Museum of Modern Art's Title,Artist,ConstituentID,ArtistBio,…,ObjectID"

    def sniff(self, header: list[str], sample: list[list[str]]) -> float:
        return 1.0 if has_columns(header, _NEEDED) else 0.0

    def rows(self, table: Table) -> Iterator[Record | Reject]:
        names = names_of(table.header)
        for row in table.rows():
            yield _record(row, cells_of(row, names)) if isinstance(row, Row) else row


def _record(row: Row, cells: Cells) -> Record | Reject:
    if not cells["objectid"]:
        return no_id(row, "ObjectID")
    fields = {
        "title": cells["title"],
        **dated(cells.get("date", "")),
        "technique": cells.get("medium", ""),
        "dimensions": cells.get("dimensions", ""),
        "location": "Museum of Modern Art, New York",
        "school": next(iter(bracketed(cells.get("nationality", ""))), ""),
        "form": cells.get("classification", ""),
        "url": cells.get("url", ""),
        "extra": extra_of(cells, _EXTRA),
    }
    picture = cells.get("imageurl", "") or cells.get("thumbnailurl", "")
    return Record(row.line, cells["objectid"], fields, _makers(cells), [picture] if picture else [])


def _makers(cells: Cells) -> list[Maker]:
    """One maker for each constituent; where the commas do not fit their number (`Keith Haring, Jr.`), the cell is one name."""
    count = len([one for one in cells["constituentid"].split(",") if one.strip()])
    names = [name.strip() for name in cells["artist"].split(",")]
    if len(names) != count:
        names = [cells["artist"]]
    lives, born, died = (bracketed(cells[name]) for name in ("artistbio", "begindate", "enddate"))
    if len(names) == 1:
        lives = [cells["artistbio"].strip().removeprefix("(").removesuffix(")")]
    return people(names, *([known if len(known) == len(names) else [] for known in (lives, [], born, died)]))


def bracketed(text: str) -> list[str]:
    """`(American) () (German, born Russia)` → what stands in each pair of brackets."""
    return [part.strip() for part in re.findall(r"\(([^()]*(?:\([^()]*\)[^()]*)*)\)", text)]
