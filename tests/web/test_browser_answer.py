"""The answer in a real Chromium: the whole way by keyboard at 400 %, outlines on the photo, the heat map, the choice of a work."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.browser import DESK, PHONE, page_of, write
from tests.web.gallery import jpeg, on_wall, painting
from tests.web.test_browser_journeys import tab_to

pytestmark = pytest.mark.browser
WAIT_MS = 60_000
ZOOMED = {"viewport": {"width": 320, "height": 512}}  # 1280 × 2048 at 400 %
# Where the focus is: on something that is seen, in the window, under nothing else, and marked (WCAG 2.4.7, 2.4.11). What is
# too small to be seen itself stands in a label that is marked for it.
FOCUS_IS_SEEN = """async () => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));   // what comes late may move it
    const element = document.activeElement, shown = element.matches('.visually-hidden') ? element.closest('label') : element;
    const box = shown.getBoundingClientRect(), style = getComputedStyle(shown);
    const x = Math.min(Math.max(box.left + 2, (box.left + box.right) / 2), innerWidth - 2);
    const y = Math.min(Math.max(box.top + 2, 1), innerHeight - 2) + Math.min(box.height / 2, 8);
    const there = document.elementFromPoint(x, y);
    const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    const marked = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 || element.closest('.outlines');
    return inside && marked && there && (shown.contains(there) || there.contains(shown)) ? '' : shown.outerHTML.slice(0, 150);
}"""


def ask(page: Page, photo: Path) -> None:
    page.goto("/")
    page.locator("input[type=file]").first.set_input_files(photo)
    page.wait_for_url("**/searches/*", timeout=WAIT_MS)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return write(tmp_path / "photo.jpg", jpeg(on_wall([painting(0)])))


@pytest.fixture
def two(tmp_path: Path) -> Path:
    return write(tmp_path / "two.jpg", jpeg(on_wall([painting(6), painting(2)], width=1600)))


def test_photo_answer_proof_and_feedback_by_keyboard_at_400_percent(chrome: Browser, address: str, photo: Path) -> None:
    with page_of(chrome, address, **ZOOMED) as page:
        page.goto("/")
        tab_to(page, "input[type=file]")
        assert page.evaluate(FOCUS_IS_SEEN) == ""
        with page.expect_file_chooser() as chooser:
            page.keyboard.press("Space")
        chooser.value.set_files(photo)
        page.wait_for_url("**/searches/*", timeout=WAIT_MS)
        expect(page.get_by_role("heading", level=1)).to_have_text("Venus and Adonis")
        tab_to(page, "[data-opens]")
        page.keyboard.press("Enter")
        expect(page.locator("details.proof[open] svg.joined.tall")).to_be_visible()
        tab_to(page, "[data-slider]")
        assert page.evaluate(FOCUS_IS_SEEN) == ""
        page.keyboard.press("End")
        expect(page.locator("[data-over]")).to_have_css("opacity", "1")
        page.reload()
        tab_to(page, ".feedback [value=wrong]")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Do you know which work it is?")).to_be_in_viewport()
        tab_to(page, "#which-q")
        page.keyboard.type("bacchus")
        page.keyboard.press("Enter")
        expect(page.get_by_text("1 work has these words.")).to_be_visible()
        tab_to(page, "[name=artwork]")
        assert page.evaluate(FOCUS_IS_SEEN) == ""
        page.keyboard.press("Enter")
        expect(page.get_by_text("You said that it is Bacchus. Thank you.")).to_be_in_viewport()


@pytest.mark.parametrize("path", ["/", "answer", "/works", "/works/1", "/login"])
def test_the_focus_is_always_seen(chrome: Browser, address: str, two: Path, path: str) -> None:
    with page_of(chrome, address, **PHONE) as page:
        if path == "answer":
            ask(page, two)
        else:
            page.goto(path)
        unseen, first = [], None
        for _stop in range(120):
            page.keyboard.press("Tab")
            if not (here := page.evaluate("document.activeElement === document.body ? '' : document.activeElement.outerHTML")):
                break
            first = first or here
            if said := page.evaluate(FOCUS_IS_SEEN):
                unseen.append(said)
        assert first and unseen == []


def test_an_outline_leads_to_the_label_of_its_work(chrome: Browser, address: str, two: Path) -> None:
    with page_of(chrome, address, **PHONE) as page:
        ask(page, two)
        page.locator(".outlines a").nth(1).locator("polygon").last.click(position={"x": 3, "y": 3}, force=True)
        expect(page.locator("#work-2")).to_be_focused()
        expect(page.locator("#work-2").get_by_role("heading")).to_be_in_viewport()
        page.goto(page.url.split("#")[0])
        tab_to(page, ".outlines a")
        page.keyboard.press("Enter")
        expect(page.locator("#work-1")).to_be_focused()
        number = page.locator(".outlines .badge").first.bounding_box()
        assert number and min(number["width"], number["height"]) >= 24  # it can be read, and pressed, on a phone


def test_the_heat_map_comes_when_the_proof_is_opened(chrome: Browser, address: str, photo: Path) -> None:
    with page_of(chrome, address, **DESK) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "/heat" in request.url else None)
        ask(page, photo)
        page.wait_for_load_state("networkidle")
        assert asked == []
        page.locator("details.proof summary").click()
        for picture in page.locator(".heat img").all():
            before = picture.bounding_box()
            picture.scroll_into_view_if_needed()
            expect(picture).to_have_js_property("complete", True, timeout=WAIT_MS)
            assert picture.evaluate("image => image.naturalWidth") > 0
            after = picture.bounding_box()
            assert before and after and before["height"] == pytest.approx(after["height"], abs=1)  # its place was kept


def test_a_work_is_chosen_without_javascript(chrome: Browser, address: str, photo: Path) -> None:
    with page_of(chrome, address, java_script_enabled=False, **PHONE) as page:
        page.goto("/")
        page.locator("input[type=file]").first.set_input_files(photo)
        page.get_by_role("button", name="Ask about the chosen picture").click()
        page.wait_for_url("**/searches/*", timeout=WAIT_MS)
        page.get_by_text("It is …").click()
        page.get_by_label("Title, artist or both").fill("flowers")
        page.locator("[data-picker] button").click()
        page.get_by_role("button", name="It is this one: Flowers").click()
        expect(page.get_by_text("You said that it is")).to_be_visible()
