"""Imports and the search: duplicates found by their pictures, and an index that follows an import and its undo at once."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app import importing, services
from app.catalogue.importers import ImportReport, run_import, undoing
from app.catalogue.models import Artwork
from app.engine.types import BuildReport
from app.extensions import db
from tests.tiny import jpeg, paint, painting, visitor_photo

FRESH = paint(7_777, 480, 480)  # a work that the tiny museum does not have


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two works: one is a smaller copy of the museum's `t03`, under another number; one is new."""
    folder = tmp_path / "loan"
    folder.mkdir()
    (folder / "copy.jpg").write_bytes(jpeg(painting("t03")[::2, ::2]))
    (folder / "new.jpg").write_bytes(jpeg(FRESH))
    (folder / "works.csv").write_text("id,title,file\nL1,On loan,copy.jpg\nL2,New,new.jpg\n", encoding="utf-8")
    return folder


def load(folder: Path, dry_run: bool = False) -> ImportReport:
    return run_import(folder / "works.csv", collection="Loan", dry_run=dry_run, pictures_dir=services.settings().pictures_dir)


def found(photo: bytes) -> list[str]:
    """Ids of the works that the photo is verified to show."""
    return [match["artwork_id"] for match in services.search_photo(photo).json["matches"] if match["verified"]]


def test_a_work_that_is_there_already_is_found_by_its_picture(tiny_index: BuildReport, tiny_app: Flask, folder: Path) -> None:
    report = load(folder, dry_run=True)
    importing.find_likes(report)
    likes = {change.source_id: [like["source_id"] for like in change.likes] for change in report.changes}
    assert likes == {"L1": ["t03"], "L2": []}
    assert report.changes[0].likes[0]["collection"] == "Tiny museum" and report.notes == []


def test_without_an_index_the_report_says_that_nothing_was_compared(tiny_app: Flask, folder: Path) -> None:
    report = load(folder, dry_run=True)
    importing.find_likes(report)
    assert report.notes == ["Nothing is indexed yet, so no work was compared with the collection by its picture."]
    assert importing.sync_index([1])["state"] == "none"


def test_the_index_follows_an_import_and_its_undo_within_seconds(
    tiny_index: BuildReport, tiny_app: Flask, folder: Path
) -> None:
    photo = visitor_photo(FRESH).jpeg()
    assert found(photo) == []
    run = load(folder).run_id or 0
    began = time.monotonic()
    assert importing.sync_index(importing.works_of(run)) == {"state": "done", "removed": 0, "added": 2}
    assert found(photo) == ["L2"]
    assert time.monotonic() - began < 5
    undoing.undo_import(run)
    assert found(photo) == [], "a work that is gone is never shown, even before the index follows"
    assert importing.sync_index(importing.works_of(run))["removed"] == 2
    assert found(photo) == []
    assert found(visitor_photo(painting("t03")).jpeg()) == ["t03"], "the others are found throughout"


def test_a_picture_that_an_import_replaced_is_searched_again_after_the_undo(
    tiny_index: BuildReport, tiny_app: Flask, tiny_files: Path, tmp_path: Path
) -> None:
    shutil.copytree(tiny_files, tmp_path / "tiny")
    (tmp_path / "tiny" / "t03-0.jpg").write_bytes(jpeg(FRESH))
    source = tmp_path / "tiny" / "catalogue.csv"
    report = run_import(source, collection="Tiny museum", pictures_dir=services.settings().pictures_dir)
    assert report.counts["updated"] == 1
    importing.sync_index(importing.works_of(report.run_id or 0))
    assert (found(visitor_photo(FRESH).jpeg()), found(visitor_photo(painting("t03")).jpeg())) == (["t03"], [])
    undoing.undo_import(report.run_id or 0)
    assert importing.sync_index(importing.works_of(report.run_id or 0)) == {"state": "done", "removed": 1, "added": 1}
    assert (found(visitor_photo(FRESH).jpeg()), found(visitor_photo(painting("t03")).jpeg())) == ([], ["t03"])


def test_while_the_index_is_being_built_an_undo_says_so(tiny_index: BuildReport, tiny_app: Flask, folder: Path) -> None:
    run = load(folder).run_id or 0
    with services.build_lock():
        assert importing.sync_index(importing.works_of(run))["state"] == "busy"
    assert db.session.scalar(select(Artwork.id).where(Artwork.source_id == "L1")) is not None
