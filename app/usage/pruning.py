"""Files that are kept for a time: visitors' photos, and the files of finished imports."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from flask import current_app
from sqlalchemy import delete, exists, select

from app.catalogue.models import ImportRun, now
from app.extensions import db
from app.settings import Settings
from app.usage.jobs import UNFINISHED
from app.usage.models import KEPT_OUTCOMES, Job, Ruling, Search

ORPHAN_GRACE = timedelta(hours=1)  # a file younger than this may belong to a search that is still being recorded
IMPORTS_KEPT = timedelta(days=7)


def imports_folder(settings: Settings) -> Path:
    """Where uploaded catalogue files lie, one folder each."""
    return settings.instance / "imports"


def prune_uploads() -> int:
    """Remove photos of searches older than `uploads_keep_days`, and files that no search names; returns how many.

    Photos whose truth a curator settled stay: they test the search, until their search is deleted.
    """
    settings: Settings = current_app.extensions["pinakes.settings"]
    before = now() - timedelta(days=settings.uploads_keep_days)
    settled = exists().where(Ruling.search_id == Search.id, Ruling.outcome.in_(KEPT_OUTCOMES))
    due = select(Search).where(Search.created_at < before, Search.photo_path.is_not(None), ~settled)
    old = db.session.scalars(due).all()
    paths = [settings.uploads_dir / str(search.photo_path) for search in old]
    for search in old:
        search.photo_path = None
    db.session.commit()  # first, so that no page names a file that has gone
    for path in paths:
        path.unlink(missing_ok=True)
    return len(paths) + _remove_orphans(settings.uploads_dir)


def _remove_orphans(folder: Path) -> int:
    named = set(db.session.scalars(select(Search.photo_path).where(Search.photo_path.is_not(None))))
    files = [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []
    orphans = [path for path in files if str(path.relative_to(folder)) not in named and _older(path, ORPHAN_GRACE)]
    for path in orphans:
        path.unlink(missing_ok=True)
    return len(orphans)


def prune_imports() -> int:
    """Remove files and dry runs of imports a week after they came, unless a job still needs them; returns how many files."""
    settings: Settings = current_app.extensions["pinakes.settings"]
    folder = imports_folder(settings)
    unfinished = db.session.scalars(select(Job).where(Job.state.in_(UNFINISHED))).all()
    needed = {f"{job.arguments.get(name, '')}/" for job in unfinished for name in ("file", "images", "harvest")}
    old = [
        entry
        for entry in (folder.iterdir() if folder.exists() else ())
        if _older(entry, IMPORTS_KEPT) and not any(name.startswith(f"{entry}/") for name in needed)
    ]
    for entry in old:
        shutil.rmtree(entry, ignore_errors=True)
    db.session.execute(delete(ImportRun).where(ImportRun.dry_run, ImportRun.created_at < now() - IMPORTS_KEPT))
    db.session.commit()
    return len(old)


def _older(path: Path, age: timedelta) -> bool:
    return datetime.now().timestamp() - path.stat().st_mtime > age.total_seconds()
