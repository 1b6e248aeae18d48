"""Tables of use."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, ForeignKey, Index, String, Table, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.catalogue.models import Artwork, now
from app.extensions import db

UNKNOWN = "unknown"


def new_id() -> str:
    """An id that cannot be guessed (122 random bits): the address of a result is the right to see it."""
    return uuid.uuid4().hex


_UNANSWERED = text("verdict <> 'identified' AND photo_path IS NOT NULL")
_PHOTO_KEPT = text("photo_path IS NOT NULL")


class Search(db.Model):  # type: ignore[name-defined,misc]
    """One question of a visitor and its answer. `result` is the JSON contract and `detected`, `proof` what the page draws."""

    __tablename__ = "searches"
    __table_args__ = (
        CheckConstraint("verdict IN ('identified', 'uncertain', 'not_in_catalogue')", name="verdict_known"),
        Index("ix_searches_user_created", "user_id", "created_at"),
        # Photos that found nothing and are still kept: few among many, looked for by every staff page
        Index("ix_searches_unanswered", "created_at", sqlite_where=_UNANSWERED, postgresql_where=_UNANSWERED),
        # All photos that are kept, for the nightly clearing-up
        Index("ix_searches_photo_kept", "created_at", sqlite_where=_PHOTO_KEPT, postgresql_where=_PHOTO_KEPT),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    way: Mapped[str] = mapped_column(String(20), default="upload")  # upload, camera, example, api
    photo_name: Mapped[str] = mapped_column(Text, default="")
    photo_path: Mapped[str | None] = mapped_column(String(300))  # relative to `uploads/`; None once it is pruned
    photo_width: Mapped[int]
    photo_height: Mapped[int]
    verdict: Mapped[str] = mapped_column(String(20), index=True)
    # the best match, if identified
    artwork_id: Mapped[int | None] = mapped_column(ForeignKey("artworks.id", ondelete="SET NULL"), index=True)
    probability: Mapped[float | None]
    build: Mapped[str] = mapped_column(String(80), default="")
    preset: Mapped[str] = mapped_column(String(80), default="")
    total_ms: Mapped[float] = mapped_column(default=0.0)
    device: Mapped[str] = mapped_column(String(10), default=UNKNOWN)  # phone, tablet, computer, program: no more is kept of it
    language: Mapped[str] = mapped_column(String(10), default=UNKNOWN)  # of the page; `none` where there was no page
    # of the nearest work, recognised or not
    collection_id: Mapped[int | None] = mapped_column(ForeignKey("collections.id", ondelete="SET NULL"), index=True)
    found: Mapped[list[int]] = mapped_column(JSON, default=list)  # primary keys of the works that were recognised, best first
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    proof: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)

    user: Mapped[User | None] = relationship()
    artwork: Mapped[Artwork | None] = relationship()
    feedback: Mapped[list[Feedback]] = relationship(back_populates="search", cascade="all, delete-orphan", passive_deletes=True)
    ruling: Mapped[Ruling | None] = relationship(back_populates="search", cascade="all, delete-orphan", passive_deletes=True)

    @property
    def contract(self) -> dict[str, Any]:
        """The answer as others are given it."""
        return {name: value for name, value in self.result.items() if name != "detected"}


class Feedback(db.Model):  # type: ignore[name-defined,misc]
    """What the visitor said of an answer. `artwork_id`: the work that it is, where the visitor chose one."""

    __tablename__ = "feedback"
    __table_args__ = (CheckConstraint("kind IN ('right', 'wrong', 'comment')", name="kind_known"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    search_id: Mapped[str] = mapped_column(ForeignKey("searches.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    kind: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text, default="")
    artwork_id: Mapped[int | None] = mapped_column(ForeignKey("artworks.id", ondelete="SET NULL"), index=True)

    search: Mapped[Search] = relationship(back_populates="feedback")
    artwork: Mapped[Artwork | None] = relationship()


OUTCOMES = ("right", "work", "not_ours", "bad_photo")  # the answer was right; it is another work; not ours; not to be judged by
KEPT_OUTCOMES = ("right", "work", "not_ours")  # those whose photos are kept to test the search with

ruling_works = Table(
    "ruling_works",
    db.metadata,
    Column("ruling_id", ForeignKey("rulings.id", ondelete="CASCADE"), primary_key=True),
    Column("artwork_id", ForeignKey("artworks.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class Ruling(db.Model):  # type: ignore[name-defined,misc]
    """What a curator settled that a photo shows: with its `works` the truth about the photo; none: no work of ours."""

    __tablename__ = "rulings"
    __table_args__ = (CheckConstraint("outcome IN ('right', 'work', 'not_ours', 'bad_photo')", name="outcome_known"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    search_id: Mapped[str] = mapped_column(ForeignKey("searches.id", ondelete="CASCADE"), unique=True)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    outcome: Mapped[str] = mapped_column(String(10))

    search: Mapped[Search] = relationship(back_populates="ruling")
    user: Mapped[User | None] = relationship()
    works: Mapped[list[Artwork]] = relationship(secondary=ruling_works, order_by=Artwork.id, passive_deletes=True)


ALL = 0  # the collection of a roll-up that is over all searches
SPANS = ("hour", "day", "month", "year")


class Rollup(db.Model):  # type: ignore[name-defined,misc]
    """What the searches of one hour, day, month or year come to, over all of them or those nearest to one collection.

    Hours are those of UTC; days, months and years those of the museum's `zone`, and begin by its clock. A longer one is the sum
    of its shorter ones. `figures` is {measure: {label: count}}; `found` is {primary key of a work: how often it was found},
    apart because it is long and only two questions ask for it. It stays when searches are deleted.
    """

    __tablename__ = "rollups"
    __table_args__ = (
        UniqueConstraint("span", "collection_id", "begin"),
        CheckConstraint("span IN ('hour', 'day', 'month', 'year')", name="span_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    span: Mapped[str] = mapped_column(String(5))
    begin: Mapped[datetime]
    zone: Mapped[str] = mapped_column(String(60), default="UTC", server_default="UTC")
    collection_id: Mapped[int]  # ALL, or a collection's id, also of one that is gone
    rolled_at: Mapped[datetime] = mapped_column(index=True)
    figures: Mapped[dict[str, dict[str, int]]] = mapped_column(JSON, default=dict)
    found: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)


JOB_STATES = ("queued", "running", "done", "failed", "cancelled")


class Job(db.Model):  # type: ignore[name-defined,misc]
    """A long task as its card shows it. Progress is written by the worker; a silent heartbeat means that it died."""

    __tablename__ = "jobs"
    __table_args__ = (CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'cancelled')", name="state_known"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(40), index=True)  # index_build, import, statistics, housekeeping
    state: Mapped[str] = mapped_column(String(12), default="queued", index=True)
    stage: Mapped[str] = mapped_column(String(80), default="")
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    message: Mapped[str] = mapped_column(Text, default="")  # why it failed, or what came of it, in a sentence
    arguments: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    celery_id: Mapped[str] = mapped_column(String(64), default="")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    trace: Mapped[str] = mapped_column(String(64), default="", server_default="")  # the span that asked for it (W3C traceparent)

    user: Mapped[User | None] = relationship()


class IndexBuild(db.Model):  # type: ignore[name-defined,misc]
    """An index build as the database knows it; the build itself lies in `indexes/<build_id>/`."""

    __tablename__ = "index_builds"
    __table_args__ = (CheckConstraint("state IN ('running', 'done', 'failed', 'cancelled')", name="state_known"),)

    build_id: Mapped[str] = mapped_column(String(80), primary_key=True)
    state: Mapped[str] = mapped_column(String(12), default="running")
    preset: Mapped[str] = mapped_column(String(80))
    works: Mapped[int] = mapped_column(default=0)
    vectors: Mapped[int] = mapped_column(default=0)
    recall_at_10: Mapped[float | None]  # of the inverted file against exact search
    nprobe: Mapped[int | None]
    seconds: Mapped[float | None]
    rejects: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # [{picture_id, source_name, reason}]
    message: Mapped[str] = mapped_column(Text, default="")
    job_id: Mapped[str | None] = mapped_column(ForeignKey("jobs.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]
