"""Pictures that are seen in a photo without being recognised: which they are, and each looked at alone."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import services
from app.extensions import db
from app.training.simulation.camera import moire
from app.usage.models import Search
from app.web import parts
from tests.web.gallery import jpeg, on_wall, painting

LEFT = [[100.0, 100.0], [300.0, 100.0], [300.0, 300.0], [100.0, 300.0]]
RIGHT = [[600.0, 100.0], [800.0, 100.0], [800.0, 400.0], [600.0, 400.0]]
NEARLY_ALL = [[20.0, 20.0], [980.0, 20.0], [980.0, 480.0], [20.0, 480.0]]
TOKEN = "0123456789abcdef" * 2
HALF_KNOWN = on_wall([painting(6), painting(99)], width=1600)  # Winter Landscape at the left, a picture of nobody's at the right


def searched(*detected: list[list[float]]) -> Search:
    return Search(id="s", photo_path="a/b.jpg", photo_width=1000, photo_height=500, result={"detected": list(detected)}, proof=[])


def test_what_a_work_claims_is_no_part() -> None:
    nearly_left = [[110.0, 90.0], [310.0, 100.0], [305.0, 310.0], [95.0, 300.0]]
    left, right = parts.of(searched(RIGHT, LEFT), [])
    assert [(part.number, part.letter, part.alone) for part in (left, right)] == [(0, "A", True), (1, "B", True)]  # as one reads
    (only,) = parts.of(searched(RIGHT, LEFT), [nearly_left])
    assert (only.number, only.letter, only.outline) == (1, "", "600.0,100.0 800.0,100.0 800.0,400.0 600.0,400.0")
    assert parts.of(searched(RIGHT, LEFT), [NEARLY_ALL]) == []


def test_a_part_is_trimmed_to_with_a_little_around_it() -> None:
    (part,) = parts.of(searched(LEFT), [])
    assert part.edit.arguments() == {"left": "7", "top": "17", "right": "67", "bottom": "37"}
    assert part.size == (260, 230)


def test_what_fills_the_photo_is_outlined_but_not_looked_at_alone() -> None:
    assert [part.alone for part in parts.of(searched(NEARLY_ALL), [])] == [False]


def test_without_its_photo_nothing_can_be_looked_at() -> None:
    search = searched(LEFT)
    search.photo_path = None
    assert parts.of(search, []) == []
    assert parts.of(Search(photo_path="a/b.jpg", photo_width=9, photo_height=9, result={}, proof=[]), []) == []  # of an older day


def ask(client: FlaskClient, image: np.ndarray, **more: str) -> str:
    photo = {"photo": (io.BytesIO(jpeg(image)), "photo.jpg"), **more}
    return str(client.post("/search", data=photo, headers={"Accept": "application/json"}).get_json()["id"])


@pytest.mark.parametrize("preset", ["default", "contours"])
def test_what_is_outlined_while_one_waits_is_what_the_search_finds(site: Flask, preset: str) -> None:
    stripes = moire((HALF_KNOWN.shape[1], HALF_KNOWN.shape[0]), np.random.default_rng(0), 0.5)
    with site.app_context():
        shelf = services.builds()
        path = shelf.folder / shelf.current() / "manifest.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"preset": preset}))
        photo = np.clip(HALF_KNOWN * stripes, 0, 255).astype(np.uint8)  # of a screen
        seen = parts.seen_in(photo)
        found = services.searcher().search(photo).detected
        size = (photo.shape[1], photo.shape[0])
        assert seen and seen == [(quad / size).round(4).tolist() for quad in found]


def test_a_part_without_a_match_is_asked_about_alone(site: Flask) -> None:
    client = site.test_client()
    first = ask(client, HALF_KNOWN)
    page = client.get(f"/searches/{first}").text
    assert "Another picture in your photo" in page and page.count('name="part"') == 1
    number = page.split('name="part" value="')[1].split('"')[0]
    shown = client.get(f"/searches/{first}/refine?part={number}")
    assert shown.status_code == 302 and 45 < float(shown.location.split("left=")[1].split("&")[0]) < 60
    answer = client.post(f"/searches/{first}/refine", data={"part": number})
    with site.app_context():
        second = db.session.get_one(Search, answer.location.rsplit("/", 1)[1])
        assert second.way == "refine" and second.photo_width < 900 and second.artwork_id is None
    for wrong in ("9", "-1", "x", ""):
        assert client.post(f"/searches/{first}/refine", data={"part": wrong}).status_code == 404
        assert client.get(f"/searches/{first}/refine?part={wrong}").status_code == 404


def test_while_the_search_runs_its_page_is_told_what_is_seen(site: Flask) -> None:
    client = site.test_client()
    search_id = ask(client, HALF_KNOWN, token=TOKEN)
    told = client.get(f"/searches/progress/{TOKEN}").json["outlines"]
    with site.app_context():
        search = db.session.get_one(Search, search_id)
        size = (search.photo_width, search.photo_height)
        assert len(told) == 2 and np.array(told) * size == pytest.approx(np.array(search.result["detected"]), abs=0.2)


def test_no_outline_is_looked_for_where_nobody_waits_for_it(site: Flask) -> None:
    from app.web.progress import Board

    assert Board().outliner("") is None and Board().outliner("no token") is None
