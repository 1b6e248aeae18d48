"""Works with all that their pages show, loaded in one SELECT."""

from __future__ import annotations

from collections.abc import Collection as Some

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.catalogue.models import Artwork, Credit
from app.extensions import db


def artwork(pk: int) -> Artwork | None:
    """The work with everything that its page shows, hidden or not; None if there is none."""
    return artworks_by_pk([pk]).get(pk)


def artworks_by_pk(pks: Some[int]) -> dict[int, Artwork]:
    """Primary key → work, with collection, artists and pictures loaded in one SELECT; keys that do not exist are left out."""
    if not pks:
        return {}
    query = (
        select(Artwork)
        .where(Artwork.id.in_(pks))
        .options(
            joinedload(Artwork.credits).joinedload(Credit.artist), joinedload(Artwork.pictures), joinedload(Artwork.collection)
        )
        .execution_options(populate_existing=True)
    )
    return {work.id: work for work in db.session.scalars(query).unique()}
