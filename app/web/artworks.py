"""Works of the catalogue: browsed, searched by words, one by one, and by artist."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import select

from app import neighbours
from app.accounts.access import has_role
from app.catalogue import merging, queries
from app.catalogue.models import Artist, Artwork, Credit
from app.engine.errors import EngineError, NoIndexError
from app.extensions import db
from app.web import labels, listing, structured

bp = Blueprint("artworks", __name__)

PER_PAGE = 24
SIMILAR = 6
MORE_VALUES = 500  # of the facet that is shown at length


@bp.get("/works")
def browse() -> Any:
    """Browse and search by words; everything chosen shows in the address."""
    text, filters, more = listing.words(), listing.filters(), request.args.get("more", "")
    page = queries.browse(filters, text, listing.sort(), page=listing.page(), per_page=PER_PAGE)
    if page.page > page.pages:
        return redirect(listing.address(page=str(page.pages)))
    chosen = listing.chosen()
    return render_template(
        "artworks/browse.html",
        page=page,
        text=text,
        sort=listing.sort(),
        given_sort=request.args.get("sort", "") if request.args.get("sort") in listing.sorts() else "",
        chosen=chosen,
        chosen_names={name for name, _value in chosen},
        facets=queries.facets(filters, text, limits={more: MORE_VALUES}),
        facet_limit=queries.FACET_VALUES,
        facet_words=listing.FACET_WORDS,
        sort_words=listing.sorts(),
        more=more,
        address=listing.address,
        toggled=listing.toggled,
    )


@bp.get("/works/<int:artwork_id>")
def work(artwork_id: int) -> Any:
    """One work: its pictures, its label, its record, and what is like it."""
    artwork = queries.artwork(artwork_id)
    if artwork is None or (artwork.hidden and not has_role(current_user, "curator")):
        if left := merging.survivors([artwork_id]).get(artwork_id):  # addresses are for ever
            return redirect(url_for("artworks.work", artwork_id=left))
        abort(404)
    here = url_for("artworks.work", artwork_id=artwork.id, _external=True)
    return render_template(
        "artworks/work.html",
        artwork=artwork,
        record=labels.record(artwork),
        more=queries.more_by_artist(artwork) if artwork.credits else [],
        similar=similar(artwork.id),
        cite=labels.cite(artwork, here),
        here=here,
        open_graph=structured.open_graph(artwork, here),
        structured=structured.visual_artwork(artwork, here),
    )


def similar(artwork_id: int) -> list[Artwork]:
    """Works that look most like this one as a whole; none where nothing is indexed, or this work is not."""
    try:
        return [work for work, _cosine in neighbours.of_work(artwork_id, SIMILAR)[1]]
    except NoIndexError:
        return []
    except EngineError as error:
        current_app.logger.warning("no similar works: %s", error)
        return []


@bp.get("/works/of/<path:collection>/number/<path:source_id>")
def by_number(collection: str, source_id: str) -> Any:
    """A work by the number that its museum gives it: this address outlives the database."""
    found = queries.pks_by_source_id([source_id], collection).get(source_id)
    if not found:
        abort(404)
    return redirect(url_for("artworks.work", artwork_id=found[0]))


@bp.get("/artists/<int:artist_id>")
def artist(artist_id: int) -> Any:
    """An artist and the works that the catalogue has of them."""
    maker = db.session.get(Artist, artist_id)
    if maker is None:
        abort(404)
    credited = select(Credit.artwork_id).where(Credit.artist_id == maker.id)
    query = select(Artwork.id).where(Artwork.id.in_(credited), Artwork.hidden.is_(False))
    query = query.order_by(Artwork.sort_year, Artwork.sort_title, Artwork.id)
    pks = db.paginate(query, per_page=PER_PAGE, max_per_page=PER_PAGE)
    works = queries.artworks_by_pk(pks.items)
    return render_template(
        "artworks/artist.html", artist=maker, page=pks, works=[works[pk] for pk in pks.items if pk in works]
    )
