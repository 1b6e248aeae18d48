"""The statistics page: one question per plot, its table behind a toggle, every plot as CSV."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, abort, render_template, request

from app.accounts.access import require
from app.catalogue.models import now
from app.sentences import N_
from app.usage.statistics import Period
from app.usage.times import not_found
from app.web import questions

bp = Blueprint("statistics", __name__, url_prefix="/statistics")

DAYS_SHOWN = 30
DAYS_MOST = 1100  # three years
SPANS = ((7, N_("7 days")), (30, N_("30 days")), (90, N_("90 days")), (365, N_("a year")))


@bp.get("/")
@require("curator")
def home() -> Any:
    """All questions over the period that the address names."""
    period = asked_period()
    plots = questions.ask_all(period)
    return render_template(
        "statistics/home.html",
        period=period,
        spans=SPANS,
        today=now().date(),
        span=span_of(period),
        plots=plots,
        silent=all(answer.number in ("0", "–") for answer in plots),
        missed=not_found(period),
    )


@bp.get("/<name>.csv")
@require("curator")
def table(name: str) -> Response:
    """The table of one plot."""
    period = asked_period()
    if name not in questions.QUESTIONS:
        abort(404)
    answer = questions.ask(name, period)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(answer.head)
    writer.writerows(answer.rows)
    response = Response(out.getvalue(), mimetype="text/csv")
    file = f"pinakes-{name}-{period.first}-{period.last}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return response


def asked_period() -> Period:
    """`from` and `to` of the address (or `days`); what makes no sense becomes the last thirty days."""
    today = now().date()
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
    length = len(period.days)
    return length if period.last == now().date() and length in dict(SPANS) else None
