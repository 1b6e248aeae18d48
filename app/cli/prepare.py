"""`flask prepare`: what `make run` does before it starts the servers."""

import click
from flask.cli import with_appcontext

from app.cli.output import one_line_errors


@click.command("prepare", epilog="Example: PINAKES_INSTANCE=/srv/pinakes flask prepare")
@with_appcontext
@one_line_errors(OSError, ValueError, RuntimeError)
def command() -> None:
    """Bring the instance up to date: database, demo collection, first index, demo accounts.

    Each step does only what is missing, so a second time takes a second.
    """
    from app.supervisor.preparation import prepare

    for email, password, role in prepare():
        click.echo(f"  {role:8} {email:24} {password}")
