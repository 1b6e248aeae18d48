"""What a call of the API asks for: parameters read strictly, so that a misspelt one is refused and not ignored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from flask import request

from app.web.api_errors import ApiError

SHOWN = 40  # characters of a value that a message repeats
DIGITS = 9  # a whole number of more is refused, zeros in front or not


def only(*allowed: str) -> None:
    """Refuse query parameters that the call does not have. Raises ApiError 400."""
    for name in request.args:
        if name not in allowed:
            listed = ", ".join(allowed) or "none"
            raise ApiError(400, f"There is no parameter “{name[:SHOWN]}” here; there are: {listed}.")


def without_nul() -> None:
    """Refuse the character NUL, which no text of the catalogue has and PostgreSQL does not take. Raises ApiError 400."""
    if "\0" in request.path or any("\0" in value for values in request.args.listvalues() for value in values):
        raise ApiError(400, "The address has the character NUL (%00), which nothing here is called; leave it out.")


class Whole(NamedTuple):
    """A parameter that is a whole number from `low` to `high`."""

    name: str
    default: int
    low: int
    high: int

    def read(self, values: Mapping[str, str]) -> int:
        """Its value, or the default where none is given. Raises ApiError 400."""
        text = values.get(self.name)
        if text is None:
            return self.default
        if not (text.isascii() and text.isdecimal() and len(text) <= DIGITS and self.low <= int(text) <= self.high):
            allowed = f"a whole number from {self.low} to {self.high}"
            raise ApiError(400, f"“{text[:SHOWN]}” cannot be {self.name}; give {allowed}.")
        return int(text)

    @property
    def schema(self) -> dict[str, Any]:
        """Itself as JSON Schema."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high, "default": self.default}


LIMIT = Whole("limit", 5, 1, 10)  # matches; as `flask search` has them
NEAREST = Whole("k", 10, 1, 100)  # works by the global descriptor alone
PAGE = Whole("page", 1, 1, 1_000_000)
PER_PAGE = Whole("per_page", 24, 1, 100)


def one_of(values: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    """One of the allowed words, the first where none is given. Raises ApiError 400."""
    text = values.get(name, allowed[0])
    if text not in allowed:
        raise ApiError(400, f"“{text[:SHOWN]}” cannot be {name}; give one of {', '.join(allowed)}.")
    return text
