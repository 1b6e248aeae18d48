"""The API's description: equal to the routes, whole in itself, and strict enough to catch a wrong answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.web.api_document import DOCUMENT
from tests.web.schemas import faults, resolved

AUTOMATIC = {"HEAD", "OPTIONS"}
OPERATIONS = [
    (path, method, operation) for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
]


def values_of(node: Any, name: str) -> Iterator[Any]:
    """Every value under that key, at any depth."""
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key == name)
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from values_of(child, name)


def test_it_has_exactly_the_routes(app: Flask) -> None:
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower(), rule.endpoint)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - AUTOMATIC
    }
    assert {(path, method, f"api.{operation['operationId']}") for path, method, operation in OPERATIONS} == routes


def test_it_is_served_as_it_is(client: FlaskClient) -> None:
    response = client.get("/api/v1/openapi.json")
    assert response.status_code == 200 and response.json == DOCUMENT
    assert response.headers["Cache-Control"] == "public, max-age=3600"


def test_every_pointer_leads_somewhere_and_every_schema_is_used() -> None:
    pointers = set(values_of(DOCUMENT, "$ref"))
    for pointer in pointers:
        resolved(pointer)
    parts = {kind: named for kind, named in DOCUMENT["components"].items() if kind != "securitySchemes"}
    assert pointers == {f"#/components/{kind}/{name}" for kind, named in parts.items() for name in named}


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_the_parameters_of_a_path_are_described(path: str, method: str, operation: dict[str, Any]) -> None:
    told = [part["name"] for part in operation.get("parameters", []) if part["in"] == "path" and part["required"]]
    assert told == re.findall(r"{(\w+)}", path)


@pytest.mark.parametrize(("path", "method", "operation"), [entry for entry in OPERATIONS if entry[1] == "get"])
def test_a_parameter_is_taken_exactly_if_it_is_described(
    client: FlaskClient, path: str, method: str, operation: dict[str, Any]
) -> None:
    if operation.get("security"):
        token_first(client, path)
        return
    address = path.replace("{artwork_id}", "t01").replace("{collection_id}", "1").replace("{search_id}", "some")
    refused = client.get(address, query_string={"artis": "Bruno Keller"})
    assert refused.status_code == 400 and "no parameter “artis”" in refused.json["error"]["message"]
    for part in operation.get("parameters", []):
        if part["in"] == "query":
            value = part["schema"].get("maximum", part["schema"].get("enum", ["x"])[-1] if "enum" in part["schema"] else "x")
            assert client.get(address, query_string={part["name"]: value}).status_code in (200, 404), part["name"]


def token_first(client: FlaskClient, path: str) -> None:
    """What belongs to an account tells nobody else what it takes; test_api_me.py asks with a token."""
    refused = client.get(path.replace("{collection_id}", "1"), query_string={"artis": "Bruno Keller"})
    assert refused.status_code == 401 and refused.headers["WWW-Authenticate"] == 'Bearer realm="Pinakes"'


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"verdict": "perhaps"}, "$.verdict"),
        ({"more": 1}, "more is not described"),
        ({"build": None}, "$.build"),
        ({"matches": [{}]}, "$.matches[0]: artwork_id is missing"),
        ({"timings_ms": {"total": True}}, "$.timings_ms.total"),
    ],
)
def test_the_checker_sees_what_does_not_fit(change: dict[str, Any], fault: str) -> None:
    times = dict.fromkeys(("decode", "detect", "encode", "search", "verify", "total"), 0.5)
    good = {"photo": "", "verdict": "uncertain", "build": "b", "preset": "p", "matches": [], "timings_ms": times}
    schema = DOCUMENT["components"]["schemas"]["SearchResult"]
    assert faults(good, schema) == []
    assert any(fault in found for found in faults(good | change, schema))
