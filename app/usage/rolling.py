"""Roll-ups: the searches of every hour (UTC) that is over counted once, and hours added up to the museum's days, months and years.

It may be done twice and in two processes at once, takes up where it stopped, and catches up after days without a worker.
What visitors say later is put into the hour of their search. Hours are counted again from the searches only when asked for,
because searches may have been deleted since.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.catalogue.models import now
from app.extensions import db
from app.usage import zone
from app.usage.counting import Counts, Key, by_the_clock, from_nested, from_rows, hour_of, judged
from app.usage.models import ALL, SPANS, Feedback, Rollup, Search

GRACE = timedelta(minutes=5)  # after an hour's end: a search of its last second may still be on its way to the table
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PARTS = dict(zip(SPANS[1:], SPANS, strict=False))  # what each span is the sum of


class Rolled(NamedTuple):
    """What a run did: hours that were written, earlier ones among them that visitors spoke of since."""

    hours: int
    spoken_of: int


def roll_up(since: date | None = None) -> Rolled:
    """Count every hour that is over and was not counted; with `since`, count all from that day on again. Commits."""
    spoken_of = 0
    _by_this_clock()
    if since is None:
        spoken_of = _take_in_feedback()
        begin = rolled_until() or _first()
    else:
        begin = zone.hour_from(datetime.combine(since, time.min))
        _forget(begin)
    return Rolled(_count(begin, hour_of(now() - GRACE)) + spoken_of if begin else spoken_of, spoken_of)


def rolled_until() -> datetime | None:
    """The first moment that no roll-up is over; None before the first one."""
    last = db.session.scalar(select(func.max(Rollup.begin)).where(Rollup.span == "hour", Rollup.collection_id == ALL))
    return last + HOUR if last else None


def begin_of(span: str, at: datetime) -> datetime:
    """The first moment of the hour, day, month or year."""
    at = hour_of(at)
    if span == "hour":
        return at
    at = at.replace(hour=0)
    return at if span == "day" else at.replace(day=1) if span == "month" else at.replace(month=1, day=1)


def after(span: str, begin: datetime) -> datetime:
    """The first moment after the span that begins then."""
    return begin_of(span, begin + {"hour": HOUR, "day": DAY, "month": 31 * DAY, "year": 366 * DAY}[span])


def begins(span: str, begin: datetime, end: datetime) -> Iterator[datetime]:
    """Of every span that has a part of the time."""
    at = begin_of(span, begin)
    while at < end:
        yield at
        at = after(span, at)


def _first() -> datetime | None:
    """The first thing that there is to sum up: a search, or a day that an older version counted."""
    found = [db.session.scalar(select(func.min(Search.created_at))), db.session.scalar(select(func.min(Rollup.begin)))]
    return min((hour_of(at) for at in found if at), default=None)


def _count(begin: datetime, end: datetime) -> int:
    """Hours from their rows, day by day, each committed; then the months and years. Returns how many hours.

    The month before `begin` is summed up too: a run that ended between its last day and its sum is made good so.
    """
    hours, last = 0, zone.local(end)
    for month in begins("month", zone.local(begin - HOUR), last):
        for day in begins("day", max(zone.local(begin), month), min(last, after("month", month))):
            counted = from_rows(max(begin, zone.hour_from(day)), min(end, zone.hour_from(day + DAY)))
            _write("hour", counted)
            if counted:
                _sum_up("day", day)
            hours += len({hour for hour, _collection in counted})
            db.session.commit()
        _sum_up("month", month)
        _sum_up("year", begin_of("year", month))
        db.session.commit()
    return hours


def _take_in_feedback() -> int:
    """Write what was said since the last roll-up into the hours of its searches; returns how many hours changed."""
    last, until = db.session.scalar(select(func.max(Rollup.rolled_at))), rolled_until()
    if last is None or until is None:
        return 0
    # Which hours are over is asked here: in the query it would lead SQLite over all searches instead of what was said last.
    query = select(Search.created_at).join(Feedback).where(Feedback.at >= last - GRACE).distinct()
    hours = sorted({hour_of(at) for at in db.session.scalars(query) if at < until})
    for hour in hours:
        said = judged(hour, hour + HOUR)
        for rollup in db.session.scalars(select(Rollup).where(Rollup.span == "hour", Rollup.begin == hour)):
            counts = from_nested(rollup.figures)
            for key in [key for key in counts.figures if key[0] == "feedback"]:
                del counts.figures[key]
            counts.figures.update(said.get((hour, rollup.collection_id), {}))
            rollup.figures, rollup.rolled_at = counts.nested, now()
    db.session.flush()
    for span in SPANS[1:]:
        for begin in sorted({begin_of(span, zone.local(hour)) for hour in hours}):
            _sum_up(span, begin)
    db.session.commit()
    return len(hours)


def _by_this_clock() -> None:
    """Add days up anew where the museum's time zone was changed; those of an older version, which have no hours, stay."""
    others = list(db.session.scalars(select(Rollup.zone).where(Rollup.span != "hour", Rollup.zone != zone.name()).distinct()))
    if not others:
        return
    hours = list(db.session.scalars(select(Rollup.begin).where(Rollup.span == "hour", Rollup.collection_id == ALL)))
    for other in others:
        for day in {begin_of("day", zone.local(hour, other)) for hour in hours}:
            db.session.execute(delete(Rollup).where(Rollup.span == "day", Rollup.zone == other, Rollup.begin == day))
    db.session.execute(delete(Rollup).where(Rollup.span.in_(("month", "year"))))
    db.session.execute(update(Rollup).where(Rollup.span == "day").values(zone=zone.name()))
    for day in sorted({begin_of("day", zone.local(hour)) for hour in hours}):
        _sum_up("day", day)
    for span in SPANS[2:]:
        days = db.session.scalars(select(Rollup.begin).where(Rollup.span == PARTS[span]).distinct())
        for begin in sorted({begin_of(span, day) for day in days}):
            _sum_up(span, begin)
    db.session.commit()


def _forget(begin: datetime) -> None:
    """Remove hours from then on, and the days that are sums of them: a day that an older version counted has no hours."""
    hours = select(Rollup.begin).where(Rollup.span == "hour", Rollup.collection_id == ALL, Rollup.begin >= begin)
    days = sorted({begin_of("day", zone.local(hour)) for hour in db.session.scalars(hours)})
    db.session.execute(delete(Rollup).where(Rollup.span == "hour", Rollup.begin >= begin))
    for day in days:
        db.session.execute(delete(Rollup).where(Rollup.span == "day", Rollup.begin == day))
    db.session.commit()


def _sum_up(span: str, begin: datetime) -> None:
    """Write one day, month or year as the sum of its parts."""
    summed: dict[Key, Counts] = {}
    columns = (Rollup.begin, Rollup.collection_id, Rollup.figures, Rollup.found)
    first, end = (zone.hour_from(at) if span == "day" else at for at in (begin, after(span, begin)))
    parts = select(*columns).where(Rollup.span == PARTS[span], Rollup.begin >= first, Rollup.begin < end)
    for at, collection, figures, found in db.session.execute(parts):
        part = from_nested(figures, found)
        summed.setdefault((begin, collection), Counts()).add(by_the_clock(part, at) if span == "day" else part)
    _write(span, summed)


def _write(span: str, counted: dict[Key, Counts]) -> None:
    """Put roll-ups in the place of those that are there."""
    if not counted:
        return
    rows = [
        {"span": span, "begin": begin, "collection_id": collection, "rolled_at": now(),
         "zone": "UTC" if span == "hour" else zone.name(), "figures": counts.nested, "found": dict(counts.found)}
        for (begin, collection), counts in counted.items()
    ]  # fmt: skip
    db.session.execute(_upsert(), rows)


def _upsert() -> Any:
    make: Any = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    statement = make(Rollup)
    written = {name: statement.excluded[name] for name in ("rolled_at", "zone", "figures", "found")}
    return statement.on_conflict_do_update(index_elements=["span", "collection_id", "begin"], set_=written)


def stored(span: str, begins_in: Iterable[datetime], collection: int) -> Any:
    """Condition: the roll-ups of one kind that begin at any of these moments."""
    return (Rollup.span == span) & (Rollup.collection_id == collection) & Rollup.begin.in_(list(begins_in))
