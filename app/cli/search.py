"""`flask search`: the same answer as the web page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from app.cli.output import one_line_errors, print_json
from app.engine.errors import EngineError


@click.command("search")
@click.argument("photos", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--limit", default=5, show_default=True, type=click.IntRange(1, 10), help="Matches to show per photo.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only: an object for one photo, a list for several.")
@with_appcontext
@one_line_errors(EngineError, OSError)
def command(photos: tuple[Path, ...], limit: int, as_json: bool) -> None:
    """Say which work each of the PHOTOS shows.

    Example: flask search photo.jpg --limit 3 --json
    """
    from app import services

    answers = []
    for photo in photos:
        answer = services.search_photo(photo).json
        answers.append({**answer, "photo": str(photo), "matches": answer["matches"][:limit]})
    if as_json:
        print_json(answers[0] if len(answers) == 1 else answers)
        return
    for answer in answers:
        _show(answer)


def _show(answer: dict[str, Any]) -> None:
    click.echo(f"{answer['photo']}: {answer['verdict'].replace('_', ' ')} ({answer['timings_ms']['total']:.0f} ms)")
    for match in answer["matches"]:
        mark = "✓" if match["verified"] else " "
        name = " — ".join(part for part in (match["title"] or "untitled", match["artist"]) if part)
        click.echo(f"  {mark} {match['probability']:.3f}  {match['artwork_id']}  {name}  ({match['inliers']} inliers)")
