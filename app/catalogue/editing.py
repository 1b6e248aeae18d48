"""Works changed one by one by a curator: fields, artists, pictures. Only pictures' rows are deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.catalogue import pictures
from app.catalogue.dates import parse_years
from app.catalogue.errors import CatalogueError
from app.catalogue.importers.artist_table import ArtistTable
from app.catalogue.importers.planning import too_long
from app.catalogue.importers.records import Maker, Record
from app.catalogue.models import Artist, Artwork, Collection, Credit, Picture
from app.extensions import db

FIELDS = (
    "title", "date_text", "technique", "dimensions", "location", "school", "form", "type", "timeframe", "description", "url",
)  # fmt: skip


def artists_as_text(work: Artwork) -> str:
    """The makers as the form has them: one a line, name and life with a bar between."""
    return "\n".join(" | ".join(filter(None, (one.artist.sort_name, one.artist.born_died))) for one in work.credits)


def makers_in(text: str) -> list[Maker]:
    """Makers from the form's lines."""
    parted = [line.partition("|") for line in text.splitlines() if line.strip()]
    return [Maker(" ".join(name.split()), life.strip()) for name, _bar, life in parted if name.strip()]


def create(collection: Collection, source_id: str) -> Artwork:
    """A work with nothing but its number. Raises CatalogueError for a number that the collection has."""
    source_id = source_id.strip()
    if not source_id or len(source_id) > 200:
        raise CatalogueError("A work needs a number of at most 200 characters.")
    same = select(Artwork.id).where(Artwork.collection_id == collection.id, Artwork.source_id == source_id)
    if db.session.scalar(same) is not None:
        raise CatalogueError(f"The collection has a work with the number {source_id} already.")
    work = Artwork(collection=collection, source_id=source_id, extra={})
    db.session.add(work)
    db.session.flush()
    return work


def edit(work: Artwork, values: dict[str, str], makers: list[Maker]) -> dict[str, Any]:
    """Give the work these fields and makers; {field: [before, after]} of what differs. CatalogueError where one is too long."""
    fields = {name: values.get(name, "").strip() for name in FIELDS}
    if reason := too_long(Record(0, work.source_id, fields, makers)):
        raise CatalogueError(f"The work {reason}.")
    changed = {name: [getattr(work, name), value] for name, value in fields.items() if getattr(work, name) != value}
    if "date_text" in changed:
        work.year_from, work.year_to = parse_years(fields["date_text"])
    for name, (_before, after) in changed.items():
        setattr(work, name, after)
    before = artists_as_text(work)
    _credit(work, makers)
    if artists_as_text(work) != before:
        changed["artists"] = [before, artists_as_text(work)]
    return changed


def _credit(work: Artwork, makers: list[Maker]) -> None:
    """The makers in this order, each with the part that they had before."""
    known = {(one.artist.sort_name, one.artist.born_died): one for one in work.credits}
    wanted = list(dict.fromkeys((maker.sort_name, maker.born_died) for maker in makers))
    if wanted == list(known):
        return
    table = ArtistTable(db.session.connection())
    table.ensure(makers)
    roles = {key: one.role for key, one in known.items()}
    work.credits = []
    db.session.flush()
    for position, key in enumerate(wanted):
        artist = db.session.get(Artist, table.ids[key])
        work.credits.append(Credit(artist=artist, position=position, role=roles.get(key, "")))


def add_picture(work: Artwork, file: Path, name: str, folder: Path) -> Picture:
    """A further picture of the work. Raises PictureError, and CatalogueError for one that it has."""
    stored = pictures.store(file, name, folder)
    if any(one.sha256 == stored.sha256 for one in work.pictures):
        raise CatalogueError(f"The work has the picture {name} already.")
    picture = Picture(
        position=max((one.position for one in work.pictures), default=-1) + 1, sha256=stored.sha256, path=stored.path,
        source_name=name, width=stored.width, height=stored.height,
    )  # fmt: skip
    work.pictures.append(picture)
    db.session.flush()
    return picture
