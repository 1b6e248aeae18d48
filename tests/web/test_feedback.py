"""What a visitor says of an answer, the works to choose from, and how it reaches a curator who settles it."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import users
from app.catalogue.models import Artwork
from app.extensions import db
from app.usage.models import Feedback, Ruling, Search
from tests.web.gallery import jpeg, on_wall, painting
from tests.web.staff_cast import PASSWORD


@pytest.fixture
def asked(site: Flask) -> str:
    """The id of a photo of Venus and Adonis that was answered."""
    photo = {"photo": (io.BytesIO(jpeg(on_wall([painting(0)]))), "photo.jpg")}
    return str(site.test_client().post("/search", data=photo, headers={"Accept": "application/json"}).get_json()["id"])


@pytest.fixture
def carla(site: Flask) -> FlaskClient:
    with site.app_context():
        users.create("carla@example.org", "curator", PASSWORD)
    client = site.test_client()
    client.post("/login", data={"email": "carla@example.org", "password": PASSWORD})
    return client


def pk(site: Flask, source_id: str) -> int:
    with site.app_context():
        return int(db.session.scalars(db.select(Artwork.id).where(Artwork.source_id == source_id)).one())


def said(site: Flask) -> list[tuple[str, int | None, str]]:
    with site.app_context():
        return [(row.kind, row.artwork_id, row.text) for row in db.session.query(Feedback).order_by(Feedback.id)]


def test_a_judgement_is_thanked_for_where_it_was_given(site: Flask, asked: str) -> None:
    answer = site.test_client().post(f"/searches/{asked}/feedback", data={"kind": "wrong"})
    assert answer.location == f"/searches/{asked}#feedback"
    text = site.test_client().get(f"/searches/{asked}").text
    assert "Thank you. Do you know which work it is?" in text
    assert '<details class="which" open>' in text  # the way to say so is open


def test_works_are_found_by_words_and_one_is_chosen(site: Flask, asked: str) -> None:
    found = site.test_client().get(f"/searches/{asked}/which?q=aachen").text
    assert "2 works have these words." in found and "Bacchus" in found and "Winter" not in found
    bacchus = pk(site, "a2")
    assert f'name="artwork" value="{bacchus}"' in found
    answer = site.test_client().post(f"/searches/{asked}/feedback", data={"artwork": bacchus})
    assert answer.status_code == 303 and said(site) == [("wrong", bacchus, "")]
    text = site.test_client().get(f"/searches/{asked}").text
    assert "You said that it is" in text and '<span class="title">Bacchus</span>' in text


def test_choosing_the_work_of_the_answer_calls_it_right(site: Flask, asked: str) -> None:
    venus = pk(site, "a1")
    site.test_client().post(f"/searches/{asked}/feedback", data={"kind": "wrong"})
    site.test_client().post(f"/searches/{asked}/feedback", data={"artwork": venus})
    assert said(site) == [("right", venus, "")]


@pytest.mark.parametrize("wrong", ["", "x", "99999", "9" * 30, "-1"])
def test_a_work_that_there_is_not(site: Flask, asked: str, wrong: str) -> None:
    answer = site.test_client().post(f"/searches/{asked}/feedback", data={"artwork": wrong}, follow_redirects=True)
    assert answer.status_code == 200 and "That work is not in the catalogue" in answer.text and said(site) == []


def test_a_hidden_work_is_neither_found_nor_chosen(site: Flask, asked: str) -> None:
    bacchus = pk(site, "a2")
    with site.app_context():
        db.session.get_one(Artwork, bacchus).hidden = True
        db.session.commit()
    assert "No work of ours has these words" in site.test_client().get(f"/searches/{asked}/which?q=bacchus").text
    site.test_client().post(f"/searches/{asked}/feedback", data={"artwork": bacchus})
    assert said(site) == []


def test_no_such_search_has_no_works_to_choose(site: Flask) -> None:
    assert site.test_client().get("/searches/nothing/which?q=venus").status_code == 404


def test_what_was_said_reaches_the_curator_and_is_settled(site: Flask, asked: str, carla: FlaskClient) -> None:
    bacchus = pk(site, "a2")
    site.test_client().post(f"/searches/{asked}/feedback", data={"artwork": bacchus})
    site.test_client().post(f"/searches/{asked}/feedback", data={"kind": "comment", "text": "<b>Look</b> at the grapes"})
    assert '<span class="visually-hidden">open:</span> 1</span>' in carla.get("/admin/").text  # in the rail
    rows = carla.get("/admin/feedback").text
    assert "Bacchus" in rows and "&lt;b&gt;Look&lt;/b&gt; at the grapes" in rows and f"/uploads/{asked}/200.jpg" in rows
    one = carla.get(f"/admin/feedback/{asked}?q=flowers").text
    assert one.index("It is this work: Bacchus") < one.index("It is this work: Venus and Adonis")  # the visitor's word first
    assert "It is this work: Flowers" in one and "The answer was right" in one
    carla.post(f"/admin/feedback/{asked}/settle", data={"artwork": bacchus})
    with site.app_context():
        ruling = db.session.query(Ruling).one()
        assert (ruling.outcome, [work.id for work in ruling.works]) == ("work", [bacchus])
        assert ruling.user is not None and ruling.user.email == "carla@example.org"
    assert "Nothing waits" in carla.get("/admin/feedback").text
    assert "it is another work" in carla.get("/admin/feedback?state=settled").text
    carla.post(f"/admin/feedback/{asked}/reopen")
    assert "Bacchus" in carla.get("/admin/feedback").text


def test_an_answer_that_was_right_keeps_its_works(site: Flask, asked: str, carla: FlaskClient) -> None:
    site.test_client().post(f"/searches/{asked}/feedback", data={"kind": "wrong"})
    page = carla.post(f"/admin/feedback/{asked}/settle", data={"outcome": "right"}, follow_redirects=True).text
    assert "the answer was right" in page and "Undo" in page
    with site.app_context():
        assert [work.source_id for work in db.session.query(Ruling).one().works] == ["a1"]


@pytest.mark.parametrize("nonsense", [{}, {"outcome": "perhaps"}, {"artwork": "99999"}, {"artwork": "x"}, {"outcome": "work"}])
def test_nonsense_settles_nothing(site: Flask, asked: str, carla: FlaskClient, nonsense: dict[str, str]) -> None:
    site.test_client().post(f"/searches/{asked}/feedback", data={"kind": "wrong"})
    page = carla.post(f"/admin/feedback/{asked}/settle", data=nonsense, follow_redirects=True).text
    assert "nothing was settled" in page
    with site.app_context():
        assert db.session.query(Ruling).count() == 0


def test_searches_of_which_nothing_was_said_are_nobodys_business(site: Flask, asked: str, carla: FlaskClient) -> None:
    assert carla.get(f"/admin/feedback/{asked}").status_code == 404
    assert carla.get("/admin/feedback?state=odd").status_code == 404


def test_a_photo_that_is_no_longer_kept_can_still_be_settled(site: Flask, asked: str, carla: FlaskClient) -> None:
    site.test_client().post(f"/searches/{asked}/feedback", data={"kind": "wrong"})
    with site.app_context():
        db.session.get_one(Search, asked).photo_path = None
        db.session.commit()
    assert "no longer kept" in carla.get("/admin/feedback").text
    assert "no longer kept" in carla.get(f"/admin/feedback/{asked}").text
