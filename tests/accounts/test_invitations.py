"""Invitations: a link to an account with a role, good for a week and for one account; all of it in the audit trail."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.accounts import users
from app.accounts.models import AuditEvent, Invitation
from app.catalogue.models import now
from app.extensions import db
from tests.accounts.cast import address, link, logged_in, mails, register

CHOSEN = {"password": "quite a long word", "password_confirm": "quite a long word"}


def invite(admin: FlaskClient, name: str, role: str = "curator") -> str:
    """What the page says."""
    return admin.post("/admin/invitations", data={"email": address(name), "role": role}, follow_redirects=True).text


def letter(site: Flask, name: str) -> str:
    """The path of the link in the one message that lies there for somebody."""
    (message,) = mails(site, address(name))
    assert message.kind == "invitation"
    return link(message.text)


def only(site: Flask) -> Invitation:
    with site.app_context():
        return db.session.scalars(select(Invitation)).one()


def test_an_invitation_is_sent_opened_and_accepted(bare_site: Flask) -> None:
    ada = logged_in(bare_site, "ada", "admin")
    page = invite(ada, "nora")
    assert "hand its link on" in page and "Open invitations" in page and "nora@example.org" in page
    (message,) = mails(bare_site, address("nora"))
    assert "ada@example.org invites you" in message.text and "within 7 days" in message.text
    nora, path = bare_site.test_client(), link(message.text)
    assert path.rpartition("/")[2] not in only(bare_site).digest  # only a hash is kept
    shown = nora.get(path).text
    assert "ada@example.org invites you" in shown and 'value="nora@example.org"' in shown
    short = {"password": "short", "password_confirm": "short"}
    for wrong, said in ((short, "at least 10"), (CHOSEN | {"password_confirm": ""}, "differ")):
        refused = nora.post(path, data=wrong)
        assert refused.status_code == 422 and said in refused.text
    answer = nora.post(path, data=CHOSEN)
    assert answer.status_code == 303 and answer.location == "/admin/"
    assert "your address is confirmed" in nora.get("/admin/").text
    with bare_site.app_context():
        user = users.find(address("nora"))
        assert user and user.confirmed_at and users.role_of(user) == "curator"
    assert "Open invitations" not in ada.get("/admin/accounts").text
    fresh = bare_site.test_client()
    assert fresh.post("/login", data={"email": address("nora"), "password": CHOSEN["password"]}).status_code == 302
    over = bare_site.test_client().get(path)
    assert over.status_code == 410 and "has been used: log in" in over.text


def test_every_step_is_in_the_audit_trail(bare_site: Flask) -> None:
    ada = logged_in(bare_site, "ada", "admin")
    invite(ada, "nora")
    number = only(bare_site).id
    ada.post(f"/admin/invitations/{number}/send")
    bare_site.test_client().post(letter(bare_site, "nora"), data=CHOSEN)
    invite(ada, "otto", "admin")
    ada.post(f"/admin/invitations/{number + 1}/withdraw")
    with bare_site.app_context():
        events = db.session.scalars(select(AuditEvent).where(AuditEvent.action.startswith("invitation."))).all()
        assert [(event.actor, event.action.partition(".")[2], event.subject, event.details["role"]) for event in events] == [
            ("ada@example.org", "send", "nora@example.org", "curator"),
            ("ada@example.org", "resend", "nora@example.org", "curator"),
            ("visitor", "accept", "nora@example.org", "curator"),
            ("ada@example.org", "send", "otto@example.org", "admin"),
            ("ada@example.org", "withdraw", "otto@example.org", "admin"),
        ]
        assert events[2].details["invited_by"] == "ada@example.org"


def test_links_that_are_no_longer_good_say_why(bare_site: Flask) -> None:
    ada, nora = logged_in(bare_site, "ada", "admin"), bare_site.test_client()
    invite(ada, "nora")
    first = letter(bare_site, "nora")
    with bare_site.app_context():
        db.session.execute(update(Invitation).values(sent_at=now() - timedelta(days=7, minutes=1)))
        db.session.commit()
    assert "good for 7 days" in nora.get(first).text and nora.post(first, data=CHOSEN).status_code == 410
    assert "expired" in ada.get("/admin/accounts").text
    number = only(bare_site).id
    ada.post(f"/admin/invitations/{number}/send")
    second = letter(bare_site, "nora")  # the message before is gone, as its link is not good
    assert second != first and "a newer one was sent" in nora.get(first).text
    assert nora.get(second).status_code == 200
    ada.post(f"/admin/invitations/{number}/withdraw")
    assert "was withdrawn" in nora.get(second).text and nora.post(second, data=CHOSEN).status_code == 410
    with bare_site.app_context():
        assert users.find(address("nora")) is None
    assert "is withdrawn: invite anew" in ada.post(f"/admin/invitations/{number}/send", follow_redirects=True).text
    assert ada.post("/admin/invitations/99/send").status_code == 404


def test_who_registers_meanwhile_logs_in_instead(bare_site: Flask) -> None:
    invite(logged_in(bare_site, "ada", "admin"), "nora")
    path = letter(bare_site, "nora")
    register(bare_site, "nora")
    assert "already: log in instead" in bare_site.test_client().post(path, data=CHOSEN).text


@pytest.mark.parametrize(
    ("email", "role", "said"),
    [
        ("nobody", "visitor", "is not an e-mail address"), ("vera@example.org", "curator", "give it another role below"),
        ("VERA@example.org", "curator", "give it another role below"), ("new@example.org", "king", "There is no role"),
        ("Nora@Example.org", "curator", "is invited already: send it again"),
    ],
)  # fmt: skip
def test_who_cannot_be_invited(bare_site: Flask, email: str, role: str, said: str) -> None:
    ada = logged_in(bare_site, "ada", "admin")
    logged_in(bare_site, "vera")
    invite(ada, "nora")
    answer = ada.post("/admin/invitations", data={"email": email, "role": role}, follow_redirects=True)
    assert said in answer.text and f'value="{email}"' in answer.text  # what was typed stays
    assert only(bare_site).email == "nora@example.org"


def test_somebody_who_is_logged_in_accepts_for_the_other_address(bare_site: Flask) -> None:
    ada = logged_in(bare_site, "ada", "admin")
    invite(ada, "otto", "visitor")
    path = letter(bare_site, "otto")
    assert "will be logged out there" in ada.get(path).text
    assert ada.post(path, data=CHOSEN).location == "/me"
    assert "otto@example.org" in ada.get("/me").text


def test_a_deleted_account_leaves_no_invitation(bare_site: Flask) -> None:
    invite(logged_in(bare_site, "ada", "admin"), "nora", "visitor")
    nora = bare_site.test_client()
    nora.post(letter(bare_site, "nora"), data=CHOSEN)
    assert nora.post("/me/delete", data={"password": CHOSEN["password"]}).status_code == 303
    with bare_site.app_context():
        assert db.session.scalars(select(Invitation)).all() == []
        assert "nora" not in str([(event.subject, event.actor) for event in db.session.scalars(select(AuditEvent))])
