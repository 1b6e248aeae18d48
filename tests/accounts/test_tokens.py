"""Personal tokens: made on their page, shown once, kept as a hash, ended."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts import tokens, users
from app.accounts.models import Token
from app.catalogue.models import now
from app.extensions import db
from tests.accounts.cast import address, logged_in

FORM = {"name": "my script", "scope": ["read", "search"], "days": "30"}


def secret_of(client: FlaskClient, **changes: object) -> str:
    """The secret of a new token, as its page shows it."""
    page = client.post("/me/tokens", data=FORM | changes)
    assert page.status_code == 200 and page.headers["Cache-Control"] == "no-store"
    found = re.search(r'id="secret"[^>]*value="([^"]+)"', page.text)
    assert found
    return found[1]


def test_a_token_is_shown_once_and_kept_as_a_hash(bare_site: Flask) -> None:
    ada = logged_in(bare_site, "ada")
    secret = secret_of(ada)
    assert secret.startswith("pinakes_") and len(secret) > 45
    page = ada.get("/me/tokens").text
    assert secret not in page and "my script" in page and secret[: tokens.HINT_LENGTH] in page and "Never used." in page
    with bare_site.app_context():
        (row,) = db.session.scalars(select(Token))
        assert row.scopes == ["read", "search"] and secret not in (row.digest, row.hint)
        assert row.expires_at and timedelta(days=29) < row.expires_at - now() <= timedelta(days=30)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": " "}, "Give the token a name"),
        ({"name": "x" * 101}, "Give the token a name"),
        ({"scope": []}, "Choose what the token may do."),
        ({"scope": ["read", "everything"]}, "Choose what the token may do."),
    ],
)
def test_what_is_refused_keeps_the_form(bare_site: Flask, changes: dict[str, object], said: str) -> None:
    refused = logged_in(bare_site, "ada").post("/me/tokens", data=FORM | changes)
    assert refused.status_code == 422 and said in refused.text
    assert re.search(r'value="30" selected', refused.text)


def test_a_token_works_until_it_ends_is_revoked_or_its_account_closed(bare_site: Flask) -> None:
    ada = logged_in(bare_site, "ada")
    short, long, eternal = secret_of(ada), secret_of(ada, days="365"), secret_of(ada, days="", name="for ever")
    with bare_site.app_context():
        row = tokens.presented(short)
        assert row is not None and row.last_used_at is not None and tokens.presented("pinakes_nonsense") is None
        row.expires_at = now() - timedelta(seconds=1)
        db.session.commit()
        assert tokens.presented(short) is None and tokens.presented(long) and tokens.presented(eternal)
        number = next(token.id for token in tokens.listing(row.user_id) if token.name == "for ever")
    assert "Ended on" in ada.get("/me/tokens").text
    assert "Revoke “for ever”?" in ada.get(f"/me/tokens/{number}/revoke").text
    assert "no longer works" in ada.post(f"/me/tokens/{number}/revoke", follow_redirects=True).text
    with bare_site.app_context():
        assert tokens.presented(eternal) is None and tokens.presented(long)
        user = users.find(address("ada"))
        assert user
        users.set_active(user, False)
        assert tokens.presented(long) is None


def test_a_token_belongs_to_its_account(bare_site: Flask) -> None:
    secret_of(logged_in(bare_site, "ada"))
    bob = logged_in(bare_site, "bob")
    for method in (bob.get, bob.post):
        assert method("/me/tokens/1/revoke").status_code == 404
    assert "my script" not in bob.get("/me/tokens").text
