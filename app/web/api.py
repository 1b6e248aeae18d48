"""The JSON API, version 1: `docs/api.md` shows it, `api_document` describes it.

What it does depends on no cookie and no session, so that it needs no CSRF token: whoever calls is nobody in particular.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request, url_for

from app import services
from app.catalogue import queries
from app.engine.errors import ImageError, NoIndexError
from app.extensions import csrf
from app.web import api_document, api_parameters, api_works, uploads
from app.web.api_errors import ApiError
from app.web.api_parameters import LIMIT, PAGE, PER_PAGE
from app.web.recording import recorded

bp = Blueprint("api", __name__, url_prefix="/api/v1")
csrf.exempt(bp)
bp.before_request(api_parameters.without_nul)

WORDS_MAX = 200  # characters of a text search, as on the page
CATALOGUE_AGE_S = 60  # a work that is hidden is gone from caches within a minute
DOCUMENT_AGE_S = 3600
PREPARING_RETRY_S = 60


@bp.post("/search")
def search() -> Response:
    """Which work a photo shows: the same object as `flask search --json`; the `Link` header names the page of the answer."""
    api_parameters.only(LIMIT.name)
    photo = sent_photo()
    limit = LIMIT.read(request.values)
    try:
        kept = recorded(photo)
    except ImageError as error:
        raise ApiError(422, str(error)) from error
    except NoIndexError as error:
        raise ApiError(503, "The catalogue is being prepared; ask again in a minute.", retry_after=PREPARING_RETRY_S) from error
    except services.Busy as error:
        raise ApiError(503, str(error), retry_after=error.retry_after_s) from error
    response = as_json({**kept.result, "matches": kept.result["matches"][:limit]})
    page = url_for("search.result", search_id=kept.id)
    response.headers["Link"] = f'<{page}>; rel="alternate"; type="text/html"'
    return response


@bp.get("/works")
def works() -> Response:
    """Works of the catalogue, page by page."""
    api_parameters.only("q", *queries.FACETS, "sort", PAGE.name, PER_PAGE.name)
    given = request.args.to_dict()
    wanted: dict[str, Any] = {name: given.get(name, "") for name in queries.FACETS}
    page = queries.browse(
        queries.Filters(**wanted),
        given.get("q", "")[:WORDS_MAX],
        api_parameters.one_of(given, "sort", queries.SORTS),
        page=PAGE.read(given),
        per_page=PER_PAGE.read(given),
    )
    return as_json(api_works.listing(page, given), CATALOGUE_AGE_S)


@bp.get("/works/<path:artwork_id>")
def work(artwork_id: str) -> Response:
    """One work, by the id that it has in its imported file."""
    api_parameters.only("collection")
    found = api_works.named(artwork_id, request.args.get("collection", ""))
    return as_json(api_works.work(found), CATALOGUE_AGE_S)


@bp.get("/collections")
def collections() -> Response:
    """The collections and how much each has."""
    api_parameters.only()
    return as_json({"collections": api_works.collections()}, CATALOGUE_AGE_S)


@bp.get("/openapi.json")
def openapi() -> Response:
    """The description of these calls, OpenAPI 3.1."""
    api_parameters.only()
    return as_json(api_document.DOCUMENT, DOCUMENT_AGE_S)


def sent_photo() -> uploads.Photo:
    """The photo of the call: the file `photo` of a form, or the whole body. Raises ApiError 400, 415."""
    kind = request.mimetype
    if kind == "multipart/form-data":
        photo = uploads.sent(request.files.getlist("photo"), "api")
    elif kind.startswith("image/"):
        data = request.get_data(cache=False)
        request.stream.read(1)  # a body of unknown length is cut at the limit; asking for more tells by 413
        photo = uploads.Photo(data, "photo", "api") if data else None
    else:
        text = "Send the photo as the file “photo” of a form (multipart/form-data), or alone as the body with its image/… type"
        raise ApiError(415, f"{text}; this came as {kind[:80] or 'no type at all'}.")
    if photo is None:
        raise ApiError(400, "There was no picture; send one as the file “photo” of a form, or alone as the body.")
    return replace(photo, way="api")


def as_json(value: Any, age_s: int | None = None) -> Response:
    """JSON that caches may keep for `age_s` seconds and then ask about by its ETag; None: that nobody keeps."""
    response = Response(json.dumps(value, ensure_ascii=False), mimetype="application/json")
    if age_s is None:
        response.headers["Cache-Control"] = "no-store"
        return response
    response.headers["Cache-Control"] = f"public, max-age={age_s}"
    response.add_etag()
    response.make_conditional(request)
    return response
