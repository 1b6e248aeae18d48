"""Tables of the accounts; the columns that Flask-Security names are its own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_security import RoleMixin, UserMixin
from sqlalchemy import JSON, CheckConstraint, Column, ForeignKey, String, Table, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.catalogue.models import Artwork, now
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
    confirmed_at: Mapped[datetime | None]  # when the address was seen to be theirs
    last_login_at: Mapped[datetime | None]  # type: ignore[assignment]
    current_login_at: Mapped[datetime | None]  # type: ignore[assignment]
    last_login_ip: Mapped[str | None] = mapped_column(String(64))
    current_login_ip: Mapped[str | None] = mapped_column(String(64))
    login_count: Mapped[int | None]  # type: ignore[assignment]
    created_at: Mapped[datetime] = mapped_column(default=now)
    language: Mapped[str | None] = mapped_column(String(10))  # that they chose, for what is written to them; None: none yet

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


class Favourite(db.Model):  # type: ignore[name-defined,misc]
    """A work that somebody likes."""

    __tablename__ = "favourites"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    artwork_id: Mapped[int] = mapped_column(ForeignKey("artworks.id", ondelete="CASCADE"), primary_key=True, index=True)
    added_at: Mapped[datetime] = mapped_column(default=now)


class PersonalCollection(db.Model):  # type: ignore[name-defined,misc]
    """Works that somebody put together under a name; whoever has the `share_key` may see it, until it is taken away.

    It belongs to an account or, without one, to the browser that has the `guest` key in its cookie.
    """

    __tablename__ = "personal_collections"
    __table_args__ = (
        UniqueConstraint("user_id", "name"),
        UniqueConstraint("guest", "name"),
        CheckConstraint("(user_id IS NULL) <> (guest IS NULL)", name="one_owner"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    guest: Mapped[str | None] = mapped_column(String(43))  # 256 random bits
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    share_key: Mapped[str | None] = mapped_column(String(43), unique=True)  # 256 random bits
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)

    entries: Mapped[list[PersonalCollectionWork]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="PersonalCollectionWork.added_at"
    )

    @property
    def owner(self) -> int | str:
        """The account's id, or the guest's key."""
        return self.user_id if self.user_id is not None else self.guest or ""


class PersonalCollectionWork(db.Model):  # type: ignore[name-defined,misc]
    """A work in a personal collection."""

    __tablename__ = "personal_collection_works"

    collection_id: Mapped[int] = mapped_column(ForeignKey("personal_collections.id", ondelete="CASCADE"), primary_key=True)
    artwork_id: Mapped[int] = mapped_column(ForeignKey("artworks.id", ondelete="CASCADE"), primary_key=True, index=True)
    added_at: Mapped[datetime] = mapped_column(default=now)

    artwork: Mapped[Artwork] = relationship()


class Invitation(db.Model):  # type: ignore[name-defined,misc]
    """A link to an account with a role that an admin had sent to an address; only its hash is kept."""

    __tablename__ = "invitations"
    __table_args__ = (CheckConstraint("role IN ('visitor', 'curator', 'admin')", name="role_known"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(255), index=True)
    role: Mapped[str] = mapped_column(String(80))
    digest: Mapped[str] = mapped_column(String(64), unique=True)  # hex sha256; another one when it is sent again
    invited_by: Mapped[str] = mapped_column(String(255))  # e-mail at the time
    created_at: Mapped[datetime] = mapped_column(default=now)
    sent_at: Mapped[datetime] = mapped_column(default=now)  # the link holds from then on
    accepted_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]


class Mail(db.Model):  # type: ignore[name-defined,misc]
    """A message to somebody. Without a mail server it is kept for the staff to read; with one it waits until it is sent."""

    __tablename__ = "mails"
    __table_args__ = (CheckConstraint("state IN ('kept', 'waiting', 'sent', 'failed')", name="state_known"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now, index=True)
    kind: Mapped[str] = mapped_column(String(80), default="")  # the template: `reset_instructions`…
    recipient: Mapped[str] = mapped_column(String(255), index=True)
    subject: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)  # emptied once it is sent: it may hold a way into the account
    state: Mapped[str] = mapped_column(String(10), index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]  # when a waiting one is tried again
    error: Mapped[str] = mapped_column(Text, default="")  # what the mail server said last


class Token(db.Model):  # type: ignore[name-defined,misc]
    """A key to the API that somebody made for a program; only its hash is kept."""

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    digest: Mapped[str] = mapped_column(String(64), unique=True)  # hex sha256
    hint: Mapped[str] = mapped_column(String(16))  # its first characters, to tell tokens apart
    scopes: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()
