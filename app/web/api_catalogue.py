"""The catalogue as the API gives it, to everybody."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from app import neighbours as nearest
from app.catalogue import queries
from app.engine.errors import EngineError
from app.web import api_parameters, api_works
from app.web.api_answers import as_json
from app.web.api_base import bp
from app.web.api_errors import ApiError
from app.web.api_parameters import NEAREST, PAGE, PER_PAGE

PREPARING_RETRY_S = 60
WORDS_MAX = 200  # characters of a text search, as on the page
CATALOGUE_AGE_S = 60  # a work that is hidden is gone from caches within a minute


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


@bp.get("/neighbours")
def neighbours() -> Response:
    """The `k` works nearest to the work `artwork_id` by the global descriptor, nothing verified."""
    api_parameters.only("artwork_id", "collection", NEAREST.name)
    k = NEAREST.read(request.args)
    asked = api_works.named(request.args.get("artwork_id", ""), request.args.get("collection", ""))
    try:
        build, found = nearest.of_work(asked.id, k)
    except EngineError as error:
        raise ApiError(503, "The catalogue is being prepared; ask again in a minute.", retry_after=PREPARING_RETRY_S) from error
    return as_json({"build": build, "neighbours": [api_works.neighbour(*one) for one in found]}, CATALOGUE_AGE_S)


@bp.get("/collections")
def collections() -> Response:
    """The collections and how much each has."""
    api_parameters.only()
    return as_json({"collections": api_works.collections()}, CATALOGUE_AGE_S)
