"""The main job: a photo in, the work out."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, Response, jsonify, render_template

from app.web import answers, examples, feedback, refine
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
    return render_template(
        "search/result.html",
        search=search,
        page=answers.page(search),
        said=feedback.said(search),
        works=works_searched(),
    )


@bp.get("/searches/progress/<token>")
def progress(token: str) -> Response:
    """The step that a running search has reached, and the pictures seen in the photo: `{"step": 0…2 | null, "outlines": […]}`."""
    response = jsonify(step=board.step(token), outlines=board.outlines(token))
    response.headers["Cache-Control"] = "no-store"
    return response
