"""`flask catalogue`: import collections and list them."""

from __future__ import annotations

import csv
import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from app.catalogue.errors import CatalogueError
from app.cli.catalogue_analyse import command as analyse
from app.cli.output import one_line_errors, print_json, progress_bar

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from app.catalogue.importers import ImportReport

REJECTS_SHOWN = 50  # of a report for reading


@click.group("catalogue")
def command() -> None:
    """Load collections of works and list them.

    Example: flask catalogue import museum/catalogue.csv
    """


command.add_command(analyse)

@command.command("import")
@click.argument("source", metavar="FILE")
@click.option("--format", "format_", default="auto", show_default=True, help="One of docs/catalogue.md; auto recognises each.")
@click.option("--images", type=click.Path(path_type=Path), help="Folder or ZIP of the pictures (default: the file's folder).")
@click.option("--collection", help="Name of the collection (default: the file's name, or its folder's for catalogue.csv).")
@click.option("--map", "mapped", multiple=True, metavar="COLUMN=FIELD", help="What a column of a general CSV means, each.")
@click.option("--fetch", is_flag=True, help="Fetch pictures (and a IIIF collection's manifests) that the file names by address.")
@click.option("--likes", is_flag=True, help="Look for works that the catalogue has already, by their pictures; a second each.")
@click.option("--report", type=click.Path(path_type=Path), help="Write what is new, changed field by field, rejected, as CSV.")
@click.option("--dry-run", is_flag=True, help="Say what would be done and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@with_appcontext
@one_line_errors(CatalogueError, OSError)
def import_(
    source: str, format_: str, images: Path | None, collection: str | None, mapped: tuple[str, ...], fetch: bool, likes: bool,
    report: Path | None, dry_run: bool, as_json: bool,
) -> None:
    """Add or update the works of FILE and their pictures; FILE may be the address of a IIIF manifest or collection.

    A folder of pictures in place of a FILE is a collection without a catalogue: each picture is a work, called after its file.
    Several collections are one index.

    A second import of the same file changes nothing.

    Example: flask catalogue import wga/catalog.csv --images wga --collection "Web Gallery of Art"
    """
    from app import importing
    from app.accounts import audit
    from app.catalogue.harvest import Harvest
    from app.catalogue.importers import collection_at, is_address, run_import
    from app.extensions import db
    from app.usage.pruning import imports_folder

    settings = current_app.extensions["pinakes.settings"]
    with progress_bar() as bar:
        tell = _shown(bar)
        harvest = None
        if fetch or is_address(source):
            folder = imports_folder(settings) / f"fetched-{hashlib.sha256(source.encode()).hexdigest()[:16]}"
            harvest = Harvest(folder, current_app.extensions.get("pinakes.network"))
        file, name = Path(source), Path(source).name
        if is_address(source) and harvest:
            file, name, collection = harvest.document(source), source, collection or collection_at(source)
        with _unpacked(images, imports_folder(settings), tell) as folder_of_images:
            done = run_import(
                file, format=format_, images=folder_of_images, collection=collection, dry_run=dry_run,
                pictures_dir=settings.pictures_dir, progress=tell, mapping=_mapping(mapped), harvest=harvest, file_name=name,
            )  # fmt: skip
            if likes:
                importing.find_likes(done, tell)
    if not dry_run:
        audit.record("catalogue.import", done.collection, file=name, **done.counts)
        db.session.commit()
    if report:
        _write_report(report, done)
    print_json(done.as_json()) if as_json else _print_report(done)


@contextmanager
def _unpacked(images: Path | None, scratch: Path, tell: Callable[[str, int, int], None]) -> Iterator[Path | None]:
    """The folder of pictures; a ZIP of them is unpacked for as long as the import takes."""
    if images is None or not images.is_file():
        yield images
        return
    from app.catalogue import unpacking

    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="unpacked-", dir=scratch) as home:
        unpacking.unpack(images, Path(home) / "pictures", tell)
        yield Path(home) / "pictures"


def _mapping(mapped: tuple[str, ...]) -> dict[str, str] | None:
    """`("Inv.-Nr.=source_id", …)` as column → field. Raises CatalogueError for what has no `=`."""
    if bad := next((one for one in mapped if "=" not in one), ""):
        raise CatalogueError(f"--map {bad!r}: write COLUMN=FIELD, as in --map Inv=source_id.")
    return {column.strip(): field.strip() for column, _equals, field in (one.rpartition("=") for one in mapped)} or None


def _write_report(path: Path, report: ImportReport) -> None:
    from app.catalogue.importers.telling import REPORT_HEADER, harmless, report_lines

    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(REPORT_HEADER)
        writer.writerows([harmless(cell) for cell in line] for line in report_lines(report.changes, report.rejects))


def _shown(bar: Progress) -> Callable[[str, int, int], None]:
    """A progress function with one bar for each stage."""
    tasks: dict[str, TaskID] = {}

    def progress(stage: str, done: int, total: int) -> None:
        if stage not in tasks:
            tasks[stage] = bar.add_task(stage)
        bar.update(tasks[stage], completed=done, total=total)

    return progress


def _print_report(report: ImportReport) -> None:
    for reject in report.rejects[:REJECTS_SHOWN]:
        click.echo(f"line {reject['line']}: {reject['reason']}", err=True)
    if len(report.rejects) > REJECTS_SHOWN:
        click.echo(f"… and {len(report.rejects) - REJECTS_SHOWN} more rejects; --json names them all.", err=True)
    for table in report.tables:
        click.echo(f"{table['name']}: {table['rows']} rows read, {table['rejected']} rejected", err=True)
    for note in report.notes:
        click.echo(note, err=True)
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in report.counts.items())
    kind = "dry run, " if report.dry_run else ""
    click.echo(f"{report.collection} ({kind}{report.format}): {counts}")


@command.command("undo")
@click.argument("run_id", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print what came of it as JSON.")
@with_appcontext
@one_line_errors(CatalogueError)
def undo(run_id: int, as_json: bool) -> None:
    """Undo a whole import: what it added goes, what it changed goes back. Works that were edited since stay, and are named.

    Example: flask catalogue undo 3
    """
    from app import importing
    from app.accounts import audit
    from app.catalogue.importers.undoing import undo_import
    from app.catalogue.models import ImportRun
    from app.extensions import db

    run = db.session.get(ImportRun, run_id)
    if run is not None and run.undone_at is not None:
        raise CatalogueError(f"Import {run_id} was undone on {run.undone_at:%Y-%m-%d}; import its file again to have it back.")
    with progress_bar() as bar:
        done = undo_import(run_id, _shown(bar))
    audit.record("catalogue.undo", str(run_id), **done.counts)
    db.session.commit()
    index = importing.sync_index(importing.works_of(run_id))
    if as_json:
        print_json({"run_id": run_id, **done.counts, "kept_works": _kept(run_id), "index": index})
        return
    for work in _kept(run_id):
        click.echo(f"{work['id']}: {work['undone']}, {work['why']}", err=True)
    click.echo(f"import {run_id}: " + ", ".join(f"{count} {name}" for name, count in done.counts.items()))


def _kept(run_id: int) -> list[dict[str, str]]:
    """Works that an undo left as they are, wholly or in part, and why."""
    from sqlalchemy import select

    from app.catalogue.import_models import ImportChange
    from app.extensions import db

    query = select(ImportChange).where(ImportChange.run_id == run_id, ImportChange.kept_because != "").order_by(ImportChange.id)
    return [{"id": one.source_id, "undone": one.undone, "why": one.kept_because} for one in db.session.scalars(query)]


@command.command("runs")
@click.option("--json", "as_json", is_flag=True, help="Print the imports as JSON.")
@with_appcontext
@one_line_errors(CatalogueError)
def runs(as_json: bool) -> None:
    """The latest imports, newest first, with the numbers by which they are undone.

    Example: flask catalogue runs
    """
    from app.catalogue.queries import import_runs

    found = [
        {
            "run_id": run.id, "file": run.file_name, "format": run.format, "at": f"{run.created_at:%Y-%m-%dT%H:%M:%SZ}",
            "collection": run.collection.name if run.collection else None, "undone": run.undone_at is not None, **run.counts,
        }
        for run in import_runs()
    ]  # fmt: skip
    if as_json:
        print_json(found)
        return
    for one in found:
        state = " (undone)" if one["undone"] else ""
        click.echo(f"{one['run_id']}: {one['file']} on {one['at'][:10]}, {one['added']} added, {one['updated']} updated{state}")


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the collections as JSON.")
@with_appcontext
@one_line_errors(CatalogueError)
def list_(as_json: bool) -> None:
    """The collections with their numbers of works and pictures.

    Example: flask catalogue list --json
    """
    from app.catalogue.queries import collections

    try:
        known = collections()
    except SQLAlchemyError as error:
        reason = getattr(error, "orig", None) or error
        raise CatalogueError(f"The catalogue cannot be read ({reason}); a new database needs `flask db upgrade` first.") from error
    found = [{**one, "created_at": f"{one['created_at']:%Y-%m-%dT%H:%M:%SZ}"} for one in known]
    if as_json:
        print_json(found)
        return
    for one in found:
        click.echo(f"{one['name']}: {one['works']} works, {one['pictures']} pictures, loaded {one['created_at'][:10]}")
