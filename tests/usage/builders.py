"""Rows of use with sensible defaults."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.catalogue.models import Artwork, Collection
from app.extensions import db
from app.usage.models import Feedback, Search


def make_artwork(title: str = "The Ferry", collection: str = "Tests") -> Artwork:
    found = db.session.scalar(db.select(Collection).where(Collection.name == collection))
    owner = found or Collection(name=collection)
    artwork = Artwork(collection=owner, source_id=f"W{title}", title=title)
    db.session.add(artwork)
    db.session.commit()
    return artwork


def make_search(
    at: datetime, verdict: str = "identified", total: float = 500.0, work: Artwork | None = None, **values: Any
) -> Search:
    """A search as it is recorded; `work` is the one that it found, or the nearest one where it found none."""
    timings = {"decode": total * 0.1, "encode": total * 0.5, "verify": total * 0.4, "total": total}
    result = {"verdict": verdict, "matches": [], "timings_ms": timings}
    if work:
        values = {"collection_id": work.collection_id, **values}
        if verdict == "identified":
            values = {"artwork_id": work.id, "found": [work.id], **values}
    search = Search(
        **{"created_at": at, "verdict": verdict, "photo_width": 640, "photo_height": 480, "total_ms": total, "result": result,
           "probability": 0.9, **values}
    )  # fmt: skip
    db.session.add(search)
    db.session.commit()
    return search


def say(search: Search, kind: str, at: datetime) -> None:
    db.session.add(Feedback(search_id=search.id, kind=kind, at=at))
    db.session.commit()
