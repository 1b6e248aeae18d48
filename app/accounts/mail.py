"""The outbox: every message is a row first, in the transaction of what it tells of, and is handed to the mail server after it.

Without a mail server (`PINAKES_MAIL_URL`) rows are only kept, and the staff read them: they hand the links on.
"""

from __future__ import annotations

import logging
import smtplib
from datetime import timedelta
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

from flask import current_app, g, has_request_context, request
from sqlalchemy import CursorResult, Select, delete, select, update

from app.accounts import smtp
from app.accounts.models import Mail
from app.catalogue.models import now
from app.extensions import db
from app.settings import Settings

log = logging.getLogger(__name__)

ATTEMPTS_MAX = 9  # the last one about four hours after the first
FIRST_WAIT = timedelta(minutes=1)  # doubled after each failure
ERROR_LENGTH = 500


def put(kind: str, recipient: str, subject: str, text: str) -> Mail:
    """Add a message to the session; the request's end commits it and has it sent (`app.web.mailing`)."""
    state = "waiting" if _settings().mail_url else "kept"
    mail = Mail(kind=kind, recipient=recipient, subject=subject, text=text.strip() + "\n", state=state, next_at=now())
    db.session.add(mail)
    if has_request_context():
        g.mail_put = True
    return mail


def at_site(link: str) -> str:
    """The link at the address that visitors use.

    A `Host` header may be anybody's invention, and whoever follows a link with a token in it hands the token over. So
    where mail really leaves, links name the site of the settings; without one they name the machine that serves.
    """
    settings = _settings()
    if settings.site_url:
        site = urlsplit(settings.site_url)
        path = site.path.rstrip("/")
    elif settings.mail_url and has_request_context() and urlsplit(request.host_url).hostname not in (*smtp.HERE, settings.host):
        site, path = urlsplit(f"http://{settings.host}:{settings.port}"), ""
    else:
        return link
    parts = urlsplit(link)
    return urlunsplit((site.scheme, site.netloc, path + parts.path, parts.query, ""))


def deliver_due() -> int:
    """Hand every waiting message whose time has come to the mail server; returns how many went. Commits each."""
    settings = _settings()
    if not settings.mail_url:
        return 0
    due = select(Mail.id).where(Mail.state == "waiting", Mail.next_at <= now()).order_by(Mail.id)
    return sum(_deliver(mail_id, settings) for mail_id in db.session.scalars(due).all())


def _deliver(mail_id: int, settings: Settings) -> bool:
    mail = _claimed(mail_id)
    if mail is None:
        return False
    try:
        message = smtp.message(settings.sender, mail.recipient, mail.subject, mail.text)
        smtp.deliver(smtp.parsed(settings.mail_url), message)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        mail.error = " ".join(str(error).split())[:ERROR_LENGTH]
        if mail.attempts >= ATTEMPTS_MAX or isinstance(error, smtplib.SMTPRecipientsRefused | ValueError):
            mail.state = "failed"
        log.warning("mail %d (%s) was not sent: %s", mail.id, mail.kind, mail.error)
    else:
        mail.state, mail.text, mail.error = "sent", "", ""
    db.session.commit()
    return mail.state == "sent"


def _claimed(mail_id: int) -> Mail | None:
    """The message, with its next try put off, so that no other worker sends it too; None where one was quicker. Commits."""
    mail = db.session.get(Mail, mail_id)
    if mail is None:
        return None
    attempts = mail.attempts
    later = now() + FIRST_WAIT * 2**attempts
    mine = update(Mail).where(Mail.id == mail_id, Mail.state == "waiting", Mail.attempts == attempts)
    taken = cast(CursorResult[Any], db.session.execute(mine.values(attempts=attempts + 1, next_at=later)))
    db.session.commit()
    return mail if taken.rowcount == 1 else None


def listing(state: str = "", recipient: str = "") -> Select[Mail]:
    """Messages, newest first; only those of a state, or whose recipient has these letters."""
    query = select(Mail).order_by(Mail.at.desc(), Mail.id.desc())
    if state:
        query = query.where(Mail.state == state)
    return query.where(Mail.recipient.icontains(recipient, autoescape=True)) if recipient else query


def prune() -> int:
    """Remove messages older than `mail_keep_days`; returns how many. Commits."""
    before = now() - timedelta(days=_settings().mail_keep_days)
    gone = cast(CursorResult[Any], db.session.execute(delete(Mail).where(Mail.at < before)))
    db.session.commit()
    return gone.rowcount


def _settings() -> Settings:
    found: Settings = current_app.extensions["pinakes.settings"]
    return found
