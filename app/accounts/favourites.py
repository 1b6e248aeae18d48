"""Works that somebody likes: one list per account, newest first."""

from __future__ import annotations

from sqlalchemy import Select, delete, select
from sqlalchemy.exc import IntegrityError

from app.accounts.models import Favourite
from app.catalogue.models import Artwork
from app.extensions import db


def put(user_id: int, artwork_id: int) -> None:
    """Like a work; one that is liked already stays as it is. Commits."""
    if db.session.get(Favourite, (user_id, artwork_id)):
        return
    db.session.add(Favourite(user_id=user_id, artwork_id=artwork_id))
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()  # a second tap was quicker, or the work has just gone


def remove(user_id: int, artwork_id: int) -> None:
    """Like it no longer. Commits."""
    db.session.execute(delete(Favourite).where(Favourite.user_id == user_id, Favourite.artwork_id == artwork_id))
    db.session.commit()


def works_of(user_id: int) -> Select[int]:
    """Ids of the works, newest first; hidden ones are left out."""
    mine = select(Artwork.id).join(Favourite, Favourite.artwork_id == Artwork.id).where(Favourite.user_id == user_id)
    return mine.where(Artwork.hidden.is_(False)).order_by(Favourite.added_at.desc(), Artwork.id)


def ids(user_id: int) -> set[int]:
    """Ids of all the works, hidden ones too."""
    return set(db.session.scalars(select(Favourite.artwork_id).where(Favourite.user_id == user_id)))
