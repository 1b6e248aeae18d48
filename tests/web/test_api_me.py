"""What the API does for an account by its personal tokens, and what it refuses."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts import tokens, users
from app.catalogue.models import Artwork
from app.extensions import db
from app.usage.models import Search
from tests.web.gallery import jpeg, on_wall, painting
from tests.web.schemas import described
from tests.web.sites import opened, sends

V1 = "/api/v1"
WORKS_OF = f"{V1}/me/collections/{{collection_id}}/works"


class Caller:
    """A program with a token of the scopes; `anonymous` has none."""

    def __init__(self, site: Flask, name: str, *scopes: str) -> None:
        self.client: FlaskClient = site.test_client()
        self.headers: dict[str, str] = {}
        if scopes:
            with site.app_context():
                user = users.find(f"{name}@example.org") or users.create(f"{name}@example.org")[0]
                self.headers["Authorization"] = f"Bearer {tokens.create(user, 'script', list(scopes), 30)[1]}"

    def call(self, method: str, path: str, **options: Any) -> TestResponse:
        return self.client.open(V1 + path, method=method, headers=self.headers, **options)

    def told(self, method: str, path: str, described_as: str = "", **options: Any) -> Any:
        """The JSON of an answer that fits the description."""
        answer = self.call(method, path, **options)
        assert answer.headers["Cache-Control"] == "no-store"
        return described(answer, V1 + (described_as or path), method.lower())

    def ask(self) -> TestResponse:
        return self.call("POST", "/search", data=jpeg(on_wall([painting(0)])), content_type="image/jpeg")


def test_a_token_says_whose_it_is(site: Flask) -> None:
    told = Caller(site, "ada", "read", "search").told("GET", "/me")
    assert (told["email"], told["role"], told["token"]["scopes"]) == ("ada@example.org", "visitor", ["read", "search"])


@pytest.mark.parametrize("header", ["Bearer pinakes_wrong", "Bearer", "Basic YTpi", "", "Bearer " + "x" * 5000])
def test_a_token_that_does_not_work_is_refused_everywhere(site: Flask, header: str) -> None:
    for path in ("/works", "/me", "/openapi.json"):
        answer = site.test_client().get(V1 + path, headers={"Authorization": header})
        assert answer.status_code == 401 and "does not work" in described(answer, V1 + path)["error"]["message"]
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Pinakes", error="invalid_token"'


def test_a_cookie_is_no_token(site: Flask) -> None:
    client = site.test_client()
    with site.app_context():
        users.create("ada@example.org", password="a short sentence")
    client.post("/login", data={"email": "ada@example.org", "password": "a short sentence"})
    assert client.get("/me").status_code == 200 and client.get(f"{V1}/me").status_code == 401


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [
        ("read", {"/me", "/me/searches", "/me/favourites", "/me/collections"}),
        ("search", {"/me"}),
        ("history", {"/me", "/me/searches"}),
        ("collections", {"/me", "/me/favourites", "/me/collections"}),
    ],
)
def test_each_scope_opens_its_own_doors(site: Flask, scope: str, allowed: set[str]) -> None:
    program = Caller(site, "ada", scope)
    paths = ("/me", "/me/searches", "/me/favourites", "/me/collections")
    assert {path for path in paths if program.call("GET", path).status_code == 200} == allowed
    writing = [("DELETE", "/me/searches/x"), ("PUT", "/me/favourites/a1"), ("POST", "/me/collections")]
    opened = {path for method, path in writing if program.call(method, path, json={"name": "x"}).status_code != 403}
    expected = {"history": {"/me/searches/x"}, "collections": {path for _method, path in writing[1:]}}
    assert opened == expected.get(scope, set())
    if scope == "read":
        refused = program.call("PUT", "/me/favourites/a1")
        assert 'error="insufficient_scope", scope="collections"' in refused.headers["WWW-Authenticate"]
        assert "needs the scope collections" in described(refused, f"{V1}/me/favourites/{{artwork_id}}", "put")["error"]["message"]


def test_a_search_is_kept_for_its_account_read_judged_and_deleted(site: Flask) -> None:
    ada, eve, stranger = Caller(site, "ada", "search", "history"), Caller(site, "eve", "history"), Caller(site, "")
    answer = ada.ask()
    place = answer.headers["Content-Location"].removeprefix(V1)
    one = "/searches/{search_id}"
    (kept,) = ada.told("GET", "/me/searches")["searches"]
    assert place == f"/searches/{kept['id']}" and kept["answer"]["matches"][0]["artwork_id"] == "a1"
    assert stranger.told("GET", place, one) == kept  # the id is the right to see it
    assert stranger.client.get(kept["page"]).status_code == stranger.client.get(kept["photo"]).status_code == 200
    said = stranger.told("POST", f"{place}/feedback", f"{one}/feedback", json={"kind": "wrong", "artwork_id": "a1"})
    assert (said["kind"], said["artwork_id"]) == ("right", "a1")  # the answer had named it
    said = stranger.told("POST", f"{place}/feedback", f"{one}/feedback", json={"kind": "right", "artwork_id": "b1"})
    assert (said["kind"], said["artwork_id"]) == ("wrong", "b1")
    stranger.told("POST", f"{place}/feedback", f"{one}/feedback", json={"kind": "comment", "text": "well found"})
    assert [row["kind"] for row in ada.told("GET", place, one)["feedback"]] == ["wrong", "comment"]
    assert eve.told("GET", "/me/searches")["searches"] == []
    assert eve.call("DELETE", f"/me{place}").status_code == 404
    assert ada.call("DELETE", f"/me{place}").status_code == 204
    assert stranger.told("GET", place, one)["error"]["code"] == 404
    assert list(site.extensions["pinakes.settings"].uploads_dir.rglob("*.jpg")) == []


def test_a_token_without_the_scope_does_not_search(site: Flask) -> None:
    assert Caller(site, "ada", "read").ask().status_code == 403
    with site.app_context():
        assert db.session.query(Search).count() == 0


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"kind": "perhaps"}, 400, "one of right, wrong, comment"),
        ({}, 400, "kind is missing"),
        ({"kind": "comment", "text": "  "}, 400, "needs text"),
        ({"kind": "right", "artwork": "a1"}, 400, "no “artwork”"),
        ({"kind": "right", "artwork_id": "nothing"}, 404, "No work has the id"),
        ({"kind": "comment", "text": "x", "artwork_id": "a1"}, 400, "goes with right or wrong"),
        ({"kind": "comment", "text": "x" * 2001}, 400, "text must be text"),
        ({"kind": "comment", "text": "\ud800"}, 400, "text must be text"),
        ([], 400, "must be a JSON object"),
        (None, 415, "JSON object"),
    ],
)
def test_feedback_that_cannot_be_kept(site: Flask, body: Any, status: int, said: str) -> None:
    program = Caller(site, "ada", "search")
    path = program.ask().headers["Content-Location"] + "/feedback"
    options: dict[str, Any] = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
    answer = described(program.client.post(path, **options), f"{V1}/searches/{{search_id}}/feedback", "post")
    assert answer["error"]["code"] == status and said in answer["error"]["message"]


def test_favourites(site: Flask) -> None:
    ada = Caller(site, "ada", "collections")
    for work in ("a1", "b1", "a1"):
        assert ada.call("PUT", f"/me/favourites/{work}").status_code == 204
    page = ada.told("GET", "/me/favourites?per_page=1", "/me/favourites")
    assert (page["total"], page["pages"], page["works"][0]["artwork_id"]) == (2, 2, "b1")
    assert ada.client.get(page["next"], headers=ada.headers).json["works"][0]["artwork_id"] == "a1"
    assert ada.call("DELETE", "/me/favourites/b1").status_code == 204
    assert ada.told("GET", "/me/favourites")["total"] == 1
    assert ada.call("PUT", "/me/favourites/nothing").status_code == 404
    assert "no parameter “artis”" in ada.told("GET", "/me/favourites?artis=x", "/me/favourites")["error"]["message"]
    with site.app_context():
        db.session.query(Artwork).update({"hidden": True})
        db.session.commit()
    assert ada.told("GET", "/me/favourites")["works"] == []


def test_collections(site: Flask) -> None:
    ada, eve, one = Caller(site, "ada", "collections"), Caller(site, "eve", "collections"), "/me/collections/{collection_id}"
    answer = ada.call("POST", "/me/collections", json={"name": "Talk", "description": "of spring"})
    made = described(answer, f"{V1}/me/collections", "post")
    place = answer.headers["Location"].removeprefix(V1)
    assert (made["name"], made["works"], made["shared"]) == ("Talk", 0, None) and place == f"/me/collections/{made['id']}"
    assert ada.call("PUT", f"{place}/works/a1").status_code == ada.call("PUT", f"{place}/works/b1").status_code == 204
    inside = described(ada.client.get(made["url"], headers=ada.headers), WORKS_OF)
    assert [work["artwork_id"] for work in inside["works"]] == ["b1", "a1"]
    assert ada.call("DELETE", f"{place}/works/b1").status_code == 204
    shared = ada.told("PATCH", place, one, json={"shared": True, "name": "The talk"})
    assert (shared["name"], shared["description"], shared["works"]) == ("The talk", "of spring", 1)
    assert site.test_client().get(shared["shared"]).status_code == 200
    assert ada.told("PATCH", place, one, json={"shared": False})["shared"] is None
    assert "already" in ada.told("POST", "/me/collections", json={"name": "The talk"})["error"]["message"]
    assert [row["name"] for row in ada.told("GET", "/me/collections")["collections"]] == ["The talk"]
    assert eve.told("GET", "/me/collections")["collections"] == []
    for method in ("GET", "PATCH", "DELETE"):
        assert eve.told(method, place, one, json={"name": "Mine"})["error"]["code"] == 404
    assert ada.call("DELETE", place).status_code == 204
    assert ada.told("GET", place, one)["error"]["code"] == 404


def test_a_picture_by_its_address(site: Flask) -> None:
    with opened({"/venus.jpg": sends(jpeg(on_wall([painting(0)])))}) as outside:
        site.extensions["pinakes.network"] = outside.network({})
        told = Caller(site, "").told("POST", "/search", json={"url": outside.url("/venus.jpg")})
    assert (told["photo"], told["matches"][0]["artwork_id"]) == ("venus.jpg", "a1")


def test_a_picture_by_its_address_that_may_not_be_opened(site: Flask) -> None:
    anyone = Caller(site, "")
    for url, said in (("http://127.0.0.1/a.jpg", "not a public site"), ("ftp://example.org/a.jpg", "https://"), ("x y", "address")):
        error = described(anyone.call("POST", "/search", json={"url": url}), f"{V1}/search", "post")["error"]
        assert error["code"] == 422 and said in error["message"]
    assert anyone.call("POST", "/search", json={"link": "x"}).status_code == 400
    bad = anyone.call("POST", "/search", data=io.BytesIO(b"{"), content_type="application/json")
    assert described(bad, f"{V1}/search", "post")["error"]["message"] == "The body is not JSON."
