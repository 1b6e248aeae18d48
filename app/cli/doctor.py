"""`flask doctor`: what the application believes."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import with_appcontext

from app.cli.output import print_json


@click.command("doctor", epilog="Example: flask doctor --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
@with_appcontext
def command(as_json: bool) -> None:
    """Effective settings (secrets masked), weights, index, database and broker; exit code 1 if something is wrong."""
    from app.diagnosis import diagnose

    report = diagnose()
    if as_json:
        print_json(report)
    else:
        for line in lines(report):
            click.echo(line)
    if report["problems"]:
        raise click.ClickException(" ".join(report["problems"]))


def lines(report: dict[str, Any]) -> list[str]:
    """The report for reading."""
    told = ["Settings"]
    told += [setting_line(name, row) for name, row in report["settings"].items()]
    told += ["", "Versions", "  " + ", ".join(f"{name} {number}" for name, number in report["versions"].items())]
    told += ["", "Weights"]
    told += [weight_line(file) for file in report["weights"]["files"]]
    for title in ("index", "database", "broker", "running"):
        told += ["", title.capitalize()]
        rows = [(name, value) for name, value in report[title].items() if name != "problem"]
        told += [f"  {name:18} {value}" for name, value in rows] or ["  nothing"]
    told += ["", *(report["problems"] or ["All is well."])]
    return told


def setting_line(name: str, row: dict[str, Any]) -> str:
    return f"  {name:18} {'(empty)' if row['value'] == '' else row['value']}  [{row['source']}]"


def weight_line(file: dict[str, Any]) -> str:
    need = "needed" if file["default"] else "optional"
    return f"  {file['name']:18} {file['state']:8} {need:9} sha256 {str(file['sha256'])[:16] or '–'}"
