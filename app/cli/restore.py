"""`flask restore`: an instance put into the state of a backup."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from app.cli.output import one_line_errors, print_json, progress_bar


@click.command("restore", epilog="Example: flask restore /var/backups/pinakes/pinakes-20261121-031500.tar")
@click.argument("archive", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Of an instance that is not empty: set what is there aside first.")
@click.option("--check", is_flag=True, help="Read the backup through, check every hash, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
@with_appcontext
@one_line_errors(ValueError, OSError)
def command(archive: Path, replace: bool, check: bool, as_json: bool) -> None:
    """Restore the backup FILE into the instance and its database, SQLite or PostgreSQL whichever it was taken from.

    Every hash is checked first; what is not whole is refused and nothing changed. An older schema is brought up to date.
    Stop web, worker and scheduler before.
    """
    from app.operations.backup.archive import BackupError, read
    from app.operations.backup.restoring import restore

    settings = current_app.extensions["pinakes.settings"]
    with progress_bar() as bar:
        task = bar.add_task("Restore", total=None)

        def told(stage: str, done: int, total: int) -> None:
            bar.update(task, description=f"Restore ({stage})", completed=done, total=total or done or None)

        if check:
            if not archive.is_file():
                raise BackupError(f"There is no backup {archive}.")
            manifest = read(archive, told=told)
        else:
            report = restore(settings, archive, replace=replace, told=told)
    if check:
        whole = {name: manifest[name] for name in ("created", "revision", "dialect", "rows", "pictures", "build", "missing")}
        print_json(whole) if as_json else click.echo(f"{archive} is whole: taken {manifest['created']}, build {manifest['build']}.")
    elif as_json:
        print_json(report)
    else:
        for line in said(report):
            click.echo(line)


def said(report: dict[str, object]) -> list[str]:
    """What was restored, for reading."""
    rows = report["rows"]
    assert isinstance(rows, dict)
    lines = [f"Restored: {sum(rows.values()):,} rows, {report['pictures']:,} pictures, build {report['build'] or 'none'}."]
    if report["aside"]:
        lines.append(f"What was there is in {report['aside']}.")
    if report["schema_aside"]:
        lines.append(f"The former tables are in the schema {report['schema_aside']}.")
    return [*lines, "Now start web, worker and scheduler; `flask doctor` says whether all is well."]
