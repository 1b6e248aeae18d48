"""Accounts as a visitor meets them: register, log in and out, change the password, keep and delete searches."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts import users
from app.accounts.models import AuditEvent, User
from app.accounts.throttle import REGISTRATIONS
from app.extensions import db
from app.usage.models import Search
from tests.accounts.cast import PASSWORD, ask, register


def photos(site: Flask) -> list[Path]:
    return list(site.extensions["pinakes.settings"].uploads_dir.rglob("*.jpg"))


def test_register_log_out_log_in(bare_site: Flask) -> None:
    client = register(bare_site, "ada")
    assert "ada@example.org" in client.get("/").text
    assert client.post("/logout").status_code == 302
    assert client.get("/me/searches").location == "/login?next=/me/searches"
    form = {"email": "Ada@Example.ORG", "password": PASSWORD}
    assert client.post("/login?next=/me/searches", data=form).location == "/me/searches"
    assert client.get("/me/searches").status_code == 200
    with bare_site.app_context():
        (user,) = db.session.scalars(select(User))
        assert user.password and user.password.startswith("$argon2") and PASSWORD not in user.password


def test_log_in_leads_nowhere_else(bare_site: Flask) -> None:
    register(bare_site, "ada")
    form = {"email": "ada@example.org", "password": PASSWORD}
    answer = bare_site.test_client().post("/login?next=https://evil.example/", data=form)
    assert "evil.example" not in answer.headers.get("Location", "")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "short", "password_confirm": "short"}, "at least 10 characters"),
        ({"password_confirm": "another sentence"}, "The two passwords differ."),
        ({"email": "no address"}, "This is not an e-mail address."),
        ({"email": ""}, "Enter your e-mail address."),
        ({"email": "ada@example.org"}, "There is an account for ada@example.org already"),
    ],
)
def test_what_registering_refuses(bare_site: Flask, change: dict[str, str], said: str) -> None:
    register(bare_site, "ada")
    form = {"email": "bob@example.org", "password": PASSWORD, "password_confirm": PASSWORD} | change
    answer = bare_site.test_client().post("/register", data=form)
    assert answer.status_code == 200 and said in answer.text and 'aria-invalid="true"' in answer.text
    with bare_site.app_context():
        assert len(db.session.scalars(select(User)).all()) == 1


def test_a_wrong_password_and_an_unknown_address_get_one_answer(bare_site: Flask) -> None:
    register(bare_site, "ada")
    said = []
    for email in ("ada@example.org", "nobody@example.org"):
        answer = bare_site.test_client().post("/login", data={"email": email, "password": "not the password"})
        assert "do not fit together" in answer.text
        said.append(answer.text.replace(email, ""))
    assert len(said[0]) == len(said[1])


def test_guessing_is_held_off(bare_site: Flask) -> None:
    register(bare_site, "ada")
    client, form = bare_site.test_client(), {"email": "ada@example.org", "password": "wrong password"}
    assert [client.post("/login", data=form).status_code for _ in range(11)] == [200] * 10 + [429]
    right = client.post("/login", data=form | {"password": PASSWORD})
    assert right.status_code == 429 and int(right.headers["Retry-After"]) > 0 and "Too many tries" in right.text
    other = {"email": "bob@example.org", "password": "wrong password"}
    assert client.post("/login", data=other).status_code == 200  # somebody else at the same address is not shut out


def test_registering_in_bulk_is_held_off(bare_site: Flask) -> None:
    register(bare_site, "ada")
    client, form = bare_site.test_client(), {"email": "ada@example.org", "password": PASSWORD, "password_confirm": "another"}
    said = [client.post("/register", data=form | {"email": f"ada{n}@example.org"}).status_code for n in range(REGISTRATIONS)]
    assert said == [200] * (REGISTRATIONS - 1) + [429]
    refused = client.post("/register", data=form | {"email": "bob@example.org"})
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) > 0 and "Too many tries" in refused.text
    assert client.get("/register").status_code == 200
    assert client.post("/login", data={"email": "ada@example.org", "password": PASSWORD}).status_code == 302
    elsewhere = {"environ_overrides": {"REMOTE_ADDR": "203.0.113.7"}}
    assert client.post("/register", data=form | {"email": "eve@example.org"}, **elsewhere).status_code == 302


def test_a_success_clears_the_count(bare_site: Flask) -> None:
    register(bare_site, "ada")
    form = {"email": "ada@example.org", "password": "wrong password"}
    for _ in range(3):
        client = bare_site.test_client()
        assert [client.post("/login", data=form).status_code for _ in range(9)] == [200] * 9
        assert client.post("/login", data=form | {"password": PASSWORD}).status_code == 302


def test_the_password_is_changed(bare_site: Flask) -> None:
    client = register(bare_site, "ada")
    form = {"password": PASSWORD, "new_password": "quite another one", "new_password_confirm": "quite another one"}
    wrong = client.post("/me/password", data=form | {"password": "not it, surely"})
    assert "This is not your present password." in wrong.text
    assert client.post("/me/password", data=form).status_code == 302
    with bare_site.app_context():
        assert db.session.scalar(select(AuditEvent.details).where(AuditEvent.action == "user.password")) == {"by": "themselves"}
    fresh = bare_site.test_client()
    assert fresh.post("/login", data={"email": "ada@example.org", "password": PASSWORD}).status_code == 200
    assert fresh.post("/login", data={"email": "ada@example.org", "password": "quite another one"}).status_code == 302


def test_a_closed_account_is_logged_out(bare_site: Flask) -> None:
    client = register(bare_site, "ada")
    with bare_site.app_context():
        user = users.find("ada@example.org")
        assert user is not None
        users.set_active(user, False)
    assert client.get("/me/searches").status_code == 302
    answer = client.post("/login", data={"email": "ada@example.org", "password": PASSWORD})
    assert "closed by the staff" in answer.text


def test_my_searches_are_mine(site: Flask) -> None:
    alice, bob = register(site, "alice"), register(site, "bob")
    search = ask(alice)
    ask(site.test_client())
    assert f"/searches/{search}" in alice.get("/me/searches").text and "1 search." in alice.get("/me/searches").text
    assert "Nothing yet" in bob.get("/me/searches").text
    for method in (bob.get, bob.post):
        assert method(f"/me/searches/{search}/delete").status_code == 404
    assert bob.get(f"/searches/{search}").status_code == 200  # whoever has the address of a result may see it


def test_one_search_is_deleted_with_its_photo(site: Flask) -> None:
    alice = register(site, "alice")
    search, other = ask(alice), ask(alice)
    question = alice.get(f"/me/searches/{search}/delete").text
    assert "Delete this search?" in question and len(photos(site)) == 2
    assert alice.post(f"/me/searches/{search}/delete").status_code == 303
    assert alice.get(f"/searches/{search}").status_code == 404
    assert alice.get(f"/uploads/{search}/400.jpg").status_code == 404
    assert alice.get(f"/searches/{other}").status_code == 200 and len(photos(site)) == 1


def test_all_searches_are_deleted_and_nobody_elses(site: Flask) -> None:
    alice, bob = register(site, "alice"), register(site, "bob")
    ask(alice), ask(alice)
    kept = ask(bob)
    assert "2 searches" in alice.get("/me/searches/delete").text
    assert "2 searches and the photos are deleted." in alice.post("/me/searches/delete", follow_redirects=True).text
    with site.app_context():
        assert [search.id for search in db.session.scalars(select(Search))] == [kept]
    assert len(photos(site)) == 1


def test_many_searches_come_in_pages(site: Flask) -> None:
    alice = register(site, "alice")
    first = ask(alice)
    with site.app_context():
        original = db.session.get(Search, first)
        assert original is not None
        columns = {c.key: getattr(original, c.key) for c in Search.__table__.columns if c.key not in ("id", "photo_path")}
        db.session.add_all(Search(**columns) for _ in range(12))
        db.session.commit()
    page = alice.get("/me/searches").text
    assert "13 searches" in page and "Page 1 of 2" in page and 'href="/me/searches?page=2"' in page
    assert "Page 2 of 2" in alice.get("/me/searches?page=2").text
    assert alice.get("/me/searches?page=9").location == "/me/searches?page=2"
