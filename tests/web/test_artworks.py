"""Browsing, searching by words, a work's page, an artist's page."""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Flask
from sqlalchemy import select

from app.accounts import users
from app.catalogue.models import Artist, Artwork, Collection
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


def test_several_values_of_several_facets_at_once(site: Flask) -> None:
    client = site.test_client()
    page = client.get("/works?school=Dutch&school=Flemish&type=still-life").text
    assert titles(page) == ["Flowers &lt;b&gt;&amp; birds&lt;/b&gt;", "Still Life", "Untitled in the catalogue"]
    assert 'href="/works?school=Flemish&amp;type=still-life"' in page  # each can be taken away by itself
    assert re.search(r'href="/works"[^>]*>Take all away', page)
    counts = dict(re.findall(r'<span>([\w-]+)</span> <span class="quiet number">(\d+)</span>', page))
    assert (counts["Dutch"], counts["Flemish"], counts["still-life"], counts["landscape"]) == ("2", "1", "3", "1")
    assert "German" not in counts  # no still life is


def test_words_sort_by_what_fits_best_unless_another_way_is_asked(site: Flask) -> None:
    client = site.test_client()
    found = client.get("/works?q=aachen").text
    assert 'aria-current="true">Best match' in found
    titled = client.get("/works?q=aachen&sort=title").text
    assert 'aria-current="true">Title' in titled and '<input type="hidden" name="sort" value="title">' in titled
    assert "Best match" not in client.get("/works?sort=relevance").text


def test_nothing_in_the_address_is_an_error(site: Flask) -> None:
    client = site.test_client()
    odd = ("q=%00", "school=%00", "q=%22%27*(", "sort=x", "more=x", "page=99999999999999", "school=" + "x" * 3000, "school=&" * 90)
    for query in odd:
        assert client.get(f"/works?{query}", follow_redirects=True).status_code == 200, query


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
    assert "Look closely" in page and "480 × 360 pixels" in page
    assert 'alt="Self-Portrait, by Sofonisba Anguissola, 1556, Oil on canvas, portrait"' in page


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


def structured(page: str) -> dict[str, Any]:
    (block,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    return json.loads(block)  # type: ignore[no-any-return]


def test_machines_read_what_visitors_read(site: Flask) -> None:
    client = site.test_client()
    page = client.get(f"/works/{pk(site, 'a1')}").text
    found = structured(page)
    assert (found["@type"], found["name"], found["dateCreated"], found["artMedium"]) == (
        "VisualArtwork", "Venus and Adonis", "1574/1588", "Oil on canvas",
    )  # fmt: skip
    assert found["creator"][0]["name"] == "Hans von Aachen" and found["creator"][0]["birthDate"] == "1552"
    graph = dict(re.findall(r'<meta property="([^"]+)" content="([^"]*)">', page))
    assert graph["og:title"] == "Venus and Adonis, Hans von Aachen" and graph["og:url"] == found["url"]
    assert client.get(graph["og:image"]).mimetype == "image/jpeg" and graph["og:image:width"] == "480"


def test_markup_and_doubt_stay_out_of_what_machines_read(site: Flask) -> None:
    client = site.test_client()
    marked = client.get(f"/works/{pk(site, 'd2')}").text
    assert structured(marked)["name"] == "Flowers <b>& birds</b>" and "<b>" not in marked
    doubtful = structured(client.get(f"/works/{pk(site, 'b1')}").text)
    assert "birthDate" not in doubtful["creator"][0]  # c. 1532
    unknown = structured(client.get(f"/works/{pk(site, 'c2')}").text)
    assert not {"name", "creator", "dateCreated", "artMedium"} & unknown.keys()


def test_works_that_look_like_it(site: Flask, bare_site: Flask) -> None:
    client = site.test_client()
    page = client.get(f"/works/{pk(site, 'a1')}").text
    alike = titles(page.split("Works that look like it")[1])
    assert len(alike) == 6 and "Venus and Adonis" not in alike and len(set(alike)) == 6
    with site.app_context():
        hidden = db.session.scalars(select(Artwork).where(Artwork.title == alike[0])).one()
        hidden.hidden = True
        db.session.commit()
    after = titles(client.get(f"/works/{pk(site, 'a1')}").text.split("Works that look like it")[1])
    assert alike[0] not in after and after[:5] == alike[1:]
    with bare_site.app_context():
        db.session.add(Artwork(collection=Collection(name="none"), source_id="x", title="Alone"))
        db.session.commit()
    assert "Works that look like it" not in bare_site.test_client().get(f"/works/{pk(bare_site, 'x')}").text


def test_a_work_by_its_museums_number(site: Flask) -> None:
    client = site.test_client()
    answer = client.get("/works/of/Gallery/number/a1")
    assert (answer.status_code, answer.location) == (302, f"/works/{pk(site, 'a1')}")
    assert client.get("/works/of/Gallery/number/none").status_code == 404
