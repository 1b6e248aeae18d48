"""Which works are found most, and which never."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import exists, select

from app.catalogue.models import Artist, Artwork, Collection, Credit, Picture
from app.extensions import db
from app.usage.models import ALL

AT_ONCE = 5000  # keys in one question


@dataclass(frozen=True)
class Listed:
    """A work in a list: no more than a line needs."""

    pk: int
    source_id: str
    title: str
    artist: str
    collection: str


def listed(pks: Sequence[int]) -> list[Listed]:
    """The works of these primary keys, in their order; those that are gone are left out."""
    found: dict[int, Listed] = {}
    for start in range(0, len(pks), AT_ONCE):
        some = pks[start : start + AT_ONCE]
        makers: dict[int, list[str]] = {}
        credits = select(Credit.artwork_id, Artist.name).join(Artist).where(Credit.artwork_id.in_(some)).order_by(Credit.position)
        for pk, name in db.session.execute(credits):
            makers.setdefault(pk, []).append(name)
        columns = (Artwork.id, Artwork.source_id, Artwork.title, Collection.name)
        for pk, source_id, title, collection in db.session.execute(select(*columns).join(Collection).where(Artwork.id.in_(some))):
            found[pk] = Listed(pk, source_id, title, ", ".join(makers.get(pk, ())), collection)
    return [found[pk] for pk in pks if pk in found]


def never(found: Iterable[int], collection: int = ALL, *, sorted_by_title: bool = True) -> tuple[list[int], int]:
    """Works that can be found and were not, by title (or in no order, sooner); and how many can be found."""
    query = select(Artwork.id).where(Artwork.hidden.is_(False), exists().where(Picture.artwork_id == Artwork.id))
    if collection != ALL:
        query = query.where(Artwork.collection_id == collection)
    if sorted_by_title:
        query = query.order_by(Artwork.sort_title, Artwork.id)
    pks, seen = db.session.scalars(query).all(), set(found)
    return [pk for pk in pks if pk not in seen], len(pks)
