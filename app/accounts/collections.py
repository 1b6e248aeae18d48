"""Personal collections: works put together under a name, by one account, seen by others who have the link."""

from __future__ import annotations

import secrets
from typing import NamedTuple

from sqlalchemy import Select, delete, func, select
from sqlalchemy.exc import IntegrityError

from app.accounts.models import PersonalCollection, PersonalCollectionWork, User
from app.catalogue.models import Artwork, now
from app.extensions import db
from app.sentences import N_, SentenceError

NAME_LENGTH = 200
DESCRIPTION_LENGTH = 5000
COLLECTIONS_MAX = 200  # of one account
WORKS_MAX = 5000  # of one collection


class CollectionError(SentenceError):
    """A collection cannot be made or changed so."""


class Listed(NamedTuple):
    """A collection with how many works it shows, and one of them for a picture."""

    collection: PersonalCollection
    works: int
    newest_id: int | None


def listing(user_id: int) -> list[Listed]:
    """The account's collections by name."""
    shown = (
        select(func.count(), func.max(Artwork.id))
        .select_from(PersonalCollectionWork)
        .join(Artwork, Artwork.id == PersonalCollectionWork.artwork_id)
        .where(PersonalCollectionWork.collection_id == PersonalCollection.id, Artwork.hidden.is_(False))
        .correlate(PersonalCollection)
    )
    count = shown.with_only_columns(func.count()).scalar_subquery()
    newest = shown.with_only_columns(func.max(Artwork.id)).scalar_subquery()
    mine = select(PersonalCollection, count, newest).where(PersonalCollection.user_id == user_id)
    ordered = mine.order_by(func.lower(PersonalCollection.name), PersonalCollection.id)
    return [Listed(*row) for row in db.session.execute(ordered)]


def find(user_id: int, collection_id: int) -> PersonalCollection | None:
    """A collection of this account; None where it has no such one."""
    found = db.session.get(PersonalCollection, collection_id)
    return found if found and found.user_id == user_id else None


def shared(key: str) -> PersonalCollection | None:
    """The collection that this link shows; none of an account that the staff have closed."""
    owned = select(PersonalCollection).join(User, User.id == PersonalCollection.user_id)
    return db.session.scalar(owned.where(PersonalCollection.share_key == key, User.active))


def works_of(collection: PersonalCollection) -> Select[int]:
    """Ids of its works, newest first; hidden ones are left out."""
    inside = select(Artwork.id).join(PersonalCollectionWork, PersonalCollectionWork.artwork_id == Artwork.id)
    mine = inside.where(PersonalCollectionWork.collection_id == collection.id, Artwork.hidden.is_(False))
    return mine.order_by(PersonalCollectionWork.added_at.desc(), Artwork.id)


def holding(user_id: int, artwork_id: int) -> set[int]:
    """Ids of the account's collections that have this work."""
    mine = select(PersonalCollection.id).where(PersonalCollection.user_id == user_id)
    inside = select(PersonalCollectionWork.collection_id).where(PersonalCollectionWork.artwork_id == artwork_id)
    return set(db.session.scalars(inside.where(PersonalCollectionWork.collection_id.in_(mine))))


def create(user_id: int, name: str, description: str = "") -> PersonalCollection:
    """Make a collection. Raises CollectionError. Commits."""
    name, description = _checked(user_id, name, description)
    count = select(func.count()).select_from(PersonalCollection).where(PersonalCollection.user_id == user_id)
    if (db.session.scalar(count) or 0) >= COLLECTIONS_MAX:
        raise CollectionError(N_("You have %(number)s collections, and more are not possible."), number=COLLECTIONS_MAX)
    made = PersonalCollection(user_id=user_id, name=name, description=description)
    db.session.add(made)
    _commit_named(name)
    return made


def rename(collection: PersonalCollection, name: str, description: str) -> None:
    """Give it another name and description. Raises CollectionError. Commits."""
    name, description = _checked(collection.user_id, name, description, collection.id)
    collection.name, collection.description = name, description
    _commit_named(name)


def _checked(user_id: int, name: str, description: str, own_id: int | None = None) -> tuple[str, str]:
    name, description = " ".join(name.replace("\0", "").split()), description.replace("\0", "").strip()
    if not name:
        raise CollectionError(N_("Give the collection a name."))
    if len(name) > NAME_LENGTH or len(description) > DESCRIPTION_LENGTH:
        text = N_("That is too long: a name may have %(name)s characters, a description %(description)s.")
        raise CollectionError(text, name=NAME_LENGTH, description=DESCRIPTION_LENGTH)
    same = select(PersonalCollection.id).where(PersonalCollection.user_id == user_id, PersonalCollection.name == name)
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
