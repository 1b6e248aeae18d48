"""The page on which a photo is changed before it is asked about again; the state is the query of its address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, session, url_for

from app.catalogue.models import Picture
from app.engine.images import MIN_SIDE, encode_jpeg, resize
from app.extensions import db
from app.language import gettext as _
from app.usage.models import Search
from app.web import asking, imaging, parts, refining, uploads
from app.web.context import settings
from app.web.errors import Words
from app.web.refining import Edit

REMEMBERED = 8  # of the visitor's last changes, from which photo they were made
QUALITY = 92
PRIVATE = "private, max-age=3600"


def register(bp: Blueprint) -> None:
    """The page, its pictures, and asking again, below a search's address."""
    bp.add_url_rule("/searches/<search_id>/refine", "refine", page)
    bp.add_url_rule("/searches/<search_id>/refine", "refine_ask", ask, methods=["POST"])
    bp.add_url_rule("/searches/<search_id>/refined/<int:size>.jpg", "refined", refined)


def page(search_id: str) -> Any:
    """The photo, what is done to it, and what comes of it, beside the best match.

    `match=<n>` trims to where match n is seen, `part=<n>` to a picture that was seen in the photo.
    """
    search = asking.found(search_id)
    if kept(search) is None:
        return gone()
    source, edit = source_of(search)
    if only := part(search, request.args):
        return redirect(address(source, edit.within(only)))
    if source is not search and not request.args:
        return redirect(address(source, edit))
    return shown(search, refining.read(request.args))


def ask(search_id: str) -> Any:
    """Ask about the changed photo; it becomes a search of its own."""
    search = asking.found(search_id)
    path = kept(search)
    if path is None:
        return gone()
    if only := part(search, request.form):  # a button elsewhere: only this part, at once
        source, before = source_of(search)
        path, edit = kept(source) or path, before.within(only)
        search = source
    else:
        edit = refining.read(request.form)
    if "show" in request.form:  # without JavaScript: see what comes of it first
        return redirect(address(search, edit), 303)
    image = refining.apply(imaging.shrunk(path, uploads.KEPT_SIDE_PX), edit)
    if min(image.shape[:2]) < MIN_SIDE:
        text = _("Only a few dots of the photo would be left. Go back and leave more of it.")
        return asking.trouble(Words(_("This part is too small"), text), 422)
    photo = uploads.Photo(encode_jpeg(image, QUALITY), search.photo_name, "refine")
    return asking.reply(lambda: photo, lambda asked: remember(asked, search, edit))


def refined(search_id: str, size: int) -> Response:
    """The photo with what its address says done to it."""
    path = kept(asking.found(search_id))
    if path is None or size not in imaging.SIZES:
        abort(404)
    image = refining.apply(imaging.shrunk(path, uploads.KEPT_SIDE_PX), refining.read(request.args))
    response = make_response(imaging.jpeg(resize(image, size)))
    response.headers["Content-Type"] = "image/jpeg"
    response.headers["Cache-Control"] = PRIVATE
    return response


def address(search: Search, edit: Edit) -> str:
    """Where this state of this photo is shown."""
    query: dict[str, Any] = dict(edit.arguments())
    return url_for("search.refine", search_id=search.id, **query)


def shown(search: Search, edit: Edit) -> Any:
    """The page with the state of `edit`."""
    return render_template(
        "search/refine.html",
        search=search,
        edit=edit,
        reference=reference(search),
        works=asking.works_searched(),
    )


def gone() -> Any:
    """A photo that is kept no longer cannot be changed."""
    text = _("Photos are deleted after some days. Choose or photograph the picture again.")
    return asking.trouble(Words(_("Your photo is no longer kept"), text), 404)


def kept(search: Search) -> Any:
    """Path of the search's photo, or None."""
    path = settings().uploads_dir / (search.photo_path or "-")
    return path if path.is_file() else None


def part(search: Search, given: Mapping[str, str]) -> Edit | None:
    """The trims that leave the place of `match=<n>` or `part=<n>` (from 0) in the photo; None where neither is given, or 404."""
    if "match" in given:
        regions = [proof.get("region") for proof in search.proof]
    elif "part" in given:
        regions = list(parts.seen(search))
    else:
        return None
    number = given.get("match", given.get("part", ""))
    region = regions[int(number)] if number.isdecimal() and len(number) < 6 and int(number) < len(regions) else None
    if not region:
        abort(404)
    return refining.around(region, (search.photo_width, search.photo_height))


def reference(search: Search) -> Picture | None:
    """The catalogue's picture of the best match, to compare with."""
    best = db.session.get(Picture, search.proof[0].get("picture_id") or 0) if search.proof else None
    return None if best is None or best.artwork.hidden else best


# From which photo a changed one was made is the visitor's own knowledge, kept in their session alone: whoever is sent the link
# of an answer sees the part that was asked about, and not what had been trimmed away.


def remember(asked: Search, source: Search, edit: Edit) -> None:
    known: dict[str, Any] = session.get("refined", {})
    latest = [*known.items(), (asked.id, [source.id, edit.arguments()])]
    session["refined"] = dict(latest[-REMEMBERED:])


def source_of(search: Search) -> tuple[Search, Edit]:
    """The photo that a search's photo was made from and what was done, as far as this visitor knows; else its own, unchanged."""
    made = session.get("refined", {}).get(search.id)
    source = db.session.get(Search, made[0]) if made else None
    if source is None or kept(source) is None:
        return search, Edit()
    return source, refining.read(made[1])
