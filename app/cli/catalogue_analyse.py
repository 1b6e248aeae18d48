"""`flask catalogue analyse`: what the pictures are like."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask.cli import with_appcontext

from app import picture_files
from app.catalogue.errors import CatalogueError
from app.cli.output import one_line_errors, print_json, progress_bar

if TYPE_CHECKING:
    from app.evaluation.analysis import Source



@click.command("analyse")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--collection", metavar="NAME", help="Only the works of this collection.")
@click.option("--page", type=click.Path(path_type=Path), metavar="DIR", help="Write plots and pictures as a page into DIR.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only, with the names of all pictures concerned.")
@with_appcontext
@one_line_errors(CatalogueError, OSError)
def command(folder: Path | None, collection: str | None, page: Path | None, as_json: bool) -> None:
    """Tell what the catalogue's pictures are like, or those in FOLDER (each folder in it a class).

    Greyscale, sizes and shapes, blur, noise, pairs that look alike, pictures of each artist, years, times when they were taken.

    Example: flask catalogue analyse --collection "Web Gallery of Art" --page analysis/
    """
    from app.evaluation import analysis, analysis_page

    sources = _of_folder(folder) if folder else _of_catalogue(collection)
    with progress_bar() as bar:
        row = bar.add_task("pictures", total=len(sources))
        found = analysis.analyse(sources, progress=lambda stage, done, total: bar.update(row, completed=done, total=total))
    result = analysis.summary(found)
    if page:
        title = f"Pictures of {folder.name if folder else collection or 'the catalogue'}"
        click.echo(f"{analysis_page.write(page, title, found, result)}", err=True)
    if as_json:
        print_json(result)
    else:
        _show(result)


def _of_folder(folder: Path) -> list[Source]:
    from app.evaluation.analysis import Source

    if not folder.is_dir():
        raise CatalogueError(f"There is no folder {folder}.")
    paths = picture_files.among(folder.rglob("*"))
    if not paths:
        raise CatalogueError(f"There is no picture in {folder}; known endings: {', '.join(sorted(picture_files.SUFFIXES))}.")
    return [Source(str(path.relative_to(folder)), path, path.parent.name if path.parent != folder else "") for path in paths]


def _of_catalogue(collection: str | None) -> list[Source]:
    from app import services
    from app.catalogue.queries import pictures_with_facts
    from app.evaluation.analysis import Source

    rows = pictures_with_facts(collection)
    if not rows:
        where = f"The collection {collection!r}" if collection else "The catalogue"
        raise CatalogueError(f"{where} has no pictures; `flask catalogue import` loads some.")
    folder = services.settings().pictures_dir
    return [Source(row.source_id, folder / row.path, row.artist, row.year) for row in rows]


def _show(result: dict[str, Any]) -> None:
    click.echo(f"{result['pictures']} pictures, {len(result['unreadable'])} cannot be read")
    for name in ("greyscale", "blurred", "noisy"):
        share = result[name]["share"]
        click.echo(f"{name}: {result[name]['count']}" + ("" if share is None else f" ({100 * share:.1f} %)"))
    click.echo(", ".join(f"{name} {count}" for name, count in sorted(result["shapes"].items())))
    for name in ("megapixels", "aspect", "years"):
        if result[name]:
            click.echo(f"{name}: " + ", ".join(f"{key} {value:g}" for key, value in result[name].items()))
    click.echo(f"pairs that look alike: {len(result['near_duplicates'])}")
    for pair in result["near_duplicates"][:10]:
        click.echo(f"  {pair['a']} and {pair['b']} ({pair['bits']} bits)")
    click.echo(f"artists or classes: {result['groups']['count']}")
