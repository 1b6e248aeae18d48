"""The questions of the statistics page: each turns the figures of a period into a number, a plot and a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from markupsafe import Markup

from app.catalogue import queries
from app.usage import statistics
from app.usage.statistics import DayFigures, Period, of_period, recognised, series, totals
from app.usage.times import stage_percentiles
from app.web import plots

VERDICT_WORDS = {"identified": "identified", "uncertain": "uncertain", "not_in_catalogue": "not in the catalogue"}
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
    question = "How many searches are there each day?"
    plot = plots.bars(question, list(days), [("searches", asked)])
    busiest = max(days, key=lambda day: days[day].get(("searches", ""), 0.0))
    caption = f"searches in {len(days)} days; most on {busiest.day} {busiest:%B} ({max(asked):,.0f})" if sum(asked) else "searches"
    rows = [(day, int(value)) for day, value in zip(days, asked, strict=True)]
    return Answer("searches", question, f"{sum(asked):,.0f}", caption, plot, ("day", "searches"), rows)


def recognition(days: DayFigures, _period: Period) -> Answer:
    question = "How often do we recognise the work?"
    shares = recognised(days)
    identified, asked = totals(days, "verdict").get("identified", 0.0), sum(series(days, "searches"))
    plot = plots.lines(question, list(days), [("identified", shares)], unit="%", top=1.0)
    rows = [(day, "" if share is None else round(share, 4)) for day, share in zip(days, shares, strict=True)]
    caption = f"of {asked:,.0f} searches named one work" if asked else "no searches in this period"
    return Answer("recognition", question, percent(identified, asked), caption, plot, ("day", "identified share"), rows)


def verdicts(days: DayFigures, _period: Period) -> Answer:
    question = "What do we answer?"
    parts = [(VERDICT_WORDS[verdict], series(days, "verdict", verdict)) for verdict in statistics.VERDICTS]
    found = totals(days, "verdict")
    unknown, asked = found.get("not_in_catalogue", 0.0), sum(found.values())
    rows = [(day, *(int(values[place]) for _name, values in parts)) for place, day in enumerate(days)]
    names = tuple(name for name, _values in parts)
    plot = plots.bars(question, list(days), parts)
    caption = "answered “not in the catalogue”"
    return Answer("verdicts", question, percent(unknown, asked), caption, plot, ("day", *names), rows, names)


def waiting(days: DayFigures, period: Period) -> Answer:
    question = "How long does an answer take?"
    known = [
        (name, [found.get((measure, "total")) for found in days.values()])
        for name, measure in (("half of them (p50)", "stage_p50_ms"), ("19 of 20 (p95)", "stage_p95_ms"))
    ]
    in_seconds = [(name, [None if value is None else value / 1000 for value in values]) for name, values in known]
    whole = {stage: (p50, p95) for stage, p50, p95 in stage_percentiles(period)}.get("total")
    caption = f"half of the answers took no longer; 19 of 20 took at most {whole[1] / 1000:.2f} s" if whole else "no searches yet"
    rows = [
        (day, *("" if values[place] is None else round(values[place] or 0) for _name, values in known))
        for place, day in enumerate(days)
    ]
    plot = plots.lines(question, list(days), in_seconds, unit="s")
    names = tuple(name for name, _values in known)
    shown = f"{whole[0] / 1000:.2f} s" if whole else "–"
    return Answer("waiting", question, shown, caption, plot, ("day", "p50 ms", "p95 ms"), rows, names)


def stages(_days: DayFigures, period: Period) -> Answer:
    question = "Where does the time go?"
    rows = [(stage, round(p50), round(p95)) for stage, p50, p95 in stage_percentiles(period)]
    parts = [row for row in rows if row[0] != "total"]
    slowest = max(parts, key=lambda row: row[1], default=None)
    caption = f"is the longest step: {slowest[1]:,} ms in half of the searches" if slowest else "no searches yet"
    plot = plots.ranges(question, rows, unit="ms") if rows else None
    return Answer(
        "stages", question, slowest[0] if slowest else "–", caption, plot, ("stage", "p50 ms", "p95 ms"), rows,
        ("half of them (p50)", "19 of 20 (p95)"),
    )  # fmt: skip


def most_found(days: DayFigures, _period: Period) -> Answer:
    question = "Which works are found most?"
    counts = {int(label): int(count) for label, count in totals(days, "found").items() if label.isdecimal()}
    works = queries.artworks_by_pk(list(counts)[:WORKS_SHOWN])
    named = [(works[pk], counts[pk]) for pk in list(counts)[:WORKS_SHOWN] if pk in works]
    rows = [(work.title or work.source_id, work.artist_text, count) for work, count in named]
    links = tuple(url_for("artworks.work", artwork_id=work.id) for work, _count in named)
    caption = "different works were found" if counts else "no work was found yet"
    return Answer("works", question, f"{len(counts):,}", caption, None, ("work", "artist", "times found"), rows, links=links)


def agreement(days: DayFigures, _period: Period) -> Answer:
    question = "Do visitors agree with us?"
    names = ("right", "wrong")
    parts = [(name, series(days, "feedback", name)) for name in names]
    right, wrong = (sum(values) for _name, values in parts)
    rows = [(day, *(int(values[place]) for _name, values in parts)) for place, day in enumerate(days)]
    caption = f"of {right + wrong:,.0f} visitors who said so called the answer right" if right + wrong else "nobody has said so yet"
    plot = plots.bars(question, list(days), parts)
    return Answer("agreement", question, percent(right, right + wrong), caption, plot, ("day", *names), rows, names)


def ways(days: DayFigures, _period: Period) -> Answer:
    question = "How do the photos reach us?"
    found = totals(days, "way")
    names = tuple(found)[:3]
    plot = plots.bars(question, list(days), [(name, series(days, "way", name)) for name in names]) if names else None
    rows = [(day, *(int(days[day].get(("way", name), 0)) for name in found)) for day in days] if found else []
    most = max(found, key=lambda name: found[name], default="–")
    caption = f"is the commonest way ({percent(found.get(most, 0.0), sum(found.values()))})" if found else "no searches yet"
    return Answer("ways", question, most, caption, plot, ("day", *found), rows, names)


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
    """`85 %`; a dash where there is nothing to divide by."""
    return f"{100 * part / whole:.0f} %" if whole else "–"
