"""`flask train datasets`: what can be learned from, and what a folder of it holds."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click
from flask.cli import with_appcontext

from app.cli.output import one_line_errors, print_json
from app.training.datasets.types import DatasetError

if TYPE_CHECKING:
    from app.training.datasets import TrainingSet

EXAMPLES = "Example: flask train datasets 'wga:gallery/?label=SCHOOL&least=20'"


@click.command("datasets", epilog=EXAMPLES)
@click.argument("spec", required=False, metavar="[NAME:FOLDER]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
@with_appcontext
@one_line_errors(DatasetError, OSError)
def datasets(spec: str | None, as_json: bool) -> None:
    """Check the data set in a folder and count it: pictures, labels, parts, what is left out; without an argument: list them.

    Options follow the folder: NAME:FOLDER?label=SCHOOL&least=5 (docs/datasets.md).
    """
    if spec is None:
        _list(as_json)
        return
    from app.training_sets import load

    counted = counts(load(spec))
    if as_json:
        print_json(counted)
        return
    for part, one in counted["parts"].items():
        click.echo(f"{counted['name']}, {part}: {one['pictures']} pictures, {one['labels']} labels, {one['alone']} of one picture")
    if counted["pairs"]:
        click.echo(f"{counted['pairs']} pairs are listed")
    for note in counted["notes"]:
        click.echo(note)


def counts(found: TrainingSet) -> dict[str, Any]:
    """The figures of a data set: of each part pictures, labels, labels with one picture alone; pairs; what was left out."""
    parts = {}
    for part in ("train", "validation"):
        sizes = Counter(picture.label for picture in found.pictures if picture.part == part)
        parts[part] = {"pictures": sum(sizes.values()), "labels": len(sizes), "alone": sum(n == 1 for n in sizes.values())}
    return {"name": found.name, "parts": parts, "pairs": len(found.pairs), "notes": list(found.notes)}


def _list(as_json: bool) -> None:
    from app.training.datasets import BY_NAME, COMMON

    if as_json:
        print_json([
            {"name": one.name, "about": one.about, "source": one.source, "layout": one.layout, "options": dict(one.options)}
            for one in BY_NAME.values()
        ])  # fmt: skip
        return
    for one in BY_NAME.values():
        holds = f" Holds {one.layout}." if one.layout else ""
        told = "".join(f" ?{name}= {words}." for name, words in one.options.items())
        click.echo(f"{one.name}: {one.about} From {one.source}.{holds}{told}")
    click.echo("Of all: " + "; ".join(f"?{name}= {words}" for name, words in COMMON.items()) + ".")
