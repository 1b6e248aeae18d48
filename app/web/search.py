"""The main job: a photo in, the work out."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for

from app.usage import searches
from app.web import answers, examples, refine
from app.web.asking import asked, found, reply, works_searched
from app.web.context import settings
from app.web.progress import board

bp = Blueprint("search", __name__)
refine.register(bp)


@bp.app_context_processor
def shared() -> dict[str, Any]:
    """Whether visitors may give a web address, for every page that asks for a picture."""
    return {"url_search": settings().url_search}


@bp.get("/")
def home() -> Any:
    """One thing to do: ask about a picture."""
    from app.catalogue import queries

    return render_template(
        "search/home.html",
        works=works_searched(),
        examples=examples.examples(settings().demo_dir),
        mosaic=queries.random_works(24, date.today().toordinal()),
    )


@bp.post("/search")
def ask() -> Any:
    """Answer a photo: to its result page, or as JSON `{"id", "url"}` for the page's own script."""
    return reply(asked)


@bp.get("/searches/<search_id>")
def result(search_id: str) -> Any:
    """The answer, like a wall label."""
    search = found(search_id)
    judged = next((said.kind for said in search.feedback if said.kind != "comment"), None)
    return render_template(
        "search/result.html",
        search=search,
        page=answers.page(search),
        judged=judged,
        commented=any(said.kind == "comment" for said in search.feedback),
        works=works_searched(),
    )


@bp.post("/searches/<search_id>/feedback")
def feedback(search_id: str) -> Any:
    """What the visitor says of the answer: right, wrong, or words."""
    search = found(search_id)
    kind = request.form.get("kind", "")
    text = request.form.get("text", "")
    if kind not in ("right", "wrong", "comment") or (kind == "comment" and not text.strip()):
        flash("Write a few words, then send them.", "error")
    else:
        searches.judge(search, kind, text)
        flash("Thank you. That helps the next visitor.", "success")
    return redirect(url_for("search.result", search_id=search.id), 303)


@bp.get("/searches/progress/<token>")
def progress(token: str) -> Response:
    """The step that a running search has reached: `{"step": 0…2 | null}`."""
    response = jsonify(step=board.step(token))
    response.headers["Cache-Control"] = "no-store"
    return response
