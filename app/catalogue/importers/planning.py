"""First half of an import: read the whole file, judge every row, take the pictures. The database is not touched."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import String

from app.catalogue import pictures
from app.catalogue.errors import PictureError
from app.catalogue.importers.picture_source import PictureSource
from app.catalogue.importers.reading import Table
from app.catalogue.importers.records import Importer, Person, Record, Reject
from app.catalogue.models import Artist, Artwork

Progress = Callable[[str, int, int], None]  # (stage, done, total)
EVERY_SECONDS = 0.2  # between two reports of progress, at which an import can also be stopped

_LIMITS = {
    column.name: column.type.length
    for column in Artwork.__table__.columns
    if isinstance(column.type, String) and column.type.length
}
_NAME_LIMIT = 300
assert Artist.__table__.columns["sort_name"].type.length == _NAME_LIMIT


@dataclass(slots=True)
class PlannedWork:
    """One work to import: its row, and its pictures as stored."""

    record: Record
    pictures: list[pictures.StoredPicture] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    file: Path | None = None  # of the first picture, as it lies where it came from


@dataclass
class Plan:
    """Everything that the second half writes, in the file's order, and what was refused."""

    works: dict[str, PlannedWork] = field(default_factory=dict)
    people: dict[tuple[str, str], Person] = field(default_factory=dict)  # artists without works, by name and life
    rejects: list[Reject] = field(default_factory=list)
    pictures_missing: int = 0


def make_plan(importer: Importer, table: Table, source: PictureSource, progress: Progress | None = None) -> Plan:
    """Read all rows. Memory grows with the file: about 2 kB a row."""
    plan = Plan()
    total = max(table.lines - 1, 1)
    told = 0.0
    for row in importer.rows(table):
        if isinstance(row, Reject):
            plan.rejects.append(row)
        elif isinstance(row, Person):
            _plan_person(row, plan)
        else:
            _plan_row(row, plan, source)
        if progress and time.monotonic() - told >= EVERY_SECONDS:
            progress("reading", min(row.line - 1, total), total)
            told = time.monotonic()
    if progress:
        progress("reading", total, total)
    return plan


def _plan_person(row: Person, plan: Plan) -> None:
    key = (row.maker.sort_name, row.maker.born_died)
    longest = max(map(len, key))
    if longest > _NAME_LIMIT:
        plan.rejects.append(Reject(row.line, f"has {longest} characters in the artist, at most {_NAME_LIMIT} are kept"))
    elif known := plan.people.get(key):
        plan.rejects.append(Reject(row.line, f"repeats the artist {key[0]!r} of line {known.line}, with the same life"))
    else:
        plan.people[key] = row


def _plan_row(record: Record, plan: Plan, source: PictureSource) -> None:
    known = plan.works.get(record.source_id)
    reason = too_long(record) if known is None else _repeated(record, known)
    if reason:
        plan.rejects.append(Reject(record.line, reason))
        return
    work = known or plan.works.setdefault(record.source_id, PlannedWork(record))
    if known:
        known.record.pictures.extend(record.pictures)
    for outcome in _take_pictures(record, work, source):
        if isinstance(outcome, str):
            plan.pictures_missing += 1
            work.missing.append(outcome)
        elif isinstance(outcome, Reject):
            plan.rejects.append(outcome)
        elif all(outcome.sha256 != other.sha256 for other in work.pictures):
            work.pictures.append(outcome)


def _repeated(record: Record, known: PlannedWork) -> str | None:
    """Why a row with an id that an earlier row has is no further picture of that work; None if it is one."""
    first = known.record
    new = [name for name in record.pictures if name not in first.pictures]
    title = record.fields.get("title", "")
    if title and title != first.fields.get("title", ""):
        return f"repeats the id {record.source_id!r} of line {first.line} with another title"
    return None if new else f"repeats the id {record.source_id!r} of line {first.line}"


def too_long(record: Record) -> str | None:
    """Why the row does not fit the table's columns, None if it does."""
    texts = {"source_id": record.source_id, **record.fields}
    for name, limit in _LIMITS.items():
        if len(texts.get(name) or "") > limit:
            return f"has {len(texts[name])} characters in {name}, at most {limit} are kept"
    for maker in record.makers or []:
        longest = max(len(maker.sort_name), len(maker.born_died))
        if longest > _NAME_LIMIT:
            return f"has {longest} characters in the artist, at most {_NAME_LIMIT} are kept"
    return None


def _take_pictures(
    record: Record, work: PlannedWork, source: PictureSource
) -> Iterator[pictures.StoredPicture | Reject | str]:
    """Each picture as stored, a reject if it cannot be read, its name if it is not there."""
    for name in dict.fromkeys(record.pictures) or source.called_after(record.source_id):
        try:
            path = source.located(name)
            if path is None:
                yield name
                continue
            yield pictures.store(path, name, source.pictures_dir, write=source.write)
            work.file = work.file or path
        except PictureError as error:
            yield Reject(record.line, str(error))
