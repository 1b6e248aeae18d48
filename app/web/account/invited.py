"""An invitation as whoever got it opens it: a password, and the account is theirs."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from flask_security import login_user, logout_user

from app.accounts import invitations
from app.accounts.access import has_role
from app.accounts.configuration import PASSWORD_LENGTH_MIN
from app.accounts.invitations import InvitationError
from app.accounts.models import Invitation
from app.extensions import db
from app.language import gettext as _
from app.language import said
from app.web.account import bp


@bp.route("/invitations/<secret>", methods=["GET", "POST"])
def invitation(secret: str) -> Any:
    """Who invites to what, and the form for a password; a link that is not good says why."""
    try:
        found = invitations.find(secret)
    except InvitationError as error:
        return render_template("accounts/invitation_over.html", why=said(error)), 410
    if request.method == "GET":
        return form(found)
    try:
        user = invitations.accept(found, request.form.get("password", ""), request.form.get("password_confirm", ""))
    except InvitationError as error:
        return form(found, said(error)), 422
    if current_user.is_authenticated:
        logout_user()
    login_user(user, authn_via=["password"])
    db.session.commit()
    flash(_("Welcome. Your account is ready, and your address is confirmed."), "success")
    return redirect(url_for("admin.home" if has_role(user, "curator") else "accounts.home"), 303)


def form(found: Invitation, error: str = "") -> str:
    means = invitations.MEANS[found.role]
    return render_template(
        "accounts/invitation.html", invitation=found, means=means, length=PASSWORD_LENGTH_MIN, error=error
    )
