"""A question of the statistics page with its answer: a number, a plot, and the table behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from babel.dates import get_day_names
from markupsafe import Markup

from app.language import day as written_day
from app.language import decimal, locale, thousands
from app.language import gettext as _
from app.language import percent as written_percent
from app.usage import zone
from app.usage.statistics import Use
from app.web.plots import Label


class Column(NamedTuple):
    """A column of a table. kind: when (a datetime), text, count, share (0…1), ms."""

    name: str
    kind: str = "text"


@dataclass(frozen=True)
class Answer:
    """One question as the page shows it. `rows` are raw values, as the CSV has them."""

    name: str
    question: str
    number: str
    caption: str
    plot: Markup | None
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Any, ...]]
    step: str = "day"  # what a `when` is: hour, day, week, month
    legend: tuple[tuple[str, str], ...] = ()  # (class of the swatch, words)
    links: tuple[str, ...] = ()  # address of the first cell, row by row
    more: tuple[str, str] | None = None  # (address, words) of the page that has all of it
    empty: bool = False

    def written(self, row: tuple[Any, ...]) -> list[tuple[str, bool]]:
        """The row's cells in the language of the page, and whether each is a figure."""
        return [(self._cell(column, value), column.kind in FIGURES) for column, value in zip(self.columns, row, strict=True)]

    def _cell(self, column: Column, value: Any) -> str:
        if value is None:
            return "–"
        return when(value, self.step).long if column.kind == "when" else WRITERS.get(column.kind, str)(value)

    @property
    def plain(self) -> list[list[Any]]:
        """The rows as CSV has them: times by ISO 8601, nothing for what is not known."""
        return [[_plain(value, self.step) for value in row] for row in self.rows]


FIGURES = ("count", "share", "ms")
WRITERS: dict[str, Callable[[Any], str]] = {
    "count": lambda value: thousands(int(value)),
    "share": lambda value: written_percent(value, 1),
    "ms": lambda value: thousands(round(value)),
}


def _plain(value: Any, step: str) -> Any:
    if isinstance(value, datetime):
        return zone.stamped(value) if step == "hour" else value.strftime("%Y-%m" if step == "month" else "%Y-%m-%d")
    return "" if value is None else round(value, 4) if isinstance(value, float) else value


def when(begin: datetime, step: str) -> Label:
    """An hour, day, week or month as an axis has it, and in words."""
    if step == "hour":
        hour = f"{begin:%H}:00"
        return Label(hour, f"{written_day(begin, 'medium')}, {hour}")
    if step == "month":
        return Label(written_day(begin, "MMM yy"), written_day(begin, "MMMM yyyy"))
    short, long = written_day(begin, "d MMM"), written_day(begin, "medium")
    return Label(short, _("week of %(day)s", day=long) if step == "week" else long)


def labels(use: Use) -> list[Label]:
    """Of the points of the period."""
    return [when(point.begin, use.period.step) for point in use.points]


def step_column(use: Use) -> Column:
    """The first column of a table that goes from point to point."""
    names = {"hour": _("hour"), "day": _("day"), "week": _("week"), "month": _("month")}
    return Column(names[use.period.step], "when")


def weekdays() -> list[Label]:
    """Monday to Sunday."""
    long, short = (get_day_names(width, locale=locale()) for width in ("wide", "abbreviated"))
    return [Label(short[number], long[number]) for number in range(7)]


def share_of(part: float, whole: float) -> float | None:
    """0…1; None where there is nothing to divide by."""
    return part / whole if whole else None


def percent(part: float, whole: float) -> str:
    """`85%`; a dash where there is nothing to divide by."""
    return written_percent(part / whole) if whole else "–"


def seconds(ms: float) -> str:
    """`0.45 s`."""
    return f"{decimal(ms / 1000, 2)} s"


def named(words: dict[str, str], name: str) -> str:
    """The word for a name; the name itself where there is none."""
    return _(words[name]) if name in words else name
