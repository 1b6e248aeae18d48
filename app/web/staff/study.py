"""The index study: how full its cells are, what lies in one, how a query goes through them, and the layers of a graph."""

from __future__ import annotations

from typing import Any

import numpy as np
from flask import render_template, request
from sqlalchemy import select

from app import published, services, studying
from app.accounts.access import require
from app.catalogue.models import Artwork
from app.engine.errors import BuildError, EngineError, NoIndexError
from app.engine.types import Floats
from app.extensions import db
from app.language import gettext as _
from app.published import Opened
from app.retelling import retold
from app.sentences import N_
from app.usage.models import Search
from app.web import study_plots
from app.web.staff import bp, settings
from app.web.staff.index_map import cell_or_404, in_order

CELL_PICTURES = 24
STEPS_TOLD = 20
OCCUPANCY = N_("Pictures in a cell: %(range)s; cells: %(count)s")
DEGREES = N_("Links: %(range)s; nodes: %(count)s")


@bp.get("/index/study")
@require("curator")
def index_study() -> Any:
    """Everything about the published build; `cell` shows one, `work` or `search` sends a query through them."""
    try:
        build, trouble = published.opened(), ""
    except NoIndexError:
        build, trouble = None, _("Nothing has been indexed yet: build the index first.")
    except BuildError as error:
        build, trouble = None, retold(str(error))
    if build is None:
        return render_template("admin/index_study.html", build=None, trouble=trouble)
    return render_template(
        "admin/index_study.html", build=build, trouble="", cells=occupancy(build), cell=cell(build),
        asked=asked(build), graph=graph(), typed={name: request.args.get(name, "").strip() for name in ("work", "search")},
    )  # fmt: skip


def occupancy(build: Opened) -> dict[str, Any] | None:
    """The sizes of the cells in figures and as a plot; None where the engine has no cells."""
    if build.cells is None:
        return None
    sizes = build.cells.sizes()
    bins = study_plots.binned(sizes.tolist())
    return {
        "count": len(sizes), "probes": min(build.manifest["nprobe"], len(sizes)), "vectors": int(sizes.sum()),
        "smallest": int(sizes.min()), "largest": int(sizes.max()), "median": int(np.median(sizes)),
        "at_smallest": int(sizes.argmin()), "at_largest": int(sizes.argmax()), "empty": float(100 * (sizes == 0).mean()),
        "bins": bins, "plot": study_plots.histogram(_("How full are the cells?"), bins, _(OCCUPANCY)),
    }  # fmt: skip


def cell(build: Opened) -> dict[str, Any] | None:
    """The cell that the address names, with the pictures nearest to its centre."""
    if build.cells is None or "cell" not in request.args:
        return None
    number = cell_or_404(request.args["cell"], len(build.cells))
    last = len(build.cells) - 1
    return {
        "number": number, "size": len(build.cells.rows(number)),
        "pictures": in_order(studying.in_cell(build, number, CELL_PICTURES)),
        "before": number - 1 if number else last, "after": number + 1 if number < last else 0,
    }  # fmt: skip


def asked(build: Opened) -> dict[str, Any] | None:
    """The way of the query that the address names through the cells; `trouble` where there is none."""
    if build.cells is None or not (request.args.get("work") or request.args.get("search")):
        return None
    try:
        query, name = _query(build)
    except services.Busy as error:
        return {"trouble": retold(str(error))}
    except EngineError as error:
        return {"trouble": retold(str(error))}
    if query is None:
        return {"trouble": name}
    steps, nearest = studying.way(build, query)
    within = sum(step.answers for step in steps if step.probed)
    return {
        "trouble": "", "name": name, "steps": steps[:STEPS_TOLD], "more": max(0, len(steps) - STEPS_TOLD),
        "within": within, "answers": sum(step.answers for step in steps), "nearest": in_order(nearest),
        "plot": study_plots.way(_("How near are the cells to the query?"), steps),
    }  # fmt: skip


def _query(build: Opened) -> tuple[Floats | None, str]:
    """The vector of a work or of a visitor's photo, and its name; without one, why not."""
    if wanted := request.args.get("work", "").strip():
        found = db.session.scalars(select(Artwork).where(Artwork.source_id == wanted).limit(1)).first()
        if found is None:
            return None, _("No work has the number %(number)s.", number=wanted)
        vectors = studying.vectors_of_work(build, found.id)
        if not len(vectors):
            return None, _("The work %(number)s is not in this build.", number=wanted)
        return vectors[:1], found.title or wanted
    wanted = request.args.get("search", "").strip().rstrip("/").rpartition("/")[2]  # its id, or the address of its page
    search = db.session.get(Search, wanted)
    photo = settings().uploads_dir / (search.photo_path or "-") if search else None
    if search is None or photo is None or not photo.is_file():
        return None, _("There is no search of that number whose photo is kept still.")
    return studying.vector_of_photo(photo), search.photo_name or _("A visitor's photo")


def graph() -> dict[str, Any] | None:
    """The layers of a graph over the vectors, as they were counted with the map."""
    found = studying.kept_map()
    if found is None:
        return None
    degrees = [(links, links, int(count)) for links, count in enumerate(found.degrees)]
    used = [row for row in degrees if row[2]]
    shown = degrees[used[0][0] : used[-1][0] + 1]
    links = sum(links * count for links, _last, count in degrees) / max(1, found.graph_rows)
    return {
        "rows": found.graph_rows, "nodes": list(reversed(list(enumerate(found.nodes.tolist())))), "degrees": used,
        "mean": links, "seconds": found.graph_seconds,
        "plot": study_plots.histogram(_("How many links has a node of the lowest layer?"), shown, _(DEGREES)),
    }  # fmt: skip
