"""`flask users`: accounts from the command line."""

from __future__ import annotations

import sys

import click
from flask.cli import with_appcontext

from app.accounts.models import ROLES, User
from app.cli.output import one_line_errors, print_json


class UserCommandError(ValueError):
    """A command cannot do what was asked."""


@click.group("users")
def command() -> None:
    """Accounts: create, list, change roles and passwords."""


@command.command("create")
@click.argument("email")
@click.option("--role", type=click.Choice(list(ROLES)), default="visitor", show_default=True, help="What the account may do.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input (its first line).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
@with_appcontext
@one_line_errors(ValueError)
def create(email: str, role: str, password_stdin: bool, as_json: bool) -> None:
    """Make an account; a password is generated and printed unless one is given.

    Example: flask users create ada@example.org --role curator
    """
    from app.accounts import users

    given = _stdin_password() if password_stdin else None
    user, password = users.create(email, role, given)
    if as_json:
        print_json({"email": user.email, "role": role} | ({} if given else {"password": password}))
        return
    click.echo(f"{user.email} has the role {role} now.")
    if not given:
        click.echo(f"Password: {password}")


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
@with_appcontext
def list_(as_json: bool) -> None:
    """List the accounts.

    Example: flask users list --json
    """
    from app.accounts import users

    rows = users.listing()
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(f"{row['email']}  {row['role']}{'' if row['active'] else '  closed'}")
    if not rows:
        click.echo("No accounts yet: `flask users create EMAIL --role admin` makes one.")


@command.command("role")
@click.argument("email")
@click.argument("role", type=click.Choice(list(ROLES)))
@with_appcontext
@one_line_errors(ValueError)
def role(email: str, role: str) -> None:
    """Give an account another role.

    Example: flask users role ada@example.org admin
    """
    from app.accounts import users

    users.set_role(_user(email), role)
    click.echo(f"{email} has the role {role} now.")


@command.command("password")
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input (its first line).")
@with_appcontext
@one_line_errors(ValueError)
def password(email: str, password_stdin: bool) -> None:
    """Give an account a new password and log it out everywhere.

    Example: flask users password ada@example.org
    """
    from app.accounts import users

    given = _stdin_password() if password_stdin else None
    new = users.set_password(_user(email), given)
    click.echo(f"{email} has a new password." if given else f"Password: {new}")


def _stdin_password() -> str:
    given = sys.stdin.readline().rstrip("\r\n")
    if not given:
        raise UserCommandError("Standard input holds no password; write it there, or leave --password-stdin out.")
    return given


def _user(email: str) -> User:
    from app.accounts import users

    user = users.find(email)
    if user is None:
        raise UserCommandError(f"There is no account for {email}: `flask users list` shows those that there are.")
    return user
