"""`flask evaluate folder DIR`: what a folder of photos is answered, with times and a report page."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from app.cli.output import one_line_errors, print_json, progress_bar
from app.engine.errors import EngineError
from app.evaluation.folder import STAGES, Asked
from app.evaluation.ground_truth import GroundTruthError


@click.command("folder")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--page", type=click.Path(path_type=Path), metavar="DIR", help="Write the report with pictures as a page into DIR.")
@click.option("--csv", "table", type=click.Path(path_type=Path), metavar="FILE", help="Write one row a photo.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only, one row a photo included.")
@with_appcontext
@one_line_errors(EngineError, GroundTruthError, OSError)
def command(folder: Path, page: Path | None, table: Path | None, as_json: bool) -> None:
    """Search every picture in FOLDER as a visitor's photo and tell the answers, the stages' times and the precision.

    A photo named after a work's id (00123.jpg, 00123_left.jpg) is judged by it; others are asked and not judged.

    Example: flask evaluate folder photos/ --page report/ --csv answers.csv
    """
    from app.evaluation import folder as evaluating
    from app.evaluation import folder_page

    asked = _ask(folder)
    result = evaluating.summary(asked)
    rows = evaluating.rows(asked)
    if table:
        with table.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
    if page:
        click.echo(f"{folder_page.write(page, asked, result, _pictures().get)}", err=True)
    if as_json:
        print_json({**result, "photos": rows})
    else:
        _show(result, rows)


def _ask(folder: Path) -> list[Asked]:
    from app import services
    from app.evaluation.folder import ask_all

    with progress_bar() as bar:
        row = bar.add_task("photos", total=None)
        return ask_all(
            folder, lambda path: services.search_photo(path).json, frozenset(services.source_ids().values()),
            progress=lambda stage, done, total: bar.update(row, description=stage, completed=done, total=total),
        )


def _pictures() -> dict[str, Path]:
    """Artwork id → its first picture."""
    from app import services
    from app.catalogue.queries import pictures_for_index

    ids, folder = services.source_ids(), services.settings().pictures_dir
    return {ids[picture.artwork_pk]: folder / picture.path for picture in reversed(pictures_for_index())}


def _show(result: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    listed = Table("photo", "verdict", "answer", "probability", "right", "ms")
    for row in rows:
        probability = f"{row['probability']:.2f}" if row["probability"] != "" else ""
        answer = f"{row['answer']} {row['title']}".strip()
        listed.add_row(row["photo"], row["verdict"], answer, probability, row["right"], str(row["total_ms"]))
    console.print(listed)
    for name, one in result["figures"].items():
        if one["value"] is not None:
            console.print(f"{name} {one['value']:.4f} [{one['low']:.4f}, {one['high']:.4f}] of {one['n']}", highlight=False)
    for stage in STAGES:
        if stage in result["timings_ms"]:
            times = ", ".join(f"{name} {value:.0f} ms" for name, value in result["timings_ms"][stage].items())
            console.print(f"{stage}: {times}", highlight=False)
