"""Personal tokens: keys to the API that an account makes for its programs. Shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, func, select

from app.accounts import audit
from app.accounts.models import Token, User
from app.catalogue.models import now
from app.extensions import db
from app.sentences import N_, SentenceError

PREFIX = "pinakes_"  # so that a scanner of published code can tell what it has found
HINT_LENGTH = len(PREFIX) + 4
NAME_LENGTH = 100
TOKENS_MAX = 50  # of one account
SEEN_EVERY = timedelta(minutes=1)  # how exactly the last use is kept: not a write for every call
LIFETIMES = {"30": 30, "90": 90, "365": 365, "": None}  # days; the empty one does not end

# What a token may do, in words for the page; `read` reads what the others also change.
SCOPES = {
    "read": N_("Read my searches, favourites and collections"),
    "search": N_("Ask about photos; the searches are kept among mine"),
    "history": N_("Read and delete my searches"),
    "collections": N_("Read and change my favourites and collections"),
}


class TokenError(SentenceError):
    """A token cannot be made so."""


def create(user: User, name: str, scopes: list[str], days: int | None) -> tuple[Token, str]:
    """Make a token that ends after so many days (None: never); returns it with the secret, which nobody can show again.

    Raises TokenError. Commits.
    """
    name = " ".join(name.replace("\0", "").split())
    if not name or len(name) > NAME_LENGTH:
        raise TokenError(N_("Give the token a name of at most %(number)s characters."), number=NAME_LENGTH)
    chosen = [scope for scope in SCOPES if scope in scopes]
    if not chosen or len(chosen) != len(set(scopes)):
        raise TokenError(N_("Choose what the token may do."))
    if len(listing(user.id)) >= TOKENS_MAX:
        raise TokenError(N_("You have %(number)s tokens: revoke one that you no longer need."), number=TOKENS_MAX)
    secret = PREFIX + secrets.token_urlsafe(32)
    token = Token(
        user_id=user.id,
        name=name,
        digest=digest(secret),
        hint=secret[:HINT_LENGTH],
        scopes=chosen,
        expires_at=now() + timedelta(days=days) if days else None,
    )
    db.session.add(token)
    audit.record("token.create", name, scopes=chosen, days=days)
    db.session.commit()
    return token, secret


def digest(secret: str) -> str:
    """Hex sha256. It needs no salt and no slowness: the secret has 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def listing(user_id: int) -> list[Token]:
    """The account's tokens, newest first, those that have ended too."""
    mine = select(Token).where(Token.user_id == user_id).order_by(Token.created_at.desc(), Token.id.desc())
    return list(db.session.scalars(mine))


def count(user_id: int) -> int:
    """How many tokens the account has."""
    return db.session.scalar(select(func.count()).select_from(Token).where(Token.user_id == user_id)) or 0


def find(user_id: int, token_id: int) -> Token | None:
    """A token of this account; None where it has no such one."""
    found = db.session.get(Token, token_id)
    return found if found and found.user_id == user_id else None


def revoke(token: Token) -> None:
    """End a token at once. Commits."""
    audit.record("token.revoke", token.name)
    db.session.execute(delete(Token).where(Token.id == token.id))
    db.session.commit()


def revoke_all(user_id: int) -> int:
    """End all tokens of the account; returns how many. The caller commits."""
    gone = cast(CursorResult[Any], db.session.execute(delete(Token).where(Token.user_id == user_id)))
    return gone.rowcount


def ended(token: Token) -> bool:
    """Whether its time is over."""
    return token.expires_at is not None and token.expires_at <= now()


def presented(secret: str) -> Token | None:
    """The token with this secret, its use noted; None for one that is unknown, has ended, or whose account is closed. Commits."""
    token: Token | None = db.session.scalar(select(Token).where(Token.digest == digest(secret)))
    if token is None or ended(token) or not token.user.active:
        return None
    if token.last_used_at is None or now() - token.last_used_at > SEEN_EVERY:
        token.last_used_at = now()
        db.session.commit()
    return token


def allows(token: Token, *scopes: str) -> bool:
    """Whether it has one of the scopes."""
    return any(scope in token.scopes for scope in scopes)
