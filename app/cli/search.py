"""`flask search`: the same answer as the web page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from flask.cli import with_appcontext

from app.cli.output import one_line_errors, print_json
from app.engine.errors import EngineError

if TYPE_CHECKING:
    from app.catalogue.models import Artwork
    from app.neighbours import Near


@click.command("search")
@click.argument("photos", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--limit", default=5, show_default=True, type=click.IntRange(1, 10), help="Matches to show per photo.")
@click.option("--k", type=click.IntRange(1, 1000), help="Only the K works nearest by the global descriptor, nothing verified.")
@click.option("--engine", default="", metavar="NAME", help="With --k: in the newest build by this engine, such as HNSW32.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only: an object for one photo, a list for several.")
@with_appcontext
@one_line_errors(EngineError, OSError)
def command(photos: tuple[Path, ...], limit: int, k: int | None, engine: str, as_json: bool) -> None:
    """Say which work each of the PHOTOS shows.

    Example: flask search photo.jpg --limit 3 --json
    """
    from app import services

    if engine and k is None:
        raise click.UsageError("--engine goes with --k; a whole search is by the published build.")
    if k is not None:
        _neighbours(photos, k, engine, as_json)
        return
    answers = []
    for photo in photos:
        answer = services.search_photo(photo).json
        answers.append({**answer, "photo": str(photo), "matches": answer["matches"][:limit]})
    if as_json:
        print_json(answers[0] if len(answers) == 1 else answers)
        return
    for answer in answers:
        _show(answer)


def _neighbours(photos: tuple[Path, ...], k: int, engine: str, as_json: bool) -> None:
    from app import neighbours
    from app.catalogue import queries

    found = neighbours.of_photos(photos, k, engine)
    works = queries.artworks_by_pk({pk for near in found for pk, _cosine in near.works})
    rows = [_told(photo, near, works) for photo, near in zip(photos, found, strict=True)]
    if as_json:
        print_json(rows[0] if len(rows) == 1 else rows)
        return
    for row in rows:
        click.echo(f"{row['photo']}: by {row['engine']} in build {row['build']}")
        for place, one in enumerate(row["neighbours"], 1):
            name = " — ".join(part for part in (one["title"] or "untitled", one["artist"]) if part)
            click.echo(f"  {place:>3}  {one['global_score']:.4f}  {one['artwork_id']}  {name}")


def _told(photo: Path, near: Near, works: dict[int, Artwork]) -> dict[str, Any]:
    """Works that were hidden or deleted since the build are left out."""
    shown = [(works[pk], cosine) for pk, cosine in near.works if pk in works and not works[pk].hidden]
    listed = [
        {"artwork_id": work.source_id, "title": work.title, "artist": work.artist_text, "global_score": round(cosine, 4)}
        for work, cosine in shown
    ]
    return {"photo": str(photo), "build": near.build_id, "engine": near.engine, "neighbours": listed}


def _show(answer: dict[str, Any]) -> None:
    click.echo(f"{answer['photo']}: {answer['verdict'].replace('_', ' ')} ({answer['timings_ms']['total']:.0f} ms)")
    for match in answer["matches"]:
        mark = "✓" if match["verified"] else " "
        name = " — ".join(part for part in (match["title"] or "untitled", match["artist"]) if part)
        click.echo(f"  {mark} {match['probability']:.3f}  {match['artwork_id']}  {name}  ({match['inliers']} inliers)")
