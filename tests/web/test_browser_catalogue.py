"""The catalogue in a real Chromium: a work seen closely by keyboard, a list that narrows while one types."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.browser import DESK, PHONE, flaws, overflow, page_of

pytestmark = pytest.mark.browser
WINDOWS = pytest.mark.parametrize("window", [DESK, PHONE], ids=["desk", "phone"])
WAIT_MS = 60_000
HEADINGS = """[...document.querySelectorAll("h1, h2, h3, h4")]
    .filter((one) => one.getClientRects().length).map((one) => Number(one.tagName[1]))"""
ALTERNATIVE = "Venus and Adonis, by Hans von Aachen, 1574–88, Oil on canvas, mythological"


def fit_to_use(page: Page) -> None:
    """Without a flaw that axe finds, no wider than the window, its headings in order below the one first."""
    assert flaws(page) == [] and overflow(page) <= 0
    levels = page.evaluate(HEADINGS)
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))
    assert page.locator("main").count() == 1 and page.locator("header nav[aria-label]").count() == 1


def open_venus(page: Page) -> None:
    page.goto("/works?q=venus")
    page.get_by_role("link", name="Venus and Adonis").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Venus and Adonis")


@WINDOWS
def test_a_work_is_seen_closely_by_keyboard_alone(chrome: Browser, address: str, window: dict[str, Any]) -> None:
    with page_of(chrome, address, **window) as page:
        tiles: list[str] = []
        page.on("response", lambda answer: tiles.append(answer.url) if "/iiif/3/" in answer.url and answer.ok else None)
        open_venus(page)
        fit_to_use(page)
        assert "openseadragon" not in page.content().split("<dialog")[0]  # it is fetched when somebody looks closely
        link = page.get_by_role("link", name="Look closely")
        link.focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("[data-zoom-dialog][data-ready]", timeout=WAIT_MS)
        expect(page.get_by_role("application")).to_be_focused()
        expect(page.locator("[data-zoom-name]")).to_have_text(ALTERNATIVE)
        assert flaws(page) == []
        for name in ("Nearer", "Further away", "Whole", "Turn"):
            button = page.get_by_role("button", name=name)
            button.focus()
            page.keyboard.press("Enter")
        expect.soft(page.locator("[data-zoom-stage] canvas").first).to_be_visible()
        page.wait_for_function("document.querySelector('[data-zoom-stage] canvas').width > 100")
        page.keyboard.press("Escape")
        expect(page.locator("dialog.zoom")).to_be_hidden()
        expect(link).to_be_focused()
        assert any(url.endswith("info.json") for url in tiles) and any("/default." in url for url in tiles)


def test_without_javascript_a_picture_leads_to_itself(chrome: Browser, address: str) -> None:
    with page_of(chrome, address, java_script_enabled=False, **PHONE) as page:
        open_venus(page)
        expect(page.get_by_alt_text(ALTERNATIVE)).to_be_visible()
        page.get_by_text("Cite and share").click()
        expect(page.get_by_text("The address of this page stays")).to_be_visible()
        expect(page.get_by_role("button", name="Copy the citation")).to_be_hidden()
        whole = page.request.get(page.get_by_role("link", name="Look closely").get_attribute("href") or "")
        assert whole.ok and whole.headers["content-type"] == "image/png"


def test_a_citation_is_copied(chrome: Browser, address: str) -> None:
    with page_of(chrome, address, permissions=["clipboard-read", "clipboard-write"], **DESK) as page:
        open_venus(page)
        page.get_by_text("Cite and share").click()
        page.get_by_role("button", name="Copy the citation").click()
        expect(page.get_by_text("Copied.")).to_be_visible()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith("Hans von Aachen. Venus and Adonis. 1574–88.") and page.url in copied


@WINDOWS
def test_the_list_narrows_while_one_types_and_says_how_many_are_left(
    chrome: Browser, address: str, window: dict[str, Any]
) -> None:
    with page_of(chrome, address, **window) as page:
        page.goto("/works?type=mythological")
        expect(page.locator("#count")).to_have_text("2 works")
        words = page.get_by_label("Words in title, artist, school or type")
        words.focus()
        page.keyboard.type("ven")
        expect(page.locator("#count")).to_have_text("1 work", timeout=WAIT_MS)
        expect(page.get_by_role("heading", level=1)).to_have_text("Works for “ven”")
        expect(words).to_be_focused()
        assert page.url.endswith("/works?type=mythological&q=ven")
        fit_to_use(page)
        page.keyboard.type("xyz")
        expect(page.get_by_text("Nothing has all of that.")).to_be_visible(timeout=WAIT_MS)
        page.get_by_role("link", name="Take away: Type mythological").click()
        expect(page.locator("ul.chosen")).to_have_count(0)
        fit_to_use(page)
        page.get_by_role("link", name="See everything").click()
        expect(page.locator("#count")).to_have_text("8 works")
