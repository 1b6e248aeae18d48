"""Favourites and personal collections: kept by plain forms, shared by a link, exported."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts import collections, listing
from app.accounts.models import PersonalCollection
from app.catalogue.models import Artwork
from app.extensions import db
from tests.accounts.cast import logged_in


def pk(site: Flask, source_id: str) -> int:
    with site.app_context():
        found = db.session.scalar(select(Artwork.id).where(Artwork.source_id == source_id))
        assert found is not None
        return int(found)


def hide(site: Flask, source_id: str) -> None:
    with site.app_context():
        work = db.session.get(Artwork, pk(site, source_id))
        assert work is not None
        work.hidden = True
        db.session.commit()


def made(client: FlaskClient, name: str, description: str = "") -> str:
    """The address of a new collection."""
    answer = client.post("/me/collections", data={"name": name, "description": description})
    assert answer.status_code == 303
    return answer.location


def test_a_favourite_is_put_and_taken_by_one_button(site: Flask) -> None:
    alice, bob = logged_in(site, "alice"), logged_in(site, "bob")
    work = pk(site, "a1")
    assert 'aria-pressed="false"' in alice.get(f"/works/{work}").text
    form = {"on": "1", "next": "/works?q=venus"}
    assert alice.post(f"/works/{work}/favourite", data=form).location == f"/works?q=venus#keep-{work}"
    alice.post(f"/works/{work}/favourite", data={"on": "1"})  # a second tap changes nothing
    page = alice.get("/me/favourites").text
    assert "Venus and Adonis" in page and "1 work." in page
    assert 'class="button slight heart" aria-pressed="true"' in alice.get(f"/works/{work}").text
    assert "Nothing yet" in bob.get("/me/favourites").text
    alice.post(f"/works/{work}/favourite", data={"on": "0"})
    assert "Nothing yet" in alice.get("/me/favourites").text


def test_a_favourite_leads_nowhere_else(site: Flask) -> None:
    work = pk(site, "a1")
    evil = logged_in(site, "alice").post(f"/works/{work}/favourite", data={"next": "https://evil.example/"})
    assert evil.location == f"/#keep-{work}"


def test_hidden_works_are_not_shown_and_come_back(site: Flask) -> None:
    alice, work = logged_in(site, "alice"), pk(site, "a1")
    alice.post(f"/works/{work}/favourite")
    hide(site, "a1")
    assert "Nothing yet" in alice.get("/me/favourites").text
    assert alice.get("/me/favourites.json").json["works"] == []
    assert alice.post(f"/works/{work}/favourite").status_code == 404


def test_a_collection_is_made_filled_changed_and_deleted(site: Flask) -> None:
    alice = logged_in(site, "alice")
    place = made(alice, "  For   the talk ", "Two lines\nof words")
    assert "Nothing in it yet" in alice.get(place).text
    number, first, second = place.rpartition("/")[2], pk(site, "a1"), pk(site, "b1")
    for work in (first, first, second):
        assert alice.post(f"/works/{work}/collect", data={"collection": number}).status_code == 303
    page = alice.get(place).text
    assert "<h1>For the talk</h1>" in page and "2 works." in page and page.index("Self-Portrait") < page.index("Venus and Adonis")
    assert "For the talk" in alice.get(f"/works/{first}").text
    alice.post(f"/works/{first}/collect", data={"collection": number, "remove": "1"})
    assert "Venus" not in alice.get(place).text
    alice.post(f"/works/{first}/collect", data={"name": "Another"})  # by its name, made on the way
    listed = alice.get("/me/collections").text
    assert listed.index("Another") < listed.index("For the talk") and "1 work" in listed
    assert alice.post(place, data={"name": "Renamed", "description": ""}).status_code == 303
    assert "Two lines" not in alice.get(place).text and "<h1>Renamed</h1>" in alice.get(place).text
    question = alice.get(f"{place}/delete").text
    assert "Delete “Renamed”?" in question and "its one work stays" in question
    assert "“Renamed” is deleted" in alice.post(f"{place}/delete", follow_redirects=True).text
    assert alice.get(place).status_code == 404


@pytest.mark.parametrize(
    ("name", "said"), [("   ", "Give the collection a name."), ("x" * 201, "That is too long"), ("Taken", "already")]
)
def test_what_a_name_may_not_be(site: Flask, name: str, said: str) -> None:
    alice = logged_in(site, "alice")
    taken, other = made(alice, "Taken"), made(alice, "Other")
    refused = alice.post("/me/collections", data={"name": name, "description": "kept in the form"})
    assert refused.status_code == 422 and said in refused.text and "kept in the form" in refused.text
    renamed = alice.post(other, data={"name": name, "description": "kept in the form"})
    assert renamed.status_code == 422 and said in renamed.text and "kept in the form" in renamed.text
    assert alice.post(taken, data={"name": "Taken", "description": "its own name is free"}).status_code == 303


def test_there_are_limits(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collections, "COLLECTIONS_MAX", 1)
    monkeypatch.setattr(collections, "WORKS_MAX", 1)
    alice = logged_in(site, "alice")
    number = made(alice, "One").rpartition("/")[2]
    assert "more are not possible" in alice.post("/me/collections", data={"name": "Two"}).text
    alice.post(f"/works/{pk(site, 'a1')}/collect", data={"collection": number})
    full = alice.post(f"/works/{pk(site, 'b1')}/collect", data={"collection": number}, follow_redirects=True)
    assert "more do not fit" in full.text


def test_a_collection_belongs_to_its_account(site: Flask) -> None:
    place = made(logged_in(site, "alice"), "Mine")
    bob, number = logged_in(site, "bob"), place.rpartition("/")[2]
    for address in (place, f"{place}/delete", f"{place}.csv"):
        assert bob.get(address).status_code == 404
    for address in (place, f"{place}/delete", f"{place}/share"):
        assert bob.post(address, data={"name": "His"}).status_code == 404
    assert bob.post(f"/works/{pk(site, 'a1')}/collect", data={"collection": number}).status_code == 404


def test_a_collection_is_shared_and_taken_back(site: Flask) -> None:
    alice, stranger = logged_in(site, "alice"), site.test_client()
    place = made(alice, "For <all>", "See & judge")
    alice.post(f"/works/{pk(site, 'a1')}/collect", data={"collection": place.rpartition("/")[2]})
    assert "Only you see it now" in alice.get(place).text
    alice.post(f"{place}/share", data={"on": "1"})
    key = keys(site)[0]
    assert key and len(key) == 43
    shown = stranger.get(f"/shared/{key}")
    assert shown.status_code == 200 and "Venus and Adonis" in shown.text and "alice" not in shown.text
    tags = dict(re.findall(r'<meta property="og:(\S+)" content="([^"]*)"', shown.text))
    assert tags["title"] == "For &lt;all&gt;" and tags["description"] == "See &amp; judge"
    assert tags["url"] == f"http://localhost/shared/{key}"
    picture = stranger.get(tags["image"].replace("&amp;", "&"))
    assert picture.status_code == 200 and picture.mimetype == "image/jpeg"
    assert '<meta name="robots" content="noindex">' in shown.text
    alice.post(f"{place}/share", data={"on": "0"})
    assert stranger.get(f"/shared/{key}").status_code == 404
    alice.post(f"{place}/share", data={"on": "1"})
    assert keys(site)[0] != key  # the old link stays dead


def keys(site: Flask) -> list[str | None]:
    with site.app_context():
        return list(db.session.scalars(select(PersonalCollection.share_key)))


def test_a_list_is_exported(site: Flask) -> None:
    alice = logged_in(site, "alice")
    place = made(alice, "Für Łańcut / 2026", "About it")
    for source_id in ("b1", "d2"):
        alice.post(f"/works/{pk(site, source_id)}/collect", data={"collection": place.rpartition("/")[2]})
    table = alice.get(f"{place}.csv")
    assert table.headers["Content-Disposition"] == "attachment; filename=f-r-a-cut-2026.csv"
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert tuple(rows[0]) == listing.COLUMNS
    assert [row["artwork_id"] for row in rows] == ["d2", "b1"] and rows[1]["location"] == "Muzeum-Zamek, Łańcut"
    assert rows[1]["page"] == f"http://localhost/works/{pk(site, 'b1')}"
    told = json.loads(alice.get(f"{place}.json").text)
    assert (told["name"], told["description"]) == ("Für Łańcut / 2026", "About it")
    works = [(work["title"], work["year_from"]) for work in told["works"]]
    assert works == [("Flowers <b>& birds</b>", 1606), ("Self-Portrait", 1556)]
    assert alice.get(f"{place}.xml").status_code == 404
    assert alice.get("/me/favourites.csv").text.strip() == ",".join(listing.COLUMNS)


def test_a_table_holds_no_formulas() -> None:
    row = dict.fromkeys(listing.COLUMNS, "") | {"title": "=HYPERLINK(1)", "year_from": -40}
    (read,) = csv.DictReader(io.StringIO(listing.as_csv([row])))
    assert read["title"] == "'=HYPERLINK(1)" and read["year_from"] == "-40"
