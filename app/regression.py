"""Photos whose truth curators settled, as a ground truth: kept beyond the time for photos, evaluated, and exported."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.catalogue.models import Artwork, Collection
from app.evaluation.ground_truth import GroundTruth, GroundTruthError, LabelledPhoto
from app.extensions import db
from app.usage.models import KEPT_OUTCOMES, Ruling, Search

README = """Photos of visitors whose works curators settled. photos.csv: the photo, the ids of its works joined by | (none: no
work of the catalogue), and what was settled. Evaluate with: flask evaluate photos photos.csv
These are visitors' photos: keep them as carefully as the application does.
"""


@dataclass(frozen=True)
class Settled:
    """One photo of the set. works: (collection, id in the imported file)."""

    search_id: str
    path: Path
    works: tuple[tuple[str, str], ...]
    kind: str


def settled(uploads: Path) -> Iterator[Settled]:
    """Every photo that is kept and whose truth is known, the first settled first; a file that is gone is left out."""
    query = (
        select(Ruling)
        .join(Search)
        .where(Ruling.outcome.in_(KEPT_OUTCOMES), Search.photo_path.is_not(None))
        .options(selectinload(Ruling.search), selectinload(Ruling.works).selectinload(Artwork.collection))
        .order_by(Ruling.at, Ruling.id)
    )
    for ruling in db.session.scalars(query):
        path = uploads / str(ruling.search.photo_path)
        if path.is_file() and (ruling.works or ruling.outcome == "not_ours"):
            works = tuple((work.collection.name, work.source_id) for work in ruling.works)
            yield Settled(ruling.search_id, path, works, ruling.outcome)


def truth(uploads: Path) -> GroundTruth:
    """The set as `flask evaluate` asks it; a work is `collection/id`, since two collections may use one id.

    Raises GroundTruthError where there is none.
    """
    photos = tuple(
        LabelledPhoto(f"{one.search_id}.jpg", one.path, frozenset(_named(*work) for work in one.works), one.kind)
        for one in settled(uploads)
    )
    if not photos:
        raise GroundTruthError("No photo is settled yet; curators settle them under Staff pages, Unanswered and Feedback.")
    total = hashlib.sha256()
    for photo in photos:
        total.update(f"{photo.name}{sorted(photo.artwork_ids)}{photo.kind}".encode())
        with photo.path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return GroundTruth(photos, total.hexdigest())


def works() -> dict[int, str]:
    """Primary key → `collection/id`, of all works."""
    columns = (Artwork.id, Collection.name, Artwork.source_id)
    return {pk: _named(name, source) for pk, name, source in db.session.execute(select(*columns).join(Collection))}


def write_zip(file: IO[bytes], uploads: Path) -> int:
    """`photos.csv` (photo, artwork_ids, kind) with the photos, for `flask evaluate photos` anywhere; returns how many."""
    rows = list(settled(uploads))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        lines = [(f"photos/{one.search_id}.jpg", "|".join(source for _name, source in one.works), one.kind) for one in rows]
        table = io.StringIO()
        csv.writer(table).writerows([("photo", "artwork_ids", "kind"), *lines])
        archive.writestr("photos.csv", table.getvalue())
        archive.writestr("README.txt", README)
        for one in rows:
            archive.write(one.path, f"photos/{one.search_id}.jpg")
    return len(rows)


def _named(collection: str, source_id: str) -> str:
    return f"{collection}/{source_id}"
