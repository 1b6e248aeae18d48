"""The part of the API's description that is about the account of a token."""

from __future__ import annotations

from typing import Any

from app.web.api_bodies import JSON_KIND, schema
from app.web.api_document_parts import ASKED, done, parameter, responses
from app.web.api_me import CHANGES, NAMED, OWN_ID_MAX
from app.web.api_parameters import PAGE, PER_PAGE
from app.web.api_schemas import ADDRESS, Schema

PAGES = [parameter(PAGE.name, PAGE.schema, "Which page, from 1."), parameter(PER_PAGE.name, PER_PAGE.schema, "How many a page.")]
OWN: Schema = {"type": "integer", "minimum": 1, "maximum": OWN_ID_MAX}
COLLECTION = parameter("collection_id", OWN, "The id of a personal collection.", place="path")
WORK = [
    parameter("artwork_id", ASKED, "The id in the imported file; it may hold slashes.", place="path"),
    parameter("collection", ASKED, "Its collection in the catalogue, where several have this id."),
]


def call(name: str, said: str, scopes: str, answers: Schema, *parameters: Schema, body: Schema | None = None) -> Schema:
    """One call that needs a token."""
    found: Schema = {
        "operationId": name,
        "summary": said,
        "description": f"Needs a token{' of the scope ' + scopes if scopes else ''}.",
        "security": [{"token": []}],
        "responses": answers,
    }
    if parameters:
        found["parameters"] = list(parameters)
    if body is not None:
        found["requestBody"] = {"required": True, "content": {JSON_KIND: {"schema": body}}}
    return found


READ, WRITE = "`read` or `collections`", "`collections`"
REFUSED = (400, 401, 403)
NO_BODY = (413, 415, 422)
CREATED = responses("It is made.", "PersonalCollection", *REFUSED, *NO_BODY, good=201)
CREATED["201"]["headers"] = {"Location": {"description": "Its address.", "schema": ADDRESS}}

PATHS: dict[str, Any] = {
    "/api/v1/me": {
        "get": call("me", "Whose token this is, and what it may do.", "", responses("The account.", "Me", 400, 401)),
    },
    "/api/v1/me/searches": {
        "get": call(
            "my_searches", "My searches, newest first.", "`read` or `history`",
            responses("One page.", "SearchPage", *REFUSED), *PAGES,
        ),
    },
    "/api/v1/me/searches/{search_id}": {
        "delete": call(
            "delete_search", "Delete a search of mine with its photo.", "`history`", done("It is gone.", *REFUSED, 404),
            parameter("search_id", ASKED, "The id of the search.", place="path"),
        ),
    },
    "/api/v1/me/favourites": {
        "get": call(
            "my_favourites", "Works that I like, newest first.", READ, responses("One page.", "WorkPage", *REFUSED), *PAGES
        ),
    },
    "/api/v1/me/favourites/{artwork_id}": {
        "put": call("like", "Like a work.", WRITE, done("It is among them.", *REFUSED, 404, 409), *WORK),
        "delete": call("unlike", "Like a work no longer.", WRITE, done("It is not among them.", *REFUSED, 404, 409), *WORK),
    },
    "/api/v1/me/collections": {
        "get": call("my_collections", "My collections, by name.", READ, responses("All.", "PersonalCollections", *REFUSED)),
        "post": call("create_collection", "Make a collection.", WRITE, CREATED, body=schema(NAMED, ("name",))),
    },
    "/api/v1/me/collections/{collection_id}": {
        "get": call(
            "my_collection", "One collection of mine.", READ, responses("It.", "PersonalCollection", *REFUSED, 404), COLLECTION
        ),
        "patch": call(
            "change_collection", "Rename it, describe it, share it by a link, or take the link away.", WRITE,
            responses("As it is now.", "PersonalCollection", *REFUSED, 404, *NO_BODY), COLLECTION, body=schema(CHANGES),
        ),
        "delete": call("delete_collection", "Delete it; its works stay.", WRITE, done("It is gone.", *REFUSED, 404), COLLECTION),
    },
    "/api/v1/me/collections/{collection_id}/works": {
        "get": call(
            "collected", "The works in it, newest first.", READ, responses("One page.", "WorkPage", *REFUSED, 404),
            COLLECTION, *PAGES,
        ),
    },
    "/api/v1/me/collections/{collection_id}/works/{artwork_id}": {
        "put": call("collect", "Put a work into it.", WRITE, done("It is in it.", *REFUSED, 404, 409, 422), COLLECTION, *WORK),
        "delete": call("take_out", "Take a work out.", WRITE, done("It is not in it.", *REFUSED, 404, 409), COLLECTION, *WORK),
    },
}  # fmt: skip
