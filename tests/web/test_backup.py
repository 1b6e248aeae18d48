"""Backups of a site that runs: searched and imported into while the archive is written; restored elsewhere, and checked first."""

from __future__ import annotations

import io
import json
import re
import shutil
import tarfile
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import stamp, upgrade
from sqlalchemy import func, select, text

from app import create_app, services
from app.accounts import users
from app.catalogue.importers import run_import
from app.catalogue.models import Artwork, Picture
from app.engine.encoders.vgg16_encoder import Vgg16Encoder
from app.extensions import db
from app.operations import beats
from app.operations.backup.archive import BackupError, read
from app.operations.backup.restoring import restore
from app.operations.backup.taking import Wanted, last, rotate, take
from app.reindexing import photo_sets
from app.settings import Settings
from app.usage import jobs, retrying
from app.usage.index_models import PhotoSet
from app.usage.models import Job, Search
from tests.postgres import postgres_server, postgres_url  # noqa: F401  fixtures
from tests.web import gallery
from tests.web.browser import served

PHOTO = gallery.jpeg(gallery.on_wall([gallery.painting(0)]))
PASSWORD = "a long enough password"


def counts(app: Flask) -> dict[str, int]:
    with app.app_context():
        names = [name for name in db.metadata.tables if not name.startswith("alembic")]
        return {name: db.session.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in names}


def closed(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module")
def museum(tmp_path_factory: pytest.TempPathFactory, gallery_instance: Path, narrow_encoder: Vgg16Encoder) -> Path:
    """An instance with a gallery, an index, people and jobs, at the newest schema."""
    instance = gallery.copied(gallery_instance, tmp_path_factory.mktemp("museum") / "instance")
    app = gallery.open_site(Settings(instance=instance, testing=True), narrow_encoder)
    with app.app_context():
        stamp()
        users.create("ada@example.org", "admin", PASSWORD)
        done = jobs.create("index_build", {"preset": "default"})
        jobs.finish(done, {"works": 8}, "8 works in 1 s; the new index serves.")
        upload = instance / "imports" / "a1" / "upload.csv"
        upload.parent.mkdir(parents=True)
        upload.write_text("id,title\nu1,Uploaded\n")
        (instance / "photo-sets" / "b2").mkdir(parents=True)
        (instance / "photo-sets" / "b2" / "photos.csv").write_text(f"photo,artwork_ids,kind\np.jpg,{gallery.WORKS[0]},wall\n")
        (instance / "photo-sets" / "b2" / "p.jpg").write_bytes(PHOTO)
        db.session.add(PhotoSet(name="Wall", kind="upload", path="b2", photos=1))
        db.session.commit()
        app.test_client().post("/search", data={"photo": (io.BytesIO(PHOTO), "photo.jpg")})
    closed(app)
    return instance


class Live:
    """Visitors and an import, until they are told to stop."""

    def __init__(self, app: Flask, address: str, folder: Path) -> None:
        self.app, self.address, self.folder = app, address, folder
        self.stop, self.answers, self.imported = threading.Event(), list[int](), 0
        self.threads = [threading.Thread(target=work) for work in (self.search, self.load)]

    def search(self) -> None:
        boundary = b"----photo"
        body = b"--" + boundary + b'\r\nContent-Disposition: form-data; name="photo"; filename="p.jpg"\r\n\r\n' + PHOTO
        body += b"\r\n--" + boundary + b"--\r\n"
        head = {"Content-Type": "multipart/form-data; boundary=" + boundary.decode(), "Accept": "application/json"}
        while not self.stop.is_set():
            asked = urllib.request.Request(f"{self.address}/search", body, head)
            self.answers.append(urllib.request.urlopen(asked, timeout=60).status)

    def load(self) -> None:
        """One import after another, each of a new work with a picture of its own."""
        while not self.stop.is_set():
            number, self.imported = self.imported, self.imported + 1
            (self.folder / f"n{number}.jpg").write_bytes(gallery.jpeg(gallery.painting(100 + number, 120, 160)))
            file = self.folder / f"n{number}.csv"
            file.write_text(f"id,title,file\nn{number},New {number},n{number}.jpg\n")
            with self.app.app_context():
                run_import(file, collection="New", pictures_dir=Path(self.app.instance_path) / "pictures")
                db.session.remove()


@pytest.fixture(scope="module")
def archive(
    museum: Path, narrow_encoder: Vgg16Encoder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A backup that was taken while visitors searched and imports ran, and what was said of it."""
    folder = tmp_path_factory.mktemp("live")
    instance = gallery.copied(museum, folder / "instance")
    app = gallery.open_site(Settings(instance=instance, testing=True), narrow_encoder)
    with app.app_context():
        jobs.create("import", {"file": str(instance / "imports" / "a1" / "upload.csv"), "name": "upload.csv"})
    (folder / "new").mkdir()
    (folder / "backups").mkdir()
    with served(app) as address:
        live = Live(app, address, folder / "new")
        for thread in live.threads:
            thread.start()
        while len(live.answers) < 1 or live.imported < 2:
            threading.Event().wait(0.02)
        before = len(live.answers), live.imported
        report = take(app.extensions["pinakes.settings"], folder / "backups")
        while len(live.answers) < before[0] + 1 or live.imported < before[1] + 1:
            threading.Event().wait(0.02)
        live.stop.set()
        for thread in live.threads:
            thread.join()
    assert set(live.answers) == {201}, "nobody waited in vain"
    closed(app)
    yield Path(report["file"]), report


def whole(app: Flask, narrow_encoder: Vgg16Encoder) -> None:
    """What a restored site must be: no reference to nothing, every picture there, old searches open, new ones answered."""
    with app.app_context():
        root = Path(app.instance_path) / "pictures"
        assert all((root / path).is_file() for path in db.session.scalars(select(Picture.path)))
        works = db.session.scalar(select(func.count()).select_from(Artwork)) or 0
        assert works == db.session.scalar(select(func.count()).select_from(Picture))
        assert works > len(gallery.WORKS), "what was imported before the backup is in it"
        old = db.session.scalars(select(Search)).first()
        assert old is not None
        waiting = db.session.scalar(select(Job).where(Job.kind == "import"))
        assert waiting and (waiting.state, "under way when the backup was taken" in waiting.message) == ("cancelled", True)
        again = retrying.again(waiting, None)
        assert again.arguments["file"] == str(Path(app.instance_path) / "imports" / "a1" / "upload.csv")
        assert Path(again.arguments["file"]).read_text().endswith("u1,Uploaded\n"), "the upload can be imported after all"
        jobs.finish(again, {}, "")
        sets = photo_sets.all_sets()
        assert [(one.name, photo_sets.truth_of(one).photos[0].path.read_bytes()) for one in sets] == [("Wall", PHOTO)]
        old_id = old.id
        added = Artwork(collection_id=1, source_id="after", title="After the restore")
        db.session.add(added)
        db.session.commit()
        assert added.id > works, "numbers go on where they were"
    client = app.test_client()
    assert client.get(f"/searches/{old_id}").status_code == 200
    assert "After the restore" in client.get("/works?q=restore").text, "the words are indexed"
    answer = client.post("/search", data={"photo": (io.BytesIO(PHOTO), "photo.jpg")}, headers={"Accept": "application/json"})
    assert answer.status_code == 201
    assert client.post("/login", data={"email": "ada@example.org", "password": PASSWORD}).status_code == 302


def opened(instance: Path, narrow_encoder: Vgg16Encoder, url: str = "") -> Flask:
    from app.engine.presets import search_preset

    app = create_app(Settings(instance=instance, database_url=url, testing=True))
    with app.app_context():
        services._held().encoders[search_preset("default").encoder] = narrow_encoder
    return app


def test_a_backup_of_a_busy_site_restores_into_an_empty_one(
    archive: tuple[Path, dict[str, Any]], tmp_path: Path, narrow_encoder: Vgg16Encoder
) -> None:
    path, report = archive
    assert report["missing"] == [] and report["build"] and path.stat().st_mode & 0o077 == 0
    assert report["rows"]["pictures"] == report["pictures"]
    settings = Settings(instance=tmp_path / "new", testing=True)
    settings.instance.mkdir()
    said = restore(settings, path)
    assert said["rows"] == report["rows"] and not said["aside"]
    app = opened(settings.instance, narrow_encoder)
    assert counts(app) == {**dict.fromkeys(counts(app), 0), **report["rows"]}
    whole(app, narrow_encoder)
    closed(app)
    assert sorted(entry.name for entry in settings.instance.iterdir() if entry.name.startswith(".")) == []


def test_the_same_keys_are_there_so_that_log_ins_stay_valid(archive: tuple[Path, dict[str, Any]], museum: Path) -> None:
    with tarfile.open(archive[0]) as tar:
        kept = tar.extractfile("files/secrets.json")
        assert kept and kept.read() == (museum / "secrets.json").read_bytes()
        names = tar.getnames()
    assert names[-1] == "manifest.json"
    assert not [name for name in names if re.match(r"files/(thumbnails|descriptors|pinakes\.sqlite|health|.*\.lock)", name)]


@pytest.mark.postgres
def test_sqlite_restores_into_postgresql_and_back(
    archive: tuple[Path, dict[str, Any]], tmp_path: Path, narrow_encoder: Vgg16Encoder, postgres_url: str  # noqa: F811
) -> None:
    path, report = archive
    there = Settings(instance=tmp_path / "there", database_url=postgres_url, testing=True)
    there.instance.mkdir()
    assert restore(there, path)["rows"] == report["rows"]
    app = opened(there.instance, narrow_encoder, postgres_url)
    whole(app, narrow_encoder)
    back = take(there, tmp_path)
    with pytest.raises(BackupError, match="is not empty"):
        restore(there, Path(back["file"]))
    replaced = restore(there, Path(back["file"]), replace=True)
    assert replaced["schema_aside"] and replaced["rows"] == back["rows"]
    closed(app)
    here = Settings(instance=tmp_path / "here", testing=True)
    here.instance.mkdir()
    assert restore(here, Path(back["file"]))["rows"] == back["rows"]
    again = opened(here.instance, narrow_encoder)
    with again.app_context():
        assert db.session.scalar(select(Artwork.title).where(Artwork.source_id == "after")) == "After the restore"
    closed(again)


@pytest.mark.postgres
def test_a_restore_that_fails_leaves_postgresql_as_it_was(
    archive: tuple[Path, dict[str, Any]], tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:
    there = Settings(instance=tmp_path / "there", database_url=postgres_url, testing=True)
    there.instance.mkdir()
    restore(there, archive[0])

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.operations.backup.tables.go_on_counting", full)
    with pytest.raises(OSError, match="No space"):
        restore(there, archive[0], replace=True)
    app = create_app(there)
    assert counts(app)["artworks"] == archive[1]["rows"]["artworks"]
    closed(app)


def test_an_instance_that_is_not_empty_is_set_aside_only_when_asked(
    archive: tuple[Path, dict[str, Any]], museum: Path, tmp_path: Path, narrow_encoder: Vgg16Encoder
) -> None:
    settings = Settings(instance=gallery.copied(museum, tmp_path / "site"), testing=True)
    with pytest.raises(BackupError, match=r"is not empty \(8 artworks, 1 users, 1 searches, 1 import runs, pictures/, indexes/\)"):
        restore(settings, archive[0])
    said = restore(settings, archive[0], replace=True)
    former = opened(Path(said["aside"]), narrow_encoder)
    assert counts(former)["artworks"] == len(gallery.WORKS), "what was there can be opened where it lies now"
    closed(former)
    app = opened(settings.instance, narrow_encoder)
    whole(app, narrow_encoder)
    closed(app)


@pytest.mark.parametrize("share", [0.2, 0.9, 1.0])
def test_half_an_archive_is_refused_and_changes_nothing(
    archive: tuple[Path, dict[str, Any]], tmp_path: Path, share: float
) -> None:
    half = tmp_path / "half.tar"
    data = archive[0].read_bytes()
    with tarfile.open(archive[0]) as tar:
        end = tar.getmember("manifest.json").offset_data + tar.getmember("manifest.json").size
    half.write_bytes(data[: min(int(end * share), end - 1)])
    settings = Settings(instance=tmp_path / "new", testing=True)
    settings.instance.mkdir()
    with pytest.raises(BackupError, match="is not whole"):
        restore(settings, half)
    assert [entry.name for entry in settings.instance.iterdir() if entry.name != "pinakes.sqlite"] == []


def test_one_changed_byte_is_found(archive: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.tar"
    shutil.copy(archive[0], damaged)
    with tarfile.open(damaged) as tar:
        victim = next(entry for entry in tar if entry.name.startswith("files/pictures/"))
    with damaged.open("r+b") as file:
        file.seek(victim.offset_data + 20)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(BackupError, match=re.escape(f"is damaged: {victim.name} is not as it was written (1 such)")):
        read(damaged)


@pytest.mark.parametrize("name", ["files/../../etc/passwd", "/etc/passwd", "other/x", "files"])
def test_a_member_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    made = tmp_path / "made.tar"
    with tarfile.open(made, "w") as tar:
        entry = tarfile.TarInfo(name)
        entry.type = tarfile.DIRTYPE if name == "files" else tarfile.REGTYPE
        tar.addfile(entry)
    with pytest.raises(BackupError, match="is no part of a backup"):
        read(made)


def test_a_backup_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    made, data = tmp_path / "newer.tar", json.dumps({"format": 1, "revision": "9999", "members": {}, "rows": {}}).encode()
    with tarfile.open(made, "w") as tar:
        entry = tarfile.TarInfo("manifest.json")
        entry.size = len(data)
        tar.addfile(entry, io.BytesIO(data))
    settings = Settings(instance=tmp_path / "new", testing=True)
    settings.instance.mkdir()
    with pytest.raises(BackupError, match=r"newer version \(schema 9999\); update Pinakes first"):
        restore(settings, made)


def test_an_older_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    old = create_app(Settings(instance=tmp_path / "old", testing=True))
    with old.app_context():
        upgrade(revision="0006")
        db.session.execute(text("INSERT INTO collections (name, created_at) VALUES ('Old', '2026-01-01 00:00:00.000000')"))
        db.session.commit()
        closed(old)
    report = take(old.extensions["pinakes.settings"], tmp_path)
    assert report["revision"] == "0006"
    settings = Settings(instance=tmp_path / "new", testing=True)
    settings.instance.mkdir()
    restore(settings, Path(report["file"]))
    app = create_app(settings)
    with app.app_context():
        assert db.session.scalar(text("SELECT version_num FROM alembic_version")) >= "0010"
        assert db.session.scalar(text("SELECT name FROM collections")) == "Old"
    closed(app)


def test_a_running_site_is_not_restored_over(archive: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path / "new", testing=True)
    settings.instance.mkdir()
    beats.write(settings.instance, "worker:celery@museum", 0.0)
    with pytest.raises(BackupError, match=r"runs \(worker:celery@museum\); stop it first"):
        restore(settings, archive[0])


def test_what_is_asked_for_is_taken(museum: Path, tmp_path: Path) -> None:
    settings = Settings(instance=museum, testing=True)
    take(settings, tmp_path / "small.tar", Wanted(uploads=False, imports=False))
    take(settings, tmp_path / "large.tar", Wanted(descriptors=True, all_builds=True))
    small, large = (set(read(tmp_path / name)["members"]) for name in ("small.tar", "large.tar"))
    assert not any(name.startswith("files/uploads/") for name in small) and any(name.startswith("files/uploads/") for name in large)
    assert large - small >= {"files/descriptors.sqlite", "files/imports/a1/upload.csv"}
    assert "files/photo-sets/b2/p.jpg" in small
    assert {name.split("/")[0] for name in small} == {"database", "files"}
    with pytest.raises(BackupError, match="is there already"):
        take(settings, tmp_path / "small.tar")
    with pytest.raises(BackupError, match="There is no folder"):
        take(settings, tmp_path / "nowhere" / "x.tar")


def test_a_backup_that_fails_leaves_nothing(museum: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.operations.backup.archive.Writer.close", full)
    with pytest.raises(OSError, match="No space"):
        take(Settings(instance=museum, testing=True), tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert not [entry for entry in museum.iterdir() if entry.name.startswith(".backup")]


def test_only_the_newest_archives_are_kept(tmp_path: Path) -> None:
    for day in range(1, 10):
        (tmp_path / f"pinakes-202611{day:02}-031500.tar").touch()
    (tmp_path / "mine.tar").touch()
    (tmp_path / "pinakes-20261101-031500.tar.part").touch()
    assert [path.name[8:16] for path in rotate(tmp_path, 7)] == ["20261101", "20261102"]
    assert len(list(tmp_path.iterdir())) == 9


def test_the_commands_say_what_they_did(museum: Path, tmp_path: Path) -> None:
    runner = create_app(Settings(instance=museum, testing=True)).test_cli_runner()
    taken = runner.invoke(args=["backup", str(tmp_path), "--keep", "2", "--json"])
    file = json.loads(taken.stdout)["file"]
    noted = last(Settings(instance=museum, testing=True))
    assert noted and (noted["file"], noted["bytes"]) == (file, Path(file).stat().st_size)
    assert runner.invoke(args=["restore", file, "--check"]).stdout.startswith(f"{file} is whole: taken 20")
    refused = runner.invoke(args=["restore", file])
    assert refused.exit_code == 1 and "--replace sets what is there aside" in refused.stderr
    other = create_app(Settings(instance=tmp_path / "new", testing=True)).test_cli_runner()
    assert "Restored: " in other.invoke(args=["restore", file]).stdout
    assert runner.invoke(args=["backup", str(tmp_path / "x" / "y.tar")]).exit_code == 1
    assert runner.invoke(args=["restore", str(tmp_path / "none.tar")]).exit_code == 1
