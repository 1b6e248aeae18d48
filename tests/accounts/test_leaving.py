"""An account taken along as a zip, logged out everywhere, deleted with everything in it."""

from __future__ import annotations

import io
import json
import zipfile

from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from app.accounts import leaving, users
from app.accounts.models import AuditEvent, Favourite, Mail, PersonalCollection, PersonalCollectionWork, Token, User
from app.catalogue.models import Artwork
from app.extensions import db
from app.usage.models import Feedback, Search
from tests.accounts.cast import PASSWORD, address, ask, logged_in, register

OWNED = (User, Search, Feedback, Favourite, PersonalCollection, PersonalCollectionWork, Token)


def filled(site: Flask, name: str):
    """A browser of an account that has one of everything."""
    client = register(site, name)
    search = ask(client)
    client.post(f"/searches/{search}/feedback", data={"kind": "comment", "text": "well found"})
    client.post("/works/1/favourite")
    client.post("/works/2/collect", data={"name": "Mine"})
    client.post("/me/tokens", data={"name": "script", "scope": ["read"], "days": "30"})
    return client


def counts(site: Flask) -> list[int]:
    with site.app_context():
        return [db.session.scalar(select(func.count()).select_from(table)) or 0 for table in OWNED]


def test_everything_is_downloaded(site: Flask) -> None:
    alice = filled(site, "alice")
    ask(register(site, "bob"))
    answer = alice.post("/me/download")
    assert answer.mimetype == "application/zip" and answer.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        names = {name for name in archive.namelist() if name.endswith(".json")}
        assert names == {f"{name}.json" for name in ("account", "searches", "favourites", "collections", "tokens", "events")}
        told = {name.removesuffix(".json"): json.loads(archive.read(name)) for name in names}
        (search,) = told["searches"]
        with Image.open(io.BytesIO(archive.read(search["photo"]))) as photo:
            assert max(photo.size) == 1200
    assert told["account"]["email"] == address("alice") and told["account"]["role"] == "visitor"
    assert search["answer"]["verdict"] == "identified" and search["feedback"][0]["text"] == "well found"
    with site.app_context():
        titles = [work.title for number in (1, 2) if (work := db.session.get(Artwork, number))]
        assert [told["favourites"][0]["title"], told["collections"][0]["works"][0]["title"]] == titles
    assert told["tokens"][0]["name"] == "script" and "digest" not in told["tokens"][0]
    assert "pinakes_" not in json.dumps(told) and PASSWORD not in json.dumps(told) and "argon2" not in json.dumps(told)


def test_logging_out_everywhere_ends_every_session(bare_site: Flask) -> None:
    phone = logged_in(bare_site, "ada")
    desk = bare_site.test_client()
    desk.post("/login", data={"email": address("ada"), "password": PASSWORD, "remember": "y"})
    assert "You are logged out on all devices." in phone.post("/me/log-out-everywhere", follow_redirects=True).text
    for client in (phone, desk):
        assert client.get("/me").location == "/login?next=/me"
    assert desk.post("/login", data={"email": address("ada"), "password": PASSWORD}).status_code == 302


def test_an_account_is_deleted_with_everything_in_it(site: Flask) -> None:
    alice = filled(site, "alice")
    bob = filled(site, "bob")
    both, photos = counts(site), list(site.extensions["pinakes.settings"].uploads_dir.rglob("*.jpg"))
    question = alice.get("/me/delete").text
    for said in ("1 search and what", "1 photo<", "1 favourite<", "1 collection,", "1 token<", address("alice")):
        assert said in question
    wrong = alice.post("/me/delete", data={"password": "not it, surely"})
    assert wrong.status_code == 422 and "This is not your password." in wrong.text and counts(site) == both
    done = alice.post("/me/delete", data={"password": PASSWORD}, follow_redirects=True)
    assert "Your account is deleted" in done.text and done.request.path == "/"
    assert counts(site) == [number // 2 for number in both] and 0 not in counts(site)
    assert len(list(site.extensions["pinakes.settings"].uploads_dir.rglob("*.jpg"))) == len(photos) // 2
    assert alice.get("/me").status_code == 302 and bob.get("/me").status_code == 200
    with site.app_context():
        assert db.session.scalar(select(func.count()).select_from(Mail).where(Mail.recipient == address("alice"))) == 0
        events = db.session.scalars(select(AuditEvent)).all()
        assert not any(address("alice") in f"{event.actor} {event.subject} {event.details}" for event in events)
        assert any(event.actor == leaving.DELETED and event.action == "token.create" for event in events)


def test_guessing_the_password_there_is_held_off(bare_site: Flask) -> None:
    ada = register(bare_site, "ada")
    said = [ada.post("/me/delete", data={"password": "not it, surely"}).status_code for _ in range(11)]
    assert said == [422] * 10 + [429]


def test_the_last_admin_cannot_leave(bare_site: Flask) -> None:
    chief = logged_in(bare_site, "chief", "admin")
    assert "You are the last admin" in chief.get("/me/delete").text
    assert chief.post("/me/delete", data={"password": PASSWORD}).status_code == 409
    second = logged_in(bare_site, "second", "admin")
    assert "stays in the audit trail" in second.get("/me/delete").text
    assert second.post("/me/delete", data={"password": PASSWORD}).status_code == 303
    with bare_site.app_context():
        assert users.find(address("second")) is None and users.find(address("chief")) is not None
        event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "user.delete")).one()
        assert (event.actor, event.subject, event.details) == (address("second"), address("second"), {"role": "admin"})
