"""The visitor's choice of a language, and what an answer says about its own."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, g, has_request_context, redirect, request
from flask.blueprints import BlueprintSetupState
from flask_login import current_user, user_logged_in

from app import language
from app.accounts.models import User
from app.extensions import db
from app.web.accounts import local
from app.web.context import settings

bp = Blueprint("languages", __name__)

COOKIE_S = 365 * 24 * 3600


@bp.post("/language")
def choose() -> Any:
    """Keep the choice of a language in a cookie, and go back."""
    response = redirect(local(request.form.get("next", "")), 303)
    chosen = request.form.get("language", "")
    if chosen in language.LANGUAGES:
        response.set_cookie(
            language.COOKIE, chosen, max_age=COOKIE_S, httponly=True, samesite="Lax", secure=settings().https
        )
        if current_user.is_authenticated:
            current_user.language = chosen
            db.session.commit()
    return response


@bp.record_once
def listen(state: BlueprintSetupState) -> None:
    """To visitors who log in to this application."""
    user_logged_in.connect(note, state.app)


def note(_app: Flask, user: User, **_others: Any) -> None:
    """Who never chose is written to in the language of the page on which they logged in. Flask-Security commits."""
    if user.language is None and has_request_context():
        user.language = language.language()


@bp.after_app_request
def declare(response: Response) -> Response:
    """Name the language of a page, and for whatever keeps answers what it depended on."""
    if g.pop("language_was_chosen", False):
        response.vary.update(("Accept-Language", "Cookie"))
    if response.mimetype == "text/html" and not 300 <= response.status_code < 400:  # what a redirection says is Werkzeug's
        response.headers["Content-Language"] = language.language()
    return response
