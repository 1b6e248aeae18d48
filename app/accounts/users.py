"""Accounts: made, listed, given a role, closed. Web pages, commands and the demo share these verbs."""

from __future__ import annotations

import secrets
import unicodedata
from typing import Any, cast

from email_validator import EmailNotValidError, validate_email
from flask_security.utils import hash_password
from sqlalchemy import func, select

from app.accounts import audit
from app.accounts.configuration import PASSWORD_LENGTH_MIN
from app.accounts.models import ROLES, Role, User
from app.catalogue.models import now
from app.extensions import db, security


class AccountError(ValueError):
    """An account cannot be made or changed; the message is one sentence with the way out."""


def ensure_roles() -> dict[str, Role]:
    """The three roles, made where they are missing (in the session, not committed)."""
    known = {role.name: role for role in db.session.scalars(select(Role))}
    for name, description in ROLES.items():
        if name not in known:
            known[name] = Role(name=name, description=description)
            db.session.add(known[name])
    return known


def find(email: str) -> User | None:
    """The account of an address, whatever its case; None where there is none."""
    return db.session.scalar(select(User).where(func.lower(User.email) == email.strip().lower()))


def normal(email: str) -> str:
    """The address in its normal form. Raises AccountError if it is none."""
    try:
        return str(validate_email(email, check_deliverability=False).normalized)
    except EmailNotValidError as error:
        raise AccountError(f"{email!r} is not an e-mail address: {error}") from error


def generate_password() -> str:
    """A password nobody has to invent: 96 random bits, easy to copy."""
    return secrets.token_urlsafe(12)


def hashed(password: str) -> str:
    """The argon2 hash of a password, in the Unicode form that Flask-Security compares."""
    return str(hash_password(unicodedata.normalize("NFKD", password)))


def create(email: str, role: str = "visitor", password: str | None = None) -> tuple[User, str]:
    """Make an account with one role; returns it with its password, which is generated where none is given. Commits.

    Whoever makes it vouches for the address: it counts as confirmed.
    Raises AccountError for a bad address, an unknown role, a short password, or an address that has an account.
    """
    email = normal(email)
    if find(email):
        raise AccountError(f"There is an account for {email} already: `flask users role {email} ROLE` changes its role.")
    if password is not None and len(password) < PASSWORD_LENGTH_MIN:
        raise AccountError(f"The password has {len(password)} characters and needs at least {PASSWORD_LENGTH_MIN}.")
    password = password or generate_password()
    wanted = _role(role)
    made = security.datastore.create_user(email=email, password=hashed(password), roles=[wanted], confirmed_at=now())
    user = cast(User, made)
    audit.record("user.create", email, role=role)
    db.session.commit()
    return user, password


def set_role(user: User, role: str) -> None:
    """Give the account this one role instead of what it had. Raises AccountError. Commits."""
    wanted = _role(role)
    before = role_of(user)
    if role != "admin" and is_last_admin(user):
        raise AccountError(f"{user.email} is the last admin; make another one first.")
    user.roles = [wanted]
    audit.record("user.role", user.email, before=before, after=role)
    db.session.commit()


def set_active(user: User, active: bool) -> None:
    """Open or close an account; closing it logs it out everywhere. Raises AccountError. Commits."""
    if not active and is_last_admin(user):
        raise AccountError(f"{user.email} is the last admin; make another one first.")
    user.active = active
    if not active:
        security.datastore.set_uniquifier(user)
    audit.record("user.open" if active else "user.close", user.email)
    db.session.commit()


def set_password(user: User, password: str | None = None) -> str:
    """Give the account a new password, generated where none is given, and log it out everywhere. Commits."""
    if password is not None and len(password) < PASSWORD_LENGTH_MIN:
        raise AccountError(f"The password has {len(password)} characters and needs at least {PASSWORD_LENGTH_MIN}.")
    password = password or generate_password()
    user.password = hashed(password)
    security.datastore.set_uniquifier(user)
    audit.record("user.password", user.email)
    db.session.commit()
    return password


def log_out_everywhere(user: User) -> None:
    """End every session of the account, on every device; links in mails sent before no longer work either. Commits."""
    security.datastore.set_uniquifier(user)
    audit.record("user.logout", user.email)
    db.session.commit()


def role_of(user: User) -> str:
    """The name of the highest role; `visitor` where there is none."""
    names = {role.name for role in user.roles}
    return next((name for name in reversed(ROLES) if name in names), "visitor")


def listing() -> list[dict[str, Any]]:
    """Every account for reading, by address."""
    return [
        {
            "email": user.email,
            "role": role_of(user),
            "active": user.active,
            "created_at": user.created_at.isoformat(timespec="seconds"),
            "last_login_at": user.current_login_at.isoformat(timespec="seconds") if user.current_login_at else None,
        }
        for user in db.session.scalars(select(User).order_by(User.email))
    ]


def _role(name: str) -> Role:
    if name not in ROLES:
        raise AccountError(f"There is no role {name!r}: use one of {', '.join(ROLES)}.")
    return ensure_roles()[name]


def is_last_admin(user: User) -> bool:
    """Whether nobody would be left who looks after accounts."""
    admins = select(func.count()).select_from(User).where(User.active, User.roles.any(Role.name == "admin"))
    return user.active and role_of(user) == "admin" and (db.session.scalar(admins) or 0) <= 1
