"""Tables of artists without their works: Tate's `artist_data.csv`, the National Gallery of Art's `constituents.csv`.

They are joined to the works by the importers of these museums; imported by themselves they make the artists known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from app.catalogue.importers import national_gallery_of_art, tate
from app.catalogue.importers.cells import Cells, cells_of, has_columns, names_of
from app.catalogue.importers.reading import Row, Table
from app.catalogue.importers.records import Maker, Person, Reject

_TATE = ("id", "name", "gender", "dates", "yearOfBirth", "yearOfDeath", "placeOfBirth", "placeOfDeath", "url")
_NGA = ("constituentid", "preferreddisplayname", "displaydate", "artistofngaobject", "constituenttype")


class ArtistsAlone:
    """One row, one artist, known by name and life as the works' importers know them."""

    name = "artists"
    expected = "a table of artists, Tate's artist_data.csv or the National Gallery of Art's constituents.csv"

    def sniff(self, header: list[str], sample: list[list[str]]) -> float:
        return 1.0 if has_columns(header, _TATE) or has_columns(header, _NGA) else 0.0

    def rows(self, table: Table) -> Iterator[Person | Reject]:
        names = names_of(table.header)
        made: Callable[[Cells], Maker] = tate.maker if has_columns(table.header, _TATE) else national_gallery_of_art.maker
        for row in table.rows():
            if isinstance(row, Row):
                maker = made(cells_of(row, names))
                yield Person(row.line, maker) if maker.sort_name else Reject(row.line, "has no name")
            else:
                yield row
