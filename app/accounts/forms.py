"""Forms that differ from Flask-Security's own."""

from __future__ import annotations

from typing import Any

from flask_security import LoginForm as SecurityLoginForm

WRONG = "This e-mail address and password do not fit together."


class LoginForm(SecurityLoginForm):
    """Log in. A wrong password and an unknown address get the same sentence, so that accounts cannot be listed."""

    def validate(self, **kwargs: Any) -> bool:
        if super().validate(**kwargs):
            return True
        if self.email.data and self.password.data and not self.user_authenticated:
            self.email.errors, self.password.errors = [], []
            self.form_errors.append(WRONG)
        return False
