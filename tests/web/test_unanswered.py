"""Unanswered photos answered by hand, kept as a regression set, exported, evaluated, and forgotten with their search."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import regression, services
from app.accounts import users
from app.catalogue.models import Artwork, now
from app.extensions import db
from app.usage import pruning, searches
from app.usage.models import Ruling, Search
from tests.web.gallery import jpeg, on_wall, painting, stranger
from tests.web.staff_cast import PASSWORD


def ask(site: Flask, photo: bytes, **headers: str) -> str:
    answer = site.test_client().post("/search", data={"photo": (io.BytesIO(photo), "p.jpg")}, headers=headers)
    return str(answer.headers["Location"].rsplit("/", 1)[1])


def pk(source_id: str) -> int:
    return db.session.scalars(select(Artwork.id).where(Artwork.source_id == source_id)).one()


@pytest.fixture
def carla(site: Flask) -> FlaskClient:
    with site.app_context():
        users.create("carla@example.org", "curator", PASSWORD)
    client = site.test_client()
    client.post("/login", data={"email": "carla@example.org", "password": PASSWORD})
    return client


@pytest.fixture
def two(site: Flask) -> tuple[str, str]:
    """Two photos of a bare wall, asked one after the other."""
    return ask(site, jpeg(stranger())), ask(site, jpeg(stranger(600, 900)))


def test_a_search_keeps_the_class_of_the_device_and_the_language_and_no_more(site: Flask) -> None:
    phone = "Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/131.0 Mobile Safari/537.36"
    asked = ask(site, jpeg(on_wall([painting(0)])), **{"User-Agent": phone, "Accept-Language": "it"})
    with site.app_context():
        search = db.session.get_one(Search, asked)
        assert (search.device, search.language) == ("phone", "it")
        assert search.found == [pk("a1")] and search.collection_id is not None
        columns = {column.name for column in Search.__table__.columns}
        assert not columns & {"address", "ip", "user_agent", "referrer"}
        assert "Pixel" not in json.dumps(search.result)


def test_photos_are_answered_one_after_the_other(site: Flask, carla: FlaskClient, two: tuple[str, str]) -> None:
    first, second = two
    assert carla.get("/admin/unanswered").headers["Location"] == f"/admin/unanswered/{first}"
    with site.app_context():
        venus, chess = pk("a1"), pk("b2")
    page = carla.get(f"/admin/unanswered/{first}?q=aachen").text
    assert "2 photos found nothing" in page and "It is this work: Bacchus" in page
    both = carla.get(f"/admin/unanswered/{first}?work={venus}&work={chess}").text
    assert "It shows these 2 works" in both and "Not this one: The Chess Game" in both
    answer = carla.post(f"/admin/unanswered/{first}", data={"work": [venus, chess]})
    assert answer.headers["Location"] == f"/admin/unanswered/{second}?done={first}"
    page = carla.get(answer.headers["Location"]).text
    assert "Settled:" in page and "Venus and Adonis" in page and "Undo" in page
    assert carla.post(f"/admin/unanswered/{second}", data={"outcome": "not_ours"}).status_code == 303
    assert "No photo waits" in carla.get("/admin/unanswered").text
    back = carla.post(f"/admin/unanswered/{first}/undo")
    assert back.headers["Location"] == f"/admin/unanswered/{first}"
    assert carla.get("/admin/unanswered").headers["Location"] == f"/admin/unanswered/{first}"


def test_skipping_goes_on_and_comes_round(carla: FlaskClient, two: tuple[str, str]) -> None:
    first, second = two
    for here, there in ((first, second), (second, first)):
        skipped = carla.get(f"/admin/unanswered/{here}/skip?order=wanted")
        assert skipped.headers["Location"] == f"/admin/unanswered/{there}?order=wanted"
    carla.post(f"/admin/unanswered/{second}", data={"outcome": "bad_photo"})
    assert "the only one that waits" in carla.get(f"/admin/unanswered/{first}/skip", follow_redirects=True).text


@pytest.mark.parametrize("nonsense", [{}, {"outcome": "right"}, {"outcome": "work"}, {"work": "99999"}, {"work": "x"}])
def test_nonsense_settles_nothing(site: Flask, carla: FlaskClient, nonsense: dict[str, str]) -> None:
    asked = ask(site, jpeg(stranger()))
    page = carla.post(f"/admin/unanswered/{asked}", data=nonsense, follow_redirects=True).text
    assert "nothing was settled" in page
    with site.app_context():
        assert db.session.query(Ruling).count() == 0


def test_what_was_recognised_is_not_in_the_queue_and_visitors_do_not_see_it(site: Flask, carla: FlaskClient) -> None:
    asked = ask(site, jpeg(on_wall([painting(0)])))
    assert carla.get(f"/admin/unanswered/{asked}").status_code == 404
    assert carla.get("/admin/unanswered/nothing").status_code == 404
    assert site.test_client().get("/admin/unanswered").status_code in (302, 401, 403)


def test_settled_photos_outlive_their_days(site: Flask, carla: FlaskClient, two: tuple[str, str]) -> None:
    kept, bad = two
    carla.post(f"/admin/unanswered/{kept}", data={"outcome": "not_ours"})
    carla.post(f"/admin/unanswered/{bad}", data={"outcome": "bad_photo"})
    with site.app_context():
        for search in db.session.query(Search):
            search.created_at = now() - timedelta(days=400)
        db.session.commit()
        assert pruning.prune_uploads() == 1
        assert db.session.get_one(Search, bad).photo_path is None
        uploads = services.settings().uploads_dir
        (one,) = regression.settled(uploads)
        assert one.search_id == kept and one.path.is_file()
        searches.delete(db.session.get_one(Search, kept), uploads)
        assert not one.path.exists() and list(regression.settled(uploads)) == []


def test_settled_photos_are_exported_and_evaluated(site: Flask, carla: FlaskClient, two: tuple[str, str]) -> None:
    first, second = two
    with site.app_context():
        venus = pk("a1")
    carla.post(f"/admin/unanswered/{first}", data={"work": venus})
    carla.post(f"/admin/unanswered/{second}", data={"outcome": "not_ours"})
    archive = zipfile.ZipFile(io.BytesIO(carla.get("/admin/unanswered/settled.zip").data))
    rows = list(csv.DictReader(io.StringIO(archive.read("photos.csv").decode())))
    assert [(row["artwork_ids"], row["kind"]) for row in rows] == [("a1", "work"), ("", "not_ours")]
    assert archive.read(rows[0]["photo"])[:2] == b"\xff\xd8"
    answer = site.test_cli_runner().invoke(args=["evaluate", "regression", "--json"])
    figures = json.loads(answer.stdout)
    assert (figures["n_photos"], figures["n_unknown"], figures["n_works"]) == (2, 1, 8)
    assert figures["missed_rate"]["value"] == 1.0  # that bare wall was ruled to show Venus
    assert set(figures["by_kind"]) == {"work", "not_ours"}


def test_without_settled_photos_the_command_says_so(bare_site: Flask) -> None:
    answer = bare_site.test_cli_runner().invoke(args=["evaluate", "regression"])
    assert answer.exit_code == 1 and "No photo is settled yet" in answer.output


def test_the_roll_up_command(app: Flask) -> None:
    from tests.usage.builders import make_search

    make_search(now() - timedelta(hours=3))
    runner = app.test_cli_runner()
    assert runner.invoke(args=["statistics", "roll-up"]).output == "Hours rolled up: 1.\n"
    assert json.loads(runner.invoke(args=["statistics", "roll-up", "--since", "2026-01-01", "--json"]).output)["hours"] == 1
    assert runner.invoke(args=["statistics", "roll-up", "--since", "yesterday"]).exit_code == 2
