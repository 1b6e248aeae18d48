"""The queue of photos that found nothing, each answered by hand; the next comes at once."""

from __future__ import annotations

import tempfile
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, send_file, url_for
from sqlalchemy import func, select

from app import regression
from app.accounts import audit
from app.accounts.access import require
from app.catalogue import queries
from app.catalogue.models import Artwork
from app.extensions import db
from app.language import gettext as _
from app.sentences import N_
from app.usage import feedback, searches, unanswered
from app.usage.models import KEPT_OUTCOMES, Ruling, Search
from app.web.staff import bp, settings
from app.web.staff.feedback import OUTCOME_WORDS, VERDICT_WORDS, proposed

OFFERED = 8  # works that a search by words lists
CHOSEN_MOST = 12  # works in one photo
ZIP_IN_MEMORY = 16 * 1024 * 1024  # bytes; a larger one is written to a temporary file
ORDER_WORDS = {"oldest": N_("oldest first"), "wanted": N_("most wanted first")}
ANSWERS = ("not_ours", "bad_photo")


@bp.get("/unanswered")
@require("curator")
def unanswered_next() -> Any:
    """The first photo that waits; a page that says so where none does."""
    search = unanswered.first(order())
    if search is None:
        return page(None)
    return redirect(url_for("admin.unanswered_one", search_id=search.id, **kept()))


@bp.get("/unanswered/<search_id>")
@require("curator")
def unanswered_one(search_id: str) -> Any:
    """One photo; in the address `q` finds works, `work` (several) are chosen, `done` is the one settled before."""
    return page(_waiting(search_id))


@bp.post("/unanswered/<search_id>")
@require("curator")
def answer_unanswered(search_id: str) -> Any:
    """`outcome` not_ours or bad_photo, or `work`: what the photo shows, several allowed. On to the next."""
    search = _waiting(search_id)
    works, outcome = chosen(request.form.getlist("work")), request.form.get("outcome", "")
    if not works and outcome not in ANSWERS:
        flash(_("Choose what the photo shows: nothing was settled."), "error")
        return redirect(url_for("admin.unanswered_one", search_id=search.id, **kept()), 303)
    following = unanswered.after(search, order())
    feedback.settle(search, "work" if works else outcome, works)
    return _on_to(following, done=search.id)


@bp.get("/unanswered/<search_id>/skip")
@require("curator")
def skip_unanswered(search_id: str) -> Any:
    """Leave it as it is; it comes again after the last one."""
    following = unanswered.after(_found(search_id), order())
    if following is None:
        flash(_("This is the only one that waits."), "info")
        return redirect(url_for("admin.unanswered_one", search_id=search_id, **kept()))
    return _on_to(following)


@bp.post("/unanswered/<search_id>/undo")
@require("curator")
def undo_unanswered(search_id: str) -> Any:
    """Take back what was settled, and show that photo again."""
    search = _found(search_id)
    feedback.reopen(search)
    return redirect(url_for("admin.unanswered_one", search_id=search.id, **kept()), 303)


@bp.get("/unanswered/settled.zip")
@require("curator")
def export_settled() -> Response:
    """The regression set: photos.csv with its photos."""
    file = tempfile.SpooledTemporaryFile(ZIP_IN_MEMORY)  # noqa: SIM115  the response closes it
    count = regression.write_zip(file, settings().uploads_dir)
    audit.record("feedback.export", "photos", photos=count)
    db.session.commit()
    file.seek(0)
    response = send_file(file, "application/zip", as_attachment=True, download_name="pinakes-settled-photos.zip")
    response.headers["Cache-Control"] = "no-store"
    return response


def page(search: Search | None) -> Any:
    """The photo with the ways to answer it, or the word that none waits."""
    words, done = request.args.get("q", "").strip()[:200], searches.find(request.args.get("done", ""))
    works = chosen(request.args.getlist("work"))
    return render_template(
        "admin/unanswered.html", search=search, words=words, works=works, order=order(), orders=ORDER_WORDS, kept=kept(),
        proposed=[one for one in proposed(search) if one not in works] if search else [],
        found=queries.browse(text=words, per_page=OFFERED).works if words and search else None,
        waiting=unanswered.count(), most=unanswered.COUNTED_TO, done=done if done and done.ruling else None,
        settled=settled(), keep_days=settings().uploads_keep_days, verdicts=VERDICT_WORDS, outcomes=OUTCOME_WORDS,
    )  # fmt: skip


def settled() -> int:
    """How many photos the regression set has."""
    query = select(func.count(Ruling.id)).join(Search)
    return db.session.scalar(query.where(Ruling.outcome.in_(KEPT_OUTCOMES), Search.photo_path.is_not(None))) or 0


def order() -> str:
    """The queue's order, from the address or the form."""
    asked = request.values.get("order", "oldest")
    return asked if asked in ORDER_WORDS else "oldest"


def kept() -> dict[str, Any]:
    """What every address of the queue carries on."""
    return {} if order() == "oldest" else {"order": order()}


def chosen(numbers: list[str]) -> list[Artwork]:
    """Works by their primary keys, in the order they were chosen in."""
    pks = list(dict.fromkeys(int(number) for number in numbers if number.isdecimal() and len(number) < 10))[:CHOSEN_MOST]
    works = queries.artworks_by_pk(pks)
    return [works[pk] for pk in pks if pk in works]


def _on_to(search: Search | None, **more: Any) -> Any:
    if search is None:
        return redirect(url_for("admin.unanswered_next", **kept(), **more), 303)
    return redirect(url_for("admin.unanswered_one", search_id=search.id, **kept(), **more), 303)


def _found(search_id: str) -> Search:
    search = searches.find(search_id)
    if search is None or search.verdict == "identified" or search.photo_path is None:
        abort(404)
    return search


def _waiting(search_id: str) -> Search:
    """The search, if it is one of the queue; settled ones too, so that two curators at one photo see what became of it."""
    search = _found(search_id)
    if search.way in unanswered.NOT_ASKED:
        abort(404)
    return search
