"""Writes the pages that are made from the code: `.venv/bin/python -m docs.generate`. A test fails when one is stale."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import click

from app.cli import COMMANDS
from app.settings import ROOT, Settings

WIDTH = 100  # characters a line of help
NOTE = "<!-- Made by docs/generate.py from the code: do not edit. -->\n"


def commands() -> list[tuple[str, click.Command]]:
    """Every group and command of ours with its full name (`flask index build`), in the order of the help."""
    return [
        found
        for name in sorted(COMMANDS)
        for found in _walk(f"flask {name}", import_module(f"app.cli.{name}").command)
    ]


def _walk(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            yield from _walk(f"{path} {name}", command.commands[name])


def commands_page() -> str:
    """docs/commands.md: each command's own help."""
    head = (
        "# Commands\n\nEvery command ends with exit code 0, or with 1 and one line that says what is wrong and the way out. "
        "`--json` prints\nJSON alone on standard output; progress goes to standard error. The address, database and other "
        "settings come from the\nenvironment: [settings](settings.md).\n"
    )
    parts = [NOTE, head]
    for path, command in commands():
        context = click.Context(command, info_name=path, terminal_width=WIDTH, max_content_width=WIDTH)
        level = "##" if path.count(" ") == 1 else "###"
        parts.append(f"{level} `{path}`\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(parts)


def settings_page() -> str:
    """docs/settings.md: one row per setting."""
    head = (
        "# Settings\n\nAll come from the environment and are read once, at the start; a value that cannot be used stops "
        "the start with one line.\n"
    )
    rows = [
        f"| `PINAKES_{name.upper()}` | {_default(field.default)} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join([NOTE, head, "| variable | default | what it does |", "|---|---|---|", *rows, ""])


def _default(value: object) -> str:
    if isinstance(value, Path):
        return f"`{value.relative_to(ROOT)}/`"
    return f"`{value}`" if value != "" else "empty"


PAGES: dict[str, Callable[[], str]] = {"commands.md": commands_page, "settings.md": settings_page}


def main() -> None:
    for name, make in PAGES.items():
        (ROOT / "docs" / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    main()
