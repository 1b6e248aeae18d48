"""`flask languages`: the catalogues of translations."""

from __future__ import annotations

import click

from app.cli.output import one_line_errors, print_json


@click.group("languages")
def command() -> None:
    """Translations: take new messages in, compile, count what lacks words."""


@command.command("update", epilog="Example: flask languages update")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
@one_line_errors(ValueError, OSError)
def update(as_json: bool) -> None:
    """Merge what the code says now into app/translations/*/LC_MESSAGES/messages.po, and compile."""
    from app import messages

    _tell(messages.update(), as_json)


@command.command("compile", epilog="Example: flask languages compile")
@one_line_errors(ValueError, OSError)
def compile_() -> None:
    """Compile the catalogues after editing them."""
    from app import messages

    messages.compile_all()
    click.echo(f"Compiled: {', '.join(messages.translated())}")


@command.command("status", epilog="Example: flask languages status --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
@one_line_errors(ValueError, OSError)
def status(as_json: bool) -> None:
    """Count the messages without words in every language."""
    from app import messages

    template = messages.extracted()
    _tell({code: sum(1 for _ in messages.wordless(messages.merged(code, template))) for code in messages.translated()}, as_json)


def _tell(missing: dict[str, int], as_json: bool) -> None:
    if as_json:
        print_json({"missing": missing})
        return
    for code, count in missing.items():
        click.echo(f"{code}  {count} without words" if count else f"{code}  complete")
