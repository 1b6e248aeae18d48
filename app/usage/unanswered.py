"""Photos that found nothing and wait for somebody who knows: a queue, of which each photo is answered by hand.

A ruling takes a photo out of it and, unless the photo is bad, into the regression set (`app.regression`).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from app.extensions import db
from app.usage.models import Feedback, Ruling, Search

ORDERS = ("oldest", "wanted")
NOT_ASKED = ("example", "catalogue")  # ways whose pictures nobody wonders about
COUNTED_TO = 1000

_SAID = exists().where(Feedback.search_id == Search.id)


def waiting() -> Select[Any]:
    """Searches not identified whose photo is kept and that nobody has ruled on, in no order."""
    # as the partial index says it, so that it is used
    found_nothing = and_(Search.verdict != "identified", Search.photo_path.is_not(None))
    ruled = exists().where(Ruling.search_id == Search.id)
    return select(Search).where(found_nothing, ~ruled, Search.way.not_in(NOT_ASKED))


def count() -> int:
    """How many wait; COUNTED_TO stands for that many or more."""
    some = waiting().with_only_columns(Search.id).limit(COUNTED_TO).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


def first(order: str) -> Search | None:
    """The one to look at first."""
    found: Search | None = db.session.scalar(_ordered(order).limit(1))
    return found


def after(search: Search, order: str) -> Search | None:
    """The one that follows a search in the order, whether or not it still waits itself; after the last comes the first."""
    following: ColumnElement[bool]
    if order == "oldest":
        following = or_(
            Search.created_at > search.created_at, and_(Search.created_at == search.created_at, Search.id > search.id)
        )
    else:
        said, likely = bool(search.feedback), search.probability or 0.0
        less = or_(
            func.coalesce(Search.probability, 0.0) < likely,
            and_(func.coalesce(Search.probability, 0.0) == likely, Search.id > search.id),
        )
        following = or_(~_SAID, less) if said else and_(~_SAID, less)
    found = db.session.scalar(_ordered(order).where(following).limit(1)) or first(order)
    return None if found is None or found.id == search.id else found


def _ordered(order: str) -> Select[Any]:
    """oldest: as they were asked; wanted: those that visitors spoke of first, then the likeliest to be a work of ours."""
    if order == "oldest":
        return waiting().order_by(Search.created_at, Search.id)
    return waiting().order_by(_SAID.desc(), func.coalesce(Search.probability, 0.0).desc(), Search.id)
