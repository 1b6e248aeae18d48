"""JSON bodies read strictly: a property that a call does not have is refused, so that a misspelt one is not ignored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import request
from werkzeug.exceptions import BadRequest

from app.web.api_errors import ApiError
from app.web.api_parameters import SHOWN

JSON_KIND = "application/json"
TEXT_PATTERN = r"^[^\u0000]*$"  # PostgreSQL takes no NUL


class Text(NamedTuple):
    """A property that is text of so many characters."""

    high: int
    low: int = 0

    def read(self, value: Any, name: str) -> str:
        """The text. Raises ApiError 400."""
        if not isinstance(value, str) or not self.low <= len(value) <= self.high or "\0" in value or not _is_unicode(value):
            raise ApiError(400, f"{name} must be text of {self.low} to {self.high} characters, without NUL.")
        return value

    @property
    def schema(self) -> dict[str, Any]:
        """Itself as JSON Schema."""
        return {"type": "string", "minLength": self.low, "maxLength": self.high, "pattern": TEXT_PATTERN}


class Word(NamedTuple):
    """A property that is one of some words."""

    allowed: tuple[str, ...]

    def read(self, value: Any, name: str) -> str:
        """The word. Raises ApiError 400."""
        if not isinstance(value, str) or value not in self.allowed:
            raise ApiError(400, f"{name} must be one of {', '.join(self.allowed)}.")
        return value

    @property
    def schema(self) -> dict[str, Any]:
        """Itself as JSON Schema."""
        return {"type": "string", "enum": list(self.allowed)}


class YesNo(NamedTuple):
    """A property that is true or false."""

    def read(self, value: Any, name: str) -> bool:
        """The value. Raises ApiError 400."""
        if not isinstance(value, bool):
            raise ApiError(400, f"{name} must be true or false.")
        return value

    @property
    def schema(self) -> dict[str, Any]:
        """Itself as JSON Schema."""
        return {"type": "boolean"}


Property = Text | Word | YesNo


def read(properties: Mapping[str, Property], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """The object of the request's body; what is optional and not there is left out. Raises ApiError 400, 415."""
    if request.mimetype != JSON_KIND:
        raise ApiError(415, f"Send a JSON object ({JSON_KIND}); this came as {request.mimetype[:80] or 'no type at all'}.")
    try:
        given = request.get_json()
    except (BadRequest, RecursionError) as error:
        raise ApiError(400, "The body is not JSON.") from error
    if not isinstance(given, dict):
        raise ApiError(400, "The body must be a JSON object.")
    for name in given:
        if name not in properties:
            shown = name[:SHOWN].encode("utf-8", "replace").decode()
            raise ApiError(400, f"There is no “{shown}” here; there are: {', '.join(properties)}.")
    for name in required:
        if name not in given:
            raise ApiError(400, f"{name} is missing.")
    return {name: properties[name].read(value, name) for name, value in given.items()}


def schema(properties: Mapping[str, Property], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """The object as JSON Schema."""
    found: dict[str, Any] = {
        "type": "object",
        "properties": {name: kind.schema for name, kind in properties.items()},
        "additionalProperties": False,
    }
    return found | ({"required": list(required)} if required else {})


def _is_unicode(text: str) -> bool:
    """Half of a surrogate pair, which JSON can spell, is no character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
