"""Artists as an import sees them: known by the source's own words, added as they come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, delete, exists, insert, select

from app.catalogue.artists import parse_life, reading_name
from app.catalogue.importers.records import Maker
from app.catalogue.models import Artist, Credit

WINDOW = 1000  # rows per round trip; one query names as many ids
T = TypeVar("T")
ARTISTS, CREDITS = Artist.__table__, Credit.__table__
_KNOWN = (
    ARTISTS.c.id, ARTISTS.c.sort_name, ARTISTS.c.born_died, ARTISTS.c.name, ARTISTS.c.born_year, ARTISTS.c.died_year,
)  # fmt: skip


class ArtistTable:
    """All artists by (sort_name, born_died), with new ones added as they come."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.ids: dict[tuple[str, str], int] = {}
        self.names: dict[int, tuple[str, str]] = {}  # (sort_name, name)
        self.rows: dict[int, Any] = {}
        self._learn(connection.execute(select(*_KNOWN)))

    def _learn(self, rows: Iterable[Any]) -> None:
        for row in rows:
            self.ids[row.sort_name, row.born_died] = row.id
            self.names[row.id] = (row.sort_name, row.name)
            self.rows[row.id] = row

    def id_of(self, maker: Maker) -> int:
        return self.ids[maker.sort_name, maker.born_died]

    def ensure(self, makers: Iterable[Maker]) -> None:
        """Insert the makers that are not known yet."""
        new = {key: maker for maker in makers if (key := (maker.sort_name, maker.born_died)) not in self.ids}
        if not new:
            return
        last = max(self.names, default=0)
        self.connection.execute(insert(ARTISTS), [_artist_row(maker) for maker in new.values()])
        self._learn(self.connection.execute(select(*_KNOWN).where(ARTISTS.c.id > last)))

    def told(self, credited: Iterable[tuple[int, str]]) -> list[dict[str, Any]]:
        """Credits as the report of an import keeps them: enough to make the artists again."""
        rows = [(self.rows[artist], role) for artist, role in credited]
        return [
            {"name": row.sort_name, "life": row.born_died, "role": role, "born": row.born_year, "died": row.died_year}
            for row, role in rows
        ]

    def remove_unused(self, ids: set[int]) -> int:
        """Delete those of the artists that no work credits any more; returns how many."""
        gone = 0
        for some in windows(sorted(ids), WINDOW):
            unused = ~exists().where(CREDITS.c.artist_id == ARTISTS.c.id)
            gone += self.connection.execute(delete(ARTISTS).where(ARTISTS.c.id.in_(some), unused)).rowcount
        return gone


def _artist_row(maker: Maker) -> dict[str, Any]:
    life = parse_life(maker.born_died)
    return {
        "name": reading_name(maker.sort_name), "sort_name": maker.sort_name, "born_died": maker.born_died,
        "born_year": maker.born_year or life.born_year, "born_place": life.born_place[:200],
        "died_year": maker.died_year or life.died_year, "died_place": life.died_place[:200],
    }  # fmt: skip


def windows(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of `size` items, the last one shorter."""
    iterator = iter(items)
    while window := list(islice(iterator, size)):
        yield window
