"""Personal collections: works put together under a name, seen by others who have the link.

Their owner is an account (its id) or, for a visitor without one, a browser (a random key that only its cookie knows).
A guest's collections lie in the database like all others, since others open their links.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, CursorResult, Select, delete, func, or_, select
from sqlalchemy.exc import IntegrityError

from app.accounts.models import PersonalCollection, PersonalCollectionWork, User
from app.catalogue.models import Artwork, now
from app.extensions import db
from app.sentences import N_, SentenceError

NAME_LENGTH = 200
DESCRIPTION_LENGTH = 5000
COLLECTIONS_MAX = 200  # of one account
GUEST_COLLECTIONS_MAX = 20  # of one browser
WORKS_MAX = 5000  # of one collection

Owner = int | str  # an account's id, or a guest's key


class CollectionError(SentenceError):
    """A collection cannot be made or changed so."""


class Listed(NamedTuple):
    """A collection with how many works it shows, and one of them for a picture."""

    collection: PersonalCollection
    works: int
    newest_id: int | None


def of(owner: Owner) -> ColumnElement[bool]:
    """Whose collections are asked for."""
    return PersonalCollection.user_id == owner if isinstance(owner, int) else PersonalCollection.guest == owner


def listing(owner: Owner) -> list[Listed]:
    """The owner's collections by name."""
    shown = (
        select(func.count(), func.max(Artwork.id))
        .select_from(PersonalCollectionWork)
        .join(Artwork, Artwork.id == PersonalCollectionWork.artwork_id)
        .where(PersonalCollectionWork.collection_id == PersonalCollection.id, Artwork.hidden.is_(False))
        .correlate(PersonalCollection)
    )
    count = shown.with_only_columns(func.count()).scalar_subquery()
    newest = shown.with_only_columns(func.max(Artwork.id)).scalar_subquery()
    mine = select(PersonalCollection, count, newest).where(of(owner))
    ordered = mine.order_by(func.lower(PersonalCollection.name), PersonalCollection.id)
    return [Listed(*row) for row in db.session.execute(ordered)]


def find(owner: Owner, collection_id: int) -> PersonalCollection | None:
    """A collection of this owner; None where there is no such one."""
    found = db.session.get(PersonalCollection, collection_id)
    return found if found and found.owner == owner else None


def shared(key: str) -> PersonalCollection | None:
    """The collection that this link shows; none of an account that the staff have closed."""
    owned = select(PersonalCollection).outerjoin(User, User.id == PersonalCollection.user_id)
    open_ = or_(PersonalCollection.user_id.is_(None), User.active)
    return db.session.scalar(owned.where(PersonalCollection.share_key == key, open_))


def works_of(collection: PersonalCollection) -> Select[int]:
    """Ids of its works, newest first; hidden ones are left out."""
    inside = select(Artwork.id).join(PersonalCollectionWork, PersonalCollectionWork.artwork_id == Artwork.id)
    mine = inside.where(PersonalCollectionWork.collection_id == collection.id, Artwork.hidden.is_(False))
    return mine.order_by(PersonalCollectionWork.added_at.desc(), Artwork.id)


def holding(owner: Owner, artwork_id: int) -> set[int]:
    """Ids of the owner's collections that have this work."""
    mine = select(PersonalCollection.id).where(of(owner))
    inside = select(PersonalCollectionWork.collection_id).where(PersonalCollectionWork.artwork_id == artwork_id)
    return set(db.session.scalars(inside.where(PersonalCollectionWork.collection_id.in_(mine))))


def create(owner: Owner, name: str, description: str = "") -> PersonalCollection:
    """Make a collection. Raises CollectionError. Commits."""
    name, description = _checked(owner, name, description)
    _refuse_too_many(owner)
    user_id, guest = (owner, None) if isinstance(owner, int) else (None, owner)
    made = PersonalCollection(user_id=user_id, guest=guest, name=name, description=description)
    db.session.add(made)
    _commit_named(name)
    return made


def _refuse_too_many(owner: Owner) -> None:
    count = db.session.scalar(select(func.count()).select_from(PersonalCollection).where(of(owner))) or 0
    if isinstance(owner, int) and count >= COLLECTIONS_MAX:
        raise CollectionError(N_("You have %(number)s collections, and more are not possible."), number=COLLECTIONS_MAX)
    if isinstance(owner, str) and count >= GUEST_COLLECTIONS_MAX:
        text = N_("A browser keeps no more than %(number)s collections. Log in, and an account keeps them all and more.")
        raise CollectionError(text, number=GUEST_COLLECTIONS_MAX)


def rename(collection: PersonalCollection, name: str, description: str) -> None:
    """Give it another name and description. Raises CollectionError. Commits."""
    name, description = _checked(collection.owner, name, description, collection.id)
    collection.name, collection.description = name, description
    _commit_named(name)


def _checked(owner: Owner, name: str, description: str, own_id: int | None = None) -> tuple[str, str]:
    name, description = " ".join(name.replace("\0", "").split()), description.replace("\0", "").strip()
    if not name:
        raise CollectionError(N_("Give the collection a name."))
    if len(name) > NAME_LENGTH or len(description) > DESCRIPTION_LENGTH:
        text = N_("That is too long: a name may have %(name)s characters, a description %(description)s.")
        raise CollectionError(text, name=NAME_LENGTH, description=DESCRIPTION_LENGTH)
    same = select(PersonalCollection.id).where(of(owner), PersonalCollection.name == name)
    if db.session.scalar(same) not in (None, own_id):
        raise _taken(name)
    return name, description


def _taken(name: str) -> CollectionError:
    return CollectionError(N_("You have a collection called “%(name)s” already; choose another name."), name=name)


def _commit_named(name: str) -> None:
    try:
        db.session.commit()
    except IntegrityError as error:  # the same form, sent twice
        db.session.rollback()
        raise _taken(name) from error


def remove(collection: PersonalCollection) -> None:
    """Delete the collection; its works stay in the catalogue. Commits."""
    db.session.delete(collection)
    db.session.commit()


def add_work(collection: PersonalCollection, artwork_id: int) -> None:
    """Put a work into it; one that is there already stays. Raises CollectionError. Commits."""
    if db.session.get(PersonalCollectionWork, (collection.id, artwork_id)):
        return
    count = select(func.count()).select_from(PersonalCollectionWork).where(
        PersonalCollectionWork.collection_id == collection.id
    )  # fmt: skip
    if (db.session.scalar(count) or 0) >= WORKS_MAX:
        raise CollectionError(N_("This collection has %(number)s works, and more do not fit."), number=WORKS_MAX)
    db.session.add(PersonalCollectionWork(collection_id=collection.id, artwork_id=artwork_id))
    collection.updated_at = now()
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()  # a second tap was quicker


def remove_work(collection: PersonalCollection, artwork_id: int) -> None:
    """Take a work out. Commits."""
    db.session.execute(
        delete(PersonalCollectionWork).where(
            PersonalCollectionWork.collection_id == collection.id, PersonalCollectionWork.artwork_id == artwork_id
        )
    )
    collection.updated_at = now()
    db.session.commit()


def share(collection: PersonalCollection, wanted: bool) -> None:
    """Give it a link that nobody can guess, or take the link away for ever: a later one is another. Commits."""
    if wanted != bool(collection.share_key):
        collection.share_key = secrets.token_urlsafe(32) if wanted else None
    db.session.commit()


def adopt(guest: str, user_id: int) -> None:
    """A guest's collections are the account's from now on; a name that it has already gets a number. Commits."""
    taken = set(db.session.scalars(select(PersonalCollection.name).where(of(user_id))))
    for one in db.session.scalars(select(PersonalCollection).where(of(guest)).order_by(PersonalCollection.id)).all():
        one.user_id, one.guest, one.name = user_id, None, _free(one.name, taken)
        taken.add(one.name)
    db.session.commit()


def _free(name: str, taken: set[str]) -> str:
    """The name, or the first of `name (2)`, `name (3)`… that is not taken."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name[: NAME_LENGTH - 6]} ({number})"
    return found


def prune(days: int) -> int:
    """Remove guests' collections that were not changed for so long: their browsers have forgotten them. Commits."""
    old = delete(PersonalCollection).where(
        PersonalCollection.guest.is_not(None), PersonalCollection.updated_at < now() - timedelta(days=days)
    )
    gone = cast(CursorResult[Any], db.session.execute(old))
    db.session.commit()
    return gone.rowcount
