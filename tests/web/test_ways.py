"""The ways to ask other than a file: a web address, a picture of the catalogue. (Examples and files: test_search.)"""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from app.catalogue.models import Artwork, Picture
from app.extensions import db
from app.usage.models import Search
from app.web import uploads
from tests.web.gallery import jpeg, on_wall, painting
from tests.web.sites import Site, opened, sends

PHOTO = jpeg(on_wall([painting(0)]))


@pytest.fixture(scope="module")
def outside() -> Iterator[Site]:
    pages = {"/bilder/venus.jpg": sends(PHOTO), "/page": sends(b"<html>", "text/html"), "/words.jpg": sends(b"just some words")}
    with opened(pages) as found:
        yield found


@pytest.fixture
def linked(site: Flask, outside: Site) -> Flask:
    """The site, its outside network being the other one."""
    site.extensions["pinakes.network"] = outside.network({"inside.example": ["192.168.0.7"]})
    return site


def searches(site: Flask) -> list[Search]:
    with site.app_context():
        return list(db.session.scalars(select(Search)))


def picture_of(site: Flask, source_id: str) -> int:
    with site.app_context():
        return db.session.scalars(select(Picture.id).join(Artwork).where(Artwork.source_id == source_id)).one()


def test_a_picture_by_its_web_address(linked: Flask, outside: Site) -> None:
    answer = linked.test_client().post("/search", data={"url": outside.url("/bilder/venus.jpg")})
    assert answer.status_code == 303
    assert "Venus and Adonis" in linked.test_client().get(answer.location).text
    (search,) = searches(linked)
    assert (search.way, search.photo_name) == ("url", "venus.jpg")


@pytest.mark.parametrize(
    ("path", "host", "said"),
    [
        ("/page", "museum.example", "the address of a page"),
        ("/nothing.jpg", "museum.example", "it answered 404"),
        ("/bilder/venus.jpg", "inside.example", "is not a public site"),
        ("/bilder/venus.jpg", "unknown.example", "There is no site"),
    ],
)
def test_a_link_that_cannot_be_used_is_said_and_kept_in_its_field(
    linked: Flask, outside: Site, path: str, host: str, said: str
) -> None:
    url = outside.url(path, host)
    answer = linked.test_client().post("/search", data={"url": url})
    assert answer.status_code == 422 and "This link could not be used" in answer.text and said in answer.text
    assert f'value="{url}"' in answer.text and searches(linked) == []
    as_json = linked.test_client().post("/search", data={"url": url}, headers={"Accept": "application/json"})
    assert as_json.status_code == 422 and said in as_json.json["error"]["text"]


def test_what_was_fetched_must_be_a_picture(linked: Flask, outside: Site) -> None:
    answer = linked.test_client().post("/search", data={"url": outside.url("/words.jpg")})
    assert answer.status_code == 422 and "text file" in answer.text


def test_an_empty_address_is_said(linked: Flask) -> None:
    answer = linked.test_client().post("/search", data={"url": "  "})
    assert answer.status_code == 422 and "There was no address" in answer.text


def test_a_file_beside_an_empty_address_is_the_question(linked: Flask) -> None:
    answer = linked.test_client().post("/search", data={"url": "", "photo": (io.BytesIO(PHOTO), "photo.jpg")})
    assert answer.status_code == 303


def test_addresses_can_be_switched_off(linked: Flask, outside: Site) -> None:
    held = linked.extensions["pinakes.settings"]
    assert 'name="url"' in linked.test_client().get("/").text
    linked.extensions["pinakes.settings"] = held.model_copy(update={"url_search": False})
    assert 'name="url"' not in linked.test_client().get("/").text
    before = len(outside.asked)
    answer = linked.test_client().post("/search", data={"url": outside.url("/bilder/venus.jpg")})
    assert answer.status_code == 422 and "not fetched from the web here" in answer.text and len(outside.asked) == before


def test_the_settings_are_the_limits(linked: Flask, outside: Site) -> None:
    held = linked.extensions["pinakes.settings"]
    linked.extensions["pinakes.settings"] = held.model_copy(update={"url_max_mb": 1})
    outside.pages["/large.jpg"] = sends(b"x" * 1_100_000)
    answer = linked.test_client().post("/search", data={"url": outside.url("/large.jpg")})
    assert answer.status_code == 422 and "larger than 1 MB" in answer.text


def test_one_client_cannot_make_other_sites_busy(linked: Flask, outside: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LINKS_PER_CLIENT", 2)
    client = linked.test_client()
    codes = [client.post("/search", data={"url": outside.url("/page")}).status_code for _ in range(3)]
    assert codes == [422, 422, 429]
    other = client.post("/search", data={"url": outside.url("/page")}, environ_base={"REMOTE_ADDR": "10.9.8.7"})
    assert other.status_code == 422


def test_a_picture_of_the_catalogue_is_the_question(site: Flask) -> None:
    answer = site.test_client().post("/search", data={"picture": str(picture_of(site, "b1"))})
    assert "Self-Portrait" in site.test_client().get(answer.location).text
    (search,) = searches(site)
    assert (search.way, search.verdict, search.photo_name) == ("catalogue", "identified", "works/b1.png")
    assert (search.photo_width, search.photo_height) == (480, 360)


def test_a_works_page_asks_with_its_picture(site: Flask) -> None:
    page = site.test_client().get("/works/3").text
    assert f'name="picture" value="{picture_of(site, "b1")}"' in page and "Find pictures like Self-Portrait" in page


@pytest.mark.parametrize("number", ["0", "999", "x", "-1", "9" * 30])
def test_there_is_no_such_picture(site: Flask, number: str) -> None:
    assert site.test_client().post("/search", data={"picture": number}).status_code == 404


def test_a_hidden_work_cannot_be_asked_with(site: Flask) -> None:
    number = picture_of(site, "b1")
    with site.app_context():
        db.session.get_one(Picture, number).artwork.hidden = True
        db.session.commit()
    assert site.test_client().post("/search", data={"picture": str(number)}).status_code == 404
