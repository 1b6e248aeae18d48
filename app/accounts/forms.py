"""Forms that differ from Flask-Security's own."""

from __future__ import annotations

from typing import Any

from flask import current_app
from flask_security import LoginForm as SecurityLoginForm
from flask_security import RegisterFormV2 as SecurityRegisterForm
from flask_security.utils import get_message


class LoginForm(SecurityLoginForm):
    """Log in. A wrong password and an unknown address get the same sentence, so that accounts cannot be listed."""

    def validate(self, **kwargs: Any) -> bool:
        if super().validate(**kwargs):
            return True
        said = [error for field in (self.email, self.password) for error in field.errors]
        if self.email.data and self.password.data and not self.user_authenticated:
            said = [get_message("GENERIC_AUTHN_FAILED")[0]]
        self.email.errors, self.password.errors = [], []  # errors of a field would be made general, whatever they say
        self.form_errors.extend(said)
        return False


class RegisterForm(SecurityRegisterForm):
    """Register. Where mail is sent, an address that has an account gets the same answer, and a message that tells its owner.

    Where none is sent, an account works at once, so that the log-in would tell anyway: then the form says it.
    """

    def validate(self, **kwargs: Any) -> bool:
        good = bool(super().validate(**kwargs))
        if not current_app.extensions["pinakes.settings"].mail_url:
            self.existing_email_user = None
        return good
