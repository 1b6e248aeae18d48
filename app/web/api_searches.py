"""Searches as the API gives them: asked by file or address, read again, judged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response, request, url_for

from app import services
from app.accounts.archive import moment
from app.addresses import LONGEST, FetchError
from app.engine.errors import ImageError, NoIndexError
from app.usage import searches
from app.usage.models import Feedback, Search
from app.usage.searches import FEEDBACK_LENGTH
from app.web import api_access, api_bodies, api_parameters, api_works, feedback, uploads
from app.web.api_answers import as_json
from app.web.api_base import bp
from app.web.api_bodies import JSON_KIND, Text, Word
from app.web.api_errors import ApiError
from app.web.api_parameters import LIMIT
from app.web.context import settings
from app.web.recording import recorded

PREPARING_RETRY_S = 60
LINK = {"url": Text(LONGEST, 1)}
JUDGEMENT: dict[str, api_bodies.Property] = {
    "kind": Word(("right", "wrong", "comment")),
    "text": Text(FEEDBACK_LENGTH),
    "artwork_id": Text(200, 1),
    "collection": Text(200),
}


@bp.post("/search")
def search() -> Response:
    """Which work a photo shows: the same object as `flask search --json`; the `Link` header names the page of the answer."""
    api_parameters.only(LIMIT.name)
    user = api_access.caller("search")
    photo = asked_photo()
    limit = LIMIT.read(request.values)
    try:
        kept = recorded(photo, user_id=user.id if user else None)
    except ImageError as error:
        raise ApiError(422, str(error)) from error
    except NoIndexError as error:
        raise ApiError(503, "The catalogue is being prepared; ask again in a minute.", retry_after=PREPARING_RETRY_S) from error
    except services.Busy as error:
        raise ApiError(503, str(error), retry_after=error.retry_after_s) from error
    response = as_json({**kept.contract, "matches": kept.result["matches"][:limit]})
    response.headers["Link"] = f'<{url_for("search.result", search_id=kept.id)}>; rel="alternate"; type="text/html"'
    response.headers["Content-Location"] = url_for("api.asked", search_id=kept.id)
    return response


def asked_photo() -> uploads.Photo:
    """The photo of the call: the file `photo` of a form, the whole body, or what lies at the `url` of a JSON object.

    Raises ApiError 400, 413, 415, 422 and 429.
    """
    kind = request.mimetype
    if kind == JSON_KIND:
        try:
            photo: uploads.Photo | None = uploads.linked(api_bodies.read(LINK, ("url",))["url"], settings())
        except FetchError as error:
            raise ApiError(422, str(error)) from error
    elif kind == "multipart/form-data":
        photo = uploads.sent(request.files.getlist("photo"), "api")
    elif kind.startswith("image/"):
        data = request.get_data(cache=False)
        request.stream.read(1)  # a body of unknown length is cut at the limit; asking for more tells by 413
        photo = uploads.Photo(data, "photo", "api") if data else None
    else:
        text = "Send the photo as the file “photo” of a form (multipart/form-data), alone as the body with its image/… type, or"
        raise ApiError(415, f'{text} as JSON {{"url": "https://…"}}; this came as {kind[:80] or "no type at all"}.')
    if photo is None:
        raise ApiError(400, "There was no picture; send one as the file “photo” of a form, or alone as the body.")
    return replace(photo, way="api")


@bp.get("/searches/<search_id>")
def asked(search_id: str) -> Response:
    """A search that was asked before; its id is the right to see it, as with its page."""
    api_parameters.only()
    return as_json(record(found(search_id)))


@bp.post("/searches/<search_id>/feedback")
def judge(search_id: str) -> Response:
    """What somebody says of an answer: right, wrong, words, or which work it is."""
    api_parameters.only()
    search, given = found(search_id), api_bodies.read(JUDGEMENT, ("kind",))
    kind, text = given["kind"], given.get("text", "")
    if kind == "comment" and not text.strip():
        raise ApiError(400, "A comment needs text.")
    work = None
    if "artwork_id" in given:
        if kind == "comment":
            raise ApiError(400, "artwork_id goes with right or wrong; say which work it is with one of them.")
        work = api_works.named(given["artwork_id"], given.get("collection", ""))
        kind = "right" if work.id in feedback.named(search) else "wrong"
    return as_json(said(searches.judge(search, kind, text, artwork_id=work.id if work else None)), status=201)


def found(search_id: str) -> Search:
    """The search. Raises ApiError 404."""
    search = searches.find(search_id)
    if search is None:
        raise ApiError(404, "There is no search of this id; it may have been deleted.")
    return search


def record(search: Search) -> dict[str, Any]:
    """A search with its answer and what was said of it."""
    photo = url_for("media.upload", search_id=search.id, size=1600) if search.photo_path else None
    return {
        "id": search.id,
        "at": moment(search.created_at),
        "page": url_for("search.result", search_id=search.id),
        "photo": photo,
        "answer": search.contract,
        "feedback": [said(one) for one in search.feedback],
    }


def said(one: Feedback) -> dict[str, Any]:
    """One thing that was said of an answer."""
    work = one.artwork if one.artwork and not one.artwork.hidden else None
    return {"at": moment(one.at), "kind": one.kind, "text": one.text, "artwork_id": work.source_id if work else None}
