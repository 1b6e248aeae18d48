"""What the computer sees in a photo, in the catalogue's words, with a heat map for each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, render_template, request
from werkzeug.exceptions import ServiceUnavailable

from app import seeing, services
from app.engine.errors import EngineError
from app.web import answers, imaging
from app.web.asking import found
from app.web.context import settings
from app.web.listing import FACET_WORDS
from app.web.words import word

bp = Blueprint("seeing", __name__)

FIELDS = ("type", "school", "timeframe")  # the form of nearly every work is one and the same
MOST = 3  # words of a field
LEAST = 0.15  # probability below which a word is not worth a look


@bp.app_context_processor
def shared() -> dict[str, Any]:
    """Whether a page can lead to words, asked only where it would."""
    return {"seen_in_words": lambda: seeing.likely(FIELDS)}


@dataclass(frozen=True)
class Word:
    """One word that a picture speaks for. `share` in hundred of its field."""

    field: str
    key: str
    text: str
    share: int


@bp.get("/searches/<search_id>/seen/<int:number>")
def seen(search_id: str, number: int) -> Any:
    """What the network says of match `number` (from 0) as the photo shows it; `field` and `word` choose the map."""
    search = found(search_id)
    matches = [match for match in answers.shown(search) if match.number == number and match.verified and match.picture]
    photo = settings().uploads_dir / (search.photo_path or "-")
    if not matches or not photo.is_file():
        abort(404)
    small = imaging.shrunk(photo, 800)
    regions = imaging.regions(search.proof[number : number + 1], search.photo_width, small)
    groups = words_of(said(small, regions[0] if regions else None))
    if not groups:
        abort(404)
    asked = (request.args.get("field", ""), request.args.get("word", ""))
    chosen = next((one for _name, words in groups for one in words if (one.field, one.key) == asked), None)
    return render_template("search/seen.html", search=search, match=matches[0], groups=groups, chosen=chosen)


def said(photo: Any, region: Any) -> seeing.Said:
    """What the head says; 503 while many are asking, nothing where there is no index."""
    try:
        return seeing.said(photo, region)
    except services.Busy as error:
        raise ServiceUnavailable(retry_after=error.retry_after_s) from error
    except EngineError:
        return {}


def words_of(found_words: seeing.Said) -> list[tuple[str, list[Word]]]:
    """(name of the field, its likely words) as the page shows them: the best always, others where they are likely too."""
    return [
        (str(FACET_WORDS[field]), [
            Word(field, key, word(field, key), round(100 * share))
            for number, (key, share) in enumerate(found_words[field][:MOST]) if number == 0 or share >= LEAST
        ])
        for field in FIELDS if field in found_words
    ]  # fmt: skip
