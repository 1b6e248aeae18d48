"""What favourites and collections have in common: a page of works, a file of them."""

from __future__ import annotations

from flask import Response, abort, url_for
from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import Select

from app.accounts import listing
from app.accounts.mail import at_site
from app.catalogue import queries
from app.catalogue.models import Artwork
from app.extensions import db
from app.web.account import PER_PAGE

KINDS = {"csv": "text/csv", "json": "application/json"}


def page_of(query: Select[int]) -> tuple[Pagination, list[Artwork]]:
    """One page of the works whose ids the query names, in its order."""
    page = db.paginate(query, per_page=PER_PAGE, max_per_page=PER_PAGE, error_out=False)
    works = queries.artworks_by_pk(page.items)
    return page, [works[pk] for pk in page.items if pk in works]


def work_address(work: Artwork) -> str:
    """The full address of a work's page."""
    return at_site(url_for("artworks.work", artwork_id=work.id, _external=True))


def file_of(query: Select[int], kind: str, name: str, description: str = "") -> Response:
    """All the works as a file to keep: `csv` or `json`; any other kind is 404."""
    if kind not in KINDS:
        abort(404)
    pks = list(db.session.scalars(query))
    works = queries.artworks_by_pk(pks)
    rows = listing.rows([works[pk] for pk in pks if pk in works], work_address)
    text = listing.as_csv(rows) if kind == "csv" else listing.as_json(name, description, rows)
    response = Response(text, mimetype=KINDS[kind])
    response.headers.set("Content-Disposition", "attachment", filename=f"{file_name(name)}.{kind}")
    response.headers["Cache-Control"] = "no-store"
    return response


def file_name(name: str) -> str:
    """A name that every system takes: ASCII letters, digits and hyphens."""
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name.lower())
    return "-".join(part for part in kept.split("-") if part)[:60] or "collection"
