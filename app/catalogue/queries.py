"""Named queries of the catalogue, as pages, services and commands ask them. All need an application context."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Collection as Some
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import joinedload, selectinload

from app.catalogue.models import Artist, Artwork, Collection, Credit, ImportRun, Picture
from app.catalogue.text import folded_words
from app.extensions import db

SORTS = ("title", "artist", "date", "newest")
FACETS = ("artist", "school", "form", "type", "timeframe", "collection")
FACET_VALUES = 20


@dataclass(frozen=True)
class Filters:
    """What a work must have; an empty one asks nothing. `artist` and `collection` are names."""

    artist: str = ""
    school: str = ""
    form: str = ""
    type: str = ""
    timeframe: str = ""
    collection: str = ""
    include_hidden: bool = False


@dataclass(frozen=True)
class Page:
    """One page of works, with artists and pictures loaded; `page` counts from 1."""

    works: list[Artwork]
    total: int
    page: int
    per_page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.per_page))

    @property
    def has_previous(self) -> bool:
        return self.page > 1

    @property
    def has_next(self) -> bool:
        return self.page < self.pages


@dataclass(frozen=True)
class FacetValue:
    """A value that works have, and how many."""

    value: str
    count: int


class PictureForIndex(NamedTuple):
    """A picture that is to be found by search; `path` is relative to the pictures folder."""

    picture_id: int
    artwork_pk: int
    path: str
    sha256: str


def browse(filters: Filters | None = None, text: str = "", sort: str = "title", page: int = 1, per_page: int = 24) -> Page:
    """Works that have all the filters and all the words of `text`. A sort that is not in `SORTS` means `title`."""
    conditions = _conditions(filters or Filters(), text)
    total = db.session.scalar(select(func.count()).select_from(Artwork).where(*conditions)) or 0
    page = max(1, page)
    query = _sorted(select(Artwork.id).where(*conditions), sort).limit(per_page).offset((page - 1) * per_page)
    pks = list(db.session.scalars(query))
    works = artworks_by_pk(pks)
    return Page([works[pk] for pk in pks if pk in works], total, page, per_page)


def facets(filters: Filters | None = None, text: str = "") -> dict[str, list[FacetValue]]:
    """For each of `FACETS` its most frequent values among the works that have the text and all *other* filters."""
    filters = filters or Filters()
    return {name: _facet(name, _without(filters, name), text) for name in FACETS}


def _without(filters: Filters, name: str) -> Filters:
    change: dict[str, Any] = {name: ""}
    return replace(filters, **change)


def _facet(name: str, filters: Filters, text: str) -> list[FacetValue]:
    value: Any = {"artist": Artist.name, "collection": Collection.name}.get(name) or getattr(Artwork, name)
    count = func.count(Artwork.id.distinct()) if name == "artist" else func.count()
    query = select(value, count).select_from(Artwork).where(value != "", *_conditions(filters, text))
    if name == "artist":
        query = query.join(Credit, Credit.artwork_id == Artwork.id).join(Artist, Artist.id == Credit.artist_id)
    elif name == "collection":
        query = query.join(Collection, Collection.id == Artwork.collection_id)
    query = query.group_by(value).order_by(count.desc(), value).limit(FACET_VALUES)
    return [FacetValue(*row) for row in db.session.execute(query)]


def _conditions(filters: Filters, text: str) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [] if filters.include_hidden else [Artwork.hidden.is_(False)]
    for name in ("school", "form", "type", "timeframe"):
        if wanted := getattr(filters, name):
            conditions.append(getattr(Artwork, name) == wanted)
    if filters.collection:
        conditions.append(Artwork.collection_id.in_(select(Collection.id).where(Collection.name == filters.collection)))
    if filters.artist:
        credited = select(Credit.artwork_id).join(Artist, Artist.id == Credit.artist_id).where(Artist.name == filters.artist)
        conditions.append(Artwork.id.in_(credited))
    return conditions + [Artwork.search_text.contains(word, autoescape=True) for word in folded_words(text)]


def _sorted(query: Select[int], sort: str) -> Select[int]:
    """`search_text` begins with the folded title, so that it sorts titles without regard to case and accents."""
    by_title = (Artwork.title == "", Artwork.search_text, Artwork.id)
    if sort == "newest":
        return query.order_by(Artwork.created_at.desc(), Artwork.id.desc())
    if sort == "date":
        year = func.coalesce(Artwork.year_from, Artwork.year_to)
        return query.order_by(year.is_(None), year, func.coalesce(Artwork.year_to, Artwork.year_from), *by_title)
    if sort == "artist":
        first = and_(Credit.artwork_id == Artwork.id, Credit.position == 0)
        query = query.outerjoin(Credit, first).outerjoin(Artist, Artist.id == Credit.artist_id)
        return query.order_by(Artist.sort_name.is_(None), func.lower(Artist.sort_name), *by_title)
    return query.order_by(*by_title)


def artwork(pk: int) -> Artwork | None:
    """The work with everything that its page shows, hidden or not; None if there is none."""
    return artworks_by_pk([pk]).get(pk)


def artworks_by_pk(pks: Some[int]) -> dict[int, Artwork]:
    """Primary key → work, with collection, artists and pictures loaded in one SELECT; keys that do not exist are left out."""
    if not pks:
        return {}
    query = (
        select(Artwork)
        .where(Artwork.id.in_(pks))
        .options(
            joinedload(Artwork.credits).joinedload(Credit.artist), joinedload(Artwork.pictures), joinedload(Artwork.collection)
        )
        .execution_options(populate_existing=True)
    )
    return {work.id: work for work in db.session.scalars(query).unique()}


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
    """The latest imports, newest first."""
    query = select(ImportRun).options(joinedload(ImportRun.collection)).order_by(ImportRun.id.desc()).limit(limit)
    return list(db.session.scalars(query))
