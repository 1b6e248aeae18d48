"""An import's report in the database and as lines: new, changed field by field, rejected, pictures missing, look-alikes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from app.catalogue.import_models import ImportChange
from app.catalogue.importers.artist_table import windows
from app.catalogue.importers.records import Change, ImportReport
from app.catalogue.models import Collection, ImportRun
from app.extensions import db

WINDOW = 1000
REPORT_HEADER = ("what", "line", "id", "title", "field", "before", "after")


def add_run(
    report: ImportReport, file_name: str, collection: Collection | None, *, user_id: int | None = None,
    job_id: str | None = None, written_at: datetime | None = None,
) -> ImportRun:
    """The run's own row and one for each change, in the session's transaction."""
    run = ImportRun(
        file_name=file_name, format=report.format, collection=collection, user_id=user_id, job_id=job_id, dry_run=report.dry_run,
        counts=report.counts, rejects=report.rejects, details={"tables": report.tables, "notes": report.notes},
        written_at=written_at,
    )  # fmt: skip
    db.session.add(run)
    db.session.flush()
    for some in windows(report.changes, WINDOW):
        db.session.execute(insert(ImportChange), [_row(run.id, change, report.dry_run) for change in some])
    return run


def keep_dry_run(report: ImportReport, file_name: str, *, user_id: int | None, job_id: str) -> ImportRun:
    """Keep the report of a dry run, which changed nothing else, until it is cleared away. Commits."""
    run = add_run(report, file_name, None, user_id=user_id, job_id=job_id)
    run.details = {**run.details, "collection": report.collection}
    db.session.commit()
    return run


def _row(run_id: int, change: Change, dry_run: bool) -> dict[str, Any]:
    gone = dry_run and change.kind == "added"  # what was added was rolled back
    return {
        "run_id": run_id, "kind": change.kind, "line": change.line, "artwork_id": None if gone else change.artwork_id,
        "source_id": change.source_id, "title": change.title, "before": change.before, "after": change.after,
        "missing": change.missing, "likes": change.likes, "missing_count": len(change.missing),
        "likes_count": len(change.likes), "undone": "", "kept_because": "",
    }  # fmt: skip


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str]]:
    """(field, before, after) in words, of one change."""
    return [(name, told(name, before.get(name)), told(name, value)) for name, value in after.items()]


def told(name: str, value: Any) -> str:
    """The value of a field for reading."""
    if name == "artists":
        return "; ".join(" ".join(filter(None, (one["role"], one["name"], one["life"]))) for one in value or [])
    if name == "pictures":
        return "; ".join(one["source_name"] for one in value or [])
    if name == "extra":
        return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""
    if name == "hidden":
        return "✓" if value else ""
    return "" if value is None else str(value)


def report_lines(changes: Iterable[Change | ImportChange], rejects: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    """The report as rows under `REPORT_HEADER`."""
    for change in changes:
        start = (change.line, change.source_id, change.title)
        if change.kind == "added":
            yield ("new", *start, "", "", "")
        for field, before, after in differences(change.before, change.after):
            yield ("changed", *start, field, before, after)
        for name in change.missing:
            yield ("picture missing", *start, "", "", name)
        for like in change.likes:
            yield ("looks like", *start, "", "", f"{like['collection']}: {like['source_id']}, {like['title']}")
    for reject in rejects:
        yield ("rejected", reject["line"], "", "", "", "", reject["reason"])


def harmless(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
