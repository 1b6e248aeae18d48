"""Changing a photo and asking again: the page, its pictures, and what becomes of it."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.engine.images import read_image
from app.extensions import db
from app.usage.models import Search
from tests.web.gallery import jpeg, on_wall, painting

TWO = on_wall([painting(6), painting(2)], width=1600)  # Winter Landscape at the left, Self-Portrait at the right


def ask(client: FlaskClient, image: np.ndarray = TWO) -> str:
    """The id of a search with this photo."""
    photo = {"photo": (io.BytesIO(jpeg(image)), "photo.jpg")}
    return str(client.post("/search", data=photo, headers={"Accept": "application/json"}).get_json()["id"])


def found(site: Flask, search_id: str) -> tuple[str, list[str]]:
    """Verdict and the ids of the verified works of a search."""
    with site.app_context():
        search = db.session.get_one(Search, search_id)
        return search.verdict, [match["artwork_id"] for match in search.result["matches"] if match["verified"]]


def test_the_half_that_is_left_is_what_is_asked_about(site: Flask) -> None:
    client = site.test_client()
    first = ask(client)
    assert sorted(found(site, first)[1]) == ["b1", "d1"]
    answer = client.post(f"/searches/{first}/refine", data={"left": "50", "top": "2"})
    assert answer.status_code == 303
    second = answer.location.rsplit("/", 1)[1]
    assert second != first and found(site, second) == ("identified", ["b1"])
    with site.app_context():
        search = db.session.get_one(Search, second)
        assert (search.way, search.photo_name, search.photo_width, search.photo_height) == ("refine", "photo.jpg", 800, 784)
    as_json = client.post(f"/searches/{first}/refine", data={"right": "50"}, headers={"Accept": "application/json"})
    assert as_json.status_code == 201 and found(site, as_json.json["id"]) == ("identified", ["d1"])


def test_a_mirrored_photo_is_found_once_it_is_mirrored_back(site: Flask) -> None:
    client = site.test_client()
    first = ask(client, np.ascontiguousarray(on_wall([painting(0)])[:, ::-1]))
    assert found(site, first)[1] == []
    answer = client.post(f"/searches/{first}/refine", data={"mirror": "1"})
    assert found(site, answer.location.rsplit("/", 1)[1]) == ("identified", ["a1"])


def test_only_this_part_is_where_the_match_was_seen(site: Flask) -> None:
    client = site.test_client()
    first = ask(client)
    with site.app_context():
        matches = db.session.get_one(Search, first).result["matches"]
    number = next(place for place, match in enumerate(matches) if match["artwork_id"] == "b1")
    page = client.get(f"/searches/{first}/refine?match={number}")
    assert page.status_code == 302 and 45 < float(page.location.split("left=")[1].split("&")[0]) < 55
    answer = client.post(f"/searches/{first}/refine", data={"match": str(number)})
    assert found(site, answer.location.rsplit("/", 1)[1]) == ("identified", ["b1"])
    for wrong in ("99", "-1", "x", ""):
        assert client.post(f"/searches/{first}/refine", data={"match": wrong}).status_code == 404


def test_the_page_says_its_state_and_shows_it_without_a_script(site: Flask) -> None:
    client = site.test_client()
    first = ask(client)
    page = client.get(f"/searches/{first}/refine?left=12.5&turn=90&tilt=-2&mirror=1").text
    assert 'name="left" type="number" min="0" max="95" step="any" inputmode="decimal" value="12.5"' in page
    assert '<option value="90" selected>' in page and 'name="mirror" value="1" checked' in page
    assert f"/searches/{first}/refined/800.jpg?turn=90&amp;tilt=-2&amp;mirror=1" in page  # the whole photo, as it stands
    assert f"/searches/{first}/refined/800.jpg?left=12.5&amp;turn=90&amp;tilt=-2&amp;mirror=1" in page  # and the part
    answer = client.post(f"/searches/{first}/refine", data={"top": "7", "turn": "0", "show": "1"})
    assert answer.status_code == 303 and answer.location == f"/searches/{first}/refine?top=7"


def test_the_changed_photo_is_a_picture_that_nobody_else_keeps(site: Flask) -> None:
    client = site.test_client()
    first = ask(client)
    answer = client.get(f"/searches/{first}/refined/800.jpg?left=50&turn=90")
    assert answer.mimetype == "image/jpeg" and answer.headers["Cache-Control"].startswith("private")
    assert read_image(answer.data).shape == (800, 200, 3)  # turned first, then trimmed
    assert client.get(f"/searches/{first}/refined/801.jpg").status_code == 404


def test_the_first_photo_stays_the_source(site: Flask) -> None:
    client = site.test_client()
    first = ask(client)
    second = client.post(f"/searches/{first}/refine", data={"left": "50"}).location.rsplit("/", 1)[1]
    page = client.get(f"/searches/{second}/refine")
    assert page.status_code == 302 and page.location == f"/searches/{first}/refine?left=50"
    part = client.get(f"/searches/{second}/refine?match=0")  # a part of the part, counted in the first photo
    assert part.location.startswith(f"/searches/{first}/refine?left=5")
    third = client.post(f"/searches/{second}/refine", data={"match": "0"}).location.rsplit("/", 1)[1]
    assert found(site, third) == ("identified", ["b1"])


def test_what_was_trimmed_away_is_not_shown_to_whom_the_answer_is_sent(site: Flask) -> None:
    client = site.test_client()
    first = ask(client)
    second = client.post(f"/searches/{first}/refine", data={"left": "50"}).location.rsplit("/", 1)[1]
    other = site.test_client()
    page = other.get(f"/searches/{second}/refine")
    assert page.status_code == 200 and first not in page.text
    assert first not in other.get(f"/searches/{second}").text


def test_a_part_too_small_to_look_at_is_said(site: Flask) -> None:
    client = site.test_client()
    first = ask(client, painting(0))
    data = {"left": "95", "top": "95"}
    answer = client.post(f"/searches/{first}/refine", data=data)
    assert answer.status_code == 422 and "This part is too small" in answer.text
    as_json = client.post(f"/searches/{first}/refine", data=data, headers={"Accept": "application/json"})
    assert as_json.status_code == 422 and "leave more of it" in as_json.json["error"]["text"]


@pytest.mark.parametrize("data", [{"left": "abc", "turn": "x", "tilt": "inf"}, {"left": "-5", "right": "1e99"}, {}])
def test_nonsense_in_the_fields_is_left_out(site: Flask, data: dict[str, str]) -> None:
    client = site.test_client()
    first = ask(client)
    assert client.post(f"/searches/{first}/refine", data=data).status_code in (303, 422)
    assert client.get(f"/searches/{first}/refine", query_string=data).status_code == 200
    assert client.get(f"/searches/{first}/refined/400.jpg", query_string=data).status_code == 200


def test_without_its_photo_a_search_cannot_be_refined(site: Flask) -> None:
    client = site.test_client()
    first = ask(client)
    for path in site.extensions["pinakes.settings"].uploads_dir.rglob("*.jpg"):
        Path(path).unlink()
    for answer in (client.get(f"/searches/{first}/refine"), client.post(f"/searches/{first}/refine")):
        assert answer.status_code == 404 and "no longer kept" in answer.text and 'type="file"' in answer.text
    assert client.get(f"/searches/{first}/refined/400.jpg").status_code == 404
    assert client.get("/searches/" + "0" * 32 + "/refine").status_code == 404
