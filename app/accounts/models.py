"""Tables of the accounts; the columns that Flask-Security names are its own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_security import RoleMixin, UserMixin
from sqlalchemy import JSON, Column, ForeignKey, String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalogue.models import now
from app.extensions import db

ROLES = {"visitor": "keeps searches", "curator": "loads and mends the catalogue", "admin": "everything"}

users_roles = Table(
    "users_roles",
    db.metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role_id", ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True),
)


class Role(db.Model, RoleMixin):  # type: ignore[name-defined,misc]
    __tablename__ = "roles"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    description: Mapped[str | None] = mapped_column(String(255))


class User(db.Model, UserMixin):  # type: ignore[name-defined,misc]
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(255), unique=True)
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)  # a new one signs the user out everywhere
    confirmed_at: Mapped[datetime | None]
    last_login_at: Mapped[datetime | None]  # type: ignore[assignment]
    current_login_at: Mapped[datetime | None]  # type: ignore[assignment]
    last_login_ip: Mapped[str | None] = mapped_column(String(64))
    current_login_ip: Mapped[str | None] = mapped_column(String(64))
    login_count: Mapped[int | None]  # type: ignore[assignment]
    created_at: Mapped[datetime] = mapped_column(default=now)

    roles: Mapped[list[Role]] = relationship(secondary=users_roles, lazy="selectin")  # type: ignore[assignment]


class AuditEvent(db.Model):  # type: ignore[name-defined,misc]
    """Who did what to which thing, and when; rows are only ever added."""

    __tablename__ = "audit_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    actor: Mapped[str] = mapped_column(String(255), default="")  # e-mail at the time, or `command line`
    action: Mapped[str] = mapped_column(String(80))  # `index.build`, `catalogue.import`, `user.role`…
    subject: Mapped[str] = mapped_column(Text, default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
