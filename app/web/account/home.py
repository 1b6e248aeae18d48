"""The account itself: what it has, log out everywhere, take it along, delete it."""

from __future__ import annotations

import tempfile
from typing import Any

from flask import Response, flash, redirect, render_template, request, send_file, url_for
from flask_login import current_user
from flask_security import logout_user, verify_password

from app.accounts import archive, leaving, throttle, users
from app.accounts.access import require
from app.accounts.models import User
from app.language import gettext as _
from app.language import said
from app.web.account import bp
from app.web.account.lists import work_address
from app.web.context import settings

ARCHIVE_IN_MEMORY = 8 * 1024 * 1024  # bytes; a larger one is written to a temporary file


@bp.get("/me")
@require("visitor")
def home() -> Any:
    """What the account has, and what can be done with it."""
    holdings, mailed = leaving.holdings(current_user), bool(settings().mail_url)
    return render_template("accounts/home.html", holdings=holdings, role=users.role_of(current_user), mailed=mailed)


@bp.post("/me/log-out-everywhere")
@require("visitor")
def log_out_everywhere() -> Any:
    """End all sessions of the account, this one too."""
    users.log_out_everywhere(current_user._get_current_object())
    logout_user()
    flash(_("You are logged out on all devices."), "success")
    return redirect(url_for("security.login"), 303)


@bp.post("/me/download")
@require("visitor")
def download() -> Response:
    """Everything that the account has, as a zip."""
    file = tempfile.SpooledTemporaryFile(ARCHIVE_IN_MEMORY)  # noqa: SIM115  the response closes it
    archive.write(current_user, file, settings().uploads_dir, work_address)
    file.seek(0)
    response = send_file(file, "application/zip", as_attachment=True, download_name="pinakes-account.zip")
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.route("/me/delete", methods=["GET", "POST"])
@require("visitor")
def delete_account() -> Any:
    """Say in numbers what goes, ask for the password, then delete the account and everything in it."""
    user = current_user._get_current_object()
    try:
        leaving.refuse_last_admin(user)
    except leaving.StaysError as error:
        return render_template("accounts/delete_account.html", refused=said(error)), 409 if request.method == "POST" else 200
    if request.method == "GET":
        return asked_again(user)
    tries = throttle.guarded(f"delete {user.id}")
    if not verify_password(request.form.get("password", ""), user.password):
        tries.fail(f"delete {user.id}")
        return asked_again(user, _("This is not your password.")), 422
    logout_user()
    leaving.delete_account(user, settings().uploads_dir)
    flash(_("Your account is deleted, and everything in it."), "success")
    return redirect(url_for("search.home"), 303)


def asked_again(user: User, error: str = "") -> str:
    """The question, with what would go."""
    holdings, role = leaving.holdings(user), users.role_of(user)
    return render_template("accounts/delete_account.html", refused="", holdings=holdings, error=error, role=role)
