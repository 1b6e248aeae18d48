"""An account and everything in it: counted, deleted."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import and_, delete, func, or_, select, update

from app.accounts import audit, users
from app.accounts.models import AuditEvent, Favourite, Invitation, Mail, PersonalCollection, Token, User
from app.extensions import db
from app.sentences import N_, SentenceError
from app.usage import searches
from app.usage.models import Search

DELETED = "deleted account"


class StaysError(SentenceError):
    """This account cannot be deleted."""


def holdings(user: User) -> dict[str, int]:
    """How much the account has of each thing; `photos` are those still kept."""
    counted = {
        "searches": select(func.count()).select_from(Search).where(Search.user_id == user.id),
        "photos": select(func.count(Search.photo_path)).where(Search.user_id == user.id),
        "favourites": select(func.count()).select_from(Favourite).where(Favourite.user_id == user.id),
        "collections": select(func.count()).select_from(PersonalCollection).where(PersonalCollection.user_id == user.id),
        "tokens": select(func.count()).select_from(Token).where(Token.user_id == user.id),
    }
    return {name: db.session.scalar(query) or 0 for name, query in counted.items()}


def refuse_last_admin(user: User) -> None:
    """Raises StaysError for the only admin: nobody could make another one from the pages."""
    if users.is_last_admin(user):
        raise StaysError(N_("You are the last admin: make somebody else an admin first."))


def delete_account(user: User, uploads_dir: Path) -> None:
    """Delete the account with its searches, their photos, its lists, tokens and mail. Commits. Raises StaysError.

    The audit trail of a visitor forgets the address; that of staff keeps it, since others answer for what was done.
    """
    refuse_last_admin(user)
    searches.delete_all(user.id, uploads_dir)
    email = user.email
    event = audit.record("user.delete", email, role=users.role_of(user))
    event.user_id, event.actor = user.id, email  # whose session has ended a moment ago
    db.session.flush()
    if users.role_of(user) == "visitor":
        about = or_(AuditEvent.subject == email, and_(AuditEvent.user_id == user.id, AuditEvent.action.startswith("user.")))
        db.session.execute(update(AuditEvent).where(about).values(subject=DELETED, details={}))
        db.session.execute(update(AuditEvent).where(AuditEvent.user_id == user.id).values(actor=DELETED))
    db.session.execute(delete(Mail).where(func.lower(Mail.recipient) == email.lower()))
    db.session.execute(delete(Invitation).where(func.lower(Invitation.email) == email.lower()))
    db.session.delete(user)
    db.session.commit()
