"""Imports from the page: taken in safely, tried, loaded, listed with their rejects."""

from __future__ import annotations

import io
import re
import stat
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select

from app import create_app
from app.catalogue import unpacking
from app.catalogue.errors import CatalogueFileError
from app.catalogue.models import Artwork, ImportRun, Picture
from app.extensions import db
from app.settings import Settings
from app.usage.models import Job
from app.usage.pruning import imports_folder
from app.web.staff.receiving import UploadError, server_path, unpack
from tests.web.staff_cast import log_in

CSV = b"id,title,artist,image\nA1,The Ferry,\"Aachen, Hans von\",pictures/ferry.jpg\nA2,The Mill,,\n,No id,,\n"


def picture() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((64, 48), 60).convert("RGB").save(out, "JPEG")
    return out.getvalue()


def packed(entries: dict[str, bytes]) -> io.BytesIO:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    out.seek(0)
    return out


def send(client: FlaskClient, csv: bytes = CSV, pictures: io.BytesIO | None = None) -> str:
    """Send the form; returns the page that follows."""
    data: dict[str, object] = {"catalogue": (io.BytesIO(csv), "museum.csv"), "collection": "Museum", "format": "auto"}
    if pictures:
        data["pictures"] = (pictures, "pictures.zip")
    answer = client.post("/admin/imports", data=data, follow_redirects=True)
    if "/imports/drafts/" in answer.request.path:  # the columns as they were guessed
        return client.post(answer.request.path, data={**guesses(answer.text), "do": "try"}, follow_redirects=True).text
    return answer.text


def guesses(page: str) -> dict[str, str]:
    """What the selects of the mapping page have chosen."""
    selects = re.findall(r'<select id="(column-\d+)".*?</select>', page, re.DOTALL)
    chosen = re.findall(r'<select id="(column-\d+)"(?:(?!</select>).)*?<option value="(\w*)" selected>', page, re.DOTALL)
    return {**dict.fromkeys(selects, ""), **dict(chosen)}


def loaded_run() -> ImportRun:
    return db.session.scalars(select(ImportRun).where(~ImportRun.dry_run)).one()


def last_job() -> Job:
    job = db.session.scalar(select(Job).order_by(Job.created_at.desc()))
    assert job is not None
    return job


def test_a_file_is_tried_and_then_loaded(app: Flask) -> None:
    carla = log_in(app, "carla", "curator")
    tried = send(carla, pictures=packed({"pictures/ferry.jpg": picture()}))
    assert "Works that will be added: 2; changed: 0. Rows that will be left out: 1." in tried
    assert db.session.scalar(select(func.count()).select_from(Artwork)) == 0
    loaded = carla.post(f"/admin/imports/{last_job().id}/load", follow_redirects=True).text
    assert "2 added, 0 updated, 0 unchanged, 1 rejected." in loaded
    assert db.session.scalar(select(func.count()).select_from(Artwork)) == 2
    assert db.session.scalar(select(func.count()).select_from(Picture)) == 1


def test_rejects_are_listed_and_given_as_csv(app: Flask) -> None:
    carla = log_in(app, "carla", "curator")
    send(carla)
    carla.post(f"/admin/imports/{last_job().id}/load")
    run = loaded_run()
    page = carla.get(f"/admin/imports/{run.id}?show=rejected").text
    assert run.rejects[0]["reason"] in page.replace("&#39;", "'").replace("&#34;", '"')
    assert carla.get(f"/admin/imports/{run.id}/rejects.csv").text.splitlines()[1].startswith("4,")
    assert "museum.csv" in carla.get("/admin/imports").text


def test_a_file_that_is_no_catalogue_fails_with_a_sentence(app: Flask) -> None:
    page = send(log_in(app, "carla", "curator"), csv=b"\x00\x01\x02 nothing that could be read")
    assert last_job().state == "failed"
    assert "unexpected" not in page


def test_no_file_gets_a_sentence(app: Flask) -> None:
    answer = log_in(app, "carla", "curator").post("/admin/imports", data={}, follow_redirects=True)
    assert "Choose the catalogue file" in answer.text


@pytest.mark.parametrize("name", ["../evil.jpg", "/etc/evil.jpg", "a/../../evil.jpg", "..\\evil.jpg", "C:\\evil.jpg"])
def test_a_zip_cannot_write_outside_its_folder(app: Flask, settings: Settings, name: str) -> None:
    with pytest.raises(CatalogueFileError, match="leads outside"):
        unpacking.safe_path(name)
    page = send(log_in(app, "carla", "curator"), pictures=packed({name: picture()}))
    assert "leads outside the folder" in page
    assert not list(imports_folder(settings).iterdir())  # nothing is kept of what was refused


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    bomb.write_bytes(packed({"big.jpg": bytes(30_000_000)}).read())
    with pytest.raises(UploadError, match="far more than a picture"):
        unpack(bomb, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_limits_on_count_and_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "pictures.zip"
    file.write_bytes(packed({f"{n}.jpg": picture() for n in range(4)}).read())
    monkeypatch.setattr(unpacking, "MAX_FILES", 3)
    with pytest.raises(UploadError, match="at most 3 are taken"):
        unpack(file, tmp_path)
    monkeypatch.setattr(unpacking, "MAX_FILES", 9)
    monkeypatch.setattr(unpacking, "MAX_GB", 1e-6)
    with pytest.raises(UploadError, match="unpacks to"):
        unpack(file, tmp_path)


def test_a_zip_is_unpacked_by_the_job_and_not_by_the_page(app: Flask, settings: Settings) -> None:
    carla = log_in(app, "carla", "curator")
    data = {"catalogue": (io.BytesIO(CSV), "museum.csv"), "pictures": (packed({"pictures/ferry.jpg": picture()}), "p.zip")}
    where = carla.post("/admin/imports", data=data, follow_redirects=True)
    (home,) = imports_folder(settings).iterdir()
    assert (home / "pictures.zip").is_file() and not (home / "pictures").exists()
    carla.post(where.request.path, data={**guesses(where.text), "do": "try"})
    assert not (home / "pictures.zip").exists() and (home / "pictures" / "pictures" / "ferry.jpg").is_file()


def test_a_damaged_picture_in_a_zip_fails_the_job_with_a_sentence(app: Flask) -> None:
    archive = packed({"pictures/ferry.jpg": picture()})
    archive.seek(200)
    archive.write(b"not what was packed")  # its table of contents is whole
    archive.seek(0)
    page = send(log_in(app, "carla", "curator"), pictures=archive)
    assert last_job().state == "failed" and "The ZIP of pictures cannot be read (" in page


def test_unpacking_goes_on_where_it_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "STEP", 1)
    file, folder = tmp_path / "pictures.zip", tmp_path / "out"
    file.write_bytes(packed({f"{n}.jpg": picture() for n in range(3)}).read())

    def stop(_stage: str, done: int, _total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        unpacking.unpack(file, folder, stop)
    assert not folder.exists()  # it is there only once it is whole
    first = (tmp_path / "out.begun" / "0.jpg").stat().st_ino
    unpacking.ensure(file, folder)
    assert (folder / "0.jpg").stat().st_ino == first and len(list(folder.iterdir())) == 3 and not file.exists()
    unpacking.ensure(file, folder)  # again, as after a crash: nothing is left to do


def test_only_pictures_are_unpacked(tmp_path: Path) -> None:
    file = tmp_path / "pictures.zip"
    file.write_bytes(packed({"a/b.JPG": picture(), "run.sh": b"#!/bin/sh", "__MACOSX/a/._b.jpg": b"x"}).read())
    assert unpack(file, tmp_path / "out") == 1
    assert [p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.*")] == ["a/b.JPG"]


def test_links_and_doubles_in_a_zip_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "pictures.zip"
    link = zipfile.ZipInfo("a.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(UploadError, match="is a link"):
        unpack(file, tmp_path / "out")
    with zipfile.ZipFile(file, "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("a.jpg", b"1")
        archive.writestr("a.jpg", b"2")
    with pytest.raises(UploadError, match="twice"):
        unpack(file, tmp_path / "out")
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.jpg", b"1")
        archive.writestr("a.jpg/b.jpg", b"2")
    with pytest.raises(UploadError, match="cannot be read"):
        unpack(file, tmp_path / "out")


def test_a_broken_zip_gets_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "pictures.zip"
    file.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(UploadError, match="cannot be read"):
        unpack(file, tmp_path / "out")


def test_a_path_on_the_server_is_for_admins(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "museum.csv"
    file.write_bytes(CSV)
    carla, ada = log_in(app, "carla", "curator"), log_in(app, "ada", "admin")
    assert carla.post("/admin/imports", data={"path": str(file)}).status_code == 403
    assert "What the columns mean" in ada.post("/admin/imports", data={"path": str(file)}, follow_redirects=True).text


def test_a_curator_imports_from_the_folders_that_are_open(tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path / "instance", testing=True, import_folders=f"{tmp_path}/open:{tmp_path}/more")
    (tmp_path / "open").mkdir()
    (tmp_path / "secret.csv").write_bytes(CSV)
    (tmp_path / "open" / "museum.csv").write_bytes(CSV)
    (tmp_path / "open" / "link.csv").symlink_to(tmp_path / "secret.csv")
    app = create_app(settings)
    with app.app_context():
        db.create_all()
        carla = log_in(app, "carla", "curator")
        for name in ("open/museum.csv", "secret.csv", "open/../secret.csv", "open/link.csv"):
            page = carla.post("/admin/imports", data={"path": f"{tmp_path}/{name}"}, follow_redirects=True).text
            assert ("What the columns mean" if name == "open/museum.csv" else "in no folder that is open") in page
        db.engine.dispose()


def test_the_instance_is_nobodys_to_import(settings: Settings) -> None:
    settings.instance.mkdir(exist_ok=True)
    (settings.instance / "secrets.json").touch()
    with pytest.raises(UploadError, match="own folder"):
        server_path(str(settings.instance / "secrets.json"), settings.instance, folder=False)
    with pytest.raises(UploadError, match="no full path"):
        server_path("museum.csv", settings.instance, folder=False)
    with pytest.raises(UploadError, match="There is no folder"):
        server_path("/nowhere/at/all", settings.instance, folder=True)


def test_a_large_upload_is_taken_from_staff_only(app: Flask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 1000
    large = CSV + b"A3,The Bridge,,\n" * 200
    assert app.test_client().post("/admin/imports", data={"catalogue": (io.BytesIO(large), "m.csv")}).status_code in (302, 413)
    carla = log_in(app, "carla", "curator")
    assert "Works that will be added" in send(carla, csv=large)
