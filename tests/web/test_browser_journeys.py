"""Whole ways through the site: by keyboard alone, and where the answer is not sure."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.extensions import db
from app.usage.models import Search
from tests.web.browser import DESK, PHONE, flaws, overflow, page_of, served, write
from tests.web.gallery import jpeg, on_wall, painting

pytestmark = pytest.mark.browser
WAIT_MS = 60_000
TABS_MOST = 60


@pytest.fixture
def running(site: Flask) -> Iterator[str]:
    with served(site) as address:
        yield address


@pytest.fixture
def unsure(site: Flask) -> str:
    """The page of a real search, whose verdict is then made the less sure one."""
    photo = {"photo": (io.BytesIO(jpeg(on_wall([painting(0)]))), "photo.jpg")}
    answer = site.test_client().post("/search", data=photo, headers={"Accept": "application/json"})
    found = answer.get_json()
    with site.app_context():
        search = db.session.get_one(Search, found["id"])
        search.verdict = "uncertain"
        db.session.commit()
    return str(found["url"])


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until an element of the selector has the focus, as someone without a mouse does."""
    for _ in range(TABS_MOST):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{TABS_MOST} times Tab do not reach {selector} on {page.url}")


def test_upload_answer_and_proof_by_keyboard_alone(chrome: Browser, running: str, tmp_path: Path) -> None:
    photo = write(tmp_path / "photo.jpg", jpeg(on_wall([painting(0)])))
    with page_of(chrome, running, **DESK) as page:
        page.goto("/")
        tab_to(page, "input[type=file]")
        with page.expect_file_chooser() as chooser:
            page.keyboard.press("Space")  # what presses a file button in every browser; Enter does so in some
        chooser.value.set_files(photo)
        page.wait_for_url("**/searches/*", timeout=WAIT_MS)
        expect(page.get_by_role("heading", level=1)).to_have_text("Venus and Adonis")
        tab_to(page, "[data-opens]")
        page.keyboard.press("Enter")
        expect(page.locator("details.proof[open] svg.joined.wide")).to_be_visible()
        tab_to(page, "[data-slider]")
        page.keyboard.press("End")
        expect(page.locator("[data-over]")).to_have_css("opacity", "1")


@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
def test_where_we_are_not_sure_the_visitor_chooses(
    chrome: Browser, running: str, unsure: str, screen: dict[str, object]
) -> None:
    with page_of(chrome, running, **screen) as page:
        page.goto(unsure)
        expect(page.get_by_role("heading", level=1)).to_have_text("Is it one of these?")
        expect(page.get_by_role("button", name="It is this one")).to_have_count(page.locator(".maybe > li").count())
        expect(page.get_by_role("button", name="Right", exact=True)).to_have_count(0)
        assert flaws(page) == []
        assert overflow(page) <= 0
        page.get_by_role("button", name="It is this one: Venus and Adonis").click()
        expect(page.get_by_text("Thank you.")).to_be_visible()
        page.get_by_role("button", name="None of these").click()
        expect(page.get_by_role("button", name="None of these")).to_have_attribute("aria-pressed", "true")
        assert flaws(page) == []
