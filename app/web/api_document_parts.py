"""What the calls of the API's description are put together from."""

from __future__ import annotations

from app.web.api_bodies import TEXT_PATTERN
from app.web.api_schemas import Schema, ref

ASKED: Schema = {"type": "string", "pattern": TEXT_PATTERN}


def parameter(name: str, schema: Schema, said: str, *, place: str = "query") -> Schema:
    found = {"name": name, "in": place, "description": said, "schema": schema}
    return {**found, "required": True} if place == "path" else found


def content(name: str) -> Schema:
    return {"application/json": {"schema": ref(name)}}


def errors(*codes: int) -> Schema:
    """The errors that a call may answer, and the one that every call may."""
    return {str(code): {"$ref": f"#/components/responses/{code}"} for code in (*codes, 500)}


def responses(said: str, name: str, *codes: int, headers: Schema | None = None, good: int = 200) -> Schema:
    """What a call answers: the object `name`, or one of the errors."""
    found: Schema = {"description": said, "content": content(name)}
    if headers:
        found["headers"] = headers
    return {str(good): found, **errors(*codes)}


def done(said: str, *codes: int) -> Schema:
    """What a call answers that has nothing to say, or one of the errors."""
    return {"204": {"description": said}, **errors(*codes)}


def kept(found: Schema) -> Schema:
    """The answers of a call whose result may be kept and asked about by its ETag."""
    return {**found, "304": {"description": "What you have (`If-None-Match`) is still so."}}
