"""The Cleveland Museum of Art's `data.csv` (github.com/ClevelandMuseumArt/openaccess)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.catalogue.importers.cells import Cells, cells_of, dated, extra_of, has_columns, names_of, no_id, people
from app.catalogue.importers.reading import Row, Table
from app.catalogue.importers.records import Maker, Record, Reject

_NEEDED = ("id", "accession_number", "share_license_status", "tombstone", "creation_date", "creators", "technique")
_EXTRA = {
    "accession_number": "Accession number", "department": "Department", "collection": "Collection", "creditline": "Credit line",
    "share_license_status": "Licence", "copyright": "Copyright", "series": "Series", "find_spot": "Found at",
    "title_in_original_language": "Original title", "inscriptions": "Inscriptions",
}  # fmt: skip
# `Karel van Mander (Dutch, 1548–1606), artist`: the name, the life, the part in the work
_CREATOR = re.compile(r"(?P<name>[^()]+?)\s*\((?P<life>[^()]*)\)\s*(?:,\s*(?P<role>.+))?", re.DOTALL)


class ClevelandMuseum:
    """One row, one work; `id` is the museum's own, stable one."""

    name = "cleveland_museum"
    expected = "the Cleveland Museum of Art's id,accession_number,share_license_status,tombstone,…,creators,…"

    def sniff(self, header: list[str], sample: list[list[str]]) -> float:
        return 1.0 if has_columns(header, _NEEDED) else 0.0

    def rows(self, table: Table) -> Iterator[Record | Reject]:
        names = names_of(table.header)
        for row in table.rows():
            yield _record(row, cells_of(row, names)) if isinstance(row, Row) else row


def _record(row: Row, cells: Cells) -> Record | Reject:
    if not cells["id"]:
        return no_id(row, "id")
    place = cells.get("currentlocation", "")
    fields = {
        "title": cells.get("title", ""),
        **dated(cells["creationdate"], cells.get("creationdateearliest", ""), cells.get("creationdatelatest", "")),
        "technique": cells["technique"],
        "dimensions": cells.get("measurements", ""),
        "location": "Cleveland Museum of Art" + (f", {place}" if place else ""),
        "school": cells.get("culture", "")[:200],  # `Italy, Siena, 14th century; …`: a list without end for a few objects
        "form": cells.get("type", ""),
        "description": cells.get("walldescription", "") or cells.get("digitaldescription", "") or cells.get("description", ""),
        "url": cells.get("url", ""),
        "extra": extra_of(cells, _EXTRA),
    }
    picture = cells.get("imageweb", "") or cells.get("imageprint", "")
    return Record(row.line, cells["id"], fields, makers_of(cells["creators"]), [picture] if picture else [])


def makers_of(text: str) -> list[Maker]:
    """Creators with a semicolon between them; one without brackets is a name alone."""
    names, lives, roles = [], [], []
    for part in re.split(r";(?![^()]*\))", text):
        match = _CREATOR.fullmatch(part.strip())
        role = (match["role"] or "").strip() if match else ""
        names.append(match["name"] if match else part)
        lives.append(match["life"] if match else "")
        roles.append("" if role == "artist" else role)
    return people(names, lives, roles, [], [])
