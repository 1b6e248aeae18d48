"""Works by filters and words, a page at a time, and how many there are of each kind. All need an application context."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, func, select

from app.catalogue import fulltext
from app.catalogue.derived import UNDATED
from app.catalogue.models import Artist, Artwork, Collection, Credit
from app.catalogue.text import words
from app.catalogue.works import artworks_by_pk
from app.extensions import db

SORTS = ("title", "artist", "date", "newest", "relevance")
FACETS = ("artist", "school", "timeframe", "form", "type", "technique", "collection")
COLUMNS = ("school", "timeframe", "form", "type", "technique")  # facets that are columns of the work itself
TOGETHER = ("school", "timeframe", "form", "type", "collection")  # facets with few values, counted in one pass
FACET_VALUES = 20
Values = str | tuple[str, ...]


@dataclass(frozen=True)
class Filters:
    """What a work must have; an empty one asks nothing, of several values one is enough. `artist` and `collection` are names."""

    artist: Values = ""
    school: Values = ""
    timeframe: Values = ""
    form: Values = ""
    type: Values = ""
    technique: Values = ""
    collection: Values = ""
    include_hidden: bool = False

    def of(self, name: str) -> tuple[str, ...]:
        """The values asked for of one facet."""
        given: Values = getattr(self, name)
        return tuple(value for value in ((given,) if isinstance(given, str) else given) if value)

    def without(self, name: str) -> Filters:
        """The same, but for one facet that then asks nothing."""
        change: dict[str, Any] = {name: ""}
        return replace(self, **change)


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


def browse(filters: Filters | None = None, text: str = "", sort: str = "", page: int = 1, per_page: int = 24) -> Page:
    """Works that have all the filters and all the words of `text`, each as the beginning of a word.

    A sort that is not in `SORTS` means `relevance` where there are words, else `title`; so does `relevance` without words.
    """
    filters, page = filters or Filters(), max(1, page)
    total = db.session.scalar(_selected(select(func.count()), _matched(text), filters)) or 0
    matched = _matched(text, ranked=True)
    query = _sorted(_selected(select(Artwork.id), matched, filters), matched, text, sort)
    pks = list(db.session.scalars(query.limit(per_page).offset((page - 1) * per_page)))
    works = artworks_by_pk(pks)
    return Page([works[pk] for pk in pks if pk in works], total, page, per_page)


def facets(
    filters: Filters | None = None, text: str = "", limits: Mapping[str, int] | None = None
) -> dict[str, list[FacetValue]]:
    """For each of `FACETS` its most frequent values among the works that have the words and all *other* filters.

    `limits`: how many values of a facet, where it is not `FACET_VALUES`. Values that are chosen are always among them, and
    periods are in the order of time.
    """
    filters, limits = filters or Filters(), limits or {}
    matched = _matched(text)
    counted = _counted([name for name in TOGETHER if not filters.of(name)], filters, matched)
    found = {
        name: _most(counted[name], limits.get(name, FACET_VALUES))
        if name in counted
        else _facet(name, filters, matched, limits.get(name, FACET_VALUES))
        for name in FACETS
    }
    return found | {"timeframe": sorted(found["timeframe"], key=lambda one: _in_time(one.value))}


def _counted(names: Sequence[str], filters: Filters, matched: CTE | None) -> dict[str, Counter[str]]:
    """Every value of these facets, none of which is filtered by, in one pass over the works: there are few combinations."""
    tallies: dict[str, Counter[str]] = {name: Counter() for name in names}
    columns = [Artwork.collection_id if name == "collection" else getattr(Artwork, name) for name in names]
    if not columns:
        return tallies
    collections: dict[int, str] = dict(db.session.execute(select(Collection.id, Collection.name)).all())
    for *values, count in db.session.execute(_selected(select(*columns, func.count()), matched, filters).group_by(*columns)):
        for name, value in zip(names, values, strict=True):
            tallies[name][collections.get(value, "") if name == "collection" else value] += count
    return tallies


def _most(tally: Counter[str], limit: int) -> list[FacetValue]:
    """The most frequent values, equally frequent ones by name; unknown is no value."""
    ranked = sorted(((value, count) for value, count in tally.items() if value), key=lambda one: (-one[1], one[0]))
    return [FacetValue(value, count) for value, count in ranked[:limit]]


def _matched(text: str, *, ranked: bool = False) -> CTE | None:
    return fulltext.found(text, db.session.connection(), ranked=ranked)


def _facet(name: str, filters: Filters, matched: CTE | None, limit: int) -> list[FacetValue]:
    value: Any = {"artist": Artist.name, "collection": Collection.name}.get(name) or getattr(Artwork, name)
    count = func.count(Artwork.id.distinct()) if name == "artist" else func.count()
    query = _selected(select(value, count), matched, filters.without(name)).where(value != "")
    if name == "artist":
        query = query.join(Credit, Credit.artwork_id == Artwork.id).join(Artist, Artist.id == Credit.artist_id)
    elif name == "collection":
        query = query.join(Collection, Collection.id == Artwork.collection_id)
    query = query.group_by(value).order_by(count.desc(), value)
    found = [FacetValue(*row) for row in db.session.execute(query.limit(limit))]
    if rare := set(filters.of(name)) - {one.value for one in found}:
        found = [FacetValue(*row) for row in db.session.execute(query.where(value.in_(rare)))] + found
    return found


def _in_time(period: str) -> tuple[int, str]:
    """`151-200` before `1901-1950`; periods without a number come last."""
    number = re.search(r"[0-9]+", period)
    return (int(number[0]) if number else UNDATED, period)


def _selected(query: Select[Any], matched: CTE | None, filters: Filters) -> Select[Any]:
    """The query over works that match the words and the filters."""
    query = query.select_from(Artwork)
    if matched is not None:
        query = query.join(matched, matched.c.id == Artwork.id)
    return query.where(*_conditions(filters))


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [] if filters.include_hidden else [Artwork.hidden.is_(False)]
    for name in COLUMNS:
        if wanted := filters.of(name):
            conditions.append(getattr(Artwork, name).in_(wanted))
    if wanted := filters.of("collection"):
        conditions.append(Artwork.collection_id.in_(select(Collection.id).where(Collection.name.in_(wanted))))
    if wanted := filters.of("artist"):
        credited = select(Credit.artwork_id).join(Artist, Artist.id == Credit.artist_id).where(Artist.name.in_(wanted))
        conditions.append(Artwork.id.in_(credited))
    return conditions


def _sorted(query: Select[Any], matched: CTE | None, text: str, sort: str) -> Select[Any]:
    if sort == "newest":
        return query.order_by(Artwork.created_at.desc(), Artwork.id.desc())
    if sort == "date":
        return query.order_by(Artwork.sort_year, Artwork.sort_title, Artwork.id)
    if sort == "artist":
        return query.order_by(Artwork.sort_artist, Artwork.sort_title, Artwork.id)
    if sort == "title" or matched is None:
        return query.order_by(Artwork.sort_title, Artwork.id)
    return query.order_by(Artwork.sort_title != words(text), matched.c.place, matched.c.rank, Artwork.sort_title, Artwork.id)
