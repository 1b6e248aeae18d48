"""Flask-Security's settings and its binding to the application."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask
from flask_security import SQLAlchemyUserDatastore

from app.accounts import messages
from app.accounts.models import Role, User
from app.extensions import db, security
from app.settings import ROOT, Settings, instance_secret

PASSWORD_LENGTH_MIN = 10


def flask_security(settings: Settings) -> dict[str, Any]:
    """The part of the Flask configuration that is Flask-Security's, and the cookies that go with it."""
    sent = bool(settings.mail_url)
    return messages.configuration(sent) | {
        "SECURITY_I18N_DOMAIN": "flask_security;messages",  # one for each folder: its own texts, then ours
        "SECURITY_I18N_DIRNAME": ["builtin", str(ROOT / "app" / "translations")],
        "SECURITY_PASSWORD_SALT": instance_secret(settings, "password_salt"),
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_LENGTH_MIN": PASSWORD_LENGTH_MIN,
        "SECURITY_REGISTERABLE": True,
        "SECURITY_CHANGEABLE": True,
        "SECURITY_CONFIRMABLE": True,
        "SECURITY_LOGIN_WITHOUT_CONFIRMATION": not sent,  # else nobody could use an account before the staff are asked
        "SECURITY_POST_REGISTER_VIEW": "/login" if sent else "/me",
        "SECURITY_POST_CONFIRM_VIEW": "/me",
        "SECURITY_RECOVERABLE": True,
        "SECURITY_RESET_PASSWORD_WITHIN": timedelta(hours=2),
        "SECURITY_CHANGE_EMAIL": True,
        "SECURITY_CHANGE_EMAIL_URL": "/me/email",
        "SECURITY_CHANGE_EMAIL_CONFIRM_URL": "/me/email",
        "SECURITY_POST_CHANGE_EMAIL_VIEW": "/me",
        "SECURITY_RETURN_GENERIC_RESPONSES": True,  # nobody learns here whether an address has an account (but see RegisterForm)
        "SECURITY_EMAIL_HTML": False,
        "SECURITY_SEND_PASSWORD_CHANGE_EMAIL": sent,  # a notice that nobody gets is none
        "SECURITY_SEND_PASSWORD_RESET_NOTICE_EMAIL": sent,
        "SECURITY_EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},  # works offline
        "SECURITY_CHANGE_URL": "/me/password",
        "SECURITY_POST_CHANGE_VIEW": "/me",
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
    from app.accounts import notices, throttle
    from app.accounts.forms import LoginForm, RegisterForm

    users = SQLAlchemyUserDatastore(db, User, Role)
    security.init_app(app, users, login_form=LoginForm, register_form=RegisterForm)
    throttle.register(app)
    notices.register(app)
