"""Mail of a site that sends none (kept, read by an admin, thrown away) and of one that does (a real SMTP server)."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from flask import Flask
from sqlalchemy import select, update

from app.accounts import mail, smtp
from app.accounts.models import AuditEvent, Mail, Token
from app.catalogue.models import now
from app.extensions import db
from app.settings import Settings
from tasks.mail import deliver_due
from tests.accounts.cast import PASSWORD, address, link, logged_in, mails, register, registration, seen
from tests.web import gallery

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # on this machine alone


@dataclass
class Postbox:
    """What a mail server got; `refuses` is what it answers instead of taking a message."""

    url: str = ""
    got: list[EmailMessage] = field(default_factory=list)
    refuses: str = ""

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        if self.refuses:
            return self.refuses
        found = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(found, EmailMessage)
        self.got.append(found)
        return "250 OK"


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    box = Postbox()

    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: LoginPassword) -> AuthResult:
        return AuthResult(success=(data.login, data.password) == (b"ada", b"p/w"))

    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    server = Controller(box, "127.0.0.1", port, authenticator=check, auth_required=True, auth_require_tls=False)
    server.start()
    box.url = f"smtp://ada:p%2Fw@127.0.0.1:{port}"
    yield box
    server.stop()


@pytest.fixture
def mailing(tmp_path: Path, postbox: Postbox) -> Iterator[Flask]:
    """A site that sends by the server."""
    settings = Settings(instance=tmp_path / "mailing", testing=True, mail_url=postbox.url, site_url="https://art.example/pinakes")
    app = gallery.open_site(settings)
    yield app
    with app.app_context():
        db.engine.dispose()


def text(message: EmailMessage) -> str:
    return str(message.get_content())


def test_without_a_server_an_account_works_and_the_staff_hand_the_link_on(bare_site: Flask) -> None:
    ada = register(bare_site, "ada")
    assert "confirmed yet" in ada.get("/me").text
    (kept,) = mails(bare_site)
    assert (kept.recipient, kept.kind, kept.state) == (address("ada"), "welcome", "kept")
    admin = logged_in(bare_site, "chief", "admin")
    listed = admin.get("/admin/mail").text
    assert address("ada") in listed and "No mail server is set" in listed
    assert "Nothing of the kind" in admin.get("/admin/mail?to=bob").text
    read = admin.get(f"/admin/mail/{kept.id}").text
    assert link(kept.text) in read
    with bare_site.app_context():
        assert db.session.scalar(select(AuditEvent.subject).where(AuditEvent.action == "mail.read")) == address("ada")
    assert "Your address is confirmed" in ada.get(link(kept.text), follow_redirects=True).text
    assert "confirmed yet" not in ada.get("/me").text
    for path in ("/admin/mail", f"/admin/mail/{kept.id}"):
        assert ada.get(path).status_code == 403


def test_without_a_server_a_password_is_reset_with_the_staffs_help(bare_site: Flask) -> None:
    logged_in(bare_site, "ada")
    client = bare_site.test_client()
    said = [seen(client.post("/reset", data={"email": address(name)}).text, name) for name in ("ada", "eve")]
    assert "its staff now have the link" in said[0] and said[0] == said[1]
    (kept,) = mails(bare_site)
    new = {"password": "quite another one", "password_confirm": "quite another one"}
    assert client.post(link(kept.text), data=new).status_code == 302
    assert client.post("/login", data={"email": address("ada"), "password": "quite another one"}).status_code == 302


def test_old_mail_is_thrown_away(bare_site: Flask) -> None:
    register(bare_site, "ada")
    register(bare_site, "bob")
    with bare_site.app_context():
        db.session.execute(update(Mail).where(Mail.recipient == address("ada")).values(at=now() - timedelta(days=31)))
        db.session.commit()
        assert mail.prune() == 1
    assert [row.recipient for row in mails(bare_site)] == [address("bob")]


def test_registering_by_mail(mailing: Flask, postbox: Postbox) -> None:
    client = mailing.test_client()
    answer = client.post("/register", data=registration("ada"), follow_redirects=True)
    assert "We have written to ada@example.org" in answer.text and answer.request.path == "/login"
    (message,) = postbox.got
    assert message["To"] == address("ada") and message["From"] == "Pinakes <pinakes@art.example>"
    assert message["Subject"] == "Your account at Pinakes" and message.get_content_type() == "text/plain"
    assert "https://art.example/pinakes/confirm/" in text(message)
    early = client.post("/login", data={"email": address("ada"), "password": PASSWORD})
    assert "Confirm your address first" in early.text and "/confirm?email=ada" in early.text
    path = link(text(message)).removeprefix("/pinakes")
    assert "Your address is confirmed" in client.get(path, follow_redirects=True).text
    assert client.post("/login", data={"email": address("ada"), "password": PASSWORD}).status_code == 302
    (row,) = mails(mailing)
    assert (row.state, row.text) == ("sent", "")  # the way into the account is not kept
    assert "its text is not kept" in logged_in(mailing, "chief", "admin").get(f"/admin/mail/{row.id}").text


def test_a_message_is_in_the_language_of_whoever_asked_for_it(mailing: Flask, postbox: Postbox) -> None:
    answer = mailing.test_client().post(
        "/register", data=registration("ada"), headers={"Accept-Language": "de"}, follow_redirects=True
    )
    assert answer.request.path == "/login" and "We have written" not in answer.text and address("ada") in answer.text
    (message,) = postbox.got
    assert message["Subject"] != "Your account at Pinakes" and "Konto" in message["Subject"]
    assert "Willkommen" in text(message) and "innerhalb von zwei Tagen" in text(message)


@pytest.mark.parametrize("form", ["/register", "/reset", "/confirm"])
def test_a_known_address_gets_the_same_answer_as_an_unknown_one(mailing: Flask, postbox: Postbox, form: str) -> None:
    logged_in(mailing, "ada")
    said = []
    for name in ("ada", "eve"):
        answer = mailing.test_client().post(form, data=registration(name), follow_redirects=True)
        said.append((answer.status_code, answer.request.path, seen(answer.text, name)))
    assert said[0] == said[1] and said[0][0] == 200
    if form == "/register":
        known = next(message for message in postbox.got if message["To"] == address("ada"))
        assert "You have one already" in text(known) and "/pinakes/reset" in text(known)
        assert mailing.test_client().post("/login", data={"email": address("eve"), "password": PASSWORD}).status_code == 200


def test_a_wrong_password_does_not_tell_that_an_address_waits_for_its_confirmation(mailing: Flask) -> None:
    register(mailing, "ada")
    wrong = [{"email": address(name), "password": "x" * 12} for name in ("ada", "eve")]
    said = [mailing.test_client().post("/login", data=form).text for form in wrong]
    assert seen(said[0], "ada") == seen(said[1], "eve") and "do not fit together" in said[0]


def test_a_password_is_reset_by_mail_and_its_owner_told(mailing: Flask, postbox: Postbox) -> None:
    elsewhere = logged_in(mailing, "ada")
    elsewhere.post("/me/tokens", data={"name": "of whoever knew the old one", "scope": ["read"], "days": ""})
    client = mailing.test_client()
    client.post("/reset", data={"email": address("ada")})
    path = link(text(postbox.got[-1])).removeprefix("/pinakes")
    assert "Set a new password" in client.get(path).text
    assert "at least 10" in client.post(path, data={"password": "short", "password_confirm": "short"}).text
    new = {"password": "quite another one", "password_confirm": "quite another one"}
    assert "Your password is changed" in client.post(path, data=new, follow_redirects=True).text
    assert elsewhere.get("/me").status_code == 302
    with mailing.app_context():
        assert db.session.scalars(select(Token)).all() == []
    assert "has just been changed" in text(postbox.got[-1])
    again = client.get(path, follow_redirects=True)
    assert "has been used" in again.text and again.request.path == "/reset"


def test_an_address_is_changed_once_the_new_one_is_confirmed(mailing: Flask, postbox: Postbox) -> None:
    ada = logged_in(mailing, "ada")
    logged_in(mailing, "eve")
    assert "We have written to eve@example.org" in ada.post("/me/email", data={"email": address("eve")}).text
    assert postbox.got == []  # but nobody can take it
    ada.post("/me/email", data={"email": address("new")})
    (message,) = postbox.got
    assert message["To"] == address("new") and address("ada") in text(message)
    assert address("ada") in ada.get("/me").text
    path = link(text(message)).removeprefix("/pinakes")
    assert "This is your address now" in ada.get(path, follow_redirects=True).text
    assert address("new") in ada.get("/me").text
    assert postbox.got[-1]["To"] == address("ada") and "no longer goes to" in text(postbox.got[-1])
    assert "no longer good" in ada.get(path, follow_redirects=True).text


def test_letter_boxes_are_not_flooded(mailing: Flask, postbox: Postbox) -> None:
    logged_in(mailing, "ada")
    said = [
        mailing.test_client().post("/reset", data={"email": address("ada")}, environ_overrides={"REMOTE_ADDR": f"203.0.113.{n}"})
        for n in range(12)
    ]
    assert [answer.status_code for answer in said] == [200] * 10 + [429] * 2 and len(postbox.got) == 10


def test_links_name_the_site_of_the_settings_whatever_the_request_says(mailing: Flask, postbox: Postbox) -> None:
    logged_in(mailing, "ada")
    mailing.test_client().post("/reset", data={"email": address("ada")}, headers={"Host": "evil.example"})
    assert "evil.example" not in text(postbox.got[-1]) and "https://art.example/pinakes/reset/" in text(postbox.got[-1])


def test_without_a_site_in_the_settings_a_foreign_host_is_not_believed(tmp_path: Path, postbox: Postbox) -> None:
    app = gallery.open_site(Settings(instance=tmp_path / "one", testing=True, mail_url=postbox.url, port=8123))
    logged_in(app, "ada")
    for host, named in (("evil.example", "http://127.0.0.1:8123/reset/"), ("localhost:5000", "http://localhost:5000/reset/")):
        app.test_client().post("/reset", data={"email": address("ada")}, headers={"Host": host})
        assert named in text(postbox.got[-1])
    with app.app_context():
        db.engine.dispose()


def test_mail_that_cannot_be_sent_is_tried_again_and_given_up(mailing: Flask, postbox: Postbox) -> None:
    logged_in(mailing, "ada")
    postbox.refuses = "451 come back later"
    assert mailing.test_client().post("/reset", data={"email": address("ada")}).status_code == 200
    (row,) = mails(mailing)
    assert (row.state, row.attempts) == ("waiting", 1) and "come back later" in row.error
    with mailing.app_context():
        assert mail.deliver_due() == 0 and mails(mailing)[0].attempts == 1  # its time has not come
        db.session.execute(update(Mail).values(next_at=now()))
        db.session.commit()
        postbox.refuses = ""
        assert mail.deliver_due() == 1 and len(postbox.got) == 1 and mail.deliver_due() == 0
        db.session.execute(update(Mail).values(state="waiting", text="again", attempts=mail.ATTEMPTS_MAX - 1, next_at=now()))
        db.session.commit()
        postbox.refuses = "451 come back later"
        mail.deliver_due()
        assert mails(mailing)[0].state == "failed"


def test_a_broker_that_is_down_only_delays_mail(tmp_path: Path, postbox: Postbox) -> None:
    app = gallery.open_site(Settings(instance=tmp_path / "one", mail_url=postbox.url))  # as it is served: workers send
    app.config["WTF_CSRF_ENABLED"] = False
    logged_in(app, "ada")
    assert app.test_client().post("/reset", data={"email": address("ada")}).status_code == 200
    assert [row.state for row in mails(app)] == ["waiting"] and postbox.got == []
    with app.app_context():
        assert deliver_due() == 1  # what the scheduler has a worker do each minute
        assert [row.state for row in mails(app)] == ["sent"] and "/reset/" in text(postbox.got[0])
        db.engine.dispose()


def test_certificates_are_checked(tmp_path: Path, postbox: Postbox) -> None:
    """The server speaks no TLS: a scheme that demands it sends nothing, and no password."""
    message = smtp.message("a@x.org", "b@x.org", "Hello", "text")
    for scheme in ("smtps", "smtp+starttls"):
        with pytest.raises((OSError, smtplib.SMTPException)):
            smtp.deliver(smtp.parsed(postbox.url.replace("smtp:", f"{scheme}:")), message)
    assert postbox.got == []
