"""How commands speak: JSON alone on standard output, progress on standard error, one line for an error."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import OperationalError, ProgrammingError

P = ParamSpec("P")
R = TypeVar("R")


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


def one_line_errors(*kinds: type[Exception]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorator: an expected error, or an unusable database, ends the command with exit code 1 and one line, no stack trace."""

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def inner(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return function(*args, **kwargs)
            except kinds as error:
                raise click.ClickException(" ".join(str(error).split())) from error
            except (OperationalError, ProgrammingError) as error:  # no such table, no such server
                reason = " ".join(str(error.orig).split())
                sentence = f"The database cannot be used ({reason}); a new one needs `flask db upgrade`."
                raise click.ClickException(sentence) from error

        return inner

    return wrap


def progress_bar() -> Progress:
    """A progress bar on standard error, silent when that is no terminal and `CI` is set."""
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        console=Console(file=sys.stderr),
    )
