"""Two records of one work made one, and that undone: `hidden_by` of the record that is hidden keeps what went to the other.

What visitors keep is copied rather than moved: the hidden record's rows are seen by nobody, and are there after an undo. What
was said of photos names the record that is left, since that is the right answer from then on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, delete, insert, select, update

from app.catalogue.editing import FIELDS
from app.catalogue.errors import CatalogueError
from app.catalogue.models import Artwork, Picture
from app.extensions import db

CHAIN = 10  # records that were merged one into the other


def merge(kept: Artwork, double: Artwork) -> int:
    """`kept` gets the other's pictures, what only the other says, and its places in visitors' lists; returns how many pictures.

    Raises CatalogueError. `unmerge` takes it back.
    """
    if kept.id == double.id:
        raise CatalogueError("A work cannot be merged with itself; give the number of the other one.")
    for one in (kept, double):
        if into(one) is not None:
            raise CatalogueError(f"The record {one.source_id} was merged already; undo that first.")
    pictures = _give_pictures(kept, double)
    fields = [name for name in FIELDS if not getattr(kept, name) and getattr(double, name)]
    for name in fields:
        setattr(kept, name, getattr(double, name))
    told = {"by": "merge", "into": kept.id, "fields": fields, "was_hidden": double.hidden}
    double.hidden = True
    db.session.flush()
    lists = {name: _copy(table, column, kept.id, double.id) for name, (table, column) in _copied().items()}
    said = {name: _move(table, column, double.id, kept.id) for name, (table, column) in _moved().items()}
    double.hidden_by = {**told, "pictures": [one.id for one in pictures], **lists, **said}
    db.session.flush()
    return len(pictures)


def unmerge(double: Artwork) -> int:
    """Show the record again, and take back what went to the other where it is there still; the other's id.

    Raises CatalogueError where it was not merged.
    """
    kept_id, told = into(double), double.hidden_by
    if kept_id is None or told is None:
        raise CatalogueError(f"The record {double.source_id} was not merged with another one.")
    kept = db.session.get(Artwork, kept_id)
    if kept is not None:
        kept.pictures = [one for one in kept.pictures if one.id not in told["pictures"]]
        for name in told["fields"]:
            if getattr(kept, name) == getattr(double, name):
                setattr(kept, name, "")
        for name, (table, column) in _copied().items():
            db.session.execute(delete(table).where(table.c.artwork_id == kept_id, table.c[column].in_(told[name])))
        for name, (table, column) in _moved().items():
            _move(table, column, kept_id, double.id, told[name])
    double.hidden, double.hidden_by = told["was_hidden"], None
    db.session.flush()
    return kept_id


def into(work: Artwork) -> int | None:
    """The id of the work that this record became one with."""
    return work.hidden_by["into"] if work.hidden and work.hidden_by and work.hidden_by["by"] == "merge" else None


def merged_into(kept: Artwork) -> list[Artwork]:
    """The records that were merged into this one."""
    told = select(Artwork).where(Artwork.hidden, Artwork.hidden_by["into"].as_integer() == kept.id)
    return list(db.session.scalars(told.order_by(Artwork.id)))


def survivors(pks: Sequence[int]) -> dict[int, int]:
    """Of works that were merged into others: id → id of the work that is left."""
    found: dict[int, int] = {}
    left = {pk: pk for pk in pks}
    for _step in range(CHAIN):
        rows = db.session.scalars(select(Artwork).where(Artwork.id.in_(set(left.values())), Artwork.hidden))
        next_ = {work.id: kept for work in rows if (kept := into(work)) is not None}
        left = {pk: next_[at] for pk, at in left.items() if at in next_}
        found |= left
        if not left:
            break
    return found


def _give_pictures(kept: Artwork, double: Artwork) -> list[Picture]:
    known = {one.sha256 for one in kept.pictures}
    last = max((one.position for one in kept.pictures), default=-1)
    new = [one for one in double.pictures if one.sha256 not in known]
    names = ("sha256", "path", "source_name", "width", "height")
    added = [Picture(position=place, **{name: getattr(one, name) for name in names}) for place, one in enumerate(new, last + 1)]
    kept.pictures.extend(added)
    return added


def _copied() -> dict[str, tuple[Table, str]]:
    """What visitors keep: name → (table, the column that says whose it is)."""
    from app.accounts.models import Favourite, PersonalCollectionWork

    return {"favourites": (_table(Favourite), "user_id"), "collections": (_table(PersonalCollectionWork), "collection_id")}


def _moved() -> dict[str, tuple[Table, str]]:
    """What was said of photos: name → (table, the column that tells its rows apart)."""
    from app.usage.models import Feedback, ruling_works

    return {"feedback": (_table(Feedback), "id"), "rulings": (ruling_works, "ruling_id")}


def _table(model: Any) -> Table:
    found: Table = model.__table__
    return found


def _copy(table: Table, column: str, to: int, of: int) -> list[int]:
    """Rows of one work for another too, where it has none of the same owner; whose they are."""
    there = set(db.session.scalars(select(table.c[column]).where(table.c.artwork_id == to)))
    rows = db.session.execute(select(table).where(table.c.artwork_id == of)).mappings().all()
    new = [{**row, "artwork_id": to} for row in rows if row[column] not in there]
    if new:
        db.session.execute(insert(table), new)
    return [row[column] for row in new]


def _move(table: Table, column: str, of: int, to: int, only: Sequence[int] | None = None) -> list[int]:
    """Rows of one work for another instead, where it has none of the same; which they are."""
    there = set() if column == "id" else set(db.session.scalars(select(table.c[column]).where(table.c.artwork_id == to)))
    mine = select(table.c[column]).where(table.c.artwork_id == of)
    keys = [key for key in db.session.scalars(mine) if key not in there and (only is None or key in only)]
    db.session.execute(update(table).where(table.c.artwork_id == of, table.c[column].in_(keys)).values(artwork_id=to))
    return keys
