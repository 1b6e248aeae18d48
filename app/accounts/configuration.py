"""Flask-Security's settings and its binding to the application."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_security import SQLAlchemyUserDatastore

from app.accounts.models import Role, User
from app.extensions import db, security
from app.settings import Settings, instance_secret

PASSWORD_LENGTH_MIN = 10

# Messages in the words of the site; the level is Flask-Security's own.
MESSAGES = {
    "EMAIL_NOT_PROVIDED": "Enter your e-mail address.",
    "INVALID_EMAIL_ADDRESS": "This is not an e-mail address.",
    "PASSWORD_NOT_PROVIDED": "Enter a password.",
    "PASSWORD_INVALID_LENGTH": "A password needs at least %(length)s characters; a short sentence is a good one.",
    "RETYPE_PASSWORD_MISMATCH": "The two passwords differ.",
    "PASSWORD_IS_THE_SAME": "The new password is the old one.",
    "INVALID_PASSWORD": "This is not your present password.",
    "DISABLED_ACCOUNT": "This account has been closed by the staff.",
    "EMAIL_ALREADY_ASSOCIATED": "There is an account for %(email)s already: log in instead.",
    "UNAUTHENTICATED": "Please log in first.",
    "REAUTHENTICATION_REQUIRED": "Please log in once more.",
}


def flask_security(settings: Settings) -> dict[str, Any]:
    """The part of the Flask configuration that is Flask-Security's, and the cookies that go with it."""
    said = {f"SECURITY_MSG_{name}": (text, "error") for name, text in MESSAGES.items()}
    return said | {
        "SECURITY_PASSWORD_SALT": instance_secret(settings, "password_salt"),
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_LENGTH_MIN": PASSWORD_LENGTH_MIN,
        "SECURITY_REGISTERABLE": True,
        "SECURITY_CHANGEABLE": True,
        "SECURITY_SEND_REGISTER_EMAIL": False,  # no mail server is part of an instance
        "SECURITY_SEND_PASSWORD_CHANGE_EMAIL": False,
        "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},  # works offline
        "SECURITY_CHANGE_URL": "/me/password",
        "SECURITY_POST_CHANGE_VIEW": "/me/searches",
        "SECURITY_TRACKABLE": True,
        "SECURITY_FLASH_MESSAGES": True,
        "SESSION_PROTECTION": "basic",  # "strong" logs a phone out that walks from the Wi-Fi into the mobile net
        "REMEMBER_COOKIE_HTTPONLY": True,
        "REMEMBER_COOKIE_SAMESITE": "Lax",
        "REMEMBER_COOKIE_SECURE": settings.https,
        "WTF_CSRF_TIME_LIMIT": None,  # a page may stay open in the gallery all day; the token ends with the session
    }


def bind(app: Flask) -> None:
    """Bind Flask-Security to the application and its tables, and hold off guessing of passwords."""
    from app.accounts import throttle
    from app.accounts.forms import LoginForm

    security.init_app(app, SQLAlchemyUserDatastore(db, User, Role), login_form=LoginForm)
    throttle.register(app)
