"""Errors of the API: always JSON, `{"error": {"code", "message"}}`, whatever the client says it prefers."""

from __future__ import annotations

import json
from typing import Any

from flask import Response
from werkzeug.exceptions import HTTPException

PREFIX = "/api"
CONTENTS = f"{PREFIX}/v1/openapi.json"
MESSAGES = {
    404: f"Nothing is at this address; {CONTENTS} lists what there is.",
    405: f"This address answers another kind of request; {CONTENTS} says which.",
}
PASSED_ON = ("Allow", "Retry-After", "WWW-Authenticate")


class ApiError(HTTPException):
    """A refusal that the API words itself: a status, one sentence, and where it helps seconds to wait or choices to make.

    `challenge` is the header WWW-Authenticate (RFC 6750) of a refusal for want of a token.
    """

    def __init__(
        self,
        code: int,
        message: str,
        *,
        retry_after: int | None = None,
        choices: list[dict[str, str]] | None = None,
        challenge: str = "",
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.retry_after, self.choices = code, message, retry_after, choices
        self.challenge = challenge

    def get_headers(self, *args: Any, **kwargs: Any) -> list[tuple[str, str]]:
        said = [("Retry-After", str(self.retry_after))] if self.retry_after is not None else []
        said += [("WWW-Authenticate", self.challenge)] if self.challenge else []
        return [*super().get_headers(*args, **kwargs), *said]


def concerns(path: str) -> bool:
    """Whether the address is the API's, known or not."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def answer(error: HTTPException, general: str, reference: str = "") -> Response:
    """The error as JSON; `general` is what pages say of its status, `reference` finds it in the log."""
    said: dict[str, Any] = {"code": error.code, "message": MESSAGES.get(error.code or 0, general)}
    if isinstance(error, ApiError):
        said["message"] = error.message
        if error.choices is not None:
            said["choices"] = error.choices
    if reference:
        said["reference"] = reference
    response = Response(json.dumps({"error": said}, ensure_ascii=False), error.code, mimetype="application/json")
    found = error.get_response().headers
    for name in PASSED_ON:
        if name in found:
            response.headers[name] = found[name]
    response.headers["Cache-Control"] = "no-store"
    return response
