"""Favourites and collections without an account: kept for the browser, taken along when somebody logs in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from app.accounts import collections, favourites, users
from app.accounts.models import PersonalCollection
from app.catalogue import merging
from app.catalogue.models import Artwork, now
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


def test_a_favourite_that_became_one_with_another_work_is_the_other(site: Flask) -> None:
    guest, gone, left = site.test_client(), pk(site, "a1"), pk(site, "b1")
    guest.post(f"/works/{gone}/favourite")
    with site.app_context():
        merging.merge(db.session.get_one(Artwork, left), db.session.get_one(Artwork, gone))
        db.session.commit()
    assert "1 work." in guest.get("/me/favourites").text
    assert guest.get(f"/works/{gone}", follow_redirects=True).text.count('heart" aria-pressed="true"') == 1
    guest.post(f"/works/{left}/favourite", data={"on": "0"})
    assert "Nothing yet" in guest.get("/me/favourites").text


def test_a_guest_makes_fills_renames_exports_and_deletes_collections(site: Flask) -> None:
    guest, work = site.test_client(), pk(site, "a1")
    assert "No account" not in guest.get("/me/collections").text and "bar-heart" not in guest.get("/").text
    answer = guest.post(f"/works/{work}/collect", data={"name": "For the talk", "next": f"/works/{work}"})
    assert answer.status_code == 303 and answer.location == f"/works/{work}#keep-{work}"
    place = f"/me/collections/{number_of(site, 'For the talk')}"
    page = guest.get(f"/works/{work}").text
    assert "In your collections:" in page and f'href="{place}"' in page and "Kept in this browser." in page
    assert 'class="bar-heart" href="/me/collections"' in page
    guest.post(f"/works/{pk(site, 'b1')}/collect", data={"collection": place.rpartition("/")[2]})
    assert "2 works." in guest.get(place).text
    assert [row["title"] for row in guest.get(f"{place}.json").json["works"]] == ["Self-Portrait", "Venus and Adonis"]
    assert guest.get(f"{place}.csv").text.count("\r\n") == 3
    guest.post(f"/works/{work}/collect", data={"collection": place.rpartition("/")[2], "remove": "1"})
    guest.post(place, data={"name": "Renamed", "description": "in the rain"})
    assert "<h1>Renamed</h1>" in guest.get(place).text and "Venus" not in guest.get(place).text
    refused = guest.post("/me/collections", data={"name": " ", "description": "stays in the form"})
    assert refused.status_code == 422 and "stays in the form" in refused.text
    assert "Delete “Renamed”?" in guest.get(f"{place}/delete").text
    assert "“Renamed” is deleted" in guest.post(f"{place}/delete", follow_redirects=True).text
    assert guest.get(place).status_code == 404


def number_of(site: Flask, name: str) -> int:
    with site.app_context():
        found = db.session.scalar(select(PersonalCollection.id).where(PersonalCollection.name == name))
        assert found is not None
        return int(found)


def test_a_guests_collection_is_nobody_elses_until_it_is_shared(site: Flask) -> None:
    guest, other, alice = site.test_client(), site.test_client(), logged_in(site, "alice")
    place = guest.post("/me/collections", data={"name": "Mine"}).location
    other.post("/me/collections", data={"name": "Mine"})  # another browser may call its own so
    for stranger in (other, alice, site.test_client()):
        assert stranger.get(place).status_code == 404
        assert stranger.post(f"{place}/share", data={"on": "1"}).status_code == 404
        assert stranger.post(f"{place}/delete").status_code == 404
    forged = site.test_client()
    forged.set_cookie(guests.COOKIE, "eyJrZXkiOiJ4In0.bm90IHNpZ25lZA")
    assert forged.get(place).status_code == 404 and forged.get("/me/favourites").status_code == 200
    guest.post(f"{place}/share", data={"on": "1"})
    with site.app_context():
        key = db.session.scalar(select(PersonalCollection.share_key).where(PersonalCollection.share_key.is_not(None)))
    assert "<h1>Mine</h1>" in other.get(f"/shared/{key}").text
    assert other.post(f"/shared/{key}/unshare").location.startswith("/login")
    assert logged_in(site, "carla", "curator").post(f"/shared/{key}/unshare").status_code == 303
    assert other.get(f"/shared/{key}").status_code == 404 and guest.get(place).status_code == 200


def test_a_guests_collections_go_into_the_account_under_free_names(site: Flask) -> None:
    alice, guest, work = logged_in(site, "alice"), site.test_client(), pk(site, "a1")
    alice.post(f"/works/{pk(site, 'b1')}/collect", data={"name": "Seen"})
    for name in ("Seen", "Later"):
        guest.post(f"/works/{work}/collect", data={"name": name})
    guest.post("/login", data={"email": address("alice"), "password": PASSWORD})
    page = guest.get("/me/collections").text
    assert "3 works" not in page and all(f">{name}<" in page for name in ("Seen", "Seen (2)", "Later"))
    guest.post("/logout")
    assert "Seen" not in guest.get("/me/collections").text
    newcomer = site.test_client()
    newcomer.post(f"/works/{work}/collect", data={"name": "First steps"})
    newcomer.post("/register", data={"email": "nora@example.org", "password": PASSWORD, "password_confirm": PASSWORD})
    assert "First steps" in newcomer.get("/me/collections").text


def test_guests_make_only_so_many_collections(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collections, "GUEST_COLLECTIONS_MAX", 1)
    guest = site.test_client()
    guest.post("/me/collections", data={"name": "One"})
    assert "Log in, and an account keeps them all" in guest.post("/me/collections", data={"name": "Two"}).text
    monkeypatch.setattr(guests, "MADE_MOST", 3)
    assert site.test_client().post("/me/collections", data={"name": "Three"}).status_code == 303
    assert site.test_client().post("/me/collections", data={"name": "Four"}).status_code == 429


def test_what_guests_keep_is_forgotten_a_year_after_its_last_change(site: Flask) -> None:
    guest = site.test_client()
    guest.post("/me/collections", data={"name": "Old"})
    cookie = guest.get_cookie(guests.COOKIE)
    assert cookie is not None and cookie.max_age == 365 * 86_400 and cookie.http_only
    assert "until 365 days after the last change" in guest.get("/privacy").text
    logged_in(site, "alice").post("/me/collections", data={"name": "An account's"})
    with site.app_context():
        assert collections.prune(days=1) == 0
        db.session.execute(update(PersonalCollection).values(updated_at=now() - timedelta(days=366)))
        db.session.commit()
        assert collections.prune(days=365) == 1
        assert db.session.scalars(select(PersonalCollection.name)).all() == ["An account's"]
