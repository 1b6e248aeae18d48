"""The image service over HTTP."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from PIL import Image as Pil
from sqlalchemy import select

from app.accounts import users
from app.catalogue.models import Artwork, Picture
from app.extensions import db
from app.web import iiif

PASSWORD = "a long enough password"


@pytest.fixture
def venus(site: Flask) -> Picture:
    with site.app_context():
        return db.session.scalars(select(Picture).join(Artwork).where(Artwork.source_id == "a1")).one()


def test_the_pictures_own_address_leads_to_what_is_said_of_it(site: Flask, venus: Picture) -> None:
    client = site.test_client()
    answer = client.get(f"/iiif/3/{venus.id}")
    assert (answer.status_code, answer.location) == (303, f"/iiif/3/{venus.id}/info.json")
    said = client.get(answer.location)
    assert said.json["id"] == f"http://localhost/iiif/3/{venus.id}"
    assert (said.json["width"], said.json["height"], said.json["profile"]) == (480, 360, "level2")
    assert said.headers["Access-Control-Allow-Origin"] == "*" and said.content_type == "application/json"
    linked = client.get(answer.location, headers={"Accept": "application/ld+json"})
    assert linked.content_type == 'application/ld+json;profile="http://iiif.io/api/image/3/context.json"'
    assert linked.data == said.data
    assert client.get(answer.location, headers={"If-None-Match": said.headers["ETag"]}).status_code == 304


def test_an_image_names_its_canonical_address_and_is_drawn_once_for_a_browser(
    site: Flask, venus: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = site.test_client()
    answer = client.get(f"/iiif/3/{venus.id}/pct:0,0,100,100/!100,100/0.0/default.jpg")
    assert Pil.open(io.BytesIO(answer.data)).size == (100, 75) and answer.content_type == "image/jpeg"
    assert f'<http://localhost/iiif/3/{venus.id}/full/100,75/0/default.jpg>;rel="canonical"' in answer.headers["Link"]
    assert '<http://iiif.io/api/image/3/level2.json>;rel="profile"' in answer.headers["Link"]
    assert "public" in answer.headers["Cache-Control"] and answer.headers["Access-Control-Allow-Origin"] == "*"
    again = client.get(f"/iiif/3/{venus.id}/full/100,/0/default.jpg", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304 and again.data == b""  # an equal request has the same tag
    other = client.get(f"/iiif/3/{venus.id}/full/100,/90/default.jpg", headers={"If-None-Match": answer.headers["ETag"]})
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("{id}/full/full/0/default.jpg", 400),
        ("{id}/full/9999,/0/default.jpg", 400),
        ("{id}/9999,0,5,5/max/0/default.jpg", 400),
        ("{id}/full/^9999,/0/default.jpg", 404),
        ("{id}/full/max/0/default.tif", 501),
        ("{id}/full/max/0/grey.jpg", 400),
        ("999999/full/max/0/default.jpg", 404),
        ("nothing/full/max/0/default.jpg", 404),
        ("99999999999999999999/info.json", 404),
        ("999999", 404),
    ],
)
def test_refusals_are_a_sentence_with_the_specifications_status(site: Flask, venus: Picture, path: str, status: int) -> None:
    answer = site.test_client().get("/iiif/3/" + path.format(id=venus.id))
    assert answer.status_code == status and answer.content_type == "text/plain; charset=utf-8"
    assert answer.text.endswith(".\n") and answer.headers["Access-Control-Allow-Origin"] == "*"


def test_hidden_works_are_for_staff_and_kept_by_no_cache(site: Flask, venus: Picture) -> None:
    with site.app_context():
        work = db.session.get(Artwork, venus.artwork_id)
        assert work is not None
        work.hidden = True
        users.create("carla@example.org", "curator", PASSWORD)
        db.session.commit()
    visitor, curator = site.test_client(), site.test_client()
    curator.post("/login", data={"email": "carla@example.org", "password": PASSWORD})
    for address in (f"/iiif/3/{venus.id}/info.json", f"/iiif/3/{venus.id}/full/max/0/default.jpg"):
        assert visitor.get(address).status_code == 404
        shown = curator.get(address)
        assert shown.status_code == 200 and "no-store" in shown.headers["Cache-Control"]
    assert visitor.get(f"/iiif/presentation/{venus.artwork_id}/manifest").status_code == 404


def test_a_picture_whose_file_has_gone_is_not_found(site: Flask, venus: Picture) -> None:
    (site.extensions["pinakes.settings"].pictures_dir / venus.path).unlink()
    assert site.test_client().get(f"/iiif/3/{venus.id}/full/max/0/default.jpg").status_code == 404


def test_when_too_many_are_drawn_the_next_is_told_to_come_back(
    site: Flask, venus: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(iiif, "PATIENCE_S", 0.01)
    for _ in range(iiif.AT_ONCE):
        iiif._drawing.acquire()
    try:
        answer = site.test_client().get(f"/iiif/3/{venus.id}/full/max/0/default.jpg")
    finally:
        iiif._drawing.release(iiif.AT_ONCE)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert site.test_client().get(f"/iiif/3/{venus.id}/full/max/0/default.jpg").status_code == 200


def test_a_manifest_leads_to_its_pictures(site: Flask, venus: Picture) -> None:
    """Presentation 3.0, sections 3 and 5: one canvas a picture, on it one page with one painting annotation."""
    client = site.test_client()
    read = client.get(f"/iiif/presentation/{venus.artwork_id}/manifest").json
    assert (read["@context"], read["type"]) == ("http://iiif.io/api/presentation/3/context.json", "Manifest")
    assert read["label"]["none"] == ["Venus and Adonis"]
    canvas = read["items"][0]
    assert (canvas["type"], canvas["width"], canvas["height"]) == ("Canvas", 480, 360)
    assert canvas["label"]["none"] == ["Venus and Adonis, by Hans von Aachen, 1574–88, Oil on canvas, mythological"]
    page = canvas["items"][0]
    annotation = page["items"][0]
    assert (page["type"], annotation["type"], annotation["motivation"]) == ("AnnotationPage", "Annotation", "painting")
    assert annotation["target"] == canvas["id"]
    body = annotation["body"]
    assert body["type"] == "Image" and client.get(body["id"]).mimetype == body["format"]
    assert client.get(body["service"][0]["id"] + "/info.json").json["partOf"][0]["id"] == read["id"]
    with site.app_context():
        bare = db.session.scalars(select(Artwork.id).where(Artwork.source_id == "c2")).one()
    assert client.get(f"/iiif/presentation/{bare}/manifest").json["label"]["none"] == ["Untitled in the catalogue"]
    assert client.get("/iiif/presentation/999/manifest").status_code == 404
