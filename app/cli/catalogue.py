"""`flask catalogue`: import collections and list them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from app.catalogue.errors import CatalogueError
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


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--format", "format_", default="auto", show_default=True, help="auto, general_csv or web_gallery_of_art.")
@click.option("--images", type=click.Path(path_type=Path), help="Folder of the pictures (default: the file's folder).")
@click.option("--collection", help="Name of the collection (default: the file's name, or its folder's for catalogue.csv).")
@click.option("--dry-run", is_flag=True, help="Say what would be done and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@with_appcontext
@one_line_errors(CatalogueError, OSError)
def import_(file: Path, format_: str, images: Path | None, collection: str | None, dry_run: bool, as_json: bool) -> None:
    """Add or update the works of FILE and their pictures. A second import of the same file changes nothing.

    Example: flask catalogue import wga/catalog.csv --images wga --collection "Web Gallery of Art"
    """
    from app.accounts import audit
    from app.catalogue.importers import run_import
    from app.extensions import db

    pictures_dir = current_app.extensions["pinakes.settings"].pictures_dir
    with progress_bar() as bar:
        report = run_import(
            file, format=format_, images=images, collection=collection, dry_run=dry_run,
            pictures_dir=pictures_dir, progress=_shown(bar),
        )  # fmt: skip
    if not dry_run:
        audit.record("catalogue.import", report.collection, file=file.name, **report.counts)
        db.session.commit()
    if as_json:
        print_json(report.as_json())
    else:
        _print_report(report)


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
    counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in report.counts.items())
    kind = "dry run, " if report.dry_run else ""
    click.echo(f"{report.collection} ({kind}{report.format}): {counts}")


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
