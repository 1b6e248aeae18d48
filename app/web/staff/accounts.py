"""Accounts: made, given a role, closed and opened again."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import select

from app.accounts import invitations, users
from app.accounts.access import require
from app.accounts.models import ROLES, Role, User
from app.extensions import db
from app.language import gettext as _
from app.retelling import retold
from app.sentences import N_
from app.web.staff import bp
from app.web.staff.mail import STATES
from app.web.staff.words import role_word

USERS_SHOWN = 500


@bp.get("/accounts")
@require("admin")
def accounts() -> Any:
    """Every account; `q` and `role` in the address filter them."""
    return page()


def page(made: tuple[str, str] | None = None) -> Any:
    """The page, with a new account's address and password shown once where there is one."""
    wanted, role = request.args.get("q", "").strip(), request.args.get("role", "")
    query = select(User).order_by(User.email).limit(USERS_SHOWN)
    query = query.where(User.email.icontains(wanted, autoescape=True)) if wanted else query
    query = query.where(User.roles.any(Role.name == role)) if role in ROLES else query
    rows = [(user, users.role_of(user)) for user in db.session.scalars(query)]
    invited = list(db.session.scalars(invitations.open_()))
    return render_template(
        "admin/accounts.html", rows=rows, roles=ROLES, made=made, q=wanted, role=role, email=request.args.get("email", ""),
        invited=invited, messages=invitations.messages_of(invited), expired=invitations.expired, until=invitations.good_until,
        mail_words=STATES,
    )  # fmt: skip


@bp.post("/accounts")
@require("admin")
def create_account() -> Any:
    """Make an account; its generated password is shown this once, and not kept anywhere that could be read."""
    try:
        user, password = users.create(request.form.get("email", ""), request.form.get("role", "visitor"))
    except users.AccountError as error:
        flash(retold(str(error).split(":")[0].rstrip(".")) + ".", "error")
        return redirect(url_for("admin.accounts"), 303)
    return page(made=(user.email, password))


@bp.post("/accounts/<int:user_id>/role")
@require("admin")
def set_role(user_id: int) -> Any:
    """Give the account one role."""
    user = other(user_id)
    before = users.role_of(user)
    try:
        users.set_role(user, request.form.get("role", ""))
    except users.AccountError as error:
        flash(retold(str(error)), "error")
    else:
        words = {"email": user.email, "before": role_word(before), "after": role_word(users.role_of(user))}
        flash(_("The role of %(email)s was %(before)s and is %(after)s now.", **words), "success")
    return redirect(url_for("admin.accounts"), 303)


@bp.post("/accounts/<int:user_id>/active")
@require("admin")
def set_active(user_id: int) -> Any:
    """Close the account, or open it again."""
    user = other(user_id)
    active = request.form.get("active") == "1"
    try:
        users.set_active(user, active)
    except users.AccountError as error:
        flash(retold(str(error)), "error")
    else:
        opened = N_("%(email)s is open again.")
        closed = N_("%(email)s is closed and logged out everywhere; its searches are kept, and you may open it again.")
        flash(_(opened if active else closed, email=user.email), "success")
    return redirect(url_for("admin.accounts"), 303)


def other(user_id: int) -> User:
    """The account, which must not be one's own: nobody takes their own rights by a slip."""
    user = db.session.get(User, user_id)
    if user is None:
        abort(404)
    if user.id == current_user.id:
        abort(403)
    return user
