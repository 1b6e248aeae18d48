"""The questions of the statistics page, one answer each; every one is also a table as CSV."""

from __future__ import annotations

from collections.abc import Callable

from app.usage import statistics
from app.usage.statistics import Period, Use
from app.web.questions import answering, asking, timing, works
from app.web.questions.answer import Answer

__all__ = ["NAMES", "Answer", "ask", "ask_all"]

OF_USE: dict[str, Callable[[Use], Answer]] = {
    "searches": asking.searches,
    "recognition": answering.recognition,
    "verdicts": answering.verdicts,
    "confidence": answering.confidence,
    "agreement": answering.agreement,
    "hours": asking.busiest_hours,
    "waiting": timing.waiting,
    "stages": timing.stages,
    "ways": asking.ways,
    "devices": asking.devices,
    "languages": asking.languages,
}
NAMES = (*OF_USE, "works", "never")


def ask_all(period: Period, collection: int, where: str) -> tuple[list[Answer], Use]:
    """Every question's answer, in the page's order, and the figures; `where` is the page of the works never found."""
    use = statistics.of_period(period, collection)
    found = statistics.found(period, collection)
    answers = [question(use) for question in OF_USE.values()]
    return [*answers, works.most_found(found), works.never_found(found, collection, where)], use


def ask(name: str, period: Period, collection: int) -> Answer:
    """One question's answer with all its rows. Raises KeyError for an unknown name."""
    if name == "works":
        return works.most_found(statistics.found(period, collection), None)
    if name == "never":
        return works.never_found(statistics.found(period, collection), collection, "", None)
    return OF_USE[name](statistics.of_period(period, collection))
