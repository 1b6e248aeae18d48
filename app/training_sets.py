"""Training sets with those that are made of catalogues: the catalogue room reads their records. Beside `services`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.catalogue.errors import CatalogueError
from app.catalogue.importers.reading import open_table
from app.catalogue.importers.records import Record as Row
from app.catalogue.importers.records import Reject
from app.catalogue.importers.web_gallery_of_art import WebGalleryOfArt
from app.catalogue.models import Artwork, Collection
from app.catalogue.pictures import find
from app.extensions import db
from app.services import settings
from app.training import datasets
from app.training.datasets import DatasetError, TrainingSet
from app.training.datasets.loader import Options, Record
from app.training.datasets.wga import LAYOUT, LISTS, SOURCE

FIELDS = {"SCHOOL": "school", "TYPE": "type", "FORM": "form", "TIMEFRAME": "timeframe"}


def load(spec: str) -> TrainingSet:
    """As `datasets.load`, of every data set there is; the instance's own needs an application context. Raises DatasetError."""
    return datasets.load(spec, {"wga": gallery, "catalogue": instance})


def gallery(folder: Path, options: Options) -> tuple[list[Record], list[str]]:
    """The rows of the Web Gallery of Art's catalogue, read as an import reads them. Raises DatasetError."""
    path = next((folder / name for name in LISTS if (folder / name).is_file()), folder / LISTS[0])
    try:
        table = open_table(path)
    except CatalogueError as error:
        raise DatasetError(f"wga: {error} The data comes from {SOURCE}; the folder must hold {LAYOUT}.") from error
    importer = WebGalleryOfArt()
    if importer.sniff(table.header, table.sample) < 1:
        raise DatasetError(f"wga: {path.name} is not {importer.expected}.")
    rows = list(importer.rows(table))
    bad = [row for row in rows if isinstance(row, Reject)]
    told = f"{len(bad)} rows of {path.name} are malformed: left out, the first: line {bad[0].line} {bad[0].reason}" if bad else ""
    return [_record(folder, row) for row in rows if isinstance(row, Row)], [told] if told else []


def _record(folder: Path, row: Row) -> Record:
    """With or without the folder `art/` above: both are how people keep the gallery's pictures."""
    names = [name for picture in row.pictures for name in (picture, picture.removeprefix("art/"))]
    found = next((path for name in names if (path := find(folder, name))), None)
    author = row.makers[0].sort_name if row.makers else ""
    fields = {column: str(row.fields.get(field, "")) for column, field in FIELDS.items()}
    return Record(row.source_id, [found] if found else [], {"AUTHOR": author, **fields})


def instance(_folder: Path, options: Options) -> tuple[Sequence[Record], Sequence[str]]:
    """The works of this instance that are not hidden. Raises DatasetError for a collection that is not there."""
    parts = (Artwork.pictures, Artwork.credits, Artwork.collection)
    query = select(Artwork).where(Artwork.hidden.is_(False)).options(*map(selectinload, parts))
    if name := options.text("collection", ""):
        if db.session.scalar(select(Collection.id).where(Collection.name == name)) is None:
            raise DatasetError(f"catalogue: there is no collection {name!r}; `flask catalogue list` shows them.")
        query = query.join(Collection).where(Collection.name == name)
    works = db.session.scalars(query.order_by(Artwork.id))
    return [_work(work, settings().pictures_dir) for work in works], []


def _work(work: Artwork, root: Path) -> Record:
    fields = {name: str(getattr(work, name)) for name in FIELDS.values()}
    artist = work.artists[0].sort_name if work.artists else ""
    pictures = [root / picture.path for picture in work.pictures]
    return Record(f"{work.collection.name}/{work.source_id}", pictures, {"artist": artist, **fields})
