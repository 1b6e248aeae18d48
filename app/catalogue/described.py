"""Works with their pictures and what the catalogue says of them, from a catalogue file or from the database: to learn from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.catalogue.errors import CatalogueFileError
from app.catalogue.importers import choose_importer
from app.catalogue.importers.aliases import columns_of, normal
from app.catalogue.importers.reading import Row, Table, open_table
from app.catalogue.importers.records import Record
from app.catalogue.models import Artwork
from app.catalogue.vocabulary import FIELDS, MakerFacts, Makers, described, maker_key, merged
from app.extensions import db

NAMES = ("fullname", "displayname", "preferreddisplayname")  # of a maker, where a table of makers has no column that works have


@dataclass(frozen=True)
class Described:
    """One work: its first picture, field → word of FIELDS, and a key that is the same for works of one maker."""

    picture: Path
    words: dict[str, str]
    maker: str


def from_file(file: Path, fields: Sequence[str] = FIELDS, makers: Makers | None = None) -> list[Described]:
    """The works of a catalogue file whose pictures lie beside it. Raises CatalogueFileError."""
    table = open_table(file)
    records = (row for row in choose_importer(table, "auto").rows(table) if isinstance(row, Record))
    found = [one for record in records if (one := _of_record(record, file.parent, fields, makers))]
    if not found:
        raise CatalogueFileError(f"{file}: no row of it has a picture beside the file; give a catalogue with its pictures.")
    return found


def _of_record(record: Record, folder: Path, fields: Sequence[str], table: Makers | None) -> Described | None:
    pictures = [folder / name for name in record.pictures if (folder / name).is_file()]
    names = [(maker.sort_name, maker.born_died) for maker in record.makers or []]
    return _described(pictures[0], record.fields, names, fields, table) if pictures else None


def from_database(pictures_dir: Path, fields: Sequence[str] = FIELDS, makers: Makers | None = None) -> list[Described]:
    """The works of this instance that are not hidden and have a picture. Needs an application context."""
    chosen = select(Artwork).where(Artwork.hidden.is_(False)).order_by(Artwork.id).options(
        selectinload(Artwork.pictures), selectinload(Artwork.credits)
    )
    return [
        _described(
            pictures_dir / work.pictures[0].path,
            {name: getattr(work, name) for name in (*FIELDS, "title", "technique", "year_from", "year_to")},
            [(artist.sort_name, artist.born_died) for artist in work.artists], fields, makers,
        )
        for work in db.session.scalars(chosen)
        if work.pictures
    ]


def _described(
    picture: Path, values: dict[str, object], names: list[tuple[str, str]], fields: Sequence[str], table: Makers | None
) -> Described:
    found = described(values, names, table)
    return Described(picture, {name: found[name] for name in fields if name in found}, maker_key(names[0][0]) if names else "")


def makers_from(files: Iterable[Path]) -> dict[str, MakerFacts]:
    """What tables of makers, or of works with their makers, say of schools and lives. Of several files the first that knows wins.

    Raises CatalogueFileError.
    """
    found: dict[str, MakerFacts] = {}
    for file in files:
        for key, facts in merged(_makers(open_table(file))).items():
            have = found.get(key, MakerFacts())
            found[key] = MakerFacts(
                have.school or facts.school, have.timeframe or facts.timeframe,
                have.born_year or facts.born_year, have.died_year or facts.died_year,
            )
    return found


def _makers(table: Table) -> Iterator[tuple[str, MakerFacts]]:
    columns = {field: places[0] for field, places in columns_of(table.header).items()}
    names = [index for index, name in enumerate(table.header) if normal(name) in NAMES]
    place = names[0] if names else columns.get("artist")
    if place is None or not columns.keys() & {"school", "timeframe", "born_year"}:
        raise CatalogueFileError(f"{table.path.name}: this is no table of makers; it needs a name, and a school or nationality.")
    for row in table.rows():
        if isinstance(row, Row):
            text = {field: row.fields[index].strip() for field, index in columns.items()}
            yield row.fields[place], MakerFacts(
                text.get("school", ""), text.get("timeframe", ""), _year(text.get("born_year")), _year(text.get("died_year"))
            )


def _year(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and int(text) else None
