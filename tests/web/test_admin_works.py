"""Works changed by hand: written, audited, and searchable within seconds without a rebuild."""

from __future__ import annotations

import io
import time

import pytest
from flask import Flask
from sqlalchemy import select

from app import services
from app.accounts.models import AuditEvent
from app.catalogue.browsing import browse
from app.catalogue.models import Artist, Artwork
from app.engine.types import BuildReport
from app.extensions import db
from tests.test_importing import FRESH, found
from tests.tiny import jpeg, painting, visitor_photo
from tests.usage.builders import make_artwork
from tests.web.staff_cast import Person, log_in


def work(source_id: str) -> Artwork:
    db.session.expire_all()
    return db.session.scalars(select(Artwork).where(Artwork.source_id == source_id)).one()


def form_of(one: Artwork, **changes: str) -> dict[str, str]:
    """What the form sends: its values, some changed."""
    from app.catalogue import editing

    values = {name: getattr(one, name) for name in editing.FIELDS} | {"artists": editing.artists_as_text(one)}
    return {**values, "seen": one.updated_at.isoformat(), **changes}


def deeds(app: Flask) -> list[str]:
    return list(db.session.scalars(select(AuditEvent.action).where(AuditEvent.action.like("work.%")).order_by(AuditEvent.id)))


@pytest.fixture
def ferry(app: Flask) -> Artwork:
    return make_artwork("The Ferry")


def test_a_work_is_edited_and_found_by_its_new_words(app: Flask, ferry: Artwork) -> None:
    carla = log_in(app, "carla", "curator")
    address = f"/admin/works/{ferry.id}"
    assert 'value="The Ferry"' in carla.get(address).text
    changes = {"title": "The Crossing", "date_text": "c. 1649", "artists": "RUYSDAEL, Salomon van | 1602–1670\nCuyp, Aelbert\n"}
    assert "Saved." in carla.post(address, data=form_of(ferry, **changes), follow_redirects=True).text
    one = work(ferry.source_id)
    assert (one.title, one.year_from, one.artist_text) == ("The Crossing", 1649, "Salomon van Ruysdael, Aelbert Cuyp")
    assert browse(text="crossing ruysdael").total == 1
    event = db.session.scalars(select(AuditEvent).where(AuditEvent.action == "work.edit")).one()
    assert event.details["changed"]["title"] == ["The Ferry", "The Crossing"]
    assert "Nothing was changed." in carla.post(address, data=form_of(one), follow_redirects=True).text
    assert db.session.scalars(select(Artist.sort_name)).all().count("Cuyp, Aelbert") == 1


def test_of_two_who_edit_at_once_neither_loses_words(app: Flask, ferry: Artwork) -> None:
    carla = log_in(app, "carla", "curator")
    first = form_of(ferry, title="First")
    second = form_of(ferry, title="Second, and long in the writing")
    carla.post(f"/admin/works/{ferry.id}", data=first)
    answer = carla.post(f"/admin/works/{ferry.id}", data=second)
    assert answer.status_code == 409 and "Second, and long in the writing" in answer.text
    assert work(ferry.source_id).title == "First"


def test_what_is_too_long_is_said_and_kept_in_the_form(app: Flask, ferry: Artwork) -> None:
    answer = log_in(app, "carla", "curator").post(f"/admin/works/{ferry.id}", data=form_of(ferry, school="x" * 300))
    assert answer.status_code == 422 and "has 300 characters in school" in answer.text and "x" * 300 in answer.text
    assert work(ferry.source_id).school == ferry.school


def test_a_work_is_created_hidden_and_listed(app: Flask) -> None:
    carla = log_in(app, "carla", "curator")
    page = carla.post("/admin/works", data={"source_id": "N1", "collection": "New house"}, follow_redirects=True).text
    assert "New house · N1" in page
    again = carla.post("/admin/works", data={"source_id": "N1", "collection": "New house"}, follow_redirects=True).text
    assert "has a work with the number N1 already" in again
    pk = work("N1").id
    carla.post(f"/admin/works/{pk}/hidden", data={"hidden": "yes"})
    vera = log_in(app, "vera", "visitor")
    assert vera.get(f"/works/{pk}").status_code == 404
    assert "N1" in carla.get("/admin/works?hidden=yes").text
    carla.post(f"/admin/works/{pk}/hidden", data={"hidden": "no"})
    assert vera.get(f"/works/{pk}").status_code == 200
    assert deeds(app) == ["work.create", "work.hide", "work.show"]


def test_pictures_and_hiding_reach_the_search_within_five_seconds(tiny_index: BuildReport, tiny_app: Flask) -> None:
    carla = log_in(tiny_app, "carla", "curator")
    pk, fresh, old = work("t03").id, visitor_photo(FRESH).jpeg(), visitor_photo(painting("t03")).jpeg()
    assert found(fresh) == []
    began = time.monotonic()
    page = carla.post(f"/admin/works/{pk}/pictures", data={"picture": (io.BytesIO(jpeg(FRESH)), "new.jpg")}, follow_redirects=True)
    assert "pictures taken in: 1" in page.text and found(fresh) == ["t03"]
    assert time.monotonic() - began < 5
    twice = carla.post(f"/admin/works/{pk}/pictures", data={"picture": (io.BytesIO(jpeg(FRESH)), "b.jpg")}, follow_redirects=True)
    assert "has the picture b.jpg already" in twice.text
    broken = carla.post(f"/admin/works/{pk}/pictures", data={"picture": (io.BytesIO(b"no"), "c.jpg")}, follow_redirects=True)
    assert "cannot be read as a picture" in broken.text
    newest = work("t03").pictures[-1].id
    carla.post(f"/admin/works/{pk}/pictures/{newest}/remove")
    assert (found(fresh), found(old)) == ([], ["t03"])
    carla.post(f"/admin/works/{pk}/hidden", data={"hidden": "yes"})
    assert found(old) == []
    carla.post(f"/admin/works/{pk}/hidden", data={"hidden": "no"})
    assert found(old) == ["t03"]


def test_two_records_of_one_work_become_one(tiny_index: BuildReport, tiny_app: Flask) -> None:
    carla = log_in(tiny_app, "carla", "curator")
    kept, double = work("t01"), work("t02")
    page = carla.post(f"/admin/works/{kept.id}/merge", data={"other": "t02"}, follow_redirects=True).text
    assert "pictures taken in: 1, taken out: 1" in page
    assert found(visitor_photo(painting("t02")).jpeg()) == ["t01"]
    assert work("t02").hidden and len(work("t01").pictures) == 2
    assert "no other work with the number none" in carla.post(
        f"/admin/works/{kept.id}/merge", data={"other": "none"}, follow_redirects=True
    ).text
    assert services.index_status()["works"] == 11 and double.id != kept.id
    visitor = Person(tiny_app, tiny_app.response_class)
    assert visitor.get(f"/works/{double.id}").location == f"/works/{kept.id}"
    assert "Undo the merge with t02" in carla.get(f"/admin/works/{kept.id}").text
    page = carla.post(f"/admin/works/{double.id}/unmerge", follow_redirects=True).text
    assert "two again" in page and "taken in: 1, taken out: 1" in page
    assert found(visitor_photo(painting("t02")).jpeg()) == ["t02"] and visitor.get(f"/works/{double.id}").status_code == 200
    assert "was not merged" in carla.post(f"/admin/works/{double.id}/unmerge", follow_redirects=True).text
