"""The whole way of a visitor, from the first page to the list of favourites, by keyboard alone at 400 % zoom."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.browser import overflow, page_of, write
from tests.web.gallery import jpeg, on_wall, painting
from tests.web.test_browser_answer import FOCUS_IS_SEEN, ZOOMED
from tests.web.test_browser_journeys import tab_to

pytestmark = pytest.mark.browser
WAIT_MS = 60_000


def press(page: Page, selector: str, key: str = "Enter") -> None:
    """Come to an element with Tab, see where one is, and press the key."""
    tab_to(page, selector)
    assert page.evaluate(FOCUS_IS_SEEN) == ""
    page.keyboard.press(key)


def test_from_the_first_page_to_the_favourites(chrome: Browser, address: str, tmp_path: Path) -> None:
    with page_of(chrome, address, **ZOOMED) as page:
        choose_and_wait(page, write(tmp_path / "photo.jpg", jpeg(on_wall([painting(0)]))))
        compare_beside_the_photo(page)
        see_why_and_agree(page)
        like_it_and_see_its_page(page)
        look_closely(page)
        find_it_among_the_favourites(page)


def choose_and_wait(page: Page, photo: Path) -> None:
    page.goto("/")
    tab_to(page, "input[type=file]")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(photo)
    expect(page.locator("#working")).to_be_focused()  # what is read next is how far it has come
    page.wait_for_url("**/searches/*", timeout=WAIT_MS)
    expect(page.get_by_role("heading", level=1)).to_have_text("Venus and Adonis")


def compare_beside_the_photo(page: Page) -> None:
    """Trim a little, see the best match beside it, and go back."""
    answer = page.url
    press(page, "figcaption a")
    page.wait_for_url("**/refine*")
    press(page, "[data-beside=reference]")
    expect(page.locator("[data-pane=reference] img")).to_be_visible()
    page.reload()
    press(page, ".frame", "Shift+ArrowLeft")
    expect(page.locator("#trim-right")).to_have_value("1")
    page.reload()
    press(page, ".refine-foot a[href$='" + answer.rsplit("/", 1)[1] + "']")
    page.wait_for_url(answer)


def see_why_and_agree(page: Page) -> None:
    press(page, "[data-opens]")
    expect(page.locator("details.proof[open] svg.joined.tall")).to_be_visible()
    press(page, "[data-slider]", "End")
    expect(page.locator("[data-over]")).to_have_css("opacity", "1")
    page.reload()
    press(page, ".feedback [value=right]")
    expect(page.get_by_text("That helps the next visitor.")).to_be_in_viewport()


def like_it_and_see_its_page(page: Page) -> None:
    page.goto(page.url.split("#")[0])
    press(page, ".heart")
    expect(page.locator(".heart")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_text("Kept in this browser.")).to_be_in_viewport()
    page.goto(page.url.split("#")[0])
    press(page, ".label .title a")
    page.wait_for_url("**/works/*")
    expect(page.get_by_role("heading", level=1)).to_have_text("Venus and Adonis")


def look_closely(page: Page) -> None:
    press(page, "figcaption [data-zoom]")
    expect(page.locator("dialog[data-ready]")).to_be_visible(timeout=WAIT_MS)
    assert overflow(page) <= 0
    for key in ("+", "ArrowRight", "0"):
        page.keyboard.press(key)
    press(page, "[data-act=in]")
    page.keyboard.press("Escape")
    expect(page.locator("dialog.zoom")).to_be_hidden()
    expect(page.locator("figcaption [data-zoom]")).to_be_focused()  # where one was


def find_it_among_the_favourites(page: Page) -> None:
    page.reload()
    press(page, ".bar-heart")
    page.wait_for_url("**/me/favourites")
    expect(page.get_by_role("link", name="Venus and Adonis")).to_be_visible()
    press(page, ".search-foot button")
    expect(page.get_by_text("Nothing yet.")).to_be_visible()
    assert overflow(page) <= 0
