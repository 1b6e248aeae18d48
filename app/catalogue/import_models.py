"""Tables of imports: each as it went, what it did to every work, and how a collection's columns are read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.catalogue.models import now
from app.extensions import db

CHANGE_KINDS = ("added", "changed", "unchanged")


class ImportChange(db.Model):  # type: ignore[name-defined,misc]
    """What one import did to one work: enough to tell of it, and to undo it. Unchanged works are kept where pictures are missing.

    `artwork_id` has no foreign key: it stays when the work has gone.
    """

    __tablename__ = "import_changes"
    __table_args__ = (
        CheckConstraint("kind IN ('added', 'changed', 'unchanged')", name="kind_known"),
        Index("ix_import_changes_run_kind", "run_id", "kind", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("import_runs.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10))
    line: Mapped[int]
    artwork_id: Mapped[int | None]
    source_id: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(Text, default="")
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # of the fields that changed
    after: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    missing: Mapped[list[str]] = mapped_column(JSON, default=list)  # pictures that the file names and nobody has
    likes: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # works that look like it
    missing_count: Mapped[int] = mapped_column(default=0)  # so that they are found without reading JSON
    likes_count: Mapped[int] = mapped_column(default=0)
    undone: Mapped[str] = mapped_column(String(10), default="")  # gone, restored, partly, kept, hidden; empty: not undone
    kept_because: Mapped[str] = mapped_column(Text, default="")


class ImportMapping(db.Model):  # type: ignore[name-defined,misc]
    """Which field each column of a collection's files means, as a curator settled it; by the collection's name."""

    __tablename__ = "import_mappings"

    id: Mapped[int] = mapped_column(primary_key=True)
    collection: Mapped[str] = mapped_column(String(200), unique=True)
    columns: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
