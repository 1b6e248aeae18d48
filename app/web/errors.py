"""Error pages: what happened, why, what to do. The same as JSON for clients that prefer it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, current_app, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from app.accounts.access import wants_json
from app.extensions import db
from app.settings import Settings
from app.web import api_errors


@dataclass(frozen=True)
class Words:
    """The text of one error page."""

    title: str
    text: str


KNOWN = {
    400: Words(
        "That did not arrive whole",
        "Something in the request was missing or not understood. Go back and try once more.",
    ),
    401: Words("Please log in", "This page belongs to an account."),
    403: Words(
        "This page is for staff",
        "Your account may not open it. If it should, ask whoever looks after this catalogue.",
    ),
    404: Words("Nothing hangs here", "The address is wrong, or what was here has been taken down."),
    405: Words(
        "That does not work here",
        "This address answers another kind of request. Go back and try once more.",
    ),
    413: Words(
        "That picture is too large",
        "Pictures may have up to {max_mb} MB. Send a smaller one, or photograph the work again at a lower quality.",
    ),
    429: Words("Too many tries", "Wait a few minutes, then try again."),
    500: Words(
        "Something went wrong on our side",
        "It has been noted. Try again; if it happens once more, tell the staff what you did.",
    ),
    503: Words("Many people are asking at once", "Wait a few seconds and try again."),
}
GENERAL = Words("That did not work", "Go back and try once more.")


def words(code: int, settings: Settings) -> Words:
    """What is said for an HTTP status; unknown ones get the general sentence."""
    said = KNOWN.get(code, GENERAL)
    return Words(said.title, said.text.format(max_mb=settings.upload_max_mb))


def register(app: Flask) -> None:
    """One handler for all errors; Flask logs what nobody expected and hands it on as a 500."""
    app.register_error_handler(CSRFError, stale_form)
    app.register_error_handler(HTTPException, http_error)


def http_error(error: HTTPException) -> Any:
    """The page of an HTTP error; an answer that the view made itself is passed on."""
    if error.response is not None or error.code is None:
        return error
    if 300 <= error.code < 400:
        return error
    if error.code >= 500:
        db.session.rollback()
    if api_errors.concerns(request.path):
        said = words(error.code, current_app.extensions["pinakes.settings"])
        return api_errors.answer(error, f"{said.title}. {said.text}")
    return answer(error.code, retry_after=error.get_response().headers.get("Retry-After"))


def stale_form(error: CSRFError) -> Response:
    """A form whose page was opened in another session."""
    text = "The page had been open in another session. Go back, reload it, and try once more."
    return answer(400, Words("This form is no longer valid", text))


def answer(code: int, said: Words | None = None, *, retry_after: str | None = None) -> Response:
    """The error as a page or as JSON `{"error": {"code", "title", "text"}}`."""
    said = said or words(code, current_app.extensions["pinakes.settings"])
    if wants_json():
        response = jsonify(error={"code": code, "title": said.title, "text": said.text})
    else:
        response = make_response(render_template("errors/error.html", code=code, said=said))
    response.status_code = code
    if retry_after:
        response.headers["Retry-After"] = retry_after
    return response
