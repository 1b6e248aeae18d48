"""Browsing, searching by words, a work's page, an artist's page."""

from __future__ import annotations

import re

from flask import Flask
from sqlalchemy import select

from app.accounts import users
from app.catalogue.models import Artist, Artwork
from app.extensions import db

PASSWORD = "a long enough password"


def pk(site: Flask, source_id: str) -> int:
    with site.app_context():
        return db.session.scalars(select(Artwork.id).where(Artwork.source_id == source_id)).one()


def titles(page: str) -> list[str]:
    return re.findall(r'<span class="card-label"><span class="title">(.*?)</span>', page)


def test_everything_is_listed_by_title(site: Flask) -> None:
    page = site.test_client().get("/works").text
    assert "8 works" in page
    assert titles(page) == [
        "Bacchus", "Flowers &lt;b&gt;&amp; birds&lt;/b&gt;", "Self-Portrait", "Still Life", "The Chess Game",
        "Venus and Adonis", "Winter Landscape", "Untitled in the catalogue",
    ]  # fmt: skip


def test_words_and_facets_narrow_down(site: Flask) -> None:
    client = site.test_client()
    assert titles(client.get("/works?q=aachen").text) == ["Bacchus", "Venus and Adonis"]
    assert titles(client.get("/works?q=aachen+venus").text) == ["Venus and Adonis"]
    dutch = client.get("/works?school=Dutch").text
    assert len(titles(dutch)) == 2 and "Take away: " in dutch
    both = client.get("/works?school=Flemish&type=landscape").text
    assert titles(both) == ["Winter Landscape"]
    assert 'href="/works?school=Flemish"' in both  # takes the type away again
    assert "Nothing has all of that" in client.get("/works?q=unicorn").text


def test_sorting_by_date_puts_the_undated_last(site: Flask) -> None:
    found = titles(site.test_client().get("/works?sort=date").text)
    assert found[0] == "The Chess Game" and found.index("Still Life") >= 6


def test_a_page_beyond_the_last_leads_to_the_last(site: Flask) -> None:
    answer = site.test_client().get("/works?page=99&school=Dutch")
    assert answer.status_code == 302 and "page=1" in answer.location and "school=Dutch" in answer.location
    assert site.test_client().get("/works?page=-3").status_code == 200
    assert site.test_client().get("/works?page=x").status_code == 200


def test_what_a_visitor_types_is_only_text(site: Flask) -> None:
    page = site.test_client().get("/works?q=<script>alert(1)</script>&school=\"><script>").text
    assert "<script>alert" not in page and '"><script>' not in page


def test_a_works_page_has_its_label_and_record(site: Flask) -> None:
    page = site.test_client().get(f"/works/{pk(site, 'b1')}").text
    assert '<h1 class="title">Self-Portrait</h1>' in page
    assert "(b. c. 1532, Cremona, d. 1625, Palermo)" in page  # an approximate year is not made exact
    for name, value in (("Technique", "Oil on canvas"), ("School", "Italian"), ("Catalogue number", "b1")):
        assert f"<dt>{name}</dt><dd>{value}</dd>" in page
    assert "More by Sofonisba Anguissola" in page and "The Chess Game" in page
    assert "See it in full size" in page and "480 × 360 pixels" in page


def test_unknown_is_left_out_and_markup_is_text(site: Flask) -> None:
    bare = site.test_client().get(f"/works/{pk(site, 'c2')}").text
    assert "Untitled in the catalogue" in bare and "Maker unknown" in bare and "<dt>Date</dt>" not in bare
    marked = site.test_client().get(f"/works/{pk(site, 'd2')}").text
    assert "<b>&amp; birds" not in marked and "Flowers &lt;b&gt;" in marked


def test_an_artists_page_lists_their_works_by_date(site: Flask) -> None:
    with site.app_context():
        artist = db.session.scalars(select(Artist).where(Artist.name == "Sofonisba Anguissola")).one().id
    page = site.test_client().get(f"/artists/{artist}").text
    assert titles(page) == ["The Chess Game", "Self-Portrait"] and "2 works in the catalogue" in page
    assert site.test_client().get("/artists/9999").status_code == 404


def test_hidden_works_are_for_staff(site: Flask) -> None:
    number = pk(site, "a1")
    with site.app_context():
        artwork = db.session.get(Artwork, number)
        assert artwork is not None
        artwork.hidden = True
        picture = artwork.pictures[0].id
        users.create("carla@example.org", "curator", PASSWORD)
        db.session.commit()
    visitor, curator = site.test_client(), site.test_client()
    curator.post("/login", data={"email": "carla@example.org", "password": PASSWORD})
    for address in (f"/works/{number}", f"/pictures/{picture}/400.jpg", f"/pictures/{picture}/full"):
        assert visitor.get(address).status_code == 404
        assert curator.get(address).status_code == 200
    assert "Venus and Adonis" not in visitor.get("/works").text
    assert visitor.get("/works/99999").status_code == 404
