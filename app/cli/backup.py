"""`flask backup`: one archive of database, pictures and published build, taken while the site runs."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from app.cli.output import one_line_errors, print_json, progress_bar


@click.command("backup", epilog="Example: flask backup /var/backups/pinakes --keep 7")
@click.argument("to", metavar="FILE_OR_DIR", type=click.Path(path_type=Path))
@click.option("--keep", type=click.IntRange(1), help="Afterwards keep only the newest KEEP archives of the folder.")
@click.option("--descriptors", is_flag=True, help="The descriptors too: large, and they can be computed again.")
@click.option("--all-builds", is_flag=True, help="Every build of the index, not the published one alone.")
@click.option("--without-uploads", is_flag=True, help="Without the visitors' photos that are kept at present.")
@click.option("--without-imports", is_flag=True, help="Without the files that were uploaded to be imported of late.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
@with_appcontext
@one_line_errors(ValueError, OSError)
def command(
    to: Path, keep: int | None, descriptors: bool, all_builds: bool, without_uploads: bool, without_imports: bool, as_json: bool
) -> None:
    """Write a backup to FILE_OR_DIR while visitors search and imports run; `flask restore` reads it.

    In a folder it is named after the time. It holds the accounts and secrets.json, so that log-ins stay valid: keep it as
    safe as the instance. Settings of the environment are not in it (their names and harmless values are, for reading).
    """
    from app.operations.backup.taking import Wanted, take

    wanted = Wanted(descriptors=descriptors, uploads=not without_uploads, imports=not without_imports, all_builds=all_builds)
    with progress_bar() as bar:
        task = bar.add_task("Backup", total=None)
        report = take(
            current_app.extensions["pinakes.settings"], to, wanted, keep=keep or 0,
            told=lambda stage, done, total: bar.update(
                task, description=f"Backup ({stage})", completed=done, total=total or done or None
            ),
        )  # fmt: skip
    if as_json:
        print_json(report)
        return
    click.echo(f"{report['file']}: {report['bytes'] / 1e6:,.1f} MB, {sum(report['rows'].values()):,} rows in {len(report['rows'])}")
    click.echo(f"tables, {report['pictures']:,} pictures, build {report['build'] or 'none'}.")
    for name in report["missing"][:20]:
        click.echo(f"The picture {name} is in the catalogue and not on the disk.", err=True)
    if report["removed"]:
        click.echo(f"Removed: {', '.join(report['removed'])}.")
