"""The main job: a photo in, the work out."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.exceptions import ServiceUnavailable

from app import services
from app.accounts.access import wants_json
from app.engine.errors import ImageError, NoIndexError
from app.usage import searches
from app.usage.models import Search
from app.web import answers, examples, uploads
from app.web.context import settings
from app.web.errors import Words, answer
from app.web.progress import board
from app.web.recording import recorded

bp = Blueprint("search", __name__)

RETRY_AFTER_S = 5
PREPARING = Words(
    "The catalogue is being prepared",
    "Nothing can be looked up yet. Please come back in a few minutes.",
)


@bp.get("/")
def home() -> Any:
    """One thing to do: ask about a picture."""
    from app.catalogue import queries

    return render_template(
        "search/home.html",
        works=works_searched(),
        examples=examples.examples(settings().demo_dir),
        mosaic=queries.random_works(24, date.today().toordinal()),
    )


@bp.post("/search")
def ask() -> Any:
    """Answer a photo: to its result page, or as JSON `{"id", "url"}` for the page's own script."""
    photo = asked()
    if photo is None:
        return trouble(Words("There was no picture", "Choose a picture or photograph one, then ask again."), 400)
    try:
        search = answered(photo)
    except ImageError as error:
        return trouble(Words("This picture could not be read", str(error)), 422)
    except NoIndexError:
        return trouble(PREPARING, 503)
    except services.Busy as error:
        raise ServiceUnavailable(retry_after=RETRY_AFTER_S) from error
    url = url_for("search.result", search_id=search.id)
    return (jsonify(id=search.id, url=url), 201) if wants_json() else redirect(url, 303)


@bp.get("/searches/<search_id>")
def result(search_id: str) -> Any:
    """The answer, like a wall label."""
    search = found(search_id)
    judged = next((said.kind for said in search.feedback if said.kind != "comment"), None)
    return render_template(
        "search/result.html",
        search=search,
        page=answers.page(search),
        judged=judged,
        commented=any(said.kind == "comment" for said in search.feedback),
        works=works_searched(),
    )


@bp.post("/searches/<search_id>/feedback")
def feedback(search_id: str) -> Any:
    """What the visitor says of the answer: right, wrong, or words."""
    search = found(search_id)
    kind = request.form.get("kind", "")
    text = request.form.get("text", "")
    if kind not in ("right", "wrong", "comment") or (kind == "comment" and not text.strip()):
        flash("Write a few words, then send them.", "error")
    else:
        searches.judge(search, kind, text)
        flash("Thank you. That helps the next visitor.", "success")
    return redirect(url_for("search.result", search_id=search.id), 303)


@bp.get("/searches/progress/<token>")
def progress(token: str) -> Response:
    """The step that a running search has reached: `{"step": 0…2 | null}`."""
    response = jsonify(step=board.step(token))
    response.headers["Cache-Control"] = "no-store"
    return response


def asked() -> uploads.Photo | None:
    """What the request asks about: an example by its number, or the photo it carries."""
    number = request.form.get("example", "")
    if number:
        example = examples.find(settings().demo_dir, int(number)) if number.isdecimal() else None
        if example is None:
            abort(404)
        return uploads.Photo(example.path.read_bytes(), example.path.name, "example")
    return uploads.sent(request.files.getlist("photo"), request.form.get("way", "upload"))


def answered(photo: uploads.Photo) -> Search:
    """Search, keep the photo, record the answer. Raises ImageError, NoIndexError, services.Busy."""
    reporter = board.reporter(request.form.get("token", ""))
    user_id = current_user.id if current_user.is_authenticated else None
    return recorded(photo, user_id=user_id, progress=reporter)


def trouble(said: Words, code: int) -> Any:
    """What went wrong, with the way to ask again right below."""
    if wants_json():
        return answer(code, said)
    return render_template("search/trouble.html", said=said, works=works_searched()), code


def found(search_id: str) -> Search:
    """The search, or 404."""
    search = searches.find(search_id)
    if search is None:
        abort(404)
    return search


def works_searched() -> int:
    """How many works a photo is compared with; 0 while nothing is published."""
    try:
        return int(services.index_status().get("works") or 0)
    except NoIndexError:
        return 0


