"""Old photos and imported files go, and nothing else."""

from __future__ import annotations

import os
import time
from datetime import timedelta
from pathlib import Path

from flask import Flask

from app.catalogue.models import now
from app.extensions import db
from app.settings import Settings
from app.usage import jobs, pruning
from tests.usage.builders import make_search


def lay(path: Path, days_old: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"photo")
    when = time.time() - days_old * 86400
    os.utime(path, (when, when))
    os.utime(path.parent, (when, when))
    return path


def test_photos_past_their_days_go_and_the_search_stays(app: Flask, settings: Settings) -> None:
    old, new = lay(settings.uploads_dir / "aa/old.jpg", 31), lay(settings.uploads_dir / "bb/new.jpg", 29)
    before = make_search(now() - timedelta(days=31), photo_path="aa/old.jpg")
    kept = make_search(now() - timedelta(days=29), photo_path="bb/new.jpg")
    assert pruning.prune_uploads() == 1
    assert (old.exists(), new.exists()) == (False, True)
    assert (before.photo_path, kept.photo_path) == (None, "bb/new.jpg")
    assert db.session.get(type(before), before.id) is before


def test_files_that_no_search_names_go_after_an_hour(app: Flask, settings: Settings) -> None:
    stray, fresh = lay(settings.uploads_dir / "stray.jpg", 1), lay(settings.uploads_dir / "fresh.jpg", 0)
    assert pruning.prune_uploads() == 1
    assert (stray.exists(), fresh.exists()) == (False, True)


def test_imported_files_go_after_a_week_unless_a_job_needs_them(app: Flask, settings: Settings) -> None:
    folder = pruning.imports_folder(settings)
    done, needed = lay(folder / "done/a.csv", 8), lay(folder / "needed/b.csv", 8)
    recent = lay(folder / "recent/c.csv", 6)
    jobs.create("import", {"file": str(needed)})
    assert pruning.prune_imports() == 1
    assert (done.exists(), needed.exists(), recent.exists()) == (False, True, True)
