"""The API's own description, OpenAPI 3.1. A test holds it equal to the routes and to what they answer."""

from __future__ import annotations

from typing import Any

from app.catalogue.queries import FACETS, SORTS
from app.web.api_parameters import LIMIT, PAGE, PER_PAGE
from app.web.api_schemas import SCHEMAS, TEXT, Schema, ref

ERRORS = {
    400: "A parameter or the picture is missing or cannot be used.",
    404: "There is no such work.",
    409: "Works of several collections have this id; `choices` names them.",
    413: "The picture has too many bytes.",
    415: "The body is neither a form nor a picture.",
    422: "The picture cannot be read, or has too many pixels.",
    500: "Something went wrong on the server.",
    503: "Too many are asking, or nothing is indexed yet; `Retry-After` says how many seconds to wait.",
}
ASKED: Schema = {"type": "string", "pattern": r"^[^\u0000]*$"}  # PostgreSQL takes no NUL


def parameter(name: str, schema: Schema, said: str, *, place: str = "query") -> Schema:
    found = {"name": name, "in": place, "description": said, "schema": schema}
    return {**found, "required": True} if place == "path" else found


def content(name: str) -> Schema:
    return {"application/json": {"schema": ref(name)}}


def responses(said: str, name: str, *codes: int, headers: Schema | None = None) -> Schema:
    """What a call answers: the object `name`, or one of the errors."""
    good: Schema = {"description": said, "content": content(name)}
    if headers:
        good["headers"] = headers
    return {"200": good, **{str(code): {"$ref": f"#/components/responses/{code}"} for code in (*codes, 500)}}


def kept(found: Schema) -> Schema:
    """The answers of a call whose result may be kept and asked about by its ETag."""
    return {**found, "304": {"description": "What you have (`If-None-Match`) is still so."}}


SEARCH: Schema = {
    "operationId": "search",
    "summary": "Which work does this photo show?",
    "parameters": [parameter(LIMIT.name, LIMIT.schema, "How many matches at most.")],
    "requestBody": {
        "required": True,
        "description": "JPEG, PNG, WebP, HEIC, AVIF, TIFF, BMP or GIF: the file `photo` of a form, or the bytes alone.",
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"photo": {"type": "string", "format": "binary"}, LIMIT.name: LIMIT.schema},
                    "required": ["photo"],
                },
            },
            "image/*": {"schema": {"type": "string", "format": "binary"}},
        },
    },
    "responses": responses(
        "The answer; the same object as `flask search --json`.", "SearchResult", 400, 413, 415, 422, 503,
        headers={"Link": {"description": "The page of this answer (`rel=\"alternate\"`).", "schema": TEXT}},
    ),
}  # fmt: skip

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
    "responses": kept(responses("One page.", "WorkPage", 400)),
}

WORK: Schema = {
    "operationId": "work",
    "summary": "One work.",
    "parameters": [
        parameter("artwork_id", ASKED, "The id in the imported file; it may hold slashes.", place="path"),
        parameter("collection", ASKED, "Its collection, where several have this id."),
    ],
    "responses": kept(responses("The work.", "Work", 400, 404, 409)),
}

COLLECTIONS: Schema = {
    "operationId": "collections",
    "summary": "The collections.",
    "responses": kept(responses("All of them, by name.", "Collections", 400)),
}

OPENAPI: Schema = {
    "operationId": "openapi",
    "summary": "This document.",
    "responses": {
        "200": {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {"type": "object"}}}},
        "304": {"description": "What you have (`If-None-Match`) is still so."},
        "400": {"$ref": "#/components/responses/400"},
    },
}


def _error(code: int, said: str) -> Schema:
    found: Schema = {"description": said, "content": content("Error")}
    if code == 503:
        found["headers"] = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return found


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Pinakes",
        "version": "1",
        "description": "What the painting in front of you is, and what the catalogue knows of it. No key, no cookie.",
    },
    "paths": {
        "/api/v1/search": {"post": SEARCH},
        "/api/v1/works": {"get": WORKS},
        "/api/v1/works/{artwork_id}": {"get": WORK},
        "/api/v1/collections": {"get": COLLECTIONS},
        "/api/v1/openapi.json": {"get": OPENAPI},
    },
    "components": {
        "schemas": SCHEMAS,
        "responses": {str(code): _error(code, said) for code, said in ERRORS.items()},
    },
}
