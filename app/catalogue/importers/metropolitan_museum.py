"""The Metropolitan Museum's `MetObjects.csv` (github.com/metmuseum/openaccess). Lists in one cell are separated by `|`.

The table names no pictures: a file that is called after the Object ID (`436535.jpg`) is taken for the work's picture.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.catalogue.importers.cells import Cells, cells_of, dated, extra_of, has_columns, names_of, no_id, people
from app.catalogue.importers.reading import Row, Table
from app.catalogue.importers.records import Maker, Record, Reject

_NEEDED = ("Object Number", "Object ID", "Department", "Object Name", "Title", "Artist Display Name", "Object Date", "Medium")
_EXTRA = {
    "Object Number": "Object number", "Department": "Department", "Gallery Number": "Gallery", "AccessionYear": "Accession year",
    "Portfolio": "Portfolio", "Credit Line": "Credit line", "Country": "Country", "Region": "Region", "City": "City",
    "Tags": "Tags", "Is Public Domain": "Public domain", "Rights and Reproduction": "Rights",
    "Object Wikidata URL": "Wikidata",
}  # fmt: skip


class MetropolitanMuseum:
    """One row, one object; its `Object ID` is the id, because object numbers are given twice."""

    name = "metropolitan_museum"
    expected = "the Metropolitan Museum's Object Number,…,Object ID,…,Artist Display Name,…"

    def sniff(self, header: list[str], sample: list[list[str]]) -> float:
        return 1.0 if has_columns(header, _NEEDED) else 0.0

    def rows(self, table: Table) -> Iterator[Record | Reject]:
        names = names_of(table.header)
        for row in table.rows():
            yield _record(row, cells_of(row, names)) if isinstance(row, Row) else row


def _record(row: Row, cells: Cells) -> Record | Reject:
    if not cells["objectid"]:
        return no_id(row, "Object ID")
    makers = _makers(cells)
    nationality = cells.get("artistnationality", "").split("|")[0].strip()
    fields = {
        "title": cells["title"] or cells["objectname"],
        **dated(cells["objectdate"], cells.get("objectbegindate", ""), cells.get("objectenddate", "")),
        "technique": cells["medium"],
        "dimensions": cells.get("dimensions", ""),
        "location": cells.get("repository", ""),
        "school": cells.get("culture", "") or nationality,
        "form": cells.get("classification", "").replace("|", ", "),
        "type": cells["objectname"],
        "timeframe": ", ".join(filter(None, (cells.get(name, "") for name in ("period", "dynasty", "reign")))),
        "url": cells.get("linkresource", ""),
        "extra": extra_of(cells, _EXTRA),
    }
    return Record(row.line, cells["objectid"], fields, makers)


def _makers(cells: Cells) -> list[Maker]:
    """The prefix (`Attributed to`) says more of a part in the work than the role (`Artist`, which goes without saying)."""
    listed = {name: cells.get(name, "").split("|") for name in (
        "artistdisplayname", "artistalphasort", "artistdisplaybio", "artistrole", "artistprefix", "artistbegindate",
        "artistenddate")}  # fmt: skip
    shown, sorted_ = listed["artistdisplayname"], listed["artistalphasort"]
    names = [(sorted_[place] if len(sorted_) == len(shown) else "").strip() or name for place, name in enumerate(shown)]
    roles = [role if role.strip() != "Artist" else "" for role in listed["artistrole"]]
    prefixes = listed["artistprefix"]
    roles = [prefix.strip() or role for prefix, role in zip(prefixes, roles, strict=True)] if len(prefixes) == len(roles) else roles
    return people(names, listed["artistdisplaybio"], roles, listed["artistbegindate"], listed["artistenddate"])
