"""A mail server: named by a URL, and one message handed to it."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid, parseaddr
from urllib.parse import unquote, urlsplit

TIMEOUT_S = 20.0  # for each answer of the server
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
HERE = ("localhost", "127.0.0.1", "::1")
FORM = "smtps://user:password@host, smtp+starttls://user:password@host or smtp://host, each with a :port where it is another"


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over. `scheme`: smtps (TLS from the first byte), smtp+starttls (TLS is demanded), smtp (none)."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = ""


def parsed(url: str) -> MailServer:
    """The server that a URL names. Raises ValueError, one sentence with the way out; it does not repeat the password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"is no URL ({error}); write {FORM}") from error
    if parts.scheme not in PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError(f"write {FORM}")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if user and parts.scheme == "smtp" and parts.hostname not in HERE:
        raise ValueError("the password would go to another machine unencrypted; write smtp+starttls:// or smtps://")
    return MailServer(parts.scheme, parts.hostname, port or PORTS[parts.scheme], user, password)


def message(sender: str, recipient: str, subject: str, text: str) -> EmailMessage:
    """A plain message that no machine answers. Line breaks in a header are refused by the policy (ValueError)."""
    found = EmailMessage(policy=SMTP)
    found["From"], found["To"], found["Subject"] = sender, recipient, subject
    found["Date"] = formatdate(usegmt=True)
    found["Message-ID"] = make_msgid(domain=parseaddr(sender)[1].rpartition("@")[2] or None)
    found["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notices, please
    found.set_content(text)
    return found


def deliver(server: MailServer, mail: EmailMessage) -> None:
    """Hand the message over; certificates are checked. Raises smtplib.SMTPException or OSError."""
    trusted = ssl.create_default_context()
    secure = server.scheme == "smtps"
    with (
        smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_S, context=trusted)
        if secure
        else smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
    ) as connection:
        if server.scheme == "smtp+starttls":
            connection.starttls(context=trusted)
        if server.user:
            connection.login(server.user, server.password)
        connection.send_message(mail)
