"""What visitors said, as curators settle it: open until a curator says what the photo shows, open again when more is said."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import selectinload

from app.accounts import audit
from app.catalogue import queries
from app.catalogue.models import Artwork, now
from app.extensions import db
from app.usage.models import OUTCOMES, Feedback, Ruling, Search

STATES = ("open", "settled", "all")

_SAID = (
    select(Feedback.search_id, func.max(Feedback.at).label("last"))
    .where(or_(Feedback.kind != "right", Feedback.artwork_id.is_not(None), Feedback.text != ""))
    .group_by(Feedback.search_id)
    .subquery()
)


def _is_open() -> ColumnElement[bool]:
    """Nobody has settled it, or the visitor has said more since."""
    return or_(Ruling.id.is_(None), Ruling.at < _SAID.c.last)


def listed(state: str = "open", verdict: str = "") -> Select[Search]:
    """Searches that visitors said something of which asks for an answer, those spoken of last first.

    A bare *right* asks for nothing: it counts in the statistics alone.
    """
    query = select(Search).join(_SAID, _SAID.c.search_id == Search.id).outerjoin(Ruling, Ruling.search_id == Search.id)
    if state == "open":
        query = query.where(_is_open())
    elif state == "settled":
        query = query.where(~_is_open())
    if verdict:
        query = query.where(Search.verdict == verdict)
    return query.order_by(_SAID.c.last.desc(), Search.id)


def page(state: str, verdict: str, offset: int, limit: int) -> list[Search]:
    """One page of `listed`, with what was said and settled."""
    loaded = listed(state, verdict).options(
        selectinload(Search.feedback).selectinload(Feedback.artwork),
        selectinload(Search.ruling).selectinload(Ruling.works),
        selectinload(Search.artwork),
    )
    return list(db.session.scalars(loaded.offset(offset).limit(limit)))


def counts() -> dict[str, int]:
    """How many searches are open, how many settled, and how many there are: one walk over what was said."""
    waits = case((_is_open(), 1), else_=0)
    query = select(func.count(), func.sum(waits)).select_from(_SAID).outerjoin(Ruling, Ruling.search_id == _SAID.c.search_id)
    every, waiting = db.session.execute(query).one()
    return {"open": waiting or 0, "settled": every - (waiting or 0), "all": every}


def count(state: str = "open") -> int:
    """How many searches are in that state."""
    return counts()[state]


def next_open(after: Search) -> Search | None:
    """The open one to look at next; None when all is settled."""
    return db.session.scalar(listed("open").where(Search.id != after.id).limit(1))


def is_open(search: Search) -> bool:
    """Whether the search waits for a curator."""
    asking = [said.at for said in search.feedback if said.kind != "right" or said.artwork_id or said.text]
    return bool(asking) and (search.ruling is None or max(asking) > search.ruling.at)


def answered(search: Search) -> list[Artwork]:
    """The works that the answer named: the verified ones, else the best."""
    if search.verdict != "identified":
        return []
    matches = search.result.get("matches", [])
    pks = [proof.get("artwork_pk") for proof, match in zip(search.proof, matches, strict=False) if match.get("verified")]
    found = queries.artworks_by_pk([pk for pk in (pks or [search.artwork_id]) if pk])
    return list(found.values())


def settle(search: Search, outcome: str, works: Sequence[Artwork] = ()) -> Ruling:
    """Keep what the photo shows: `works` are its truth, those of the answer where that was right. Replaces; commits.

    Raises ValueError for an outcome that there is not, or a `work` without works.
    """
    if outcome not in OUTCOMES or (outcome == "work") != bool(works):
        raise ValueError(f"{outcome!r} with {len(works)} works says nothing; outcomes are {', '.join(OUTCOMES)}.")
    truth = answered(search) if outcome == "right" else list(works)
    event = audit.record("feedback.settle", search.id, outcome=outcome, works=[work.source_id for work in truth])
    if search.ruling is None:
        search.ruling = Ruling(outcome=outcome)
    ruling = search.ruling
    ruling.outcome, ruling.at, ruling.works, ruling.user_id = outcome, now(), truth, event.user_id
    db.session.commit()
    return ruling


def reopen(search: Search) -> None:
    """Take a ruling back. Commits."""
    if search.ruling is not None:
        audit.record("feedback.reopen", search.id, outcome=search.ruling.outcome)
        search.ruling = None
        db.session.commit()
