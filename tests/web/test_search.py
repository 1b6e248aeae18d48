"""From a photo to the page of its answer, with a real index of eight works."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from PIL import Image as Pil
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from app import services
from app.catalogue.models import Artwork
from app.extensions import db
from app.usage.models import Feedback, Search
from app.web.progress import board
from tests.web.gallery import jpeg, on_wall, painting, stranger

TOKEN = "0123456789abcdef" * 2


def ask(site: Flask, data: bytes, name: str = "photo.jpg", **headers: str) -> TestResponse:
    return site.test_client().post("/search", data={"photo": (io.BytesIO(data), name), "token": TOKEN}, headers=headers)


def searches(site: Flask) -> list[Search]:
    with site.app_context():
        return list(db.session.query(Search).order_by(Search.created_at))


def uploads(site: Flask) -> list[Path]:
    folder = site.extensions["pinakes.settings"].uploads_dir
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_photo_is_answered_with_the_label_of_its_work(site: Flask) -> None:
    answer = ask(site, jpeg(on_wall([painting(0)])))
    assert answer.status_code == 303
    page = site.test_client().get(answer.location)
    text = page.text
    assert page.status_code == 200
    assert "Venus and Adonis" in text
    assert "Hans von Aachen" in text and "(Köln 1552 – Praha 1615)" in text
    assert "1574–88 · oil on canvas, 68 × 95 cm" in text
    assert "We are sure: " in text and "details of your photo fit this work." in text
    assert "<polygon" in text and text.count('<path d="M') >= 20  # the outline, and the joined points


def test_the_search_is_recorded_with_its_photo(site: Flask) -> None:
    ask(site, jpeg(on_wall([painting(0)])), "IMG_0007.JPG")
    (search,) = searches(site)
    assert (search.verdict, search.way, search.photo_name) == ("identified", "upload", "IMG_0007.JPG")
    assert (search.photo_width, search.photo_height) == (1200, 800)
    assert search.artwork_id is not None and search.user_id is None and search.total_ms > 0
    assert len(uploads(site)) == 1


def test_steps_are_told_while_it_runs(site: Flask) -> None:
    ask(site, jpeg(on_wall([painting(0)])))
    answer = site.test_client().get(f"/searches/progress/{TOKEN}")
    assert answer.json["step"] == 2 and len(answer.json["outlines"]) == 1  # the last stage that the engine reported
    assert answer.headers["Cache-Control"] == "no-store"
    assert site.test_client().get("/searches/progress/" + "f" * 32).json == {"step": None, "outlines": []}
    assert board.reporter("../etc") is None


def test_a_script_gets_the_address_as_json(site: Flask) -> None:
    answer = ask(site, jpeg(on_wall([painting(0)])), Accept="application/json")
    assert answer.status_code == 201
    assert answer.json["url"] == f"/searches/{answer.json['id']}"


def test_two_works_are_numbered_from_the_left(site: Flask) -> None:
    answer = ask(site, jpeg(on_wall([painting(6), painting(2)], width=1600)))
    text = site.test_client().get(answer.location).text
    assert "2 works in your photo" in text
    assert text.index('aria-label="Work 1"') < text.index("Winter Landscape</a>") < text.index("Self-Portrait</a>")
    assert text.count('class="badge"') == 2


def test_a_stranger_is_not_in_the_catalogue(site: Flask) -> None:
    answer = ask(site, jpeg(stranger()))
    text = site.test_client().get(answer.location).text
    assert "This work is not in our catalogue." in text
    assert "What it is most like" in text and "come closer" in text
    assert "We are sure" not in text


def test_the_voice_of_an_unsure_answer(site: Flask) -> None:
    search_id = ask(site, jpeg(on_wall([painting(0)])), Accept="application/json").json["id"]
    with site.app_context():  # the same real answer, as it would be recorded with less evidence
        search = db.session.get(Search, search_id)
        assert search is not None
        search.verdict, search.result = "uncertain", {**search.result, "verdict": "uncertain"}
        db.session.commit()
    text = site.test_client().get(f"/searches/{search_id}").text
    assert "Is it one of these?" in text and text.count(">It is this one<") == 3
    assert "We are sure" not in text


def test_an_example_is_asked_by_its_number(site: Flask) -> None:
    home = site.test_client().get("/").text
    assert 'name="example" value="0"' in home and "/examples/0/400.webp" in home
    answer = site.test_client().post("/search", data={"example": "0"})
    assert "Venus and Adonis" in site.test_client().get(answer.location).text
    assert searches(site)[0].way == "example"
    for wrong in ("7", "-1", "x", "../0"):
        assert site.test_client().post("/search", data={"example": wrong}).status_code == 404


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"%PDF-1.7 nothing to see", "photo.jpg", "PDF"),
        (b"just some words", "photo.jpg", "text file"),
        (b"", "photo.jpg", "empty"),
        (jpeg(painting(0))[:900], "photo.jpg", "damaged"),
        (jpeg(np.zeros((8, 8, 3), np.uint8)), "photo.jpg", "8 × 8"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence_and_another_try(site: Flask, data: bytes, name: str, said: str) -> None:
    answer = ask(site, data, name)
    assert answer.status_code == 422
    assert "This picture could not be read" in answer.text and said in answer.text
    assert 'type="file"' in answer.text and "Traceback" not in answer.text
    assert searches(site) == [] and uploads(site) == []
    as_json = ask(site, data, name, Accept="application/json")
    assert as_json.status_code == 422 and said in as_json.json["error"]["text"]


def test_nothing_chosen(site: Flask) -> None:
    answer = site.test_client().post("/search", data={"photo": (io.BytesIO(b""), "")})
    assert answer.status_code == 400 and "There was no picture" in answer.text


def test_too_many_bytes(site: Flask) -> None:
    site.config["MAX_CONTENT_LENGTH"] = 1000
    answer = ask(site, jpeg(painting(0)))
    assert answer.status_code == 413 and "That picture is too large" in answer.text and "32 MB" in answer.text


def test_a_png_with_a_jpegs_name_is_read_by_its_content(site: Flask) -> None:
    out = io.BytesIO()
    Pil.fromarray(on_wall([painting(0)])).save(out, "PNG")
    assert ask(site, out.getvalue(), "photo.jpg").status_code == 303


def test_the_kept_photo_is_upright_and_has_no_metadata(site: Flask) -> None:
    exif = Pil.Exif()
    exif[0x0112] = 6  # a phone held upright
    exif[0x010F] = "Maker of phones"
    exif.get_ifd(0x8825)[1] = "N"  # where it was taken
    turned = np.rot90(on_wall([painting(0)]))
    ask(site, jpeg(np.ascontiguousarray(turned), exif=exif))
    (path,) = uploads(site)
    with Pil.open(path) as kept:
        assert kept.size == (1200, 800)
        assert not kept.getexif() and b"Maker of phones" not in path.read_bytes()


def test_photos_need_not_be_kept(site: Flask) -> None:
    held = site.extensions["pinakes.settings"]
    site.extensions["pinakes.settings"] = held.model_copy(update={"uploads_keep_days": 0})
    answer = ask(site, jpeg(on_wall([painting(0)])))
    text = site.test_client().get(answer.location).text
    assert uploads(site) == [] and "Your photo is no longer kept." in text and "Venus and Adonis" in text


def test_a_full_queue_asks_for_patience(site: Flask) -> None:
    from app import services

    with site.app_context():
        desk = services.desk()
    desk.asking = desk.places
    try:
        answer = ask(site, jpeg(painting(0)))
        assert answer.status_code == 503 and answer.headers["Retry-After"] == "5"
        assert "Many people are asking at once" in answer.text
    finally:
        desk.asking = 0


def test_before_there_is_an_index(bare_site: Flask) -> None:
    assert "The catalogue is being prepared" in bare_site.test_client().get("/").text
    answer = ask(bare_site, jpeg(painting(0)))
    assert answer.status_code == 503 and "The catalogue is being prepared" in answer.text


def test_feedback_replaces_and_adds(site: Flask) -> None:
    url = ask(site, jpeg(on_wall([painting(0)]))).location
    client = site.test_client()
    for data in ({"kind": "right"}, {"kind": "wrong"}, {"kind": "comment", "text": " It hangs in room 4. "}):
        assert client.post(f"{url}/feedback", data=data).status_code == 303
    with site.app_context():
        said = {(row.kind, row.text) for row in db.session.query(Feedback)}
    assert said == {("wrong", ""), ("comment", "It hangs in room 4.")}
    assert client.post(f"{url}/feedback", data={"kind": "praise"}).status_code == 303
    assert "Write a few words" in client.get(url).text
    assert client.post("/searches/nothing/feedback", data={"kind": "right"}).status_code == 404


def test_a_work_that_left_keeps_its_name(site: Flask) -> None:
    url = ask(site, jpeg(on_wall([painting(0)]))).location
    with site.app_context():
        db.session.query(Artwork).filter_by(source_id="a1").delete()
        db.session.commit()
    text = site.test_client().get(url).text
    assert "Venus and Adonis" in text and "no longer in the catalogue" in text


def test_what_is_recorded_is_the_contract(site: Flask) -> None:
    ask(site, jpeg(on_wall([painting(0)])))
    (search,) = searches(site)
    assert search.result["matches"][0]["artwork_id"] == "a1"
    assert set(search.contract) == {"photo", "verdict", "build", "preset", "matches", "timings_ms"}
    json.dumps(search.result)


def test_no_such_search(site: Flask) -> None:
    assert site.test_client().get("/searches/" + "0" * 32).status_code == 404


def test_the_mosaic_is_drawn_once_and_shows_nothing_hidden(site: Flask) -> None:
    said: list[str] = []
    client = site.test_client()
    first = client.get("/").text
    assert "From the collection" in first and "Bacchus, Hans von Aachen" in first
    with site.app_context():
        db.session.scalars(select(Artwork).where(Artwork.source_id == "a2")).one().hidden = True
        db.session.commit()
        event.listen(db.engine, "before_cursor_execute", lambda _c, _u, statement, *_rest: said.append(statement))
    again = client.get("/").text
    assert "From the collection" in again and "Bacchus, Hans von Aachen" not in again
    assert said and not [statement for statement in said if "EXISTS" in statement]  # as the drawing does


def test_the_number_of_works_follows_the_build_and_reads_no_catalogue(site: Flask) -> None:
    said: list[str] = []
    client = site.test_client()
    assert "We look through 8 works" in client.get("/").text
    with site.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda _c, _u, statement, *_rest: said.append(statement))
        work = db.session.scalars(select(Artwork.id).where(Artwork.source_id == "c1")).one()
        services.remove_works([work])
    said.clear()
    assert "We look through 7 works" in client.get("/").text
    assert said and not [statement for statement in said if "max(" in statement]  # as the catalogue's revision does
