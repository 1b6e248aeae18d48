"""Importers: one file per source format. `run_import` loads or updates one collection from one file."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.catalogue.errors import CatalogueError, CatalogueFileError
from app.catalogue.harvest import Harvest
from app.catalogue.import_models import ImportMapping
from app.catalogue.importers.artists_alone import ArtistsAlone
from app.catalogue.importers.cleveland_museum import ClevelandMuseum
from app.catalogue.importers.documents import open_source
from app.catalogue.importers.famous_paintings import FamousPaintings
from app.catalogue.importers.general_csv import GeneralCsv, trouble_with
from app.catalogue.importers.iiif import Iiif, id_of
from app.catalogue.importers.metropolitan_museum import MetropolitanMuseum
from app.catalogue.importers.museum_of_modern_art import MuseumOfModernArt
from app.catalogue.importers.national_gallery_of_art import NationalGalleryOfArt
from app.catalogue.importers.picture_folder import Folder, PictureFolder, open_folder
from app.catalogue.importers.picture_source import PictureSource
from app.catalogue.importers.planning import Plan, Progress, make_plan
from app.catalogue.importers.reading import Table
from app.catalogue.importers.records import Change, Importer, ImportReport
from app.catalogue.importers.storing import Store
from app.catalogue.importers.tate import Tate
from app.catalogue.importers.telling import add_run
from app.catalogue.importers.web_gallery_of_art import WebGalleryOfArt
from app.catalogue.models import Collection
from app.extensions import db

IMPORTERS: tuple[Importer, ...] = (
    WebGalleryOfArt(), MetropolitanMuseum(), NationalGalleryOfArt(), Tate(), MuseumOfModernArt(), ClevelandMuseum(),
    FamousPaintings(), ArtistsAlone(), Iiif(), GeneralCsv(),
)  # fmt: skip
FORMATS = ("auto", *(importer.name for importer in IMPORTERS))

__all__ = [
    "FORMATS", "IMPORTERS", "Change", "ImportReport", "choose_importer", "collection_at", "default_collection",
    "is_address", "main_file", "run_import", "saved_mapping",
]  # fmt: skip


def run_import(
    file: Path,
    *,
    format: str = "auto",
    images: Path | None = None,
    collection: str | None = None,
    dry_run: bool = False,
    pictures_dir: Path,
    progress: Progress | None = None,
    user_id: int | None = None,
    mapping: dict[str, str] | None = None,
    harvest: Harvest | None = None,
    job_id: str | None = None,
    file_name: str = "",
) -> ImportReport:
    """Add or update the works of `file` in one collection, with the pictures found below `images` (default: its folder).

    A folder in place of a file is one of pictures alone, each a work.

    All rows are read and judged and all pictures taken before the database is touched; then everything is written in one
    transaction: after a crash the database is as it was, and the same import can be run again. A dry run goes the same
    way and is rolled back. `mapping` (column → field) is for a general CSV; without one the collection's saved mapping holds.
    With a `harvest`, pictures and documents are fetched that the file names by address. Needs an application context.
    Raises CatalogueFileError if the file cannot be used at all, CatalogueError if the database refuses, OSError if a picture
    cannot be written.
    """
    table = open_folder(file) if file.is_dir() else open_source(file, harvest.document if harvest else None)
    name = _collection_name(collection, file)
    importer = _importer(table, format, name, mapping)
    folder, fetch = _images_folder(images, file), harvest.picture if harvest else None
    source = PictureSource(folder, pictures_dir, write=not dry_run, given=images is not None, fetch=fetch)
    plan = make_plan(importer, table, source, progress)
    report = ImportReport(name, importer.name, dry_run=dry_run)
    _tell_of_tables(report, table)
    try:
        _store(plan, report, file_name or file.name, user_id, job_id, progress)
        if dry_run:
            db.session.rollback()
        else:
            db.session.commit()
    except SQLAlchemyError as error:
        db.session.rollback()
        raise CatalogueError(_refused(error)) from error
    except BaseException:
        db.session.rollback()
        raise
    return report


def _refused(error: SQLAlchemyError) -> str:
    reason = " ".join(str(getattr(error, "orig", None) or error).split())
    return f"The database refused the import ({reason}), so nothing was written; a new database needs `flask db upgrade` first."


def _store(
    plan: Plan, report: ImportReport, file_name: str, user_id: int | None, job_id: str | None, progress: Progress | None
) -> None:
    """Write the plan and the run's own row in the session's transaction, and fill the report."""
    report.rejects = [{"line": reject.line, "reason": reject.reason} for reject in sorted(plan.rejects, key=lambda one: one.line)]
    report.counts["rejected"] = len(plan.rejects)
    report.counts["pictures_missing"] = plan.pictures_missing
    only_people = bool(plan.people) and not plan.works  # a table of artists makes no collection
    collection, new = (None, False) if only_people else _collection(report.collection)
    store = Store(db.session.connection(), collection.id if collection else 0, report.counts, report.changes)
    store.write(plan, progress)
    artists = store.write_people(plan)
    if not report.dry_run:
        run = add_run(report, file_name, collection, user_id=user_id, job_id=job_id, written_at=store.at)
        run.details = {**run.details, "new_collection": new, "artists": artists}
        report.run_id = run.id


def _tell_of_tables(report: ImportReport, table: Table) -> None:
    """What became of the tables beside the file."""
    for side in table.sides:
        report.tables.append({"name": side.name, "found": side.found, "rows": side.rows, "rejected": len(side.rejects)})
        if not side.found:
            report.notes.append(f"{side.name} was not found beside the file: what it holds is left out.")


def _importer(table: Table, format: str, collection: str, mapping: dict[str, str] | None) -> Importer:
    """The importer, with the mapping if it is the general one: the given, else the one saved for the collection."""
    if isinstance(table, Folder):
        return PictureFolder()
    if mapping:
        if format not in ("auto", GeneralCsv.name):
            raise CatalogueFileError(f"A mapping is for {GeneralCsv.name}, not for {format!r}; leave one of them out.")
        return GeneralCsv(mapping)
    if format in ("auto", GeneralCsv.name) and (saved := saved_mapping(collection, table)):
        return GeneralCsv(saved)
    return choose_importer(table, format)


def saved_mapping(collection: str, table: Table) -> dict[str, str] | None:
    """The mapping that a curator settled for the collection, if it was for columns that this file has too."""
    try:
        found = db.session.scalar(select(ImportMapping.columns).where(ImportMapping.collection == collection))
    except SQLAlchemyError as error:
        db.session.rollback()
        raise CatalogueError(_refused(error)) from error
    if not found or not set(found) <= set(table.header) or trouble_with(table.header, found):
        return None
    return dict(found)


def choose_importer(table: Table, format: str = "auto") -> Importer:
    """The importer of that name, or for `auto` the one that is surest. Raises CatalogueFileError naming what was found."""
    if format not in FORMATS:
        raise CatalogueFileError(f"{format!r} is no catalogue format; known are {', '.join(FORMATS)}.")
    candidates = [importer for importer in IMPORTERS if format in ("auto", importer.name)]
    scores = {importer.name: importer.sniff(table.header, table.sample) for importer in candidates}
    best = max(candidates, key=lambda importer: scores[importer.name])
    if not scores[best.name]:
        others = ", ".join(importer.name for importer in candidates if importer is not candidates[-1])
        expected = candidates[-1].expected + (f", or the layout of one of these: {others}" if others else "")
        raise CatalogueFileError(f"{table.path.name}: the header is {', '.join(table.header)[:300]!r}; expected is {expected}.")
    return best


def main_file(files: list[Path]) -> Path:
    """Of several tables that belong together the one with the works: which an importer is surest of; of equals the largest."""

    def rank(file: Path) -> tuple[bool, float, int]:
        try:
            table = open_source(file)
        except CatalogueFileError:
            return (False, 0.0, 0)
        scores = [(importer.sniff(table.header, table.sample), importer.name != ArtistsAlone.name) for importer in IMPORTERS]
        score, of_works = max(scores)
        return (of_works, score, file.stat().st_size)

    return max(files, key=rank)


def is_address(text: str) -> bool:
    """Whether an import is to be fetched from the web."""
    return text.strip().lower().startswith(("http://", "https://"))


def collection_at(address: str) -> str:
    """The name of a collection that is fetched from an address, where nobody gave one: host and path."""
    parts = urlsplit(address)
    return f"{parts.hostname or ''} {id_of(address)}".strip()[:200]


def default_collection(file: Path) -> str:
    """The file's stem, or its folder's name if the stem is only `catalogue`."""
    file = file.resolve()
    return file.parent.name or file.stem if file.stem.lower() == "catalogue" else file.stem


def _collection_name(name: str | None, file: Path) -> str:
    name = (name or "").strip() or default_collection(file)
    limit = Collection.__table__.columns["name"].type.length
    if len(name) > limit:
        raise CatalogueFileError(f"The collection's name has {len(name)} characters, at most {limit} are kept; give a shorter one.")
    return name


def _images_folder(images: Path | None, file: Path) -> Path:
    if images is not None and not images.is_dir():
        raise CatalogueFileError(f"{images}: there is no such folder of images.")
    return images or (file if file.is_dir() else file.parent)


def _collection(name: str) -> tuple[Collection, bool]:
    """The collection of that name, made if it is not there, and whether it was."""
    collection = db.session.scalar(select(Collection).where(Collection.name == name))
    if collection is not None:
        return collection, False
    collection = Collection(name=name)
    db.session.add(collection)
    db.session.flush()
    return collection, True
