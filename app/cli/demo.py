"""`flask demo`: the demo collection."""

from __future__ import annotations

import time
from pathlib import Path

import click
from flask import current_app

from app.cli.output import one_line_errors, print_json, progress_bar


@click.group("demo")
def command() -> None:
    """The demo collection: works painted by the project itself, their records, and photographs of them."""


@command.command("build")
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), help="Where it is made.  [default: demo/ in the instance]"
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
@one_line_errors(OSError)
def build_command(folder: Path | None, as_json: bool) -> None:
    """Make the demo collection; it is left as it is if it is already there.

    \b
    Example:
      flask demo build
      flask catalogue import instance/demo/catalogue.csv --collection "Pinakes Gallery"
    """
    from app.demo import DemoError, build  # OpenCV is loaded only when it is needed
    from app.demo.summary import summary

    target = folder or current_app.extensions["pinakes.settings"].demo_dir
    began = time.monotonic()
    with progress_bar() as bars:
        tasks = {stage: bars.add_task(f"{stage:14}", total=None, visible=False) for stage in ("painting", "photographing")}
        try:
            build(target, progress=lambda stage, done, total: bars.update(tasks[stage], completed=done, total=total, visible=True))
        except DemoError as error:
            raise click.ClickException(str(error)) from error
    report = summary(target) | {"seconds": round(time.monotonic() - began, 1)}
    if as_json:
        print_json(report)
        return
    click.echo(f"{report['works']} works and {report['photos']} photos in {report['folder']}")
