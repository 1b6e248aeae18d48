"""What visitors said of answers, and what a curator settles about them: the photos whose truth is then known."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for

from app.accounts.access import require
from app.catalogue import queries
from app.catalogue.models import Artwork
from app.language import gettext as _
from app.sentences import N_
from app.usage import feedback, searches
from app.usage.models import Search
from app.usage.statistics import VERDICTS
from app.web.staff import bp

PER_PAGE = 30
OFFERED = 12  # works that a search by words lists
PROPOSED = 5  # works of the answer that are offered to choose from

STATES = {"open": N_("open"), "settled": N_("settled"), "all": N_("all")}
VERDICT_WORDS = {
    "identified": N_("identified"),
    "uncertain": N_("not sure"),
    "not_in_catalogue": N_("not in the catalogue"),
}
OUTCOME_WORDS = {
    "right": N_("the answer was right"),
    "work": N_("it is another work"),
    "not_ours": N_("not a work of ours"),
    "bad_photo": N_("the photo is not fit to tell"),
}


@bp.get("/feedback")
@require("curator")
def feedback_list() -> Any:
    """What waits for a curator; `state`, `verdict` and `page` in the address."""
    state, verdict = request.args.get("state", "open"), request.args.get("verdict", "")
    if state not in STATES or verdict not in ("", *VERDICTS):
        abort(404)
    page = max(1, request.args.get("page", 1, type=int))
    rows = feedback.page(state, verdict, (page - 1) * PER_PAGE, PER_PAGE + 1)
    return render_template(
        "admin/feedback.html", rows=rows[:PER_PAGE], more=len(rows) > PER_PAGE, page=page, state=state, verdict=verdict,
        counts=feedback.counts(), states=STATES, verdicts=VERDICT_WORDS,
        outcomes=OUTCOME_WORDS, is_open=feedback.is_open,
    )  # fmt: skip


@bp.get("/feedback/<search_id>")
@require("curator")
def feedback_one(search_id: str) -> Any:
    """One photo with its answer and what was said; `q` finds works to settle it with."""
    search, words = _found(search_id), request.args.get("q", "").strip()[:200]
    return render_template(
        "admin/feedback_one.html", search=search, words=words, proposed=proposed(search), right=feedback.answered(search),
        found=queries.browse(text=words, per_page=OFFERED) if words else None, waits=feedback.is_open(search),
        following=feedback.next_open(search), left=feedback.count(), verdicts=VERDICT_WORDS, outcomes=OUTCOME_WORDS,
    )  # fmt: skip


@bp.post("/feedback/<search_id>/settle")
@require("curator")
def settle_feedback(search_id: str) -> Any:
    """`outcome` right, not_ours or bad_photo; or `artwork`: the work that the photo shows."""
    search = _found(search_id)
    number = request.form.get("artwork", "")
    work = queries.artwork(int(number)) if number.isdecimal() and len(number) < 10 else None
    try:
        feedback.settle(search, "work" if number else request.form.get("outcome", ""), [work] if work else [])
    except ValueError:
        flash(_("Choose what the photo shows: nothing was settled."), "error")
    return redirect(url_for("admin.feedback_one", search_id=search.id), 303)


@bp.post("/feedback/<search_id>/reopen")
@require("curator")
def reopen_feedback(search_id: str) -> Any:
    """Undo what was settled."""
    search = _found(search_id)
    feedback.reopen(search)
    flash(_("It is open again."), "success")
    return redirect(url_for("admin.feedback_one", search_id=search.id), 303)


def proposed(search: Search) -> list[Artwork]:
    """Works to settle it with at a press: those that the visitor named, then those of the answer."""
    said = [one.artwork_id for one in search.feedback if one.artwork_id]
    pks = dict.fromkeys([*said, *(proof["artwork_pk"] for proof in search.proof[:PROPOSED])])
    works = queries.artworks_by_pk(list(pks))
    return [works[pk] for pk in pks if pk in works]


def _found(search_id: str) -> Search:
    """The search, if something was said of it or settled; other people's searches are not shown to staff."""
    search = searches.find(search_id)
    if search is None or not (search.feedback or search.ruling):
        abort(404)
    return search
