"""Named queries of the catalogue, as pages, services and commands ask them. All need an application context."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Collection as Some
from typing import Any, NamedTuple

from sqlalchemy import and_, exists, func, select
from sqlalchemy.orm import joinedload, selectinload

from app.catalogue.browsing import FACET_VALUES, FACETS, SORTS, FacetValue, Filters, Page, browse, facets
from app.catalogue.models import Artist, Artwork, Collection, Credit, ImportRun, Picture
from app.catalogue.works import artwork, artworks_by_pk
from app.extensions import db

__all__ = [
    "FACETS", "FACET_VALUES", "SORTS", "FacetValue", "Filters", "Page", "PictureForIndex", "artwork", "artworks_by_pk", "browse",
    "catalogue_revision", "collections", "counts", "facets", "import_runs", "more_by_artist", "pictures_for_index",
    "pks_by_source_id", "random_works", "shown_collections",
]  # fmt: skip


class PictureForIndex(NamedTuple):
    """A picture that is to be found by search; `path` is relative to the pictures folder."""

    picture_id: int
    artwork_pk: int
    path: str
    sha256: str


def pks_by_source_id(source_ids: Some[str], collection: str = "") -> dict[str, list[int]]:
    """Id in the imported file → primary keys of the works that have it (one per collection); unknown ids are left out."""
    query = select(Artwork.source_id, Artwork.id).where(Artwork.source_id.in_(source_ids)).order_by(Artwork.id)
    if collection:
        query = query.join(Collection).where(Collection.name == collection)
    found: dict[str, list[int]] = {}
    for source_id, pk in db.session.execute(query):
        found.setdefault(source_id, []).append(pk)
    return found


def more_by_artist(work: Artwork, limit: int = 6) -> list[Artwork]:
    """Other works by one of its artists: those with a picture first, then by year."""
    same = select(Credit.artwork_id).where(Credit.artist_id.in_([credit.artist_id for credit in work.credits]))
    pictured = exists().where(Picture.artwork_id == Artwork.id)
    year = func.coalesce(Artwork.year_from, Artwork.year_to)
    query = (
        select(Artwork)
        .where(Artwork.id.in_(same), Artwork.id != work.id, Artwork.hidden.is_(False))
        .options(selectinload(Artwork.pictures), selectinload(Artwork.credits))
        .order_by(pictured.desc(), year.is_(None), year, Artwork.id)
        .limit(limit)
    )
    return list(db.session.scalars(query))


def pictures_for_index() -> list[PictureForIndex]:
    """All pictures of works that are not hidden, by id."""
    query = (
        select(Picture.id, Picture.artwork_id, Picture.path, Picture.sha256)
        .join(Artwork, Artwork.id == Picture.artwork_id)
        .where(Artwork.hidden.is_(False))
        .order_by(Picture.id)
    )
    return [PictureForIndex(*row) for row in db.session.execute(query)]


class PictureFacts(NamedTuple):
    """A picture with what its work's record says; artist: the first named, empty if unknown."""

    source_id: str
    path: str
    artist: str
    year: int | None


def pictures_with_facts(collection: str | None = None) -> list[PictureFacts]:
    """The pictures of works that are not hidden, of one collection or of all, by id."""
    query = (
        select(Artwork.source_id, Picture.path, func.coalesce(Artist.name, ""), Artwork.year_from)
        .join(Artwork, Artwork.id == Picture.artwork_id)
        .outerjoin(Credit, (Credit.artwork_id == Artwork.id) & (Credit.position == 0))
        .outerjoin(Artist, Artist.id == Credit.artist_id)
        .where(Artwork.hidden.is_(False))
        .order_by(Picture.id)
    )
    if collection is not None:
        query = query.join(Collection, Collection.id == Artwork.collection_id).where(Collection.name == collection)
    return [PictureFacts(*row) for row in db.session.execute(query)]


def catalogue_revision() -> str:
    """16 hex digits that differ after any work or picture was added, changed, hidden or removed."""
    works = select(func.count(), func.max(Artwork.updated_at), func.max(Artwork.id)).select_from(Artwork)
    pictures = select(func.count(), func.max(Picture.created_at), func.max(Picture.id)).select_from(Picture)
    facts = [str(value) for query in (works, pictures) for value in db.session.execute(query).one()]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


def counts() -> dict[str, int]:
    """How many works (hidden ones left out), artists, pictures and collections there are."""
    shown = Artwork.hidden.is_(False)
    queries = {
        "works": select(func.count()).select_from(Artwork).where(shown),
        "artists": select(func.count()).select_from(Artist),
        "pictures": select(func.count()).select_from(Picture).join(Artwork).where(shown),
        "collections": select(func.count()).select_from(Collection),
    }
    return {name: db.session.scalar(query) or 0 for name, query in queries.items()}


def random_works(n: int, seed: int) -> list[Artwork]:
    """`n` works (fewer if there are not as many) that have a picture, drawn by `seed`: the same until the catalogue changes."""
    query = select(Artwork.id).where(Artwork.hidden.is_(False), exists().where(Picture.artwork_id == Artwork.id))
    pks = list(db.session.scalars(query.order_by(Artwork.id)))
    chosen = random.Random(seed).sample(pks, min(n, len(pks)))
    works = artworks_by_pk(chosen)
    return [works[pk] for pk in chosen]


def collections() -> list[dict[str, Any]]:
    """Every collection by name, with how many works, hidden works and pictures it has."""
    works = select(func.count()).where(Artwork.collection_id == Collection.id).scalar_subquery()
    hidden = select(func.count()).where(Artwork.collection_id == Collection.id, Artwork.hidden.is_(True)).scalar_subquery()
    pictures = (
        select(func.count(Picture.id))
        .join(Artwork)
        .where(Artwork.collection_id == Collection.id)
        .correlate(Collection)
        .scalar_subquery()
    )
    query = select(Collection.id, Collection.name, Collection.created_at, works, hidden, pictures).order_by(Collection.name)
    names = ("id", "name", "created_at", "works", "hidden", "pictures")
    return [dict(zip(names, row, strict=True)) for row in db.session.execute(query)]


def shown_collections() -> list[tuple[str, int, int]]:
    """(name, works, pictures) of every collection by name, as visitors see it: without hidden works, and not without any."""
    query = (
        select(Collection.name, func.count(Artwork.id.distinct()), func.count(Picture.id))
        .select_from(Collection)
        .join(Artwork, and_(Artwork.collection_id == Collection.id, Artwork.hidden.is_(False)))
        .outerjoin(Picture, Picture.artwork_id == Artwork.id)
        .group_by(Collection.id, Collection.name)
        .order_by(Collection.name)
    )
    return [(name, works, pictures) for name, works, pictures in db.session.execute(query)]


def import_runs(limit: int = 50) -> list[ImportRun]:
    """The latest imports, newest first; dry runs are none."""
    query = select(ImportRun).where(~ImportRun.dry_run).options(joinedload(ImportRun.collection))
    query = query.order_by(ImportRun.id.desc()).limit(limit)
    return list(db.session.scalars(query))
