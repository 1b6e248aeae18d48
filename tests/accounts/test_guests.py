"""Favourites without an account: kept in the browser, taken along when somebody logs in."""

from __future__ import annotations

import pytest
from flask import Flask

from app.accounts import favourites, users
from app.extensions import db
from app.web.account import guests
from tests.accounts.cast import PASSWORD, address, logged_in
from tests.accounts.test_lists import hide, pk


def test_a_visitor_without_an_account_keeps_favourites_in_the_browser(site: Flask) -> None:
    guest, other = site.test_client(), site.test_client()
    first, second = pk(site, "a1"), pk(site, "b1")
    assert "bar-heart" not in guest.get("/").text
    answer = guest.post(f"/works/{first}/favourite", data={"on": "1", "next": f"/works/{first}"})
    assert answer.status_code == 303 and answer.location == f"/works/{first}#keep-{first}"
    guest.post(f"/works/{second}/favourite", data={"on": "1"})
    guest.post(f"/works/{second}/favourite", data={"on": "1"})  # a second tap changes nothing
    page = guest.get(f"/works/{first}").text
    assert 'heart" aria-pressed="true"' in page and "Kept in this browser." in page and "bar-heart" in page
    assert f"/login?next=/works/{first}" in page  # and back to the work
    listed = guest.get("/me/favourites").text
    assert "2 works." in listed and listed.index("Self-Portrait") < listed.index("Venus and Adonis")  # newest first
    assert [work["title"] for work in guest.get("/me/favourites.json").json["works"]] == ["Self-Portrait", "Venus and Adonis"]
    assert "Nothing yet" in other.get("/me/favourites").text
    hide(site, "b1")
    assert "1 work." in guest.get("/me/favourites").text
    guest.post(f"/works/{first}/favourite", data={"on": "0"})
    assert "Nothing yet" in guest.get("/me/favourites").text
    with site.app_context():
        assert db.session.execute(favourites.works_of(1)).all() == []


def test_what_a_browser_kept_goes_into_the_account(site: Flask) -> None:
    logged_in(site, "alice").post(f"/works/{pk(site, 'b1')}/favourite")
    guest = site.test_client()
    for source_id in ("c1", "b1"):
        guest.post(f"/works/{pk(site, source_id)}/favourite")
    guest.post("/login?next=/works/1", data={"email": address("alice"), "password": PASSWORD})
    kept = [work["title"] for work in guest.get("/me/favourites.json").json["works"]]
    assert sorted(kept) == ["Self-Portrait", "Still Life"]
    guest.post("/logout")
    assert "Nothing yet" in guest.get("/me/favourites").text  # the browser keeps nothing of the account


def test_a_new_account_begins_with_what_was_kept(site: Flask) -> None:
    guest = site.test_client()
    work = pk(site, "a1")
    guest.post(f"/works/{work}/favourite")
    form = {"email": "nora@example.org", "password": PASSWORD, "password_confirm": PASSWORD}
    answer = guest.post(f"/register?next=/works/{work}", data=form)
    assert answer.location.endswith(f"/works/{work}")
    with site.app_context():
        nora = users.find("nora@example.org")
        assert nora and favourites.ids(nora.id) == {work}


def test_a_browser_keeps_only_so_many(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guests, "MOST", 1)
    guest = site.test_client()
    guest.post(f"/works/{pk(site, 'a1')}/favourite")
    page = guest.post(f"/works/{pk(site, 'b1')}/favourite", follow_redirects=True).text
    assert "A browser keeps no more than 1 favourites" in page
    assert "1 work." in guest.get("/me/favourites").text


def test_a_collection_says_why_it_needs_an_account(site: Flask) -> None:
    work = pk(site, "a1")
    page = site.test_client().get(f"/works/{work}").text
    assert "so it needs an account" in page and page.count(f"?next=/works/{work}") >= 2
