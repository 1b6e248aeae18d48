"""What follows a change that Flask-Security made: a line in the audit trail, a notice to the old address."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, render_template
from flask_security import change_email_confirmed, password_changed, password_reset

from app.accounts import audit, mail, tokens
from app.accounts.models import User
from app.language import gettext as _


def register(app: Flask) -> None:
    """Listen to this application's changes."""
    change_email_confirmed.connect(email_changed, app)
    password_changed.connect(was_changed, app)
    password_reset.connect(was_reset, app)


def email_changed(_app: Flask, user: User, old_email: str, **_others: Any) -> None:
    """Tell the old address, in case somebody else did it."""
    audit.record("user.email", user.email, before=old_email)
    if current_app.extensions["pinakes.settings"].mail_url:
        text = render_template("security/email/change_email_notice.txt", user=user, old_email=old_email)
        mail.put("change_email_notice", old_email, _("Your e-mail address at Pinakes has been changed"), text)


def was_changed(_app: Flask, user: User, **_others: Any) -> None:
    """A password changed by who knew the old one."""
    audit.record("user.password", user.email, by="themselves")


def was_reset(_app: Flask, user: User, **_others: Any) -> None:
    """A password set by way of a mailed link: whoever knew the old one may have made tokens, so they end with it."""
    revoked = tokens.revoke_all(user.id)
    audit.record("user.password", user.email, by="mail", tokens_revoked=revoked)
