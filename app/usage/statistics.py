"""Statistics of use: each day's figures rolled up from `searches`, and the questions that the statistics page asks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, select

from app.catalogue.models import now
from app.extensions import db
from app.usage.models import DailyStatistics, Feedback, Search

VERDICTS = ("identified", "uncertain", "not_in_catalogue")
STAGES = ("decode", "detect", "encode", "search", "verify", "total")
Figures = dict[tuple[str, str], float]  # (measure, label) → value
DayFigures = dict[date, Figures]


@dataclass(frozen=True)
class Period:
    """Days from `first` to `last`, both included (UTC)."""

    first: date
    last: date

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @property
    def begin(self) -> datetime:
        return datetime.combine(self.first, time.min)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.last + timedelta(days=1), time.min)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0…1) of the values lie, interpolated linearly between the two next ones.

    `values` is not empty. The same as NumPy's default (method 7 of Hyndman and Fan 1996).
    """
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def stage_times(timings: Iterable[dict[str, float] | None]) -> dict[str, list[float]]:
    """Milliseconds by stage, from the `timings_ms` of answers."""
    times: dict[str, list[float]] = defaultdict(list)
    for timing in timings:
        for stage in STAGES:
            if timing and timing.get(stage) is not None:
                times[stage].append(float(timing[stage]))
    return times


def figures(searches: Sequence[Row[Any]], feedback: Iterable[str]) -> Figures:
    """What one day comes to. `searches` have verdict, way, artwork_id and timings; `feedback` is a kind each."""
    found: Figures = {("searches", ""): float(len(searches))}
    found |= _counts("verdict", (row.verdict for row in searches))
    found |= _counts("way", (row.way for row in searches))
    found |= _counts("found", (str(row.artwork_id) for row in searches if row.artwork_id is not None))
    found |= _counts("feedback", feedback)
    for stage, times in stage_times(row.timings for row in searches).items():
        found["stage_p50_ms", stage] = percentile(times, 0.5)
        found["stage_p95_ms", stage] = percentile(times, 0.95)
    return found


def _counts(measure: str, labels: Iterable[str]) -> Figures:
    return {(measure, label): float(count) for label, count in Counter(labels).items()}


def compute(day: date) -> Figures:
    """The figures of one day as its rows say now."""
    period = Period(day, day)
    within = (Search.created_at >= period.begin, Search.created_at < period.end)
    columns = (Search.verdict, Search.way, Search.artwork_id, Search.result["timings_ms"].label("timings"))
    searches = db.session.execute(select(*columns).where(*within)).all()
    said = db.session.scalars(select(Feedback.kind).where(Feedback.at >= period.begin, Feedback.at < period.end))
    return figures(searches, said)


def roll_up(day: date) -> None:
    """Write the figures of one day in place of those that are there. Commits."""
    db.session.execute(delete(DailyStatistics).where(DailyStatistics.day == day))
    db.session.add_all(
        DailyStatistics(day=day, measure=measure, label=label, value=value)
        for (measure, label), value in compute(day).items()
    )
    db.session.commit()


def roll_up_pending() -> int:
    """Roll up every day from the last one that was to today; returns how many."""
    days = _open_days(now().date())
    for day in days:
        roll_up(day)
    return len(days)


def _open_days(today: date) -> list[date]:
    """Days whose stored figures may be missing or incomplete: from the last stored one (or the first search) on."""
    last = db.session.scalar(select(func.max(DailyStatistics.day)))
    if last is None:
        first = db.session.scalar(select(func.min(Search.created_at)))
        last = first.date() if first else today
    return Period(min(last, today), today).days


def of_period(period: Period) -> DayFigures:
    """Every day's figures: stored ones, and those of the open days as their rows say now."""
    found: DayFigures = {day: {} for day in period.days}
    stored = select(DailyStatistics).where(DailyStatistics.day >= period.first, DailyStatistics.day <= period.last)
    for row in db.session.scalars(stored):
        found[row.day][row.measure, row.label] = row.value
    for day in _open_days(now().date()):
        if day in found:
            found[day] = compute(day)
    return found


def series(days: DayFigures, measure: str, label: str = "") -> list[float]:
    """One figure, day by day; 0 where there is none."""
    return [found.get((measure, label), 0.0) for found in days.values()]


def totals(days: DayFigures, measure: str) -> dict[str, float]:
    """A measure's labels added up over the days, largest first."""
    added: Counter[str] = Counter()
    for found in days.values():
        for (name, label), value in found.items():
            if name == measure:
                added[label] += value  # type: ignore[assignment]
    return dict(added.most_common())


def recognised(days: DayFigures) -> list[float | None]:
    """The share of identified answers, day by day; None for a day without a search."""
    pairs = zip(series(days, "verdict", "identified"), series(days, "searches"), strict=True)
    return [identified / asked if asked else None for identified, asked in pairs]
