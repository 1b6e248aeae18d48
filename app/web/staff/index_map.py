"""The map of the index: pictures that look alike lie near each other; moved and brought closer by links, keys or the hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flask import abort, flash, redirect, render_template, request, url_for

from app import published, studying
from app.accounts.access import require
from app.catalogue import queries
from app.catalogue.models import Artwork, Picture
from app.engine.errors import BuildError, NoIndexError
from app.engine.types import Floats
from app.extensions import db
from app.language import gettext as _
from app.retelling import retold
from app.usage import jobs
from app.web.plots import number
from app.web.staff import bp
from app.web.staff.indexing import start_job

WIDTH, HEIGHT, CELL = 1000, 800, 100  # units of the drawing; one picture to a cell
SIDE = HEIGHT  # of the whole map at zoom 1
CLOSEST = 64.0
STEP = 0.35  # of what is seen, at a move


@dataclass(frozen=True)
class Window:
    """What is seen: its middle on the unit square, and how much closer than the whole."""

    x: float = 0.5
    y: float = 0.5
    zoom: float = 1.0

    def address(self) -> dict[str, str]:
        return {"x": f"{self.x:.4f}", "y": f"{self.y:.4f}", "zoom": f"{self.zoom:g}"}

    def moved(self, right: float, down: float) -> Window:
        return kept(self.x + right * STEP * WIDTH / SIDE / self.zoom, self.y + down * STEP / self.zoom, self.zoom)

    def closer(self, factor: float) -> Window:
        return kept(self.x, self.y, self.zoom * factor)


def kept(x: float, y: float, zoom: float) -> Window:
    """A window whose middle is on the map and that is neither too near nor too far; what is no number is the whole map."""
    if not all(np.isfinite((x, y, zoom))):
        return Window()
    return Window(min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0), min(max(zoom, 1.0), CLOSEST))


def seen(places: Floats, window: Window) -> list[tuple[int, int, int, int]]:
    """(picture, left, top, others) of one picture to a cell of the drawing, the nearest to its middle, row by row.

    places: (n, 2) on the unit square; others: how many more lie in the cell.
    """
    at = (places - (window.x, window.y)) * SIDE * window.zoom + (WIDTH / 2, HEIGHT / 2)
    inside = np.flatnonzero(((at >= 0) & (at < (WIDTH, HEIGHT))).all(axis=1))
    cells = (at[inside] // CELL).astype(int)
    off = ((at[inside] - (cells + 0.5) * CELL) ** 2).sum(axis=1)
    best: dict[tuple[int, int], list[int]] = {}
    for place in np.argsort(off, kind="stable"):
        best.setdefault((int(cells[place, 1]), int(cells[place, 0])), []).append(int(inside[place]))
    return [(rows[0], column * CELL, line * CELL, len(rows) - 1) for (line, column), rows in sorted(best.items())]


@bp.get("/index/map")
@require("curator")
def index_map() -> Any:
    """The part of the map that the address names (`x`, `y`, `zoom`)."""
    try:
        found, trouble = studying.kept_map(), ""
    except NoIndexError:
        found, trouble = None, _("Nothing has been indexed yet: build the index first.")
    except BuildError as error:
        found, trouble = None, retold(str(error))
    running = [job for job in jobs.unfinished() if job.kind == "index_map"]
    if found is None:
        return render_template("admin/index_map.html", map=None, trouble=trouble, running=running)
    x, y, zoom = (request.args.get(name, default, type=float) for name, default in (("x", 0.5), ("y", 0.5), ("zoom", 1.0)))
    window = kept(x, y, zoom)
    shown = [(int(found.picture_ids[row]), left, top, others) for row, left, top, others in seen(found.places, window)]
    known = works_of([picture for picture, *_rest in shown])
    return render_template(
        "admin/index_map.html", map=found, trouble="", running=running, window=window, whole=window == Window(),
        shown=[(*known[picture], *where) for picture, *where in shown if picture in known], zoom=number(window.zoom),
        count=sum(1 + others for *_where, others in shown), size=(WIDTH, HEIGHT, CELL), moves=moves(window), closest=CLOSEST,
    )  # fmt: skip


def moves(window: Window) -> list[tuple[str, str, str, dict[str, str]]]:
    """(name, sign, words, address) of each way to move."""
    ways = (
        ("left", "←", _("To the left"), window.moved(-1, 0)), ("right", "→", _("To the right"), window.moved(1, 0)),
        ("up", "↑", _("Upwards"), window.moved(0, -1)), ("down", "↓", _("Downwards"), window.moved(0, 1)),
        ("closer", "+", _("Closer"), window.closer(2)), ("further", "−", _("Further"), window.closer(0.5)),
        ("whole", "", _("The whole map"), Window()),
    )  # fmt: skip
    return [(name, sign, words, to.address()) for name, sign, words, to in ways]


@bp.post("/index/map")
@require("curator")
def draw_index_map() -> Any:
    """Draw the map of the published build, as a job."""
    if any(job.kind == "index_map" for job in jobs.unfinished()):
        flash(_("The map is being drawn already."), "warning")
    else:
        try:
            build_id = published.opened().build_id
            start_job("index_map", {"build": build_id}, "index.map", build_id)
        except BuildError as error:
            flash(retold(str(error)), "error")
    return redirect(url_for("admin.index_map"), 303)


def works_of(picture_ids: Sequence[int]) -> dict[int, tuple[Picture, Artwork]]:
    """Pictures that are there still, with their works, by id."""
    rows = db.session.scalars(db.select(Picture).where(Picture.id.in_(picture_ids)))
    pictures = {picture.id: picture for picture in rows}
    works = queries.artworks_by_pk(list({picture.artwork_id for picture in pictures.values()}))
    return {key: (picture, works[picture.artwork_id]) for key, picture in pictures.items() if picture.artwork_id in works}


def in_order(picture_ids: Sequence[int]) -> list[tuple[Picture, Artwork]]:
    found = works_of(picture_ids)
    return [found[key] for key in picture_ids if key in found]


def cell_or_404(text: str, cells: int) -> int:
    """The cell that an address names."""
    if not text.isdecimal() or not int(text) < cells:
        abort(404)
    return int(text)
