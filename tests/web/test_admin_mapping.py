"""The way of an import through its pages: what the columns mean, the report, undo."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.models import AuditEvent
from app.catalogue.import_models import ImportMapping
from app.catalogue.models import Artwork, ImportRun
from app.extensions import db
from tests.catalogue import museum_tables
from tests.web.sites import opened, sends
from tests.web.staff_cast import log_in
from tests.web.test_admin_imports import guesses, last_job

ODD = "Nr,Bild,Was,Wer,Wann,Saal\nM1,a.jpg,Die Mühle,\"RUISDAEL, Jacob van\",um 1670,3\nM2,,Die Fähre,,1649,4\n"


def upload(client: FlaskClient, text: str = ODD, name: str = "odd.csv", **more: object) -> tuple[str, str]:
    """Send a table; address and text of the page that follows."""
    data = {"catalogue": (io.BytesIO(text.encode()), name), "collection": "Odd", **more}
    answer = client.post("/admin/imports", data=data, follow_redirects=True)
    return answer.request.path, answer.text


def chosen(page: str, **columns: str) -> dict[str, str]:
    """The guesses of the page, some said otherwise: `c2="title"`."""
    return {**guesses(page), **{f"column-{name[1:]}": field for name, field in columns.items()}}


def run(dry_run: bool = False) -> ImportRun:
    found = db.session.scalars(select(ImportRun).where(ImportRun.dry_run == dry_run).order_by(ImportRun.id.desc())).first()
    assert found is not None
    return found


def test_what_columns_mean_is_guessed_said_previewed_and_kept(app: Flask) -> None:
    carla = log_in(app, "carla", "curator")
    where, page = upload(carla)
    assert guesses(page)["column-0"] == "source_id" and guesses(page)["column-2"] == "extra"
    said = chosen(page, c2="title", c3="artist", c4="date_text", c5="")
    preview = carla.post(where, data={**said, "do": "preview"}).text
    assert "Jacob van Ruisdael" in preview and ">1670<" in preview and "Die Mühle" in preview
    assert db.session.scalar(select(ImportRun)) is None
    carla.post(where, data={**said, "do": "try"})
    carla.post(f"/admin/imports/{last_job().id}/load")
    work = db.session.scalars(select(Artwork).where(Artwork.source_id == "M1")).one()
    assert (work.title, work.artist_text, work.year_from, work.extra) == ("Die Mühle", "Jacob van Ruisdael", 1670, {})
    kept = db.session.scalars(select(ImportMapping)).one()
    assert (kept.collection, kept.columns["Was"]) == ("Odd", "title")
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "catalogue.mapping")).one()
    assert (event.actor, event.subject, event.details["after"]["Was"]) == ("carla@example.org", "Odd", "title")
    where, page = upload(carla, ODD.replace("1649", "1650"))
    assert "/admin/jobs/" in where and "changed: 1." in page, "a mapping that was said once is not asked for again"


def test_a_mapping_that_cannot_be_is_refused_with_a_sentence(app: Flask) -> None:
    carla = log_in(app, "carla", "curator")
    where, page = upload(carla)
    twice = carla.post(where, data={**chosen(page, c2="title", c3="title"), "do": "try"})
    assert twice.status_code == 422 and "Two columns are mapped to title" in twice.text
    none = carla.post(where, data={**dict.fromkeys(guesses(page), ""), "do": "try"})
    assert none.status_code == 422 and "No column is mapped to the id" in none.text
    unknown = carla.post(where, data={**chosen(page, c2="../x"), "do": "preview"})
    assert unknown.status_code == 422
    assert carla.get("/admin/imports/drafts/" + "0" * 32).status_code == 404
    assert log_in(app, "vera", "visitor").get(where).status_code == 403


def test_the_report_names_each_field_and_comes_as_csv(app: Flask) -> None:
    carla = log_in(app, "carla", "curator")
    table = "id,title,artist,file\n1,The Mill,Jan,a.jpg\n2,=HYPERLINK(1),Piet,\n"
    where, page = upload(carla, table)
    carla.post(where, data={**guesses(page), "do": "try"})
    carla.post(f"/admin/imports/{last_job().id}/load")
    upload(carla, table.replace("The Mill,Jan", "A Mill,Johan") + "3,New,,\n")
    dry = run(dry_run=True)
    page = carla.get(f"/admin/imports/{dry.id}?show=changed").text
    assert "<del>The Mill</del>" in page and "<ins>A Mill</ins>" in page and "<del>Jan</del>" in page
    assert "a.jpg" in carla.get(f"/admin/imports/{dry.id}?show=missing").text
    rows = list(csv.reader(io.StringIO(carla.get(f"/admin/imports/{dry.id}/report.csv").text)))
    assert rows[0] == ["what", "line", "id", "title", "field", "before", "after"]
    assert ["changed", "2", "1", "A Mill", "artists", "Jan", "Johan"] in rows
    assert ["new", "4", "3", "New", "", "", ""] in rows and ["picture missing", "2", "1", "A Mill", "", "", "a.jpg"] in rows
    first = carla.get(f"/admin/imports/{run().id}/report.csv").text
    assert "'=HYPERLINK" in first, "no spreadsheet runs what a catalogue holds"


def test_an_import_is_undone_after_a_question(app: Flask) -> None:
    carla = log_in(app, "carla", "curator")
    where, page = upload(carla, "id,title\n1,A\n2,B\n3,C\n")
    carla.post(where, data={**guesses(page), "do": "try"})
    carla.post(f"/admin/imports/{last_job().id}/load")
    edited = db.session.scalars(select(Artwork).where(Artwork.source_id == "2")).one()
    edited.title = "Better"
    db.session.commit()
    address = f"/admin/imports/{run().id}/undo"
    assert "Works that go because this import added them: 3." in carla.get(address).text
    assert db.session.scalars(select(Artwork)).all().__len__() == 3, "asking changes nothing"
    page = carla.post(address, follow_redirects=True).text
    assert "Undone: 2 works taken out, 0 as before, 1 kept in part or whole." in page
    assert [work.title for work in db.session.scalars(select(Artwork))] == ["Better"]
    page = carla.get(f"/admin/imports/{run().id}?show=kept").text
    assert "was edited after the import" in page and "undone" in page
    assert "cannot be undone" in carla.post(address, follow_redirects=True).text
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "catalogue.undo")).one()
    assert (event.actor, event.subject) == ("carla@example.org", "odd.csv")
    assert log_in(app, "vera", "visitor").post(address).status_code == 403


def test_tables_that_belong_together_are_sent_at_once(app: Flask, tmp_path: Path) -> None:
    museum_tables.tate(tmp_path / "tate")
    carla = log_in(app, "carla", "curator")
    files = [(io.BytesIO(path.read_bytes()), path.name) for path in sorted((tmp_path / "tate").iterdir())]
    page = carla.post("/admin/imports", data={"catalogue": files}, follow_redirects=True).text
    assert "Works that will be added: 2; changed: 0. Rows that will be left out: 1." in page
    assert "artist_data.csv was joined: rows read: 3, left out: 0." in carla.get(f"/admin/imports/{run(dry_run=True).id}").text


def test_a_manifest_from_the_web(app: Flask) -> None:
    carla = log_in(app, "carla", "curator")
    context = "http://iiif.io/api/presentation/3/context.json"
    manifest = {"@context": context, "type": "Manifest", "label": {"none": ["Far"]}, "items": []}
    with opened({}) as site:
        app.extensions["pinakes.network"] = site.network()
        site.pages["/m.json"] = sends(json.dumps({**manifest, "id": site.url("/m.json")}).encode(), "application/json")
        page = carla.post("/admin/imports", data={"address": site.url("/m.json")}, follow_redirects=True).text
        assert "Works that will be added: 1;" in page
        inner = carla.post("/admin/imports", data={"address": "http://127.0.0.1/m.json"}, follow_redirects=True).text
        assert "cannot be fetched" in inner and last_job().state == "failed"
    wrong = carla.post("/admin/imports", data={"address": "file:///etc/passwd"}, follow_redirects=True).text
    assert "beginning with https://" in wrong


def test_an_import_that_is_begun_again_after_a_crash_is_told_once(app: Flask) -> None:
    from app.usage import jobs
    from tasks import importing

    carla = log_in(app, "carla", "curator")
    where, page = upload(carla, "id,title\n1,A\n")
    carla.post(where, data={**guesses(page), "do": "try"})
    job = jobs.create("import", {**last_job().arguments, "dry_run": False})
    first = importing.load(job, lambda *_: None, lambda: False)
    again = importing.load(job, lambda *_: None, lambda: False)  # as after a crash between writing and saying so
    assert first == again and first[0]["counts"]["added"] == 1
    assert len(db.session.scalars(select(ImportRun).where(~ImportRun.dry_run)).all()) == 1


def test_an_import_stops_soon_after_it_was_asked_to(app: Flask, tmp_path: Path) -> None:
    """At the next look, not after some hundred rows: a row may take seconds where pictures are fetched."""
    from app.engine.errors import CancelledError
    from app.usage import jobs
    from tasks import importing

    museum_tables.table(tmp_path / "many.csv", "id,title", *({"id": str(n), "title": "x"} for n in range(50)))
    job = jobs.create("import", {"file": str(tmp_path / "many.csv"), "name": "many.csv"})
    with pytest.raises(CancelledError):
        importing.load(job, lambda *_: None, lambda: True)
    db.session.rollback()
    assert db.session.scalar(select(Artwork)) is None
