"""The nearest pictures of a work's picture in the published build, right and wrong marked, each the next query."""

from __future__ import annotations

import random
from typing import Any

from flask import redirect, render_template, request, url_for

from app import neighbours, published
from app.accounts.access import require
from app.catalogue import queries
from app.catalogue.models import Artwork, Picture
from app.engine.errors import BuildError, NoIndexError
from app.language import gettext as _
from app.neighbours import KS, RIGHT, SPARE
from app.published import Opened
from app.retelling import retold
from app.sentences import N_
from app.web.staff import bp
from app.web.staff.index_map import in_order, works_of

OFFERED = 12  # works that a search by words lists
RIGHT_WORDS = {
    "work": N_("the same work"), "artist": N_("the same artist"), "school": N_("the same school"), "type": N_("the same type"),
    "form": N_("the same form"), "timeframe": N_("the same period"),
}  # fmt: skip
MARKS = {"right": ("✓", N_("right")), "wrong": ("✗", N_("wrong")), "unknown": ("–", N_("not told"))}


@bp.get("/index/neighbours")
@require("curator")
def index_neighbours() -> Any:
    """`picture` asks; `q` finds a work, `random` draws one; `right` says what counts as right, `k` how many are shown."""
    chosen = kept()
    try:
        build, trouble = published.opened(), ""
    except NoIndexError:
        build, trouble = None, _("Nothing has been indexed yet: build the index first.")
    except BuildError as error:
        build, trouble = None, retold(str(error))
    if build is None:
        return render_template("admin/index_neighbours.html", build=None, trouble=trouble)
    words = request.args.get("q", "").strip()
    if request.args.get("random"):
        return redirect(url_for("admin.index_neighbours", picture=drawn_by_lot(build), **chosen))
    offers = found(words) if words else []
    if len(offers) == 1 and offers[0].pictures:
        return redirect(url_for("admin.index_neighbours", picture=offers[0].pictures[0].id, **chosen))
    return render_template(
        "admin/index_neighbours.html", build=build, trouble="", words=words, offers=offers, chosen=chosen, ks=KS,
        rights=RIGHT_WORDS, marks=MARKS, asked=None if words else asked(build, **chosen),
    )  # fmt: skip


def kept() -> dict[str, Any]:
    """What counts as right, and how many are shown; what is neither of those offered is the first, or ten."""
    right, k = request.args.get("right", ""), request.args.get("k", 10, type=int)
    return {"right": right if right in RIGHT else "artist", "k": k if k in KS else 10}


def found(words: str) -> list[Artwork]:
    """The works of that number, else those that have the words."""
    pks = queries.pks_by_source_id([words]).get(words, [])
    exact = [work for work in queries.artworks_by_pk(pks).values() if not work.hidden]
    return exact or queries.browse(text=words, per_page=OFFERED).works


def drawn_by_lot(build: Opened) -> int:
    """A picture of the build that can be found."""
    left = build.pictures["picture_id"][~build.gone]
    return int(left[random.randrange(len(left))]) if len(left) else 0


def asked(build: Opened, right: str, k: int) -> dict[str, Any] | None:
    """The picture that the address names with its nearest; `trouble` where it cannot be asked with."""
    number = request.args.get("picture", type=int)
    if number is None:
        return None
    position, here = build.position(number), works_of([number]).get(number)
    if position is None or here is None:
        return {"trouble": _("This picture is not in the index that is searched now.")}
    picture, work = here
    near = neighbours.nearest(build, position, k + SPARE, own_work=right == "work")
    cosines = {one.picture_id: one.cosine for one in near}
    shown = [pair for pair in in_order(list(cosines)) if not pair[1].hidden][:k]
    told = [neighbours.mark(work, other, right) for _picture, other in shown]
    hits, counted = neighbours.precision(told)
    return {
        "trouble": "", "picture": picture, "work": work, "others": others(build, picture, work), "hits": hits, "counted": counted,
        "unknown": len(told) - counted, "precision": hits / counted if counted else None, "value": value(work, right),
        "there": neighbours.rights(build, position, work, right) if right == "work" or value(work, right) else 0,
        "answers": [(*pair, cosines[pair[0].id], one) for pair, one in zip(shown, told, strict=True)],
    }  # fmt: skip


def value(work: Artwork, right: str) -> str:
    """What the work's record says of what counts as right; empty where it tells nothing, or where it is the work itself."""
    return "" if right == "work" else ", ".join(sorted(neighbours.values(work, right)))


def others(build: Opened, picture: Picture, work: Artwork) -> list[Picture]:
    """The work's other pictures in the build, which may ask as well."""
    return [one for one in work.pictures if one.id != picture.id and build.position(one.id) is not None]
