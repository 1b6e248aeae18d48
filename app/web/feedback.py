"""What a visitor says of an answer: right, wrong, words, or which work it is, found by words in the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from app.catalogue import queries
from app.catalogue.models import Artwork
from app.language import gettext as _
from app.usage import searches
from app.usage.models import Search
from app.web import asking
from app.web.answers import MAYBE

bp = Blueprint("feedback", __name__)

OFFERED = 24  # works that the picker lists; more words bring fewer
WORDS_MAX = 200


@dataclass(frozen=True)
class Said:
    """What the visitor has said so far; `kind` is right, wrong, or None."""

    kind: str | None
    work: Artwork | None
    commented: bool


def said(search: Search) -> Said:
    """The visitor's judgement as it stands, and whether there are words."""
    judged = next((one for one in search.feedback if one.kind != "comment"), None)
    commented = any(one.kind == "comment" for one in search.feedback)
    return Said(judged.kind, judged.artwork, commented) if judged else Said(None, None, commented)


@bp.post("/searches/<search_id>/feedback")
def say(search_id: str) -> Any:
    """`kind` right, wrong, or comment with `text`; or `artwork`: the work that it is, by its primary key."""
    search = asking.found(search_id)
    if "artwork" in request.form:
        work = offered(request.form["artwork"])
        if work is None:
            flash(_("That work is not in the catalogue; look for it once more."), "error")
            return redirect(url_for("feedback.which", search_id=search.id), 303)
        searches.judge(search, "right" if work.id in named(search) else "wrong", artwork_id=work.id)
    elif not judge(search, request.form.get("kind", ""), request.form.get("text", "")):
        flash(_("Write a few words, then send them."), "error")
        return redirect(url_for("search.result", search_id=search.id), 303)
    return redirect(url_for("search.result", search_id=search.id, _anchor="feedback"), 303)


@bp.get("/searches/<search_id>/which")
def which(search_id: str) -> Any:
    """Which work is it? A search by words whose every row can be chosen; `q` in the address."""
    words = request.args.get("q", "").strip()[:WORDS_MAX]
    found = queries.browse(text=words, per_page=OFFERED) if words else None
    return render_template("search/which.html", search=asking.found(search_id), words=words, found=found)


def judge(search: Search, kind: str, text: str) -> bool:
    """Keep a judgement or words; False where there are none."""
    if kind not in ("right", "wrong") and not (kind == "comment" and text.strip()):
        return False
    searches.judge(search, kind, text)
    return True


def offered(number: str) -> Artwork | None:
    """The work of that primary key, if visitors may see it."""
    work = queries.artwork(int(number)) if number.isdecimal() and len(number) < 10 else None
    return None if work is None or work.hidden else work


def named(search: Search) -> set[int]:
    """Primary keys of the works that the answer named: all that it asked about where it was not sure."""
    matches = zip(search.proof, search.result.get("matches", []), strict=False)
    if search.verdict == "uncertain":
        return {proof["artwork_pk"] for proof in search.proof[:MAYBE]}
    return {proof["artwork_pk"] for proof, match in matches if search.verdict == "identified" and match.get("verified")}

