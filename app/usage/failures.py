"""What went wrong, in words: one row each time, with a number that visitors are shown and that stands in the log."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import JSON, CheckConstraint, CursorResult, ForeignKey, Index, Select, String, Text, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from app.catalogue.models import now
from app.extensions import db

KINDS = ("search", "page", "job", "build", "worker", "scheduler", "disk")
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none that is taken for another when it is read out
KEPT = timedelta(days=90)
MOST_AN_HOUR = 100  # of one thing; the log has the rest
WHY_LENGTH = 1000
PASSWORDS = re.compile(r"//[^/@\s]*@")


class Failure(db.Model):  # type: ignore[name-defined,misc]
    """One failure. `thing` is what failed, so that the same thing is not told twice within the hour; `why` one English sentence."""

    __tablename__ = "failures"
    __table_args__ = (Index("ix_failures_kind_thing_at", "kind", "thing", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    kind: Mapped[str] = mapped_column(String(20))
    thing: Mapped[str] = mapped_column(String(200), default="")
    reference: Mapped[str] = mapped_column(String(12), unique=True)
    why: Mapped[str] = mapped_column(Text, default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    told_at: Mapped[datetime | None]  # when it was written to the admins


class AlertRefusal(db.Model):  # type: ignore[name-defined,misc]
    """An admin who does not want failures written to them."""

    __tablename__ = "alert_refusals"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)


class WebhookPost(db.Model):  # type: ignore[name-defined,misc]
    """A message to the address that the operator gave (`PINAKES_ALERT_URL`)."""

    __tablename__ = "webhook_posts"
    __table_args__ = (CheckConstraint("state IN ('waiting', 'sent', 'failed')", name="state_known"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(10), default="waiting", index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime] = mapped_column(default=now)
    error: Mapped[str] = mapped_column(Text, default="")


def new_reference() -> str:
    """A number that can be read out: `K7Q2-9XWM`, 40 random bits."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def without_passwords(text: str) -> str:
    """The text with the user and password of every URL in it masked."""
    return PASSWORDS.sub("//********@", text)


def record(kind: str, thing: str, why: str, *, reference: str = "", **details: Any) -> Failure | None:
    """Add a failure to the session; the caller commits. None: the thing has failed too often within the hour to be listed."""
    assert kind in KINDS, kind
    if times_since(kind, thing, now() - timedelta(hours=1)) >= MOST_AN_HOUR:
        return None
    sentence = without_passwords(" ".join(why.split()))[:WHY_LENGTH]
    failure = Failure(kind=kind, thing=thing[:200], why=sentence, reference=reference or new_reference(), details=details)
    db.session.add(failure)
    return failure


def times_since(kind: str, thing: str, since: datetime) -> int:
    """How often the thing has failed since."""
    same = select(func.count()).select_from(Failure).where(Failure.kind == kind, Failure.thing == thing[:200])
    return db.session.scalar(same.where(Failure.at > since)) or 0


def listing(kind: str = "", reference: str = "") -> Select[Failure]:
    """Failures, newest first; of one kind, or the one with a number, however it was typed."""
    query = select(Failure).order_by(Failure.at.desc(), Failure.id.desc())
    query = query.where(Failure.kind == kind) if kind in KINDS else query
    return query.where(Failure.reference == typed(reference)) if reference.strip() else query


def typed(reference: str) -> str:
    """A number as it is kept, from one that somebody read out and somebody else typed: `k7q2 9xwm` is `K7Q2-9XWM`."""
    letters = re.sub(r"[^0-9A-Z]", "", reference.upper()).translate(str.maketrans("OIL", "011"))
    return f"{letters[:4]}-{letters[4:8]}"


def prune() -> int:
    """Remove failures and webhook messages older than 90 days; returns how many failures. Commits."""
    before = now() - KEPT
    gone = cast(CursorResult[Any], db.session.execute(delete(Failure).where(Failure.at < before)))
    db.session.execute(delete(WebhookPost).where(WebhookPost.at < before))
    db.session.commit()
    return gone.rowcount
