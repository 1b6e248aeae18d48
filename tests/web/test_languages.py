"""The pages in six languages: which one is spoken to whom, and that every page speaks all of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser, expect

from app import language, messages
from app.accounts import users
from app.accounts.models import Mail
from app.engine.encoders.vgg16_encoder import Vgg16Encoder
from app.engine.errors import ImageError
from app.engine.images import read_image
from app.extensions import db
from app.retelling import retold
from app.settings import Settings
from app.web.staff.words import ago, figures
from tests.web import gallery
from tests.web.browser import PHONE, flaws, overflow, page_of

CODES = tuple(language.LANGUAGES)
PASSWORD = "a long enough password"
RECORDED = {"portrait", "landscape"}  # also words of the works' own records, which stay as they were imported
ANSWERED_BY_OTHERS = ("static", "api.", "security.logout", "security.verify", "security.reset_password")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, gallery_instance: Path, narrow_encoder: Vgg16Encoder) -> Iterator[Flask]:
    """A gallery with an admin, shared by the tests that only look."""
    instance = gallery.copied(gallery_instance, tmp_path_factory.mktemp("languages") / "instance")
    app = gallery.open_site(Settings(instance=instance, testing=True), narrow_encoder)
    with app.app_context():
        users.create("ada@example.org", "admin", PASSWORD)
    yield app
    with app.app_context():
        db.engine.dispose()


def speaking(app: Flask, accept: str) -> FlaskClient:
    """A browser that asks for these languages."""
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = accept
    return client


def spoken(page: str) -> str:
    found = re.search(r'<html lang="(\w+)"', page)
    assert found, page[:300]
    return found[1]


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.5", "de"),
        ("pt-BR,pt;q=0.9,es;q=0.4,en;q=0.3", "es"),
        ("pt,ja", "en"),
        ("en-US,fr;q=0.9", "en"),
        ("fr;q=0.2,it;q=0.8", "it"),
        ("*", "en"),
        ("nonsense;;;q=x", "en"),
    ],
)
def test_the_browser_says_which_language(bare_site: Flask, accept: str, expected: str) -> None:
    answer = speaking(bare_site, accept).get("/login")
    assert spoken(answer.text) == answer.headers["Content-Language"] == expected
    assert {"accept-language", "cookie"} <= set(answer.vary.as_set())


def test_the_visitors_choice_is_kept(bare_site: Flask) -> None:
    client = speaking(bare_site, "fr")
    answer = client.post("/language", data={"language": "nl", "next": "/works?q=a"})
    assert answer.status_code == 303 and answer.location == "/works?q=a"
    cookie = answer.headers["Set-Cookie"]
    assert "language=nl" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert spoken(client.get("/").text) == "nl"
    for wrong in ("xx", '"><script>', ""):
        answer = client.post("/language", data={"language": wrong, "next": "https://evil.example/"})
        assert answer.location == "/" and "language=" not in answer.headers.get("Set-Cookie", "")
    assert spoken(client.get("/").text) == "nl"


def test_a_made_up_cookie_chooses_nothing(bare_site: Flask) -> None:
    client = speaking(bare_site, "it")
    client.set_cookie("language", "../../etc")
    assert spoken(client.get("/").text) == "it"


def test_programs_are_answered_in_english(bare_site: Flask) -> None:
    answer = speaking(bare_site, "de").get("/api/v1/nowhere")
    assert answer.json["error"]["message"].startswith("Nothing is at this address")
    assert "Accept-Language" not in answer.headers.get("Vary", "")


def test_what_no_word_is_in_does_not_vary_with_the_language(bare_site: Flask) -> None:
    assert "Accept-Language" not in speaking(bare_site, "de").get("/static/css/pinakes.css").headers.get("Vary", "")


def test_every_language_is_offered_in_its_own_words(bare_site: Flask) -> None:
    page = speaking(bare_site, "es").get("/").text
    for code, name in language.LANGUAGES.items():
        pressed = "true" if code == "es" else "false"
        assert re.search(rf'value="{code}" lang="{code}" aria-pressed="{pressed}">{name}<', page)


def pages(app: Flask) -> list[str]:
    """Every page that an address without parts leads to, and one of each kind that has parts."""
    plain = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments and not rule.endpoint.startswith(ANSWERED_BY_OTHERS)
    ]
    return [*plain, "/works/1", "/works?q=nothing+like+it", "/artists/1", "/nowhere", "/statistics/?days=7"]


@pytest.mark.parametrize("code", CODES)
def test_every_page_speaks_the_language_alone(house: Flask, code: str) -> None:
    """No text of a page is an English sentence that the catalogue has in other words."""
    catalogue = messages.read(code) if code != "en" else []
    foreign = {str(found.id) for found in catalogue if isinstance(found.id, str) and found.id != found.string} - RECORDED
    visitor, staff = speaking(house, code), speaking(house, code)
    assert staff.post("/login", data={"email": "ada@example.org", "password": PASSWORD}).status_code == 302
    looked = 0
    for address in pages(house):
        for client in (visitor, staff):
            answer = client.get(address)
            assert answer.status_code in (200, 302, 303, 403, 404), (address, answer.status_code)
            if "Content-Language" in answer.headers:
                assert spoken(answer.text) == answer.headers["Content-Language"] == code
                assert (address, foreign & texts(answer.text)) == (address, set())
                looked += 1
    assert looked > 30


def texts(page: str) -> set[str]:
    """What stands between tags, and attributes of several words (one word may be a class), without spaces around it."""
    between = [unescape(text).strip() for text in re.findall(r">([^<]+)<", page)]
    attributes = [unescape(text).strip() for text in re.findall(r'="([^"]+ [^"]+)"', page)]
    return {text for text in (*between, *attributes) if text}


def test_an_answer_in_german(house: Flask) -> None:
    client = speaking(house, "de")
    found = client.post("/search", data={"example": "0"})
    page = client.get(found.location).text
    assert re.search(r"Wir sind sicher: [\d.]+ Einzelheiten Ihres Fotos passen zu diesem Werk", page)
    assert "Venus and Adonis" in page, "titles are the catalogue's own"
    wrong = client.post("/search", data={"photo": (gallery.io.BytesIO(b"%PDF-1.7"), "a.pdf")})
    assert wrong.status_code == 422 and "Das ist ein PDF-Dokument, kein Foto" in wrong.text


def test_messages_of_flask_security_are_translated(house: Flask) -> None:
    page = speaking(house, "nl").post("/login", data={"email": "ada@example.org", "password": "wrong"}).text
    assert "Dit e-mailadres en wachtwoord horen niet bij elkaar." in page


def test_mail_is_written_in_the_language_of_who_asked(bare_site: Flask) -> None:
    form = {"email": "vera@example.org", "password": PASSWORD, "password_confirm": PASSWORD}
    speaking(bare_site, "it").post("/register", data=form)
    with bare_site.app_context():
        mail = db.session.scalars(db.select(Mail)).one()
        assert mail.subject == "Il Suo account Pinakes"
        assert "Confermare che vera@example.org è il Suo indirizzo" in mail.text


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("en", "1,003 works · 21 November 2026, 14:05 · 21 Nov 2026 · 93% · 2.3"),
        ("de", "1.003 Werke · 21. November 2026, 14:05 · 21.11.2026 · 93 % · 2,3"),
        ("fr", "1 003 œuvres · 21 novembre 2026, 14:05 · 21 nov. 2026 · 93 % · 2,3"),
        ("it", "1.003 opere · 21 novembre 2026, 14:05 · 21 nov 2026 · 93% · 2,3"),
        ("nl", "1.003 werken · 21 november 2026, 14:05 · 21 nov 2026 · 93% · 2,3"),
        ("es", "1.003 obras · 21 de noviembre de 2026, 14:05 · 21 nov 2026 · 93 % · 2,3"),
    ],
)
def test_numbers_and_dates(bare_site: Flask, code: str, expected: str) -> None:
    at = datetime(2026, 11, 21, 14, 5)
    with bare_site.test_request_context(headers={"Accept-Language": code}):
        works = language.ngettext("%(num)s work", "%(num)s works", 1003)
        parts = (works, language.moment(at), language.day(at, "medium"), language.percent(0.934), language.decimal(2.26))
        assert re.sub(r"[\u00a0\u202f]", " ", " · ".join(parts)) == expected


def test_one_and_many(bare_site: Flask) -> None:
    """French counts zero as one; the others do not."""
    for code, expected in (("fr", "0 œuvre"), ("de", "0 Werke"), ("es", "0 obras")):
        with bare_site.test_request_context(headers={"Accept-Language": code}):
            assert language.ngettext("%(num)s work", "%(num)s works", 0) == expected


def test_outside_a_request_everything_is_english() -> None:
    assert language.language() == "en"
    assert language.ngettext("%(num)s work", "%(num)s works", 1003) == "1,003 works"
    assert str(language.lazy_gettext("Browse")) == language.gettext("Browse") == "Browse"


def test_an_error_of_the_engine_is_said_in_the_language(bare_site: Flask) -> None:
    with pytest.raises(ImageError) as caught:
        read_image(gallery.jpeg(gallery.painting(1, 20, 40)))
    assert "The picture has only 40 × 20 pixels" in str(caught.value)
    with bare_site.test_request_context(headers={"Accept-Language": "it"}):
        assert language.said(caught.value) == (
            "L’immagine ha solo 40 × 20 pixel e ogni lato deve averne almeno 32; inviare la foto originale."
        )
        assert language.said(ValueError("as it is")) == "as it is"


def test_stored_sentences_are_retold(bare_site: Flask) -> None:
    with bare_site.test_request_context(headers={"Accept-Language": "de"}):
        assert retold("1,003 works in 12 s; the new index serves.") == "1.003 Werke in 12 s; der neue Index ist in Betrieb."
        assert retold("has 3 fields, the header 10") == "hat 3 Felder, die Kopfzeile 10"
        assert retold("Nobody knows this sentence.") == "Nobody knows this sentence."
        assert retold("") == ""


def test_jobs_in_words(bare_site: Flask) -> None:
    from app.usage.models import Job

    job = Job(state="running", done=412, total=1003, result={"per_second": 3.4, "seconds_left": 174.0}, message="")
    at = datetime(2026, 3, 1)
    with bare_site.test_request_context(headers={"Accept-Language": "nl"}):
        assert figures(job) == "412 van 1.003 · 3,4 per seconde · nog 2 min 54 s"
        assert ago(at, datetime(2026, 3, 3)) == "2 dagen geleden" and ago(None) == "nooit"


@pytest.mark.browser
def test_a_visitor_changes_the_language_on_a_phone(chrome: Browser, address: str) -> None:
    with page_of(chrome, address, locale="de-AT", **PHONE) as page:
        page.goto("/works")
        assert page.locator("html").get_attribute("lang") == "de"
        expect(page.get_by_role("link", name="Anmelden")).to_be_visible()
        for name, code in (("Français", "fr"), ("Nederlands", "nl"), ("Español", "es"), ("Italiano", "it")):
            page.get_by_role("button", name=name).tap()
            expect(page.locator("html")).to_have_attribute("lang", code)
            assert page.url.endswith("/works")
            assert overflow(page) <= 0
        expect(page.get_by_role("button", name="Italiano")).to_have_attribute("aria-pressed", "true")
        assert flaws(page) == []
