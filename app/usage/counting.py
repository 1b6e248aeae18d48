"""Searches counted by the hour and by collection: what a roll-up holds, made from rows and from other roll-ups."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from app.extensions import db
from app.usage import zone
from app.usage.histograms import share_bin, time_bin
from app.usage.models import ALL, Feedback, Search

STAGES = ("decode", "detect", "encode", "search", "verify", "total")
VERDICTS = ("identified", "uncertain", "not_in_catalogue")
JUDGED = ("right", "wrong")
AT_ONCE = 2000  # rows that are in memory at a time
Key = tuple[datetime, int]  # the hour, and a collection or ALL


@dataclass
class Counts:
    """figures: (measure, label) → count; found: primary key of a work → how often.

    Measures: verdict, way, device, language, hour (of the week, from Monday 0 h; `by_the_clock`), feedback; probability
    (of identified answers) and each of STAGES, by bins of `histograms`.
    """

    figures: Counter[tuple[str, str]] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)

    def add(self, other: Counts) -> None:
        self.figures.update(other.figures)
        self.found.update(other.found)

    def of(self, measure: str) -> dict[str, int]:
        """Label → count of one measure, the largest first."""
        return {label: count for (name, label), count in self.figures.most_common() if name == measure}

    @property
    def searches(self) -> int:
        return sum(self.figures["verdict", verdict] for verdict in VERDICTS)

    @property
    def nested(self) -> dict[str, dict[str, int]]:
        """The figures as they are stored; `from_nested` reads them."""
        measures: dict[str, dict[str, int]] = defaultdict(dict)
        for (measure, label), count in self.figures.items():
            measures[measure][label] = count
        return dict(measures)


def from_nested(figures: Mapping[str, Mapping[str, int]], found: Mapping[str, int] | None = None) -> Counts:
    """Stored figures as counts again."""
    flat = {(measure, label): count for measure, labels in figures.items() for label, count in labels.items()}
    return Counts(Counter(flat), Counter(found or {}))


def summed(parts: Iterable[Counts]) -> Counts:
    """All of them added up."""
    whole = Counts()
    for part in parts:
        whole.add(part)
    return whole


def hour_of(at: datetime) -> datetime:
    """The first moment of its hour."""
    return at.replace(minute=0, second=0, microsecond=0)


def by_the_clock(counts: Counts, hour: datetime) -> Counts:
    """One hour of UTC with its hour of the week as the museum's clock has it."""
    for key in [key for key in counts.figures if key[0] == "hour"]:
        del counts.figures[key]
    if counts.searches:
        at = zone.local(hour)
        counts.figures["hour", str(24 * at.weekday() + at.hour)] = counts.searches
    return counts


def from_rows(begin: datetime, end: datetime) -> dict[Key, Counts]:
    """What the searches of a time come to, and what was said of them whenever it was said."""
    counted: dict[Key, Counts] = defaultdict(Counts)
    for row in _searches(begin, end):
        figures = _figures_of(row)
        for key in _keys(row.created_at, row.collection_id):
            counts = counted[key]
            counts.figures.update(figures)
            counts.found.update(map(str, row.found))
    for key, said in judged(begin, end).items():
        counted[key].figures.update(said)
    return dict(counted)


def judged(begin: datetime, end: datetime) -> dict[Key, Counter[tuple[str, str]]]:
    """What visitors said of the searches of a time, as the figures of their hours."""
    counted: dict[Key, Counter[tuple[str, str]]] = defaultdict(Counter)
    query = (
        select(Search.created_at, Search.collection_id, Feedback.kind)
        .join(Feedback, Feedback.search_id == Search.id)
        .where(Search.created_at >= begin, Search.created_at < end, Feedback.kind.in_(JUDGED))
    )
    for at, collection, kind in db.session.execute(query):
        for key in _keys(at, collection):
            counted[key]["feedback", kind] += 1
    return counted


def _searches(begin: datetime, end: datetime) -> Iterator[Row[Any]]:
    columns = (
        Search.created_at, Search.verdict, Search.way, Search.device, Search.language, Search.collection_id, Search.found,
        Search.probability, Search.result["timings_ms"].label("timings"),
    )  # fmt: skip
    within = (Search.created_at >= begin, Search.created_at < end)
    return iter(db.session.execute(select(*columns).where(*within).execution_options(yield_per=AT_ONCE)))


def _keys(at: datetime, collection: int | None) -> list[Key]:
    hour = hour_of(at)
    return [(hour, ALL)] if collection is None else [(hour, ALL), (hour, collection)]


def _figures_of(row: Row[Any]) -> list[tuple[str, str]]:
    at: datetime = row.created_at
    found = [
        ("verdict", row.verdict), ("way", row.way), ("device", row.device), ("language", row.language),
        ("hour", str(24 * at.weekday() + at.hour)),
    ]  # fmt: skip
    if row.verdict == "identified" and row.probability is not None:
        found.append(("probability", str(share_bin(row.probability))))
    timings = row.timings or {}
    found += [(stage, str(time_bin(timings[stage]))) for stage in STAGES if timings.get(stage) is not None]
    return found
