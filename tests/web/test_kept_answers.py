"""Answers that are kept: deleted by whoever asked, also without an account; and what they lead to after works were merged."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import regression, seeing
from app.catalogue import merging
from app.catalogue.models import Artwork
from app.extensions import db
from app.usage import feedback
from app.usage.models import Ruling, Search
from app.web import seeing as seen
from tests.web.gallery import give_head, jpeg, on_wall, painting


def ask(client: FlaskClient) -> str:
    photo = {"photo": (io.BytesIO(jpeg(on_wall([painting(0)]))), "photo.jpg")}
    return str(client.post("/search", data=photo, headers={"Accept": "application/json"}).get_json()["id"])


def test_a_guest_deletes_a_search_that_a_curator_has_settled(site: Flask) -> None:
    guest, other = site.test_client(), site.test_client()
    search_id = ask(guest)
    with site.app_context():
        feedback.settle(db.session.get_one(Search, search_id), "right")
        uploads = site.extensions["pinakes.settings"].uploads_dir
        assert [one.search_id for one in regression.settled(uploads)] == [search_id]
        (photo,) = uploads.rglob("*.jpg")
    address = f"/searches/{search_id}/delete"
    assert address in guest.get(f"/searches/{search_id}").text
    assert address not in other.get(f"/searches/{search_id}").text, "whoever was given the address may only look"
    assert (other.get(address).status_code, other.post(address).status_code) == (404, 404)
    assert "Delete this search?" in guest.get(address).text and photo.exists()
    assert "The search and its photo are deleted." in guest.post(address, follow_redirects=True).text
    assert guest.get(f"/searches/{search_id}").status_code == 404 and not photo.exists()
    with site.app_context():
        assert not list(regression.settled(uploads)) and db.session.scalar(select(Ruling)) is None


def test_a_browser_keeps_which_searches_were_its_last(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.web.account import guests

    monkeypatch.setattr(guests, "ASKED_MOST", 1)
    guest = site.test_client()
    first, second = ask(guest), ask(guest)
    assert [guest.get(f"/searches/{one}/delete").status_code for one in (first, second)] == [404, 200]


@pytest.mark.parametrize("taken_away", [False, True])
def test_an_answer_from_before_a_merge_leads_to_the_work_that_is_left(site: Flask, taken_away: bool) -> None:
    client = site.test_client()
    search_id = ask(client)
    with site.app_context():
        double = db.session.get_one(Artwork, db.session.get_one(Search, search_id).artwork_id)
        kept = db.session.scalars(select(Artwork).where(Artwork.source_id == "b1")).one()
        double_id, kept_id = double.id, kept.id
        merging.merge(kept, double)
        if taken_away:  # the picture that came with the merge: another one of the work stands for it
            kept.pictures = kept.pictures[:1]
        db.session.commit()
    page = client.get(f"/searches/{search_id}").text
    assert f'href="/works/{kept_id}"' in page and f'href="/works/{double_id}"' not in page
    assert "Self-Portrait" in page and "We are sure: " in page
    assert (page.count('<path d="M') >= 20) is not taken_away, "details are joined only in the picture that was compared"


def test_the_link_to_words_does_not_wait_for_a_search(site: Flask) -> None:
    with site.app_context():
        give_head()
        held = site.extensions["pinakes.engine"]
        held.searcher = None
        assert seeing.likely(seen.FIELDS)
        encoders = dict(held.encoders)
        held.encoders.clear()  # as in a process that was started just now
        assert seeing.likely(seen.FIELDS) and not seeing.likely(["form of nothing"])
        assert not held.encoders, "no network was loaded for it"
        held.encoders.update(encoders)
