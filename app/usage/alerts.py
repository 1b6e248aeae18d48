"""Failures told to those who look after the site: a mail to each admin who did not refuse, a message to the operator's webhook.

Both are rows first and are handed over afterwards, again and again where that fails. The same thing is told once an hour at most.
"""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import Message
from typing import IO, Any, cast

from flask import current_app
from sqlalchemy import CursorResult, select, update

from app.accounts import mail
from app.accounts.models import Role, User
from app.catalogue.models import now
from app.extensions import db
from app.language import gettext as _
from app.language import moment, speaking
from app.retelling import retold
from app.sentences import N_
from app.settings import Settings
from app.usage.failures import AlertRefusal, Failure, WebhookPost, without_passwords

log = logging.getLogger(__name__)

AN_HOUR = timedelta(hours=1)
ATTEMPTS_MAX = 8  # the last one about an hour after the first
FIRST_WAIT = timedelta(seconds=30)  # doubled after each failure
TIMEOUT_S = 10.0
ERROR_LENGTH = 300
SUBJECTS = {  # what is told; a search or page that failed for one visitor waits in the log for whoever looks
    "job": N_("%(title)s failed"),
    "build": N_("A build of the index failed"),
    "worker": N_("A worker has not been heard of"),
    "scheduler": N_("The scheduler has not been heard of"),
    "disk": N_("The disk is nearly full"),
}
ADVICE = {
    "job": N_("The job's page says more and has a button to try it again."),
    "build": N_("The index that was serving goes on serving; mend the cause and build again."),
    "worker": N_("Jobs wait until a worker runs: start it again; its log says why it ended."),
    "scheduler": N_("Nothing is done on schedule until it runs: start it again; its log says why it ended."),
    "disk": N_("Make room, or searches and imports will fail: old builds, backups beside the instance, logs."),
}


@dataclass(frozen=True)
class Told:
    """What a message tells. `what`, `title`, `why` and `advice` are English, and said in the language of whoever reads it."""

    kind: str
    what: str
    title: str
    why: str
    advice: str
    reference: str
    at: datetime

    @property
    def subject(self) -> str:
        return _(self.what, title=retold(self.title)) if self.title and "%(" in self.what else _(self.what)

    def letter(self, site: str) -> str:
        """The text of the mail."""
        page = "/admin/operations"
        lines = [f"{self.subject}.", retold(self.why), _(self.advice), "", _("When: %(moment)s UTC", moment=moment(self.at))]
        lines += [_("Number: %(number)s", number=self.reference)] if self.reference else []
        lines += [_("More: %(address)s", address=f"{site}{page}") if site else _("More: %(page)s of the site", page=page)]
        return "\n".join([*lines, "", _("You get this as an admin of Pinakes; the page under More has a switch for it.")])


def tell(failure: Failure | None) -> bool:
    """Write to the admins and the webhook, unless this kind is not told or this thing was within the hour. The caller commits."""
    if failure is None or failure.kind not in SUBJECTS or _was_told(failure):
        return False
    db.session.flush()
    failure.told_at = now()
    title = str(failure.details.get("title", "A job"))
    _write(Told(failure.kind, SUBJECTS[failure.kind], title, failure.why, ADVICE[failure.kind], failure.reference, failure.at))
    return True


def send_test(asked_by: str) -> int:
    """A message by every way, so that somebody sees it arrive; returns how many. The caller commits."""
    why = f"{asked_by} pressed the button; nothing has failed."
    return _write(Told("test", N_("A test of the messages"), "", why, N_("Nothing is to be done."), "", now()))


def readers() -> list[User]:
    """Admins who want to be written to."""
    refused = select(AlertRefusal.user_id)
    wanted = select(User).where(User.active, User.roles.any(Role.name == "admin"), User.id.not_in(refused)).order_by(User.email)
    return list(db.session.scalars(wanted))


def wants(user: User) -> bool:
    """Whether failures are written to this admin."""
    return db.session.get(AlertRefusal, user.id) is None


def want(user: User, wanted: bool) -> None:
    """Write to this admin from now on, or no longer. The caller commits."""
    refusal = db.session.get(AlertRefusal, user.id)
    if wanted and refusal:
        db.session.delete(refusal)
    elif not wanted and not refusal:
        db.session.add(AlertRefusal(user_id=user.id))


def _was_told(failure: Failure) -> bool:
    same = select(Failure.id).where(Failure.kind == failure.kind, Failure.thing == failure.thing)
    return db.session.scalar(same.where(Failure.told_at > now() - AN_HOUR).limit(1)) is not None


def _write(told: Told) -> int:
    """To each reader in their language, to the webhook in English: a program reads it."""
    settings = _settings()
    found = readers()
    for user in found:
        with speaking(user.language):
            mail.put("alert", user.email, f"Pinakes: {told.subject}", told.letter(settings.site_url))
    if not settings.alert_url:
        return len(found)
    with speaking(None):
        what, advice = told.subject, _(told.advice)
    body = {
        "event": "test" if told.kind == "test" else "failure", "kind": told.kind, "what": what, "why": told.why, "to_do": advice,
        "reference": told.reference, "at": f"{told.at.isoformat(timespec='seconds')}Z", "site": settings.site_url,
    }  # fmt: skip
    body["text"] = f"Pinakes: {what}. {told.why} {advice}"  # what chat programs show
    db.session.add(WebhookPost(body=body))
    return len(found) + 1


def deliver_due() -> int:
    """Post every message to the webhook whose time has come; returns how many went. Commits each."""
    settings = _settings()
    if not settings.alert_url:
        return 0
    due = select(WebhookPost.id).where(WebhookPost.state == "waiting", WebhookPost.next_at <= now()).order_by(WebhookPost.id)
    return sum(_deliver(post_id, settings.alert_url) for post_id in db.session.scalars(due).all())


def _deliver(post_id: int, url: str) -> bool:
    message = _claimed(post_id)
    if message is None:
        return False
    try:
        post(url, message.body)
    except (OSError, ValueError) as error:
        message.error = without_passwords(" ".join(str(error).split()))[:ERROR_LENGTH]
        message.state = "failed" if message.attempts >= ATTEMPTS_MAX else "waiting"
        log.warning("webhook message %d was not sent: %s", message.id, message.error)
    else:
        message.state, message.error = "sent", ""
    db.session.commit()
    return message.state == "sent"


def _claimed(post_id: int) -> WebhookPost | None:
    """The message, its next try put off so that no other process sends it too; None where one was quicker. Commits."""
    message = db.session.get(WebhookPost, post_id)
    if message is None:
        return None
    attempts, later = message.attempts, now() + FIRST_WAIT * 2**message.attempts
    mine = update(WebhookPost).where(
        WebhookPost.id == post_id, WebhookPost.state == "waiting", WebhookPost.attempts == attempts
    )
    taken = cast(CursorResult[Any], db.session.execute(mine.values(attempts=attempts + 1, next_at=later)))
    db.session.commit()
    return message if taken.rowcount == 1 else None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The message goes to the address that the operator gave, and to no other that it may point to."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        return None


def post(url: str, body: dict[str, Any]) -> None:
    """POST the body as JSON; certificates are checked. Raises OSError where it is not taken (any answer but 2xx)."""
    asked = urllib.request.Request(
        url, json.dumps(body).encode(), {"Content-Type": "application/json", "User-Agent": "Pinakes"}, method="POST"
    )
    try:
        urllib.request.build_opener(_NoRedirect).open(asked, timeout=TIMEOUT_S).close()
    except urllib.error.HTTPError as error:
        raise OSError(f"the webhook answered {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise OSError(f"the webhook does not answer: {error.reason}") from error


def latest_post() -> WebhookPost | None:
    """The newest message to the webhook."""
    return db.session.scalar(select(WebhookPost).order_by(WebhookPost.id.desc()).limit(1))


def _settings() -> Settings:
    found: Settings = current_app.extensions["pinakes.settings"]
    return found
