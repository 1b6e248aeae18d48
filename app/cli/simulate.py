"""`flask simulate …`: photographs and pictures that benchmarks are made of; the same for the same seed."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import with_appcontext

from app import picture_files
from app.cli.output import one_line_errors, progress_bar
from app.engine.errors import EngineError


@click.group("simulate")
def command() -> None:
    """Make benchmarks: visitors' photographs, and pictures to fill a catalogue with.

    Example: flask simulate photos hard/ --kinds hard --photos 360
    """


@command.command("photos", epilog="Example: flask simulate photos hard/ --kinds hard --photos 360 --seed 1 --collection museum")
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--photos", default=360, show_default=True, type=click.IntRange(1), help="How many.")
@click.option("--kinds", default="hard", show_default=True, help="hard, usual, or names of kinds joined by commas.")
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0))
@click.option("--collection", help="Only works of this collection; default: all.")
@with_appcontext
@one_line_errors(EngineError, ValueError, OSError)
def photos(out: Path, photos: int, kinds: str, seed: int, collection: str | None) -> None:
    """Photograph works of this instance's catalogue as visitors would, into OUT/photos.csv and OUT/photos/.

    `flask evaluate photos OUT/photos.csv` then measures how they are answered, each with its work in the catalogue and without.
    """
    from app import services
    from app.training.simulation import HARD_KINDS, KINDS
    from app.training.simulation.series import write_series

    names = {"hard": list(HARD_KINDS), "usual": [kind for kind in KINDS if kind != "clean"]}.get(kinds, kinds.split(","))
    with progress_bar() as bar:
        task = bar.add_task("photos", total=photos)
        write_series(
            services.first_pictures(collection), out, photos, names, seed=seed,
            progress=lambda done, total: bar.update(task, completed=done),
        )
    click.echo(f"{photos} photos of {len(names)} kinds in {out}")


@command.command("distractors", epilog="Example: flask simulate distractors pictures/ --out fill/ --count 42687")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for catalogue.csv and works/.")
@click.option("--count", default=10_000, show_default=True, type=click.IntRange(1), help="How many pictures.")
@click.option("--first", default=0, show_default=True, type=click.IntRange(0), help="Number of the first: a large set in parts.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@one_line_errors(EngineError, ValueError, OSError)
def distractors(folders: tuple[Path, ...], out: Path, count: int, first: int, seed: int) -> None:
    """Fill a catalogue: mosaics of mirrored and warped patches of the pictures in FOLDERS, which are in nobody's photo."""
    from app.training.simulation.distractors import write_distractors

    found = picture_files.among(path for folder in folders for path in folder.iterdir())
    with progress_bar() as bar:
        task = bar.add_task("pictures", total=count)
        write_distractors(
            found, out, count, first=first, seed=seed, progress=lambda done, total: bar.update(task, completed=done)
        )
    click.echo(f"{count} pictures and catalogue.csv in {out}")
