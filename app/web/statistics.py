"""The statistics page: one question per plot, its table behind a toggle, every plot as CSV; the works never found; the report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from sqlalchemy import select

from app.accounts.access import require
from app.catalogue.models import Collection
from app.extensions import db
from app.sentences import N_
from app.usage import statistics, works_found, zone
from app.usage.statistics import ALL, Period
from app.web import questions, reporting
from app.web.tables import csv_response

bp = Blueprint("statistics", __name__, url_prefix="/statistics")

bp.context_processor(lambda: {"zone": zone.name()})
DAYS_SHOWN = 30
DAYS_MOST = 3660  # ten years
SPANS = ((7, N_("7 days")), (30, N_("30 days")), (365, N_("12 months")))
PER_PAGE = 50


@dataclass(frozen=True)
class Asked:
    """What the address asks about: a period, and a collection by its name; empty: all."""

    period: Period
    collection: str
    number: int  # of the collection, or ALL

    @property
    def address(self) -> dict[str, Any]:
        """The same as an address says it."""
        days = {"from": self.period.first.isoformat(), "to": self.period.last.isoformat()}
        return {**days, **self.filter}

    @property
    def filter(self) -> dict[str, Any]:
        return {"collection": self.collection} if self.collection else {}


@bp.get("/")
@require("curator")
def home() -> Any:
    """All questions over the period and the collection that the address names."""
    asked = what_is_asked()
    answers, use = questions.ask_all(asked.period, asked.number, url_for("statistics.never", **asked.address))
    return render_template(
        "statistics/home.html", asked=asked, period=asked.period, spans=SPANS, today=zone.today(), span=span_of(asked.period),
        plots=answers, silent=use.searches == 0, collections=collections(), month=asked.period.last.strftime("%Y-%m"),
    )  # fmt: skip


@bp.get("/<name>.csv")
@require("curator")
def table(name: str) -> Response:
    """The table of one plot."""
    asked = what_is_asked()
    if name not in questions.NAMES:
        abort(404)
    answer = questions.ask(name, asked.period, asked.number)
    file = f"pinakes-{name}-{asked.period.first}-{asked.period.last}.csv"
    return csv_response(file, [column.name for column in answer.columns], answer.plain)


@bp.get("/never")
@require("curator")
def never() -> Any:
    """Works that can be found and were not in this time, page by page."""
    asked = what_is_asked()
    missing, findable = works_found.never(statistics.found(asked.period, asked.number), asked.number)
    pages = max(1, -(-len(missing) // PER_PAGE))
    page = min(max(1, request.args.get("page", 1, type=int)), pages)
    works = works_found.listed(missing[(page - 1) * PER_PAGE : page * PER_PAGE])
    return render_template(
        "statistics/never.html", asked=asked, period=asked.period, works=works, missing=len(missing), findable=findable,
        page=page, pages=pages,
    )  # fmt: skip


@bp.get("/report")
@require("curator")
def this_report() -> Any:
    """The report of the last month that is over."""
    last = zone.today().replace(day=1) - timedelta(days=1)
    return redirect(url_for("statistics.report", month=last.strftime("%Y-%m"), **what_is_asked().filter))


@bp.get("/report/<month>")
@require("curator")
def report(month: str) -> Any:
    """A month in words, figures and plots, to be printed; `collection` in the address."""
    first = day(f"{month}-01")
    if first is None or len(month) != 7 or first > zone.today():
        abort(404)
    asked = what_is_asked()
    found = reporting.report(first, asked.number)
    following = reporting.month_after(first)
    return render_template(
        "statistics/report.html", asked=asked, report=found, collections=collections(), month=month,
        before=reporting.month_before(first).strftime("%Y-%m"), lasts=following > zone.today(),
        after=following.strftime("%Y-%m") if following <= zone.today() else None,
    )  # fmt: skip


def collections() -> list[str]:
    """Names of the collections that one can choose from."""
    return list(db.session.scalars(select(Collection.name).order_by(Collection.name)))


def what_is_asked() -> Asked:
    """What the address names; what makes no sense is as if it were not there."""
    name = request.args.get("collection", "")
    number = db.session.scalar(select(Collection.id).where(Collection.name == name)) if name else None
    return Asked(asked_period(), name if number else "", number or ALL)


def asked_period() -> Period:
    """`from` and `to` of the address (or `days`); what makes no sense becomes the last thirty days."""
    today = zone.today()
    days = min(max(1, request.args.get("days", DAYS_SHOWN, type=int)), DAYS_MOST)
    last = min(day(request.args.get("to")) or today, today)
    first = day(request.args.get("from")) or last - timedelta(days=days - 1)
    first = max(min(first, last), last - timedelta(days=DAYS_MOST - 1))
    return Period(first, last)


def day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def span_of(period: Period) -> int | None:
    """The length in days of a period that ends today, where it is one of the offered ones."""
    return period.length if period.last == zone.today() and period.length in dict(SPANS) else None
