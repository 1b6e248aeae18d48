"""The API's own description, OpenAPI 3.1. A test holds it equal to the routes and to what they answer."""

from __future__ import annotations

from typing import Any

from app.accounts.tokens import SCOPES
from app.catalogue.queries import FACETS, SORTS
from app.web.api_bodies import JSON_KIND, schema
from app.web.api_document_me import PATHS as OWN_PATHS
from app.web.api_document_parts import ASKED, content, kept, parameter, responses
from app.web.api_parameters import LIMIT, NEAREST, PAGE, PER_PAGE
from app.web.api_schemas import SCHEMAS, TEXT, Schema
from app.web.api_searches import JUDGEMENT, LINK

ERRORS = {
    400: "A parameter, the body or the picture is missing or cannot be used.",
    401: "There is no token where one is needed, or one that does not work.",
    403: "The token may not do that.",
    404: "There is no such thing.",
    409: "Works of several collections have this id; `choices` names them.",
    413: "The body has too many bytes.",
    415: "The body is of a kind that this call does not take.",
    422: "The picture cannot be read or fetched or has too many pixels; or the name is taken.",
    429: "Too many pictures were fetched for this address; `Retry-After` says how many seconds to wait.",
    500: "Something went wrong on the server.",
    503: "Too many are asking, or nothing is indexed yet; `Retry-After` says how many seconds to wait.",
}

SEARCH: Schema = {
    "operationId": "search",
    "summary": "Which work does this photo show?",
    "description": "With a token of the scope `search` it is kept among the searches of its account.",
    "security": [{}, {"token": []}],
    "parameters": [parameter(LIMIT.name, LIMIT.schema, "How many matches at most.")],
    "requestBody": {
        "required": True,
        "description": "JPEG, PNG, WebP, HEIC, AVIF, TIFF, BMP or GIF: the file `photo` of a form, the bytes alone, or an address.",
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"photo": {"type": "string", "format": "binary"}, LIMIT.name: LIMIT.schema},
                    "required": ["photo"],
                },
            },
            "image/*": {"schema": {"type": "string", "format": "binary"}},
            JSON_KIND: {"schema": schema(LINK, ("url",))},
        },
    },
    "responses": responses(
        "The answer; the same object as `flask search --json`.", "SearchResult", 400, 401, 403, 413, 415, 422, 429, 503,
        headers={
            "Link": {"description": "The page of this answer (`rel=\"alternate\"`).", "schema": TEXT},
            "Content-Location": {"description": "This search, to read again or to judge.", "schema": TEXT},
        },
    ),
}  # fmt: skip

ASKED_BEFORE: Schema = {
    "operationId": "asked",
    "summary": "A search that was asked before.",
    "parameters": [parameter("search_id", ASKED, "Its id; whoever knows it may see it.", place="path")],
    "responses": responses("The search.", "SearchRecord", 400, 401, 404),
}

JUDGE: Schema = {
    "operationId": "judge",
    "summary": "Say that an answer is right or wrong, which work it is, or a few words.",
    "description": "With `artwork_id` the answer counts as right if it named that work, else as wrong.",
    "parameters": [parameter("search_id", ASKED, "The id of the search.", place="path")],
    "requestBody": {"required": True, "content": {JSON_KIND: {"schema": schema(JUDGEMENT, ("kind",))}}},
    "responses": responses("It is kept.", "Feedback", 400, 401, 404, 409, 413, 415, good=201),
}

WORKS: Schema = {
    "operationId": "works",
    "summary": "Works of the catalogue, page by page.",
    "parameters": [
        parameter("q", ASKED, "Words that the record has, in any order, without regard to case and accents."),
        *(parameter(name, ASKED, f"Only works with exactly this {name}.") for name in FACETS),
        parameter("sort", {"type": "string", "enum": list(SORTS), "default": SORTS[0]}, "The order."),
        parameter(PAGE.name, PAGE.schema, "Which page, from 1; one after the last has no works."),
        parameter(PER_PAGE.name, PER_PAGE.schema, "Works a page."),
    ],
    "responses": kept(responses("One page.", "WorkPage", 400, 401)),
}

WORK: Schema = {
    "operationId": "work",
    "summary": "One work.",
    "parameters": [
        parameter("artwork_id", ASKED, "The id in the imported file; it may hold slashes.", place="path"),
        parameter("collection", ASKED, "Its collection, where several have this id."),
    ],
    "responses": kept(responses("The work.", "Work", 400, 401, 404, 409)),
}

NEIGHBOURS: Schema = {
    "operationId": "neighbours",
    "summary": "The works nearest to a work by the global descriptor, nothing verified.",
    "parameters": [
        parameter("artwork_id", ASKED, "The id of the work in its imported file."),
        parameter("collection", ASKED, "Its collection, where several have this id."),
        parameter(NEAREST.name, NEAREST.schema, "How many."),
    ],
    "responses": kept(responses("Best first; none where the work is not in the index.", "Neighbours", 400, 401, 404, 409, 503)),
}

COLLECTIONS: Schema = {
    "operationId": "collections",
    "summary": "The collections of the catalogue.",
    "responses": kept(responses("All of them, by name.", "Collections", 400, 401)),
}

OPENAPI: Schema = {
    "operationId": "openapi",
    "summary": "This document.",
    "responses": {
        "200": {"description": "OpenAPI 3.1.", "content": {JSON_KIND: {"schema": {"type": "object"}}}},
        "304": {"description": "What you have (`If-None-Match`) is still so."},
        "400": {"$ref": "#/components/responses/400"},
        "401": {"$ref": "#/components/responses/401"},
    },
}


def _error(code: int, said: str) -> Schema:
    found: Schema = {"description": said, "content": content("Error")}
    if code in (429, 503):
        found["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    if code in (401, 403):
        found["headers"] = {"WWW-Authenticate": {"description": "As RFC 6750 has it.", "schema": TEXT}}
    return found


TOKEN: Schema = {
    "type": "http",
    "scheme": "bearer",
    "description": "A personal token of an account (Account → Tokens). Scopes: "
    + "; ".join(f"`{name}`: {words}" for name, words in SCOPES.items())
    + ".",
}

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Pinakes",
        "version": "1",
        "description": "What the painting in front of you is, and what the catalogue knows of it. "
        "The catalogue and searches are for everybody; what belongs to an account needs a token. No cookie.",
    },
    "paths": {
        "/api/v1/search": {"post": SEARCH},
        "/api/v1/searches/{search_id}": {"get": ASKED_BEFORE},
        "/api/v1/searches/{search_id}/feedback": {"post": JUDGE},
        "/api/v1/works": {"get": WORKS},
        "/api/v1/works/{artwork_id}": {"get": WORK},
        "/api/v1/neighbours": {"get": NEIGHBOURS},
        "/api/v1/collections": {"get": COLLECTIONS},
        "/api/v1/openapi.json": {"get": OPENAPI},
        **OWN_PATHS,
    },
    "components": {
        "schemas": SCHEMAS,
        "responses": {str(code): _error(code, said) for code, said in ERRORS.items()},
        "securitySchemes": {"token": TOKEN},
    },
}
