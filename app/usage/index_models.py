"""Tables around the index: how long each stage takes here, photos that builds are compared on, and when it is built by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.catalogue.models import now
from app.extensions import db

PLAN_MODES = ("off", "daily", "weekly", "changes")


class StageTiming(db.Model):  # type: ignore[name-defined,misc]
    """One stage of one build on this machine: how many pictures it worked on, and for how long."""

    __tablename__ = "stage_timings"
    __table_args__ = (Index("ix_stage_timings_stage_at", "stage", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    preset: Mapped[str] = mapped_column(String(80))
    stage: Mapped[str] = mapped_column(String(20))
    pictures: Mapped[int]
    seconds: Mapped[float]


class PhotoSet(db.Model):  # type: ignore[name-defined,misc]
    """Photos whose works are known, under a name.

    `upload`: `path` is the folder below `photo-sets/` in the instance; `server`: the CSV's full path; `settled`: the photos that
    curators have settled, as many as are kept at the time: nothing is copied, so that a photo goes when its time has come.
    """

    __tablename__ = "photo_sets"
    __table_args__ = (CheckConstraint("kind IN ('upload', 'server', 'settled')", name="kind_known"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    path: Mapped[str] = mapped_column(Text, default="")
    photos: Mapped[int] = mapped_column(default=0)  # when it was saved
    created_at: Mapped[datetime] = mapped_column(default=now)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class BuildComparison(db.Model):  # type: ignore[name-defined,misc]
    """Two builds on the same photos. `result` is empty until its job is done; see `app.reindexing.comparing`."""

    __tablename__ = "build_comparisons"

    id: Mapped[int] = mapped_column(primary_key=True)
    before: Mapped[str] = mapped_column(String(80))  # build ids
    after: Mapped[str] = mapped_column(String(80))
    photo_set_id: Mapped[int | None] = mapped_column(ForeignKey("photo_sets.id", ondelete="SET NULL"))
    photos_name: Mapped[str] = mapped_column(String(200))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    job_id: Mapped[str | None] = mapped_column(ForeignKey("jobs.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    finished_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    photo_set: Mapped[PhotoSet | None] = relationship()
    user: Mapped[User | None] = relationship()


class ReindexPlan(db.Model):  # type: ignore[name-defined,misc]
    """When the index is built by itself: one row at most. `note` is the sentence on what came of the last time."""

    __tablename__ = "reindex_plan"
    __table_args__ = (CheckConstraint("mode IN ('off', 'daily', 'weekly', 'changes')", name="mode_known"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    mode: Mapped[str] = mapped_column(String(10), default="off")
    weekday: Mapped[int] = mapped_column(default=0)  # 0 is Monday
    hour: Mapped[int] = mapped_column(default=3)  # UTC
    changes: Mapped[int] = mapped_column(default=100)  # works
    preset: Mapped[str] = mapped_column(String(80), default="")  # empty: that of the setting
    margin: Mapped[float] = mapped_column(default=0.01)  # by which the new build's recall may be below the published one's
    looked_at: Mapped[datetime] = mapped_column(default=now)  # when it was saved, or its time last came
    note: Mapped[str] = mapped_column(Text, default="")
    note_at: Mapped[datetime | None]
