"""Works of the catalogue: browsed, searched by words, one by one, and by artist."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import func, select

from app.accounts.access import has_role
from app.catalogue import queries
from app.catalogue.models import Artist, Artwork, Credit
from app.extensions import db
from app.web import labels

bp = Blueprint("artworks", __name__)

PER_PAGE = 24
WORDS_MAX = 200  # characters of a text search
SORT_WORDS = {"title": "Title", "artist": "Artist", "date": "Date", "newest": "Newest first"}
FACET_WORDS = {
    "artist": "Artist",
    "school": "School",
    "form": "Form",
    "type": "Type",
    "technique": "Technique",
    "timeframe": "Period",
    "collection": "Collection",
}


@bp.get("/works")
def browse() -> Any:
    """Browse and search by words; everything chosen shows in the address."""
    text = request.args.get("q", "").strip()[:WORDS_MAX]
    wanted: dict[str, Any] = {name: request.args.get(name, "") for name in queries.FACETS}
    filters = queries.Filters(**wanted)
    sort = request.args.get("sort", "title")
    page = queries.browse(filters, text, sort, page=_page(), per_page=PER_PAGE)
    if page.page > page.pages:
        return redirect(address(page=str(page.pages)))
    chosen = {name: value for name, value in asdict(filters).items() if value}
    return render_template(
        "artworks/browse.html",
        page=page,
        text=text,
        sort=sort if sort in queries.SORTS else "title",
        chosen=chosen,
        facets=queries.facets(filters, text),
        facet_words=FACET_WORDS,
        sort_words=SORT_WORDS,
        address=address,
    )


@bp.get("/works/<int:artwork_id>")
def work(artwork_id: int) -> Any:
    """One work: its pictures, its label, its record."""
    artwork = queries.artwork(artwork_id)
    if artwork is None or (artwork.hidden and not has_role(current_user, "curator")):
        abort(404)
    here = url_for("artworks.work", artwork_id=artwork.id, _external=True)
    return render_template(
        "artworks/work.html",
        artwork=artwork,
        record=labels.record(artwork),
        more=queries.more_by_artist(artwork) if artwork.credits else [],
        cite=labels.cite(artwork, here),
        here=here,
    )


@bp.get("/artists/<int:artist_id>")
def artist(artist_id: int) -> Any:
    """An artist and the works that the catalogue has of them."""
    maker = db.session.get(Artist, artist_id)
    if maker is None:
        abort(404)
    year = func.coalesce(Artwork.year_from, Artwork.year_to)
    credited = select(Credit.artwork_id).where(Credit.artist_id == maker.id)
    query = select(Artwork.id).where(Artwork.id.in_(credited), Artwork.hidden.is_(False))
    pks = db.paginate(query.order_by(year.is_(None), year, Artwork.id), per_page=PER_PAGE, max_per_page=PER_PAGE)
    works = queries.artworks_by_pk(pks.items)
    return render_template(
        "artworks/artist.html", artist=maker, page=pks, works=[works[pk] for pk in pks.items if pk in works]
    )


def address(**changes: str | None) -> str:
    """The address of this list with some of its choices changed (None takes one away), back on its first page."""
    kept = {name: value for name, value in request.args.items() if value and name != "page"}
    chosen = {name: value for name, value in (kept | changes).items() if value}
    return url_for("artworks.browse", **chosen)  # type: ignore[arg-type]


def _page() -> int:
    """The page asked for; 1 where it is no number."""
    return max(1, request.args.get("page", 1, type=int))
