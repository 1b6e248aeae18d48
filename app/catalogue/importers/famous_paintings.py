"""A set of tables about famous paintings: `work.csv`, and beside it `artist.csv`, `museum.csv` and `subject.csv`."""

from __future__ import annotations

from collections.abc import Iterator

from app.catalogue.importers.cells import Cells, cells_of, has_columns, names_of, no_id, year
from app.catalogue.importers.reading import Row, Table
from app.catalogue.importers.records import Maker, Record, Reject
from app.catalogue.importers.sides import Side, read_side, rejects_of

_NEEDED = ("work_id", "name", "artist_id", "style", "museum_id")


class FamousPaintings:
    """One row of `work.csv`, one work."""

    name = "famous_paintings"
    expected = "famous paintings' work_id,name,artist_id,style,museum_id (beside artist.csv, museum.csv, subject.csv)"

    def sniff(self, header: list[str], sample: list[list[str]]) -> float:
        return 1.0 if has_columns(header, _NEEDED) else 0.0

    def rows(self, table: Table) -> Iterator[Record | Reject]:
        artists = read_side(table, "artist.csv", "artistid")
        museums = read_side(table, "museum.csv", "museumid")
        subjects = read_side(table, "subject.csv", "workid")
        yield from rejects_of(table.sides)
        names = names_of(table.header)
        for row in table.rows():
            yield _record(row, cells_of(row, names), artists, museums, subjects) if isinstance(row, Row) else row


def _record(row: Row, cells: Cells, artists: Side, museums: Side, subjects: Side) -> Record | Reject:
    if not cells["workid"]:
        return no_id(row, "work_id")
    artist, museum = artists.one(cells["artistid"]), museums.one(cells["museumid"])
    fields = {
        "title": cells["name"],
        "location": ", ".join(part for part in (museum.get(name, "") for name in ("name", "city", "country")) if part),
        "school": artist.get("nationality", ""),
        "form": "painting",
        "type": ", ".join(one["subject"] for one in subjects.all(cells["workid"]))[:200],
        "extra": {"Style": cells["style"]} if cells["style"] else {},
    }
    return Record(row.line, cells["workid"], fields, [_maker(artist)] if artist else [])


def _maker(artist: Cells) -> Maker:
    """`Gogh, Vincent van` to sort by; the years are plain numbers."""
    family = artist.get("lastname", "")
    given = " ".join(part for part in (artist.get("firstname", ""), artist.get("middlenames", "")) if part)
    full = artist.get("fullname", "")
    name = f"{family}, {given}" if family and given and f"{given} {family}" == full else full
    born, died = year(artist.get("birth", "")), year(artist.get("death", ""))
    life = f"{born or '?'}–{died or '?'}" if born or died else ""
    return Maker(name, life, "", born, died)
