"""The cast of the staff pages: Ada looks after everything, Carla after the catalogue, Vera only visits."""

from __future__ import annotations

from typing import Any

from flask import Flask, g
from flask.testing import FlaskClient

from app.accounts import users

PASSWORD = "a long enough password"


class Person(FlaskClient):
    """A browser of one person. The tests' application context outlives a request, and with it who is logged in."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        g.pop("_login_user", None)
        return super().open(*args, **kwargs)


def log_in(app: Flask, name: str, role: str) -> FlaskClient:
    """A client logged in as `name@example.org`, whose account is made with the role."""
    email = f"{name}@example.org"
    if users.find(email) is None:
        users.create(email, role, PASSWORD)
    client = Person(app, app.response_class)
    answer = client.post("/login", data={"email": email, "password": PASSWORD})
    assert answer.status_code == 302, answer.text
    return client
