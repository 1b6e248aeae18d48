"""What a curator sees first: the state of the catalogue, the index, the queue."""

from __future__ import annotations

from typing import Any

from flask import render_template
from sqlalchemy import func, select

from app.accounts.access import require
from app.catalogue.models import Artwork, Collection, Picture
from app.extensions import db
from app.usage import jobs, statistics, zone
from app.web.staff import bp
from app.web.staff.indexing import index_status


@bp.get("/")
@require("curator")
def home() -> Any:
    """Numbers that link to what they count, and what runs now."""
    return render_template(
        "admin/home.html",
        counts=counts(),
        status=index_status(),
        today=statistics.of_period(statistics.Period(zone.today(), zone.today())).searches,
        running=jobs.unfinished(),
        recent=jobs.recent(limit=6),
        collections=collections(),
    )


def counts() -> dict[str, int]:
    """Works, hidden works, works without a picture, pictures."""
    works = select(func.count()).select_from(Artwork)
    return {
        "works": db.session.scalar(works) or 0,
        "hidden": db.session.scalar(works.where(Artwork.hidden)) or 0,
        "without": db.session.scalar(works.where(~Artwork.pictures.any())) or 0,
        "pictures": db.session.scalar(select(func.count()).select_from(Picture)) or 0,
    }


def collections() -> list[tuple[str, int]]:
    """(name, works) of every collection, by name."""
    query = select(Collection.name, func.count(Artwork.id)).outerjoin(Artwork).group_by(Collection.id)
    return [(name, count) for name, count in db.session.execute(query.order_by(Collection.name))]
