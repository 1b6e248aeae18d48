"""The figures of a period, as the statistics page asks for them: from the roll-ups, and the open hour from its searches."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

from sqlalchemy import func, or_, select

from app.catalogue.models import now
from app.extensions import db
from app.usage import zone
from app.usage.counting import VERDICTS, Counts, by_the_clock, from_nested, from_rows, summed
from app.usage.models import ALL, Rollup, Search
from app.usage.rolling import after, begin_of, rolled_until, stored

__all__ = ["ALL", "VERDICTS", "Period", "Point", "Use", "cover", "first_day", "found", "of_period"]
# Up to so many days a point of a plot is an hour, a day, a week; beyond, a month
HOURS_UP_TO, DAYS_UP_TO, WEEKS_UP_TO = 2, 92, 800


@dataclass(frozen=True)
class Period:
    """Days from `first` to `last`, both included, by the museum's clock."""

    first: date
    last: date

    @property
    def length(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def begin(self) -> datetime:
        return datetime.combine(self.first, time.min)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.last + timedelta(days=1), time.min)

    @property
    def step(self) -> str:
        """What one point of a plot over it is."""
        if self.length <= HOURS_UP_TO:
            return "hour"
        return "day" if self.length <= DAYS_UP_TO else "week" if self.length <= WEEKS_UP_TO else "month"


@dataclass(frozen=True)
class Point:
    """One hour, day, week or month of a period; the first and the last may be cut by it."""

    begin: datetime
    counts: Counts


@dataclass(frozen=True)
class Use:
    """A period's figures, over all searches or those nearest to one collection."""

    period: Period
    collection: int
    points: list[Point]

    @cached_property
    def whole(self) -> Counts:
        return summed(point.counts for point in self.points)

    @property
    def searches(self) -> int:
        return self.whole.searches

    def series(self, measure: str, label: str) -> list[int]:
        """One figure, point by point."""
        return [point.counts.figures[measure, label] for point in self.points]

    @property
    def asked(self) -> list[int]:
        """Searches, point by point."""
        return [point.counts.searches for point in self.points]


def of_period(period: Period, collection: int = ALL) -> Use:
    """The period's figures, in as many points as can be read."""
    points = {begin: Counts() for begin in _begins(period)}
    opened, until = _open(period, collection)
    if period.step == "hour":
        span, first, end = "hour", zone.hour_from(period.begin), min(zone.hour_from(period.end), until)
    else:
        span, first, end = "day", period.begin, min(period.end, zone.local(until))
    rolled = select(Rollup.begin, Rollup.figures).where(
        Rollup.span == span, Rollup.collection_id == collection, Rollup.begin >= first, Rollup.begin < end
    )
    parts = [(begin, from_nested(figures)) for begin, figures in db.session.execute(rolled)]
    if span == "hour":
        parts = [(zone.local(hour), by_the_clock(counts, hour)) for hour, counts in parts]
    for at, counts in [*parts, *opened]:
        points.setdefault(_point(period, at), Counts()).add(counts)
    return Use(period, collection, [Point(begin, points[begin]) for begin in sorted(points)])


def found(period: Period, collection: int = ALL) -> Counter[int]:
    """Primary key of a work → how often it was found in the period."""
    runs: dict[str, list[datetime]] = {}
    for span, begin in cover(period):
        runs.setdefault(span, []).append(begin)
    chosen = or_(*(stored(span, starts, collection) for span, starts in runs.items()))
    total: Counter[int] = Counter()
    for works in db.session.scalars(select(Rollup.found).where(chosen)):
        total.update({int(pk): count for pk, count in works.items()})
    for _at, counts in _open(period, collection)[0]:
        total.update({int(pk): count for pk, count in counts.found.items()})
    return total


def cover(period: Period) -> list[tuple[str, datetime]]:
    """The fewest years, months and days that make up the period. After today there is nothing: a year that lasts is whole."""
    at, end = period.begin, period.end
    if period.last >= zone.today():
        end = after("year", begin_of("year", end))
    parts = []
    while at < end:
        span = next(span for span in ("year", "month", "day") if begin_of(span, at) == at and after(span, at) <= end)
        parts.append((span, at))
        at = after(span, at)
    return parts


def first_day() -> date:
    """The day of the first search that is known of; today where there is none."""
    first = db.session.scalar(select(func.min(Search.created_at)))
    known = [zone.local(first) if first else None]
    known.append(db.session.scalar(select(func.min(Rollup.begin)).where(Rollup.span == "day", Rollup.collection_id == ALL)))
    return min((at for at in known if at), default=zone.local(now())).date()


def _open(period: Period, collection: int) -> tuple[list[tuple[datetime, Counts]], datetime]:
    """Hours that no roll-up has yet, from their searches, by the museum's clock; and the moment (UTC) from which they are."""
    first, end = zone.hour_from(period.begin), zone.hour_from(period.end)
    begin = max(first, rolled_until() or first)
    counted = from_rows(begin, end) if begin < end else {}
    mine = [(zone.local(hour), by_the_clock(counts, hour)) for (hour, owner), counts in counted.items() if owner == collection]
    return mine, begin


def _begins(period: Period) -> list[datetime]:
    """Of the period's points; the hours that are still to come are none."""
    end = min(period.end, zone.local(now())) if period.step == "hour" else period.end
    found, at = [], _point(period, period.begin)
    while at < end:
        found.append(at)
        at = at + timedelta(days=7) if period.step == "week" else after(period.step, at)
    return found


def _point(period: Period, at: datetime) -> datetime:
    """The beginning of the point that a moment belongs to; weeks begin on Monday."""
    if period.step == "week":
        return begin_of("day", at) - timedelta(days=at.weekday())
    return begin_of(period.step, at)
