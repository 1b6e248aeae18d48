"""Importers: one file per source format. `run_import` loads or updates one collection from one file."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.catalogue.errors import CatalogueError, CatalogueFileError
from app.catalogue.importers.general_csv import GeneralCsv
from app.catalogue.importers.planning import PictureSource, Plan, Progress, make_plan
from app.catalogue.importers.reading import Table, open_table
from app.catalogue.importers.records import Importer, ImportReport
from app.catalogue.importers.storing import Store
from app.catalogue.importers.web_gallery_of_art import WebGalleryOfArt
from app.catalogue.models import Collection, ImportRun
from app.extensions import db

IMPORTERS: tuple[Importer, ...] = (WebGalleryOfArt(), GeneralCsv())
FORMATS = ("auto", *(importer.name for importer in IMPORTERS))

__all__ = ["FORMATS", "IMPORTERS", "ImportReport", "choose_importer", "default_collection", "run_import"]


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
) -> ImportReport:
    """Add or update the works of `file` in one collection, with the pictures found below `images` (default: its folder).

    All rows are read and judged and all pictures taken before the database is touched; then everything is written in one
    transaction: after a crash the database is as it was, and the same import can be run again. A dry run goes the same
    way and is rolled back. Needs an application context. Raises CatalogueFileError if the file cannot be used at all,
    CatalogueError if the database refuses, OSError if a picture cannot be written.
    """
    table = open_table(file)
    importer = choose_importer(table, format)
    name = _collection_name(collection, file)
    source = PictureSource(_images_folder(images, file), pictures_dir, write=not dry_run)
    plan = make_plan(importer, table, source, progress)
    report = ImportReport(name, importer.name, dry_run=dry_run)
    try:
        _store(plan, report, file, user_id, progress)
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


def _store(plan: Plan, report: ImportReport, file: Path, user_id: int | None, progress: Progress | None) -> None:
    """Write the plan and the run's own row in the session's transaction, and fill the report."""
    report.rejects = [{"line": reject.line, "reason": reject.reason} for reject in sorted(plan.rejects, key=lambda one: one.line)]
    report.counts["rejected"] = len(plan.rejects)
    report.counts["pictures_missing"] = plan.pictures_missing
    collection = _collection(report.collection)
    Store(db.session.connection(), collection.id, report.counts).write(plan, progress)
    if not report.dry_run:
        run = ImportRun(
            file_name=file.name, format=report.format, collection=collection, user_id=user_id,
            counts=report.counts, rejects=report.rejects,
        )  # fmt: skip
        db.session.add(run)
        db.session.flush()
        report.run_id = run.id


def choose_importer(table: Table, format: str = "auto") -> Importer:
    """The importer of that name, or for `auto` the one that is surest. Raises CatalogueFileError naming what was found."""
    if format not in FORMATS:
        raise CatalogueFileError(f"{format!r} is no catalogue format; known are {', '.join(FORMATS)}.")
    candidates = [importer for importer in IMPORTERS if format in ("auto", importer.name)]
    scores = {importer.name: importer.sniff(table.header, table.sample) for importer in candidates}
    best = max(candidates, key=lambda importer: scores[importer.name])
    if not scores[best.name]:
        expected = "; or ".join(importer.expected for importer in candidates)
        raise CatalogueFileError(f"{table.path.name}: the header is {', '.join(table.header)[:300]!r}; expected is {expected}.")
    return best


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
    return images or file.parent


def _collection(name: str) -> Collection:
    """The collection of that name, made if it is not there."""
    collection = db.session.scalar(select(Collection).where(Collection.name == name))
    if collection is None:
        collection = Collection(name=name)
        db.session.add(collection)
        db.session.flush()
    return collection
