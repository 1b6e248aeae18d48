"""People of the account tests: how they register, log in, ask, and read their mail."""

from __future__ import annotations

import io
import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts import users
from app.accounts.models import Mail
from app.extensions import db
from tests.web.gallery import jpeg, on_wall, painting

PASSWORD = "a short sentence"


def address(name: str) -> str:
    return f"{name}@example.org"


def registration(name: str) -> dict[str, str]:
    return {"email": address(name), "password": PASSWORD, "password_confirm": PASSWORD}


def register(site: Flask, name: str) -> FlaskClient:
    """A browser in which someone has made an account; on a site that sends no mail it works at once."""
    client = site.test_client()
    assert client.post("/register", data=registration(name)).status_code == 302
    return client


def logged_in(site: Flask, name: str, role: str = "visitor") -> FlaskClient:
    """A browser of somebody whose account the staff made: its address counts as confirmed."""
    with site.app_context():
        users.create(address(name), role, PASSWORD)
    client = site.test_client()
    assert client.post("/login", data={"email": address(name), "password": PASSWORD}).status_code == 302
    return client


def ask(client: FlaskClient) -> str:
    """Ask about a photo; the id of the search."""
    photo = {"photo": (io.BytesIO(jpeg(on_wall([painting(0)]))), "photo.jpg")}
    answer = client.post("/search", data=photo, headers={"Accept": "application/json"})
    assert answer.status_code == 201
    return str(answer.json["id"])


def mails(site: Flask, recipient: str = "") -> list[Mail]:
    """What was written, oldest first."""
    with site.app_context():
        found = db.session.scalars(select(Mail).order_by(Mail.id)).all()
        return [mail for mail in found if recipient in mail.recipient]


def link(text: str) -> str:
    """The path of the one link in a message."""
    (found,) = re.findall(r"https?://[^/\s]+(/\S+)", text)
    return str(found)


def seen(page: str, name: str) -> str:
    """What somebody at the page can tell: without their own address and the random token of its forms."""
    return re.sub(r'value="[^"]*\.[^"]*\.[^"]*"', "", page.replace(address(name), "ADDRESS"))
