"""`flask statistics …`: the figures of use."""

from __future__ import annotations

from datetime import datetime

import click
from flask.cli import with_appcontext

from app.cli.output import one_line_errors, print_json


@click.group("statistics")
def command() -> None:
    """Sum up how the application is used.

    Example: flask statistics roll-up
    """


@command.command("roll-up")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY",
    help="Count every hour from this day (UTC) on again, from the searches that are still there.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
@with_appcontext
@one_line_errors()
def roll_up(since: datetime | None, as_json: bool) -> None:
    """Count the searches of every hour that is over and was not counted, as the scheduler does ten past each hour.

    With --since, searches that visitors have deleted meanwhile are no longer in the figures.

    Example: flask statistics roll-up --since 2026-10-01
    """
    from app.usage import rolling

    rolled = rolling.roll_up(since.date() if since else None)
    if as_json:
        print_json(rolled._asdict())
    else:
        late = f", {rolled.spoken_of} of them for what visitors said since" if rolled.spoken_of else ""
        click.echo(f"Hours rolled up: {rolled.hours:,}{late}.")
