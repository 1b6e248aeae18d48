"""Folders of pictures without a catalogue: each picture a work, several folders one catalogue."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from app.catalogue import queries
from app.catalogue.errors import CatalogueFileError
from app.catalogue.importers import ImportReport, run_import
from app.catalogue.models import Artwork
from app.extensions import db
from tests.catalogue.files import picture


def taken(app: Flask, folder: Path) -> ImportReport:
    return run_import(folder, pictures_dir=Path(app.instance_path) / "pictures")


def test_several_folders_become_one_catalogue(app: Flask, tmp_path: Path) -> None:
    for name, colour in (("vases", "teal"), ("bowls", "navy")):
        picture(tmp_path / name / "red figure" / "01.jpg", colour=colour)
        picture(tmp_path / name / "02.png", size=(50, 30), colour=colour)
    first, second = (taken(app, tmp_path / name) for name in ("vases", "bowls"))
    assert (first.collection, second.collection, second.format) == ("vases", "bowls", "picture_folder")
    assert first.counts["added"] == second.counts["pictures_added"] == 2
    works = list(db.session.scalars(db.select(Artwork).order_by(Artwork.id)))
    assert [(work.collection.name, work.source_id, work.title) for work in works] == [
        ("vases", "02", "02"), ("vases", "red figure/01", "01"), ("bowls", "02", "02"), ("bowls", "red figure/01", "01")
    ]  # fmt: skip
    assert works[1].extra == {"Folder": "red figure"} and not works[0].extra and not works[0].credits
    assert len(queries.pictures_for_index()) == 4  # one index holds all of them
    again = taken(app, tmp_path / "vases")
    assert again.counts["unchanged"] == 2 and not again.counts["added"] and not again.counts["pictures_added"]


def test_files_of_one_name_are_two_works(app: Flask, tmp_path: Path) -> None:
    picture(tmp_path / "all" / "a.jpg")
    picture(tmp_path / "all" / "a.png", size=(50, 40))
    picture(tmp_path / "all" / ".hidden" / "b.png")
    (tmp_path / "all" / "broken.jpg").write_bytes(b"no picture")
    report = taken(app, tmp_path / "all")
    assert set(db.session.scalars(db.select(Artwork.source_id))) == {"a.jpg", "a.png", "broken"}
    assert report.counts["pictures_added"] == 2 and "broken.jpg" in str(report.rejects)


def test_a_folder_without_pictures_is_told(app: Flask, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(CatalogueFileError, match="no picture in this folder"):
        taken(app, tmp_path)
