"""Tate's `artwork_data.csv` and, beside it, `artist_data.csv` (github.com/tategallery/collection)."""

from __future__ import annotations

from collections.abc import Iterator

from app.catalogue.importers.cells import Cells, cells_of, dated, extra_of, has_columns, names_of, no_id
from app.catalogue.importers.reading import Row, Table
from app.catalogue.importers.records import Maker, Record, Reject
from app.catalogue.importers.sides import Side, read_side, rejects_of

_NEEDED = ("id", "accession_number", "artist", "artistId", "title", "dateText", "creditLine", "thumbnailUrl")
_EXTRA = {"creditLine": "Credit line", "inscription": "Inscription", "artistRole": "Artist's role"}


class Tate:
    """One row, one work; the accession number (`A00001`) is the id, and its artist is joined by `artistId`."""

    name = "tate"
    expected = "Tate's id,accession_number,artist,…,artistId,title,dateText,…,thumbnailUrl (beside artist_data.csv)"

    def sniff(self, header: list[str], sample: list[list[str]]) -> float:
        return 1.0 if has_columns(header, _NEEDED) else 0.0

    def rows(self, table: Table) -> Iterator[Record | Reject]:
        artists = read_side(table, "artist_data.csv", "id")
        yield from rejects_of(table.sides)
        names = names_of(table.header)
        for row in table.rows():
            yield _record(row, cells_of(row, names), artists) if isinstance(row, Row) else row


def _record(row: Row, cells: Cells, artists: Side) -> Record | Reject:
    if not cells["accessionnumber"]:
        return no_id(row, "accession_number")
    artist = artists.one(cells["artistid"])
    fields = {
        "title": cells["title"],
        **dated(cells["datetext"] if cells["datetext"] != "date not known" else "", cells.get("year", "")),
        "technique": cells.get("medium", ""),
        "dimensions": cells.get("dimensions", ""),
        "location": "Tate",
        "url": cells.get("url", ""),
        "extra": extra_of(cells, _EXTRA),
    }
    if cells["datetext"] == "date not known":
        fields["date_text"] = cells["datetext"]
    role = cells.get("artistrole", "")
    makers = [maker(artist or {"name": cells["artist"]}, "" if role == "artist" else role)] if cells["artist"] else []
    picture = cells["thumbnailurl"]
    return Record(row.line, cells["accessionnumber"], fields, makers, [picture] if picture else [])


def maker(artist: Cells, role: str = "") -> Maker:
    """An artist of `artist_data.csv`: years and places from their columns, in the form `(b. 1852, Praha, d. 1911, London)`."""
    born = _event("b.", artist.get("yearofbirth", ""), artist.get("placeofbirth", ""))
    died = _event("d.", artist.get("yearofdeath", ""), artist.get("placeofdeath", ""))
    return Maker(artist["name"], f"({', '.join(filter(None, (born, died)))})" if born else artist.get("dates", ""), role[:100])


def _event(word: str, year: str, place: str) -> str:
    return ", ".join(filter(None, (f"{word} {year}", place))) if year else ""
