"""The API asked by schemathesis what its own document allows and forbids: no server error, no answer that is not described.

Few examples, always the same ones: a search for surprises in a whole afternoon is `schemathesis run …/openapi.json`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import load_all_checks, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from app.accounts import tokens, users
from app.engine.encoders.vgg16_encoder import Vgg16Encoder
from app.extensions import db
from app.fetching import Network
from app.settings import Settings
from app.web.api_document import DOCUMENT
from app.web.api_document_parts import ASKED
from tests.web import gallery

EXAMPLES = 5  # of each call, once as the document allows and once as it forbids
load_all_checks()
CHECKS: list[Any] = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance, negative_data_rejection, unsupported_method,
]  # fmt: skip
CALLS = [(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods]


def can_be_wrong(path: str, method: str) -> bool:
    """Whether the call takes anything that can break its description: more than text that may be anything."""
    operation = DOCUMENT["paths"][path][method]
    return "requestBody" in operation or any(part["schema"] != ASKED for part in operation.get("parameters", []))


POSITIVE = [(*call, GenerationMode.POSITIVE) for call in CALLS]
NEGATIVE = [(*call, GenerationMode.NEGATIVE) for call in CALLS if can_be_wrong(*call)]


@pytest.fixture(scope="module")
def asked(
    tmp_path_factory: pytest.TempPathFactory, gallery_instance: Path, narrow_encoder: Vgg16Encoder
) -> Iterator[tuple[Flask, dict[str, str]]]:
    """The site, cut off from every network, and the header of a token that may do everything."""
    instance = gallery.copied(gallery_instance, tmp_path_factory.mktemp("fuzz") / "instance")
    app = gallery.open_site(Settings(instance=instance, testing=True), narrow_encoder)
    app.extensions["pinakes.network"] = Network(resolve=lambda _host, _port, _timeout_s: [])
    with app.app_context():
        secret = tokens.create(users.create("ada@example.org")[0], "fuzz", list(tokens.SCOPES), None)[1]
    yield app, {"Authorization": f"Bearer {secret}", "Accept-Encoding": "identity"}  # it does not unpack what an app hands it
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize(("path", "method", "mode"), POSITIVE + NEGATIVE)
def test_it_keeps_to_its_description(asked: tuple[Flask, dict[str, str]], path: str, method: str, mode: GenerationMode) -> None:
    app, headers = asked
    operation = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)[path][method.upper()]

    @settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Case) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    ask()
