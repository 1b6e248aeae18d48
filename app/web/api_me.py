"""The account of a token as the API gives it: itself, its searches, favourites and personal collections."""

from __future__ import annotations

from typing import Any

from flask import Response, g, request, url_for
from sqlalchemy import Select, func, select

from app.accounts import collections, favourites, users
from app.accounts.archive import moment
from app.accounts.models import PersonalCollection
from app.catalogue import queries
from app.extensions import db
from app.usage import searches
from app.web import api_bodies, api_parameters, api_searches, api_works
from app.web.api_access import account, needs
from app.web.api_answers import as_json, done
from app.web.api_base import bp
from app.web.api_bodies import Property, Text, YesNo
from app.web.api_errors import ApiError
from app.web.api_parameters import PAGE, PER_PAGE
from app.web.context import settings

NAMED: dict[str, Property] = {
    "name": Text(collections.NAME_LENGTH, 1),
    "description": Text(collections.DESCRIPTION_LENGTH),
}
CHANGES: dict[str, Property] = {**NAMED, "shared": YesNo()}
OWN_ID_MAX = 2**31 - 1


@bp.get("/me")
@needs()
def me() -> Response:
    """Whose token this is, and what it may do."""
    api_parameters.only()
    user, token = account(), g.api_token
    told = {"name": token.name, "scopes": token.scopes, "expires_at": moment(token.expires_at)}
    return as_json({"email": user.email, "role": users.role_of(user), "token": told})


@bp.get("/me/searches")
@needs("read", "history")
def my_searches() -> Response:
    """The account's searches, newest first."""
    query = searches.searches_of(account().id)
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    page, per_page = paging()
    rows = db.session.scalars(query.limit(per_page).offset((page - 1) * per_page)).all()
    return as_json({"searches": [api_searches.record(row) for row in rows], **around("api.my_searches", page, per_page, total)})


@bp.delete("/me/searches/<search_id>")
@needs("history")
def delete_search(search_id: str) -> Response:
    """Delete a search of the account and its photo."""
    api_parameters.only()
    search = searches.find(search_id)
    if search is None or search.user_id != account().id:
        raise ApiError(404, "Among your searches there is none of this id.")
    searches.delete(search, settings().uploads_dir)
    return done()


@bp.get("/me/favourites")
@needs("read", "collections")
def my_favourites() -> Response:
    """The works that the account likes, newest first."""
    return listed(favourites.works_of(account().id), "api.my_favourites")


@bp.put("/me/favourites/<path:artwork_id>")
@needs("collections")
def like(artwork_id: str) -> Response:
    """Like a work."""
    favourites.put(account().id, work_id(artwork_id))
    return done()


@bp.delete("/me/favourites/<path:artwork_id>")
@needs("collections")
def unlike(artwork_id: str) -> Response:
    """Like it no longer."""
    favourites.remove(account().id, work_id(artwork_id))
    return done()


@bp.get("/me/collections")
@needs("read", "collections")
def my_collections() -> Response:
    """The account's collections, by name."""
    api_parameters.only()
    return as_json({"collections": [record(row.collection, row.works) for row in collections.listing(account().id)]})


@bp.post("/me/collections")
@needs("collections")
def create_collection() -> Response:
    """Make a collection."""
    api_parameters.only()
    given = api_bodies.read(NAMED, ("name",))
    try:
        made = collections.create(account().id, given["name"], given.get("description", ""))
    except collections.CollectionError as error:
        raise ApiError(422, str(error)) from error
    response = as_json(record(made, 0), status=201)
    response.headers["Location"] = url_for("api.my_collection", collection_id=made.id)
    return response


@bp.get("/me/collections/<int:collection_id>")
@needs("read", "collections")
def my_collection(collection_id: int) -> Response:
    """One collection of the account."""
    api_parameters.only()
    return as_json(record(own(collection_id)))


@bp.patch("/me/collections/<int:collection_id>")
@needs("collections")
def change_collection(collection_id: int) -> Response:
    """Change its name or description, share it by a link, or take the link away."""
    api_parameters.only()
    found, given = own(collection_id), api_bodies.read(CHANGES)
    try:
        collections.rename(found, given.get("name", found.name), given.get("description", found.description))
    except collections.CollectionError as error:
        raise ApiError(422, str(error)) from error
    if "shared" in given:
        collections.share(found, given["shared"])
    return as_json(record(found))


@bp.delete("/me/collections/<int:collection_id>")
@needs("collections")
def delete_collection(collection_id: int) -> Response:
    """Delete it; its works stay in the catalogue."""
    api_parameters.only()
    collections.remove(own(collection_id))
    return done()


@bp.get("/me/collections/<int:collection_id>/works")
@needs("read", "collections")
def collected(collection_id: int) -> Response:
    """The works in it, newest first."""
    return listed(collections.works_of(own(collection_id)), "api.collected", collection_id=collection_id)


@bp.put("/me/collections/<int:collection_id>/works/<path:artwork_id>")
@needs("collections")
def collect(collection_id: int, artwork_id: str) -> Response:
    """Put a work into it."""
    try:
        collections.add_work(own(collection_id), work_id(artwork_id))
    except collections.CollectionError as error:
        raise ApiError(422, str(error)) from error
    return done()


@bp.delete("/me/collections/<int:collection_id>/works/<path:artwork_id>")
@needs("collections")
def take_out(collection_id: int, artwork_id: str) -> Response:
    """Take a work out."""
    collections.remove_work(own(collection_id), work_id(artwork_id))
    return done()


def own(collection_id: int) -> PersonalCollection:
    """A collection of the account. Raises ApiError 404."""
    found = collections.find(account().id, collection_id) if collection_id <= OWN_ID_MAX else None
    if found is None:
        raise ApiError(404, "Among your collections there is none of this id.")
    return found


def work_id(artwork_id: str) -> int:
    """Primary key of the work that the path names. Raises ApiError 400, 404, 409."""
    api_parameters.only("collection")
    return api_works.named(artwork_id, request.args.get("collection", "")).id


def record(found: PersonalCollection, works: int | None = None) -> dict[str, Any]:
    """A personal collection."""
    if works is None:
        works = db.session.scalar(select(func.count()).select_from(collections.works_of(found).order_by(None).subquery())) or 0
    return {
        "id": found.id,
        "name": found.name,
        "description": found.description,
        "works": works,
        "created_at": moment(found.created_at),
        "shared": url_for("accounts.shared_collection", key=found.share_key) if found.share_key else None,
        "url": url_for("api.collected", collection_id=found.id),
    }


def paging() -> tuple[int, int]:
    """(page, per_page) of the call. Raises ApiError 400."""
    api_parameters.only(PAGE.name, PER_PAGE.name)
    return PAGE.read(request.args), PER_PAGE.read(request.args)


def around(endpoint: str, page: int, per_page: int, total: int, **where: Any) -> dict[str, Any]:
    """Where a page of a list stands in it."""
    pages = max(1, -(-total // per_page))
    before = min(page - 1, pages)
    return {
        "total": total,
        "page": page,
        "pages": pages,
        "per_page": per_page,
        "next": url_for(endpoint, **where, page=page + 1, per_page=per_page) if page < pages else None,
        "prev": url_for(endpoint, **where, page=before, per_page=per_page) if before >= 1 else None,
    }


def listed(query: Select[int], endpoint: str, **where: Any) -> Response:
    """One page of the works whose primary keys the query gives, in its order."""
    page, per_page = paging()
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    pks = list(db.session.scalars(query.limit(per_page).offset((page - 1) * per_page)))
    found = queries.artworks_by_pk(pks)
    works = [api_works.work(found[pk]) for pk in pks if pk in found]
    return as_json({"works": works, **around(endpoint, page, per_page, total, **where)})
