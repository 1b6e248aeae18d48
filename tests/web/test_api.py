"""The JSON API on the tiny museum: each answer is checked against the description that the API serves."""

from __future__ import annotations

import io
import json
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import published, services
from app.catalogue.models import Artwork, Collection
from app.engine.types import BuildReport
from app.extensions import db
from app.usage.models import Search
from tests.tiny import STRANGER, WORKS, jpeg, paint, painting, visitor_photo
from tests.web.schemas import described

SEARCH, LIST, ONE = "/api/v1/search", "/api/v1/works", "/api/v1/works/{artwork_id}"
NEAR = "/api/v1/neighbours"
KEYS = {"photo", "verdict", "build", "preset", "matches", "timings_ms"}


def send(client: FlaskClient, data: bytes, query: str = "", **fields: Any) -> TestResponse:
    return client.post(SEARCH + query, data={"photo": (io.BytesIO(data), "IMG_1.jpg"), **fields})


def works(client: FlaskClient, **query: Any) -> Any:
    return described(client.get(LIST, query_string=query), LIST)


def refused(response: TestResponse, status: int, path: str = SEARCH, method: str = "post") -> str:
    """The sentence of an error, which has its status in the body too and is kept by no cache."""
    assert response.status_code == status, response.text[:300]
    said = described(response, path, method)["error"]
    assert said["code"] == status and response.headers["Cache-Control"] == "no-store"
    return str(said["message"])


@pytest.fixture
def twice(tiny_app: Flask) -> Artwork:
    """A second collection, with a work of the same id `t01`."""
    other = Collection(name="Other museum")
    double = Artwork(collection=other, source_id="t01", title="Another", search_text="another")
    db.session.add_all([other, double])
    db.session.commit()
    return double


def test_a_photo_is_answered_as_the_command_does(tiny_index: BuildReport, client: FlaskClient) -> None:
    data = visitor_photo(painting("t03"), seed=3).jpeg()
    response = send(client, data)
    answer = described(response, SEARCH, "post")
    assert set(answer) == KEYS and answer["photo"] == "IMG_1.jpg" and answer["build"] == tiny_index.build_id
    best = answer["matches"][0]
    assert (answer["verdict"], best["artwork_id"], best["title"], best["verified"]) == ("identified", "t03", "Study 3", True)
    assert len(answer["matches"]) <= 5
    assert response.headers["Cache-Control"] == "no-store"
    direct = services.search_photo(data, name="IMG_1.jpg").json
    assert answer["matches"] == direct["matches"][:5]


def test_bytes_alone_are_a_photo_too(tiny_index: BuildReport, client: FlaskClient) -> None:
    data = visitor_photo(painting("t05"), seed=5).jpeg()
    answer = described(client.post(SEARCH + "?limit=1", data=data, content_type="image/jpeg"), SEARCH, "post")
    assert [match["artwork_id"] for match in answer["matches"]] == ["t05"]


@pytest.mark.parametrize(("query", "fields"), [("?limit=2", {}), ("", {"limit": "2"})])
def test_a_limit_shortens_the_answer_alone(
    tiny_index: BuildReport, client: FlaskClient, query: str, fields: dict[str, str]
) -> None:
    answer = described(send(client, visitor_photo(painting("t06"), seed=6).jpeg(), query, **fields), SEARCH, "post")
    kept = db.session.query(Search).one().result
    assert answer["matches"] == kept["matches"][:2] and len(kept["matches"]) > 2


def test_a_stranger_is_not_in_the_catalogue(tiny_index: BuildReport, client: FlaskClient) -> None:
    answer = described(send(client, visitor_photo(paint(STRANGER + 1, 420, 560)).jpeg()), SEARCH, "post")
    assert answer["verdict"] == "not_in_catalogue"
    assert not any(match["verified"] for match in answer["matches"])


def test_a_search_is_recorded_as_the_apis_and_nobodys(tiny_index: BuildReport, client: FlaskClient) -> None:
    from app.accounts import users

    users.create("alice@example.org", "visitor", password="a long enough one")
    logged_in = client.post("/login", data={"email": "alice@example.org", "password": "a long enough one"})
    assert logged_in.status_code == 302 and client.get("/me/searches").status_code == 200
    response = send(client, visitor_photo(painting("t01"), seed=1).jpeg())
    kept = db.session.query(Search).one()
    assert (kept.way, kept.user_id, kept.verdict, kept.photo_name) == ("api", None, "identified", "IMG_1.jpg")
    assert response.headers["Link"] == f'</searches/{kept.id}>; rel="alternate"; type="text/html"'
    assert "Study 1" in client.get(f"/searches/{kept.id}").text
    assert client.get(f"/uploads/{kept.id}/400.jpg").status_code == 200


def test_it_needs_no_token_and_leaves_no_cookie(tiny_index: BuildReport, app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    client, data = app.test_client(), visitor_photo(painting("t02"), seed=2).jpeg()
    assert client.post("/search", data={"photo": (io.BytesIO(data), "a.jpg")}).status_code == 400  # the pages do need one
    anyone = app.test_client()
    for response in (send(anyone, data), anyone.get(LIST), anyone.get("/api/v1/collections")):
        assert response.status_code == 200 and "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"%PDF-1.7 nothing to see", "PDF"), (b"just words", "text file"), (jpeg(painting("t01"))[:900], "damaged")],
)
def test_what_is_no_picture_is_said_so(client: FlaskClient, data: bytes, said: str) -> None:
    assert said in refused(send(client, data), 422)
    assert said in refused(client.post(SEARCH, data=data, content_type="image/jpeg"), 422)
    assert db.session.query(Search).count() == 0


def test_a_photo_that_is_missing_or_sent_otherwise(client: FlaskClient) -> None:
    assert "no picture" in refused(client.post(SEARCH, data={"picture": (io.BytesIO(b"x"), "a.jpg")}), 400)
    assert "no picture" in refused(client.post(SEARCH, data=b"", content_type="image/png"), 400)
    assert "multipart/form-data" in refused(client.post(SEARCH, data={"photo": "x"}), 415)
    assert "no type at all" in refused(client.post(SEARCH, data=b"x"), 415)
    for limit in ("", "0", "11", "-1", "many", "٣", "1" * 5000):
        assert "from 1 to 10" in refused(send(client, b"x", f"?limit={limit}"), 400)


@pytest.mark.parametrize("kind", ["multipart/form-data", "image/jpeg"])
def test_too_many_bytes(app: Flask, client: FlaskClient, kind: str) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 1000
    data = jpeg(painting("t01"))
    response = send(client, data) if kind.startswith("multi") else client.post(SEARCH, data=data, content_type=kind)
    assert "32 MB" in refused(response, 413)


def test_too_many_bytes_of_a_length_not_told(app: Flask, client: FlaskClient) -> None:
    data, told = jpeg(painting("t01")), {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}

    def stream() -> TestResponse:
        return client.post(SEARCH, input_stream=io.BytesIO(data), content_type="image/jpeg", environ_overrides=told)

    app.config["MAX_CONTENT_LENGTH"] = len(data) + 1
    assert "being prepared" in refused(stream(), 503)  # it arrived whole
    app.config["MAX_CONTENT_LENGTH"] = len(data) - 1
    assert "32 MB" in refused(stream(), 413)


def test_a_full_queue_and_an_empty_shelf_ask_for_patience(app: Flask, client: FlaskClient) -> None:
    data = jpeg(painting("t01"))
    response = send(client, data)
    assert "being prepared" in refused(response, 503) and response.headers["Retry-After"] == "60"
    desk = services.desk()
    desk.asking = desk.places
    response = send(client, data)
    assert "Many people" in refused(response, 503) and response.headers["Retry-After"] == "5"


def test_a_work_by_the_id_of_its_file(tiny_app: Flask, client: FlaskClient) -> None:
    response = client.get(f"{LIST}/t11")
    found = described(response, ONE)
    assert (found["artwork_id"], found["collection"], found["title"]) == ("t11", "Tiny museum", "Study 11")
    assert (found["artist"], found["date"], found["year_from"], found["school"]) == ("Bruno Keller", "1910", 1910, "Test school")
    assert [artist["name"] for artist in found["artists"]] == ["Bruno Keller"]
    assert [(picture["width"], picture["height"]) for picture in found["pictures"]] == [(560, 420), (400, 500)]
    assert client.get(found["page"]).status_code == 200
    for picture in found["pictures"]:
        assert client.get(picture["full"]).mimetype == client.get(picture["preview"]).mimetype == "image/jpeg"
    assert response.headers["Cache-Control"] == "public, max-age=60"
    again = client.get(f"{LIST}/t11", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304 and again.data == b""


def test_an_id_may_hold_slashes_and_other_letters(twice: Artwork, client: FlaskClient) -> None:
    for source_id in ("a/aachen/allegory", "12 ½?#", "ä"):
        twice.source_id = source_id
        db.session.commit()
        (listed,) = works(client, q="another")["works"]
        assert listed["artwork_id"] == source_id
        assert described(client.get(f"{LIST}/{quote(source_id, safe='')}"), ONE)["title"] == "Another"


def test_an_id_of_two_collections_needs_a_choice(twice: Artwork, client: FlaskClient) -> None:
    response = client.get(f"{LIST}/t01")
    assert "?collection=" in refused(response, 409, ONE, "get")
    choices = response.json["error"]["choices"]
    assert [choice["collection"] for choice in choices] == ["Other museum", "Tiny museum"]
    assert [described(client.get(choice["url"]), ONE)["title"] for choice in choices] == ["Another", "Study 1"]
    assert "“Nowhere”" in refused(client.get(f"{LIST}/t01?collection=Nowhere"), 404, ONE, "get")
    twice.hidden = True
    db.session.commit()
    assert described(client.get(f"{LIST}/t01"), ONE)["title"] == "Study 1"


def test_what_is_hidden_is_nowhere(tiny_index: BuildReport, client: FlaskClient) -> None:
    db.session.query(Artwork).filter_by(source_id="t04").update({"hidden": True})
    db.session.commit()
    assert "t04" in refused(client.get(f"{LIST}/t04"), 404, ONE, "get")
    listed = works(client, per_page=100)
    assert listed["total"] == len(WORKS) - 1 and "t04" not in [work["artwork_id"] for work in listed["works"]]
    answer = described(send(client, visitor_photo(painting("t04"), seed=4).jpeg()), SEARCH, "post")
    assert answer["verdict"] != "identified" and "t04" not in json.dumps(answer["matches"])
    shown = described(client.get("/api/v1/collections"), "/api/v1/collections")["collections"]
    assert [(row["name"], row["works"], row["pictures"]) for row in shown] == [("Tiny museum", 11, 12)]
    db.session.query(Artwork).update({"hidden": True})
    db.session.commit()
    assert client.get("/api/v1/collections").json == {"collections": []}


def test_pages_lead_on_and_back(tiny_app: Flask, client: FlaskClient) -> None:
    address, seen, before = f"{LIST}?per_page=5&sort=date&school=Test+school", [], None
    while address:
        page = described(client.get(address), LIST)
        assert (page["total"], page["pages"], page["per_page"]) == (12, 3, 5)
        assert (described(client.get(page["prev"]), LIST)["works"] if page["prev"] else None) == before
        seen += [work["artwork_id"] for work in page["works"]]
        address, before = page["next"], page["works"]
    assert seen == list(WORKS)
    beyond = works(client, per_page=5, page=9)
    assert (beyond["works"], beyond["next"], beyond["prev"]) == ([], None, "/api/v1/works?per_page=5&page=3")


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"artist": "Ada Holt"}, ["t01", "t10", "t04", "t07"]),
        ({"q": "STUDY keller", "sort": "date"}, ["t02", "t05", "t08", "t11"]),
        ({"artist": "Ada Holt", "q": "10"}, ["t10"]),
        ({"school": "No school"}, []),
        ({"collection": "Tiny museum", "sort": "date", "per_page": 1}, ["t01"]),
    ],
)
def test_works_are_chosen(tiny_app: Flask, client: FlaskClient, query: dict[str, Any], ids: list[str]) -> None:
    assert [work["artwork_id"] for work in works(client, **query)["works"]] == ids


@pytest.mark.parametrize(
    ("query", "said"),
    [("page=0", "from 1 to 1000000"), ("page=1e3", "page"), ("per_page=101", "from 1 to 100"), ("sort=size", "title, artist"),
     ("sort=", "title, artist"), ("page=", "from 1"),
     ("q=a%00b", "NUL"), ("page=" + "9" * 30, "page")],
)  # fmt: skip
def test_a_list_that_cannot_be_had(client: FlaskClient, query: str, said: str) -> None:
    assert said in refused(client.get(f"{LIST}?{query}"), 400, LIST, "get")


def test_the_nearest_works_by_the_global_descriptor(tiny_index: BuildReport, client: FlaskClient) -> None:
    asked = db.session.scalars(db.select(Artwork).where(Artwork.source_id == "t02")).one()
    build = published.opened()
    cosines = build.cosines(np.concatenate([build.vectors_of(at) for at in np.flatnonzero(build.pictures["work_id"] == asked.id)]))
    ranked = [int(build.pictures["work_id"][at]) for at in np.argsort(-cosines, kind="stable")]
    like = [db.session.get_one(Artwork, pk) for pk in dict.fromkeys(ranked) if pk != asked.id][:4]  # by every cosine there is
    found = described(client.get(f"{NEAR}?artwork_id=t02&k=4"), NEAR)
    assert found["build"] == services.builds().current()
    assert [one["artwork_id"] for one in found["neighbours"]] == [work.source_id for work in like]
    scores = [one["global_score"] for one in found["neighbours"]]
    assert scores == sorted(scores, reverse=True) and -1 <= scores[-1] <= scores[0] <= 1
    assert client.get(found["neighbours"][0]["page"]).status_code == 200
    like[0].hidden = True
    db.session.commit()
    assert [one["artwork_id"] for one in client.get(f"{NEAR}?artwork_id=t02&k=3").json["neighbours"]] == [
        work.source_id for work in like[1:]
    ]
    assert "“101” cannot be k" in refused(client.get(f"{NEAR}?artwork_id=t02&k=101"), 400, NEAR, "get")
    assert "“zz”" in refused(client.get(f"{NEAR}?artwork_id=zz"), 404, NEAR, "get")


def test_nothing_is_near_without_an_index(tiny_app: Flask, client: FlaskClient) -> None:
    response = client.get(f"{NEAR}?artwork_id=t02")
    assert "being prepared" in refused(response, 503, NEAR, "get") and response.headers["Retry-After"] == "60"


def test_collections(twice: Artwork, client: FlaskClient) -> None:
    found = described(client.get("/api/v1/collections"), "/api/v1/collections")["collections"]
    assert [(row["name"], row["works"], row["pictures"]) for row in found] == [("Other museum", 1, 0), ("Tiny museum", 12, 13)]
    for row in found:
        assert described(client.get(row["url"]), LIST)["total"] == row["works"]


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/v1/", "/api/v1/nothing", "/api/v2/works", "/api/v1/works/t01/x"])
def test_errors_are_json_even_for_browsers(client: FlaskClient, path: str) -> None:
    response = client.get(path, headers={"Accept": "text/html"})
    assert response.status_code == 404 and response.json["error"]["code"] == 404
    assert "/api/v1/" in response.json["error"]["message"]
    assert "html" in client.get("/apiary", headers={"Accept": "text/html"}).mimetype


def test_another_method(client: FlaskClient) -> None:
    response = client.delete("/api/v1/collections")
    assert response.status_code == 405 and response.json["error"]["code"] == 405
    assert "GET" in response.headers["Allow"]


def test_a_fault_of_ours_is_json_without_its_trace(app: Flask) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    db.drop_all()
    response = app.test_client().get(LIST)
    assert "on our side" in refused(response, 500, LIST, "get")
    assert "Traceback" not in response.text and "artworks" not in response.text
