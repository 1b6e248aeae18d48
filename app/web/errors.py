"""Error pages: what happened, why, what to do. The same as JSON for clients that prefer it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, current_app, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from app.accounts.access import wants_json
from app.extensions import db
from app.language import gettext as _
from app.sentences import N_
from app.settings import Settings
from app.web import api_errors, failing


@dataclass(frozen=True)
class Words:
    """The text of one error page."""

    title: str
    text: str


KNOWN = {
    400: Words(
        N_("That did not arrive whole"),
        N_("Something in the request was missing or not understood. Go back and try once more."),
    ),
    401: Words(N_("Please log in"), N_("This page belongs to an account.")),
    403: Words(
        N_("This page is for staff"),
        N_("Your account may not open it. If it should, ask whoever looks after this catalogue."),
    ),
    404: Words(N_("Nothing hangs here"), N_("The address is wrong, or what was here has been taken down.")),
    405: Words(
        N_("That does not work here"),
        N_("This address answers another kind of request. Go back and try once more."),
    ),
    413: Words(
        N_("That picture is too large"),
        N_("Pictures may have up to %(max_mb)s MB. Send a smaller one, or photograph the work again at a lower quality."),
    ),
    429: Words(N_("Too many tries"), N_("Wait a few minutes, then try again.")),
    500: Words(
        N_("Something went wrong on our side"),
        N_("It has been noted. Try again; if it happens once more, tell the staff what you did, and the number below."),
    ),
    503: Words(N_("Many people are asking at once"), N_("Wait a few seconds and try again.")),
}
GENERAL = Words(N_("That did not work"), N_("Go back and try once more."))


def words(code: int, settings: Settings) -> Words:
    """What is said for an HTTP status; unknown ones get the general sentence."""
    said = KNOWN.get(code, GENERAL)
    return Words(_(said.title), _(said.text, max_mb=settings.upload_max_mb))


def register(app: Flask) -> None:
    """One handler for all errors; Flask logs what nobody expected and hands it on as a 500."""
    failing.register(app)
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
    reference = failing.noted() if error.code == 500 else ""
    if api_errors.concerns(request.path):
        said = words(error.code, current_app.extensions["pinakes.settings"])
        return api_errors.answer(error, f"{said.title}. {said.text}", reference)
    return answer(error.code, retry_after=error.get_response().headers.get("Retry-After"), reference=reference)


def stale_form(error: CSRFError) -> Response:
    """A form whose page was opened in another session."""
    text = _("The page had been open in another session. Go back, reload it, and try once more.")
    return answer(400, Words(_("This form is no longer valid"), text))


def answer(code: int, said: Words | None = None, *, retry_after: str | None = None, reference: str = "") -> Response:
    """The error as a page or as JSON `{"error": {"code", "title", "text"}}`; `reference` finds it in the log."""
    said = said or words(code, current_app.extensions["pinakes.settings"])
    if wants_json():
        number = {"reference": reference} if reference else {}
        response = jsonify(error={"code": code, "title": said.title, "text": said.text, **number})
    else:
        response = make_response(render_template("errors/error.html", code=code, said=said, reference=reference))
    response.status_code = code
    if retry_after:
        response.headers["Retry-After"] = retry_after
    return response
