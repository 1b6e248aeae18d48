"""A month in words, beside the month before: what the printed report says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from app.language import day as written_day
from app.language import decimal, ngettext, thousands
from app.language import gettext as _
from app.language import percent as written_percent
from app.usage import statistics, works_found, zone
from app.usage.histograms import times
from app.usage.statistics import Period, Use
from app.usage.works_found import Listed
from app.web import labels
from app.web.questions import answering, asking, timing
from app.web.questions.answer import Answer, percent, seconds, share_of

WORKS_NAMED = 10


class Figure(NamedTuple):
    """One line of the table: a figure of this month, of the one before, and what changed."""

    name: str
    now: str
    before: str
    change: str


@dataclass(frozen=True)
class Report:
    """Everything that the page shows of a month."""

    title: str
    sentences: list[str]
    figures: list[Figure]
    before: str
    plots: list[Answer]
    works: list[tuple[Listed, int]]
    searches: int


def report(first: date, collection: int) -> Report:
    """The report of the month that begins then."""
    month, former = period_of(first), period_of(month_before(first))
    use, before = statistics.of_period(month, collection), statistics.of_period(former, collection)
    found, former_found = (statistics.found(one, collection) for one in (month, former))
    works = [(work, found[work.pk]) for work in works_found.listed([pk for pk, _count in found.most_common(WORKS_NAMED)])]
    asked: list[Callable[[Use], Answer]] = [
        asking.searches, answering.verdicts, answering.recognition, timing.waiting, asking.busiest_hours, asking.ways,
        asking.devices, asking.languages,
    ]  # fmt: skip
    return Report(
        title=name_of(first),
        sentences=sentences(use, before, former, works, len(found)) if use.searches else [],
        figures=figures(use, before, len(found), len(former_found)),
        before=name_of(former.first),
        plots=[question(use) for question in asked] if use.searches else [],
        works=works,
        searches=use.searches,
    )


def period_of(first: date) -> Period:
    """The month that begins then."""
    return Period(first, month_after(first) - timedelta(days=1))


def month_after(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def month_before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)


def name_of(first: date) -> str:
    """`October 2026`."""
    return written_day(first, "LLLL yyyy")


def sentences(use: Use, before: Use, former: Period, works: list[tuple[Listed, int]], found: int) -> list[str]:
    """The month as one would tell it; there were searches."""
    told = [_many(use, before, former), _recognised(use, before, former)]
    waited = times(use.whole.of("total"), 0.5, 0.95)
    if waited:
        half, most = (seconds(one) for one in waited)
        told.append(_("Half of the answers took no longer than %(half)s, 19 of 20 at most %(most)s.", half=half, most=most))
    told.append(_("It was busiest on %(hour)s (%(zone)s).", zone=zone.name(), hour=asking.busiest(use)))
    right, wrong = use.whole.figures["feedback", "right"], use.whole.figures["feedback", "wrong"]
    if right + wrong:
        told.append(ngettext(
            "%(num)s visitor said whether the answer was right: %(share)s said yes.",
            "%(num)s visitors said whether the answer was right: %(share)s said yes.",
            right + wrong, share=percent(right, right + wrong),
        ))  # fmt: skip
    if works:
        told.append(ngettext(
            "%(num)s work was found, most often “%(title)s” (%(count)s).",
            "%(num)s different works were found, most often “%(title)s” (%(count)s).",
            found, title=works[0][0].title or str(labels.UNTITLED), count=thousands(works[0][1]),
        ))  # fmt: skip
    return told


def _many(use: Use, before: Use, former: Period) -> str:
    month, asked = name_of(former.first), use.searches
    if not before.searches:
        return ngettext("There was %(num)s search.", "There were %(num)s searches.", asked)
    change = asked / before.searches - 1
    if abs(change) < 0.005:
        return ngettext(
            "There was %(num)s search, as many as in %(month)s.", "There were %(num)s searches, as many as in %(month)s.",
            asked, month=month,
        )  # fmt: skip
    share = written_percent(abs(change))
    if change > 0:
        return ngettext(
            "There was %(num)s search, %(share)s more than in %(month)s.",
            "There were %(num)s searches, %(share)s more than in %(month)s.", asked, month=month, share=share,
        )  # fmt: skip
    return ngettext(
        "There was %(num)s search, %(share)s fewer than in %(month)s.",
        "There were %(num)s searches, %(share)s fewer than in %(month)s.", asked, month=month, share=share,
    )  # fmt: skip


def _recognised(use: Use, before: Use, former: Period) -> str:
    now, then = (percent(one.whole.figures["verdict", "identified"], one.searches) for one in (use, before))
    if not before.searches:
        return _("We recognised the work in %(share)s of them.", share=now)
    return _(
        "We recognised the work in %(share)s of them; in %(month)s it was %(before)s.",
        share=now, month=name_of(former.first), before=then,
    )  # fmt: skip


def figures(use: Use, before: Use, found: int, former_found: int) -> list[Figure]:
    """The table: this month, the one before, the change."""
    lines = [_count(_("searches"), use.searches, before.searches)]
    for verdict, name in answering.VERDICT_WORDS.items():
        lines.append(_share(_(name), *(_part(one, "verdict", verdict) for one in (use, before))))
    lines.append(_share(_("visitors who said that it was right"), _agreed(use), _agreed(before)))
    waits = [times(one.whole.of("total"), *timing.SHARES) for one in (use, before)]
    for order, name in enumerate((_("half of them (p50)"), _("19 of 20 (p95)"), _("99 of 100 (p99)"))):
        lines.append(_time(_("an answer takes, %(share)s", share=name), *(one[order] if one else None for one in waits)))
    return [*lines, _count(_("different works found"), found, former_found)]


def _part(use: Use, measure: str, label: str) -> float | None:
    return share_of(use.whole.figures[measure, label], use.searches)


def _agreed(use: Use) -> float | None:
    right, wrong = use.whole.figures["feedback", "right"], use.whole.figures["feedback", "wrong"]
    return share_of(right, right + wrong)


def _count(name: str, now: int, before: int) -> Figure:
    change = signed(now / before - 1, written_percent) if before else "–"
    return Figure(name, thousands(now), thousands(before), change)


def _share(name: str, now: float | None, before: float | None) -> Figure:
    both = now is not None and before is not None
    change = _("%(points)s points", points=signed(100 * ((now or 0) - (before or 0)), _tenth)) if both else "–"
    shown, former = ("–" if one is None else written_percent(one, 1) for one in (now, before))
    return Figure(name, shown, former, change)


def _time(name: str, now: float | None, before: float | None) -> Figure:
    change = signed(now / before - 1, written_percent) if now and before else "–"
    shown, former = ("–" if one is None else seconds(one) for one in (now, before))
    return Figure(name, shown, former, change)


def _tenth(value: float) -> str:
    return decimal(value, 1)


def signed(value: float, write: Callable[[float], str]) -> str:
    """`+8%`, `−3%`, `±0%`."""
    written = write(abs(value))
    if not any(digit in written for digit in "123456789"):
        return f"±{written}"
    return f"{'+' if value > 0 else '−'}{written}"
