"""The settings of mail: a server by its URL, a sender, the site that links name."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.accounts.smtp import MailServer, message, parsed
from app.settings import Settings, SettingsError, load_settings


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtps://ada%40x.org:p%2Fw@mail.x.org", MailServer("smtps", "mail.x.org", 465, "ada@x.org", "p/w")),
        ("smtp+starttls://ada:pw@mail.x.org:2525", MailServer("smtp+starttls", "mail.x.org", 2525, "ada", "pw")),
        ("smtp://relay.x.org", MailServer("smtp", "relay.x.org", 25)),
        ("smtp://ada:pw@127.0.0.1:1025", MailServer("smtp", "127.0.0.1", 1025, "ada", "pw")),
    ],
)
def test_a_server_is_named_by_a_url(url: str, server: MailServer) -> None:
    assert parsed(url) == server


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mail.x.org", "write smtps://"),
        ("http://mail.x.org", "write smtps://"),
        ("smtp://", "write smtps://"),
        ("smtp://mail.x.org:mail", "is no URL"),
        ("smtp://ada:secret@mail.x.org", "unencrypted"),
    ],
)
def test_a_bad_url_stops_the_start_and_keeps_the_password(monkeypatch: pytest.MonkeyPatch, url: str, said: str) -> None:
    monkeypatch.setenv("PINAKES_MAIL_URL", url)
    with pytest.raises(SettingsError, match=said) as refused:
        load_settings()
    assert "PINAKES_MAIL_URL" in str(refused.value) and "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("MAIL_SENDER", "nobody"), ("MAIL_SENDER", "a\nb@x.org"), ("SITE_URL", "pinakes.x.org"), ("SITE_URL", "ftp://x.org")],
)
def test_bad_senders_and_sites_stop_the_start(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"PINAKES_{name}", value)
    with pytest.raises(SettingsError, match=f"PINAKES_{name}"):
        load_settings()


@pytest.mark.parametrize(
    ("given", "sender"),
    [
        ({}, "Pinakes <pinakes@localhost>"),
        ({"mail_url": "smtp://relay.x.org"}, "Pinakes <pinakes@relay.x.org>"),
        ({"mail_url": "smtp://relay.x.org", "site_url": "https://art.x.org"}, "Pinakes <pinakes@art.x.org>"),
        ({"mail_url": "smtps://ada%40x.org:pw@mail.x.org"}, "ada@x.org"),
        ({"mail_url": "smtp://relay.x.org", "mail_sender": "Art <a@x.org>"}, "Art <a@x.org>"),
    ],
)
def test_the_sender_is_given_or_follows_from_the_server(tmp_path: Path, given: dict[str, str], sender: str) -> None:
    assert Settings(instance=tmp_path, **given).sender == sender


def test_a_header_takes_no_line_break() -> None:
    with pytest.raises(ValueError, match="linefeed|newline|carriage"):
        message("a@x.org", "b@x.org", "Hello\nBcc: c@x.org", "text")
