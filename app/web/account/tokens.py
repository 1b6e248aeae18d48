"""Personal tokens for the API: made, shown once, revoked."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from app.accounts import tokens
from app.accounts.access import require
from app.accounts.models import Token
from app.language import gettext as _
from app.language import said
from app.web.account import bp


@bp.get("/me/tokens")
@require("visitor")
def my_tokens() -> str:
    """The account's tokens, and a form for another one."""
    return listed()


@bp.post("/me/tokens")
@require("visitor")
def create_token() -> Any:
    """Make a token. Its secret is in this one answer and nowhere else."""
    name, scopes, days = request.form.get("name", ""), request.form.getlist("scope"), request.form.get("days", "90")
    if days not in tokens.LIFETIMES:
        abort(400)
    try:
        token, secret = tokens.create(current_user._get_current_object(), name, scopes, tokens.LIFETIMES[days])
    except tokens.TokenError as error:
        return listed(error=said(error), name=name, chosen=scopes, days=days), 422
    return listed(made=token, secret=secret), {"Cache-Control": "no-store"}


def listed(**shown: Any) -> str:
    """The page; after an error with what was typed, after a success with the secret."""
    rows = [(token, tokens.ended(token)) for token in tokens.listing(current_user.id)]
    return render_template("accounts/tokens.html", rows=rows, scopes=tokens.SCOPES, **shown)


@bp.route("/me/tokens/<int:token_id>/revoke", methods=["GET", "POST"])
@require("visitor")
def revoke_token(token_id: int) -> Any:
    """Ask, then end the token at once."""
    token = own(token_id)
    if request.method == "GET":
        return render_template("accounts/revoke_token.html", token=token)
    name = token.name
    tokens.revoke(token)
    flash(_("The token “%(name)s” no longer works.", name=name), "success")
    return redirect(url_for("accounts.my_tokens"), 303)


def own(token_id: int) -> Token:
    """A token of the account itself; someone else's is 404, as if it were not there."""
    token = tokens.find(current_user.id, token_id)
    if token is None:
        abort(404)
    return token
