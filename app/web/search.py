"""The main job: a photo in, the work out."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template

from app.catalogue import queries
from app.catalogue.models import Artwork
from app.web import answers, examples, feedback, refine
from app.web.asking import asked, found, reply, works_searched
from app.web.context import settings
from app.web.progress import board

DRAWN_FOR_S = 300

bp = Blueprint("search", __name__)
refine.register(bp)


@bp.app_context_processor
def shared() -> dict[str, Any]:
    """Whether visitors may give a web address, for every page that asks for a picture."""
    return {"url_search": settings().url_search}


@bp.get("/")
def home() -> Any:
    """One thing to do: ask about a picture."""
    return render_template(
        "search/home.html",
        works=works_searched(),
        examples=examples.examples(settings().demo_dir),
        mosaic=mosaic(),
    )


def mosaic() -> list[Artwork]:
    """Works drawn anew each day. Drawing looks at every row of the catalogue, so which ones they are is kept for a while."""
    now = (date.today(), int(time.monotonic() / DRAWN_FOR_S))
    kept, pks = current_app.extensions.get("pinakes.mosaic", (None, []))
    if kept != now or not pks:
        pks = [work.id for work in queries.random_works(24, now[0].toordinal())]
        current_app.extensions["pinakes.mosaic"] = (now, pks)
    works = queries.artworks_by_pk(pks)
    return [works[pk] for pk in pks if pk in works and not works[pk].hidden]


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
