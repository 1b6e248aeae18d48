"""An import in a real worker that is killed twice: it goes on, and nothing is lost or there twice."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from app.catalogue.models import Artist, Artwork, Credit, ImportRun, Picture
from app.extensions import db
from app.usage import jobs
from tasks.dispatch import send
from tests.tasks.conftest import Worker, wait_for

AACHEN = '"Aachen, Hans von"'
ROWS = f"id,title,artist,image\nA1,The Ferry,{AACHEN},a/1.jpg\nA2,The Mill,{AACHEN},a/2.jpg\nA3,Still,,a/3.jpg\n"


def packed(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for number in (1, 2, 3):
            picture = io.BytesIO()
            Image.effect_noise((64, 48), 20 * number).convert("RGB").save(picture, "JPEG")
            archive.writestr(f"a/{number}.jpg", picture.getvalue())
    return path


def test_an_import_survives_being_killed_while_it_unpacks_and_while_it_writes(
    served: Flask, start_worker: Callable[..., Worker], tmp_path: Path
) -> None:
    home = tmp_path / "instance" / "imports" / "one"
    home.mkdir(parents=True)
    (home / "museum.csv").write_text(ROWS, encoding="utf-8")
    zipped = packed(home / "pictures.zip")
    files = {"file": str(home / "museum.csv"), "packed": str(zipped), "images": str(zipped.with_suffix(""))}
    job = jobs.create("import", {**files, "collection": "Museum", "name": "museum.csv", "dry_run": False})
    start_worker("deadly", DIE_AT="unpacking:1 storing:3", DEATHS=str(tmp_path))
    send(job)
    wait_for(lambda: job.state == "done", "the end")
    assert (tmp_path / "unpacking").exists() and (tmp_path / "storing").exists() and jobs.attempts(job) == 3
    assert job.result["counts"]["added"] == 3 and job.result["counts"]["pictures_added"] == 3
    counts = [db.session.scalar(select(func.count()).select_from(model)) for model in (Artwork, Artist, Credit, Picture, ImportRun)]
    assert counts == [3, 1, 2, 3, 1]
    assert all((tmp_path / "instance" / "pictures" / path).is_file() for path in db.session.scalars(select(Picture.path)))
    assert sorted(path.name for path in home.iterdir()) == ["museum.csv", "pictures"]  # the ZIP is no longer needed
