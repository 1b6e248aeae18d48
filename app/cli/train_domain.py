"""`flask train domain-head`: the class head of the catalogue's words."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask.cli import with_appcontext

from app.catalogue.errors import CatalogueError
from app.catalogue.vocabulary import FIELDS
from app.cli.output import one_line_errors, print_json, progress_bar
from app.engine.errors import EngineError

if TYPE_CHECKING:
    from app.training.domain_features import Example

EXAMPLE = "Example: flask train domain-head paintings/catalogue.csv demo/catalogue.csv:type,form --makers wga/catalog.csv"


@click.command("domain-head", epilog=EXAMPLE)
@click.argument("catalogues", nargs=-1, metavar="[CATALOGUE[:FIELDS]]...")
@click.option("--from-catalogue", is_flag=True, help="Learn from this instance's works, for this instance.")
@click.option("--fields", default=",".join(FIELDS), show_default=True, help="What is learned.")
@click.option("--makers", multiple=True, type=click.Path(path_type=Path), help="Table with makers' schools and lives; repeatable.")
@click.option("--least", default=8, show_default=True, type=click.IntRange(5), help="Works that a word needs to be learned.")
@click.option("--seed", default=1, show_default=True, type=int, help="Of what is held out.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the head; default: models_store/heads, or the instance's.")
@click.option("--scratch", type=click.Path(path_type=Path), help="Folder for the prepared maps (2 KB a picture); kept.")
@click.option("--json", "as_json", is_flag=True, help="Print the run card as JSON only.")
@with_appcontext
@one_line_errors(EngineError, CatalogueError, OSError)
def domain_head(
    catalogues: tuple[str, ...], from_catalogue: bool, fields: str, makers: tuple[Path, ...], least: int, seed: int,
    out: Path | None, scratch: Path | None, as_json: bool,
) -> None:
    """Train the head that says type, school, form and period of what it sees, on catalogue files with their pictures.

    What a record leaves empty is taken from its other fields where it follows: the period from the date or the maker's life, the
    form from the technique, the type from the title, the school from --makers. Accuracy is measured on held-out works.
    """
    from app.engine.weights import WeightStore
    from app.services import settings
    from app.training.domain_head import DomainSettings
    from app.training.domain_run import DomainRun, run_domain

    if from_catalogue == bool(catalogues):
        raise click.UsageError("Give catalogue files, or --from-catalogue for the works of this instance.")
    asked = chosen(fields)
    folder = out or (settings().instance / "heads" if from_catalogue else WeightStore().heads)
    run = DomainRun(
        examples(catalogues, asked, makers), asked, scratch or Path(tempfile.gettempdir()) / "pinakes-domain-head", folder,
        DomainSettings(least=least, seed=seed), settings().threads,
    )
    with progress_bar() as bar:
        tasks = {stage: bar.add_task(stage, total=None) for stage in ("features", "training")}

        def show(stage: str, done: int, total: int) -> None:
            bar.update(tasks[stage], completed=done, total=total)

        path, card = run_domain(run, progress=show)
    if as_json:
        print_json(card)
    else:
        click.echo("\n".join([f"{path}: {card['works']} works", *(told(name, found) for name, found in card["fields"].items())]))


def chosen(fields: str) -> tuple[str, ...]:
    """The fields of a comma-separated list, in our order. Raises UsageError for others."""
    asked = {name.strip() for name in fields.split(",") if name.strip()}
    if not asked or asked - set(FIELDS):
        raise click.UsageError(f"{fields!r}: the fields are {', '.join(FIELDS)}.")
    return tuple(name for name in FIELDS if name in asked)


def examples(catalogues: tuple[str, ...], fields: tuple[str, ...], makers: tuple[Path, ...]) -> list[Example]:
    """The works of the files, or of this instance where none is given. Needs an application context for the latter."""
    from app.catalogue import described
    from app.services import settings
    from app.training.domain_features import Example

    table = described.makers_from(makers)
    works = [] if catalogues else described.from_database(settings().pictures_dir, fields, table)
    for catalogue in catalogues:
        file, colon, own = catalogue.rpartition(":")
        if not colon or Path(catalogue).exists():
            file, own = catalogue, ",".join(fields)
        works += described.from_file(Path(file), [name for name in chosen(own) if name in fields], table)
    return [Example(work.picture, work.words, work.maker) for work in works]


def told(field: str, card: dict[str, Any]) -> str:
    """One line of what a field came to."""
    found, guess = card["held_out"]["accuracy"], card["always_the_commonest"]["value"]
    return (f"  {field}: {len(card['words'])} words from {card['works']} works, right for {found['value']:.1%} of held-out works "
            f"[{found['low']:.1%}, {found['high']:.1%}]; always the commonest: {guess:.1%}")
