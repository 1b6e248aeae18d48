"""The questions of the statistics page: each turns the figures of a period into a number, a plot and a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from markupsafe import Markup

from app.catalogue import queries
from app.language import day as written_day
from app.language import decimal, ngettext, thousands
from app.language import gettext as _
from app.language import percent as written_percent
from app.sentences import N_
from app.usage import statistics
from app.usage.statistics import DayFigures, Period, of_period, recognised, series, totals
from app.usage.times import stage_percentiles
from app.web import plots

VERDICT_WORDS = {
    "identified": N_("identified"),
    "uncertain": N_("uncertain"),
    "not_in_catalogue": N_("not in the catalogue"),
}
FEEDBACK_WORDS = {"right": N_("right"), "wrong": N_("wrong")}
WAY_WORDS = {
    "upload": N_("upload"),
    "camera": N_("camera"),
    "example": N_("example"),
    "url": N_("link"),
    "catalogue": N_("catalogue picture"),
    "refine": N_("changed photo"),
    "api": N_("API"),
}
STAGE_WORDS = {
    "decode": N_("read"),
    "detect": N_("find"),
    "encode": N_("describe"),
    "search": N_("search"),
    "verify": N_("verify"),
    "total": N_("total"),
}
WORKS_SHOWN = 15


@dataclass(frozen=True)
class Answer:
    """One question as the page shows it."""

    name: str
    question: str
    number: str
    caption: str
    plot: Markup | None
    head: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]
    legend: tuple[str, ...] = ()
    links: tuple[str, ...] = ()  # address of the first cell, row by row


def searches(days: DayFigures, _period: Period) -> Answer:
    asked = series(days, "searches")
    question = _("How many searches are there each day?")
    plot = plots.bars(question, list(days), [(_("searches"), asked)])
    busiest = max(days, key=lambda day: days[day].get(("searches", ""), 0.0))
    caption = ngettext("search", "searches", int(sum(asked)))
    if sum(asked):
        caption = ngettext(
            "search in %(days)s days; most on %(day)s (%(most)s)", "searches in %(days)s days; most on %(day)s (%(most)s)",
            int(sum(asked)), days=thousands(len(days)), day=written_day(busiest), most=thousands(int(max(asked))),
        )  # fmt: skip
    rows = [(day, int(value)) for day, value in zip(days, asked, strict=True)]
    return Answer("searches", question, thousands(int(sum(asked))), caption, plot, (_("day"), _("searches")), rows)


def recognition(days: DayFigures, _period: Period) -> Answer:
    question = _("How often do we recognise the work?")
    shares = recognised(days)
    identified, asked = totals(days, "verdict").get("identified", 0.0), sum(series(days, "searches"))
    plot = plots.lines(question, list(days), [(_("identified"), shares)], unit="%", top=1.0)
    rows = [(day, "" if share is None else round(share, 4)) for day, share in zip(days, shares, strict=True)]
    caption = _("no searches in this period")
    if asked:
        caption = ngettext("of %(num)s search named one work", "of %(num)s searches named one work", int(asked))
    return Answer("recognition", question, percent(identified, asked), caption, plot, (_("day"), _("identified share")), rows)


def verdicts(days: DayFigures, _period: Period) -> Answer:
    question = _("What do we answer?")
    parts = [(_(VERDICT_WORDS[verdict]), series(days, "verdict", verdict)) for verdict in statistics.VERDICTS]
    found = totals(days, "verdict")
    unknown, asked = found.get("not_in_catalogue", 0.0), sum(found.values())
    rows = [(day, *(int(values[place]) for _named, values in parts)) for place, day in enumerate(days)]
    names = tuple(name for name, _series in parts)
    plot = plots.bars(question, list(days), parts)
    caption = _("answered “not in the catalogue”")
    return Answer("verdicts", question, percent(unknown, asked), caption, plot, (_("day"), *names), rows, names)


def waiting(days: DayFigures, period: Period) -> Answer:
    question = _("How long does an answer take?")
    known = [
        (name, [found.get((measure, "total")) for found in days.values()])
        for name, measure in ((_("half of them (p50)"), "stage_p50_ms"), (_("19 of 20 (p95)"), "stage_p95_ms"))
    ]
    in_seconds = [(name, [None if value is None else value / 1000 for value in values]) for name, values in known]
    whole = {stage: (p50, p95) for stage, p50, p95 in stage_percentiles(period)}.get("total")
    caption = _("no searches yet")
    if whole:
        caption = _("half of the answers took no longer; 19 of 20 took at most %(time)s s", time=decimal(whole[1] / 1000, 2))
    rows = [
        (day, *("" if values[place] is None else round(values[place] or 0) for _named, values in known))
        for place, day in enumerate(days)
    ]
    plot = plots.lines(question, list(days), in_seconds, unit="s")
    names = tuple(name for name, _series in known)
    shown = f"{decimal(whole[0] / 1000, 2)} s" if whole else "–"
    return Answer("waiting", question, shown, caption, plot, (_("day"), "p50 ms", "p95 ms"), rows, names)


def stages(_days: DayFigures, period: Period) -> Answer:
    question = _("Where does the time go?")
    found = stage_percentiles(period)
    rows = [(named(STAGE_WORDS, stage), round(p50), round(p95)) for stage, p50, p95 in found]
    parts = [row for row, (stage, _p50, _p95) in zip(rows, found, strict=True) if stage != "total"]
    slowest = max(parts, key=lambda row: row[1], default=None)
    caption = _("no searches yet")
    if slowest:
        caption = _("is the longest step: %(time)s ms in half of the searches", time=thousands(slowest[1]))
    plot = plots.ranges(question, rows, unit="ms") if rows else None
    return Answer(
        "stages", question, slowest[0] if slowest else "–", caption, plot, (_("stage"), "p50 ms", "p95 ms"), rows,
        (_("half of them (p50)"), _("19 of 20 (p95)")),
    )  # fmt: skip


def most_found(days: DayFigures, _period: Period) -> Answer:
    question = _("Which works are found most?")
    counts = {int(label): int(count) for label, count in totals(days, "found").items() if label.isdecimal()}
    works = queries.artworks_by_pk(list(counts)[:WORKS_SHOWN])
    named = [(works[pk], counts[pk]) for pk in list(counts)[:WORKS_SHOWN] if pk in works]
    rows = [(work.title or work.source_id, work.artist_text, count) for work, count in named]
    links = tuple(url_for("artworks.work", artwork_id=work.id) for work, _count in named)
    caption = _("no work was found yet")
    if counts:
        caption = ngettext("work was found", "different works were found", len(counts))
    head = (_("work"), _("artist"), _("times found"))
    return Answer("works", question, thousands(len(counts)), caption, None, head, rows, links=links)


def agreement(days: DayFigures, _period: Period) -> Answer:
    question = _("Do visitors agree with us?")
    parts = [(_(word), series(days, "feedback", kind)) for kind, word in FEEDBACK_WORDS.items()]
    names = tuple(name for name, _series in parts)
    right, wrong = (sum(values) for _named, values in parts)
    rows = [(day, *(int(values[place]) for _named, values in parts)) for place, day in enumerate(days)]
    caption = _("nobody has said so yet")
    if right + wrong:
        caption = ngettext(
            "of %(num)s visitor who said so called the answer right", "of %(num)s visitors who said so called the answer right",
            int(right + wrong),
        )  # fmt: skip
    plot = plots.bars(question, list(days), parts)
    return Answer("agreement", question, percent(right, right + wrong), caption, plot, (_("day"), *names), rows, names)


def ways(days: DayFigures, _period: Period) -> Answer:
    question = _("How do the photos reach us?")
    found = totals(days, "way")
    names = tuple(found)[:3]
    parts = [(named(WAY_WORDS, name), series(days, "way", name)) for name in names]
    plot = plots.bars(question, list(days), parts) if parts else None
    rows = [(day, *(int(days[day].get(("way", name), 0)) for name in found)) for day in days] if found else []
    most = max(found, key=lambda name: found[name], default="–")
    caption = _("no searches yet")
    if found:
        caption = _("is the commonest way (%(share)s)", share=percent(found[most], sum(found.values())))
    words = tuple(named(WAY_WORDS, name) for name in found)
    return Answer("ways", question, named(WAY_WORDS, most), caption, plot, (_("day"), *words), rows, words[:3])


QUESTIONS: dict[str, Callable[[DayFigures, Period], Answer]] = {
    "searches": searches,
    "recognition": recognition,
    "verdicts": verdicts,
    "agreement": agreement,
    "waiting": waiting,
    "stages": stages,
    "works": most_found,
    "ways": ways,
}


def ask_all(period: Period) -> list[Answer]:
    """Every question's answer, in the page's order."""
    days = of_period(period)
    return [question(days, period) for question in QUESTIONS.values()]


def ask(name: str, period: Period) -> Answer:
    """One question's answer. Raises KeyError for an unknown name."""
    return QUESTIONS[name](of_period(period), period)


def percent(part: float, whole: float) -> str:
    """`85%`; a dash where there is nothing to divide by."""
    return written_percent(part / whole) if whole else "–"


def named(words: dict[str, str], name: str) -> str:
    """The word for a name; the name itself where there is none."""
    return _(words[name]) if name in words else name
