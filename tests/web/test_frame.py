"""What every page has: headers, error pages, the choice of light or dark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, abort, request

from app.extensions import db
from app.settings import Settings
from app.web.accounts import local
from tests.web import gallery


@pytest.mark.parametrize("address", ["/", "/works", "/login", "/register", "/nowhere", "/static/css/pinakes.css"])
def test_headers_on_every_answer(bare_site: Flask, address: str) -> None:
    headers = bare_site.test_client().get(address).headers
    assert "default-src 'self'" in headers["Content-Security-Policy"] and "unsafe" not in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Permissions-Policy"].startswith("camera=(self)")


@pytest.mark.parametrize("address", ["/", "/works", "/login", "/register"])
def test_pages_need_nothing_that_the_policy_forbids(site: Flask, address: str) -> None:
    page = site.test_client().get(address).text
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|https?://(?!localhost)", page)


def test_static_files_may_be_kept_for_ever_under_their_digest(bare_site: Flask) -> None:
    page = bare_site.test_client().get("/").text
    address = re.search(r'href="(/static/css/pinakes\.css\?v=\w+)"', page)
    assert address
    assert "immutable" in bare_site.test_client().get(address.group(1)).headers["Cache-Control"]
    assert "immutable" not in bare_site.test_client().get("/static/css/pinakes.css").headers["Cache-Control"]


def test_every_file_that_the_stylesheet_names_is_there(bare_site: Flask) -> None:
    sheet = bare_site.test_client().get("/static/css/pinakes.css").text
    names = set(re.findall(r'url\("\.\./([^"]+)"\)', sheet))
    assert len(names) == 8
    for name in names:
        assert bare_site.test_client().get(f"/static/{name}").status_code == 200
        assert bare_site.test_client().get(f"/static/{name.rsplit('/', 1)[0]}/LICENSE").status_code == 200


@pytest.mark.parametrize(
    ("code", "title"),
    [
        (400, "That did not arrive whole"),
        (403, "This page is for staff"),
        (404, "Nothing hangs here"),
        (413, "That picture is too large"),
        (418, "That did not work"),
        (429, "Too many tries"),
        (503, "Many people"),
    ],
)
def test_errors_in_words_and_as_json(bare_site: Flask, code: int, title: str) -> None:
    bare_site.add_url_rule("/fail", view_func=lambda: abort(code))
    page = bare_site.test_client().get("/fail")
    assert page.status_code == code and title in page.text and "<h1>" in page.text
    as_json = bare_site.test_client().get("/fail", headers={"Accept": "application/json"})
    assert as_json.status_code == code and as_json.json["error"]["code"] == code


def test_what_nobody_expected_is_a_sentence(bare_site: Flask, caplog: pytest.LogCaptureFixture) -> None:
    def view() -> str:
        raise ZeroDivisionError("secret detail")

    bare_site.add_url_rule("/fail", view_func=view)
    bare_site.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)
    answer = bare_site.test_client().get("/fail")
    assert answer.status_code == 500 and "Something went wrong on our side" in answer.text
    assert "secret detail" not in answer.text and "secret detail" in caplog.text


def test_a_form_without_its_token_is_refused(tmp_path: Path) -> None:
    from tests.web.gallery import open_site

    app = open_site(Settings(instance=tmp_path / "instance"))
    answer = app.test_client().post("/search", data={"example": "0"})
    assert answer.status_code == 400 and "This form is no longer valid" in answer.text


def test_light_or_dark_is_kept(bare_site: Flask) -> None:
    client = bare_site.test_client()
    assert "data-theme" not in client.get("/").text
    answer = client.post("/theme", data={"theme": "dark", "next": "/works?q=a"})
    assert answer.status_code == 303 and answer.location == "/works?q=a"
    assert 'data-theme="dark"' in client.get("/").text
    client.post("/theme", data={"theme": "auto"})
    assert "data-theme" not in client.get("/").text
    client.post("/theme", data={"theme": '"><script>'})
    assert "data-theme" not in client.get("/").text


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", ""])
def test_no_form_leads_elsewhere(bare_site: Flask, address: str) -> None:
    with bare_site.test_request_context():
        assert local(address) == "/"


@pytest.fixture
def proxied(tmp_path: Path) -> Iterator[Flask]:
    """The application behind one proxy that ends TLS."""
    app = gallery.open_site(Settings(instance=tmp_path / "proxied", testing=True, proxies=1, https=True))
    app.add_url_rule("/seen", "seen", lambda: f"{request.remote_addr} {request.scheme} {request.host}")
    yield app
    with app.app_context():
        db.engine.dispose()


FORWARDED = {"X-Forwarded-For": "6.6.6.6, 203.0.113.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}


def test_behind_a_proxy_the_visitor_is_whom_it_names(proxied: Flask) -> None:
    """The last entry is the proxy's own; what the client wrote before it, and the host, are not believed."""
    assert proxied.test_client().get("/seen", headers=FORWARDED).text == "203.0.113.7 https localhost"


def test_without_a_proxy_nothing_forwarded_is_believed(bare_site: Flask) -> None:
    bare_site.add_url_rule("/seen", "seen", lambda: f"{request.remote_addr} {request.scheme} {request.host}")
    assert bare_site.test_client().get("/seen", headers=FORWARDED).text == "127.0.0.1 http localhost"


def test_cookies_of_an_https_site_are_secure(proxied: Flask, bare_site: Flask) -> None:
    form = {"email": "ada@example.org", "password": "a short sentence", "password_confirm": "a short sentence"}
    for app, secure in ((proxied, True), (bare_site, False)):
        answers = [app.test_client().post("/register", data=form), app.test_client().post("/theme", data={"theme": "dark"})]
        cookies = [cookie for answer in answers for cookie in answer.headers.getlist("Set-Cookie")]
        assert len(cookies) >= 2 and all(("; Secure" in cookie) is secure for cookie in cookies)
        assert ("Strict-Transport-Security" in answers[0].headers) is secure
