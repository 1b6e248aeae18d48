"""The visitor's way through the site in a real Chromium: with and without JavaScript, by keyboard, on a phone."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.browser import DESK, PHONE, flaws, overflow, page_of, write
from tests.web.gallery import jpeg, on_wall, painting, stranger

pytestmark = pytest.mark.browser
WAIT_MS = 60_000
PASSWORD = "a short sentence"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return write(tmp_path / "photo.jpg", jpeg(on_wall([painting(0)])))


def answered(page: Page) -> None:
    page.wait_for_url("**/searches/*", timeout=WAIT_MS)


def fit_to_use(page: Page) -> None:
    assert flaws(page) == []
    assert overflow(page) <= 0


def test_choosing_a_photo_shows_it_with_the_steps_then_the_answer(chrome: Browser, address: str, photo: Path) -> None:
    with page_of(chrome, address, **PHONE) as page:
        page.goto("/")
        page.locator("input[type=file]").first.set_input_files(photo)
        expect(page.get_by_alt_text("Your photo").first).to_be_visible()
        expect(page.locator("[data-steps]")).to_contain_text("comparing with 8 works")
        answered(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Venus and Adonis")
        expect(page.get_by_text("We are sure:")).to_be_visible()
        fit_to_use(page)


def test_show_me_opens_the_proof_and_the_slider_fades(chrome: Browser, address: str, photo: Path) -> None:
    with page_of(chrome, address, **DESK) as page:
        page.goto("/")
        page.locator("input[type=file]").first.set_input_files(photo)
        answered(page)
        page.get_by_role("link", name="Show me").click()
        expect(page.locator("svg.joined.wide")).to_be_visible()
        assert page.locator("svg.joined.wide path").count() >= 20
        slider = page.get_by_label("How far the catalogue’s picture covers your photo")
        slider.focus()
        page.keyboard.press("End")
        over = page.locator("[data-over]")
        expect(over).to_have_css("opacity", "1")
        over.scroll_into_view_if_needed()
        expect(over).to_have_js_property("complete", True, timeout=WAIT_MS)
        assert over.evaluate("image => image.naturalWidth") > 0
        page.keyboard.press("Home")
        expect(over).to_have_css("opacity", "0")
        fit_to_use(page)


def test_everything_works_without_javascript(chrome: Browser, address: str, photo: Path) -> None:
    with page_of(chrome, address, java_script_enabled=False, **DESK) as page:
        page.goto("/")
        page.locator("input[type=file]").first.set_input_files(photo)
        page.get_by_role("button", name="Ask about the chosen picture").click()
        answered(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Venus and Adonis")
        page.locator("details.proof summary").click()
        expect(page.locator("svg.joined.wide")).to_be_visible()
        page.get_by_role("button", name="Right").click()
        expect(page.get_by_text("Thank you.")).to_be_visible()


def test_the_catalogue_is_narrowed_down_without_javascript(chrome: Browser, address: str) -> None:
    with page_of(chrome, address, java_script_enabled=False, **DESK) as page:
        page.goto("/works")
        page.get_by_text("Narrow down").click()
        page.get_by_role("link", name="Flemish 2").click()
        expect(page.get_by_text("2 works")).to_be_visible()


def test_an_example_by_keyboard_alone(chrome: Browser, address: str) -> None:
    with page_of(chrome, address, **DESK) as page:
        page.goto("/")
        page.keyboard.press("Tab")
        expect(page.get_by_text("Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.name === 'example'"):
                break
        expect(page.locator("button[name=example]").first).to_be_focused()
        page.keyboard.press("Enter")
        answered(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Venus and Adonis")


def test_the_camera_in_the_page(chrome: Browser, address: str) -> None:
    with page_of(chrome, address, permissions=["camera"], **DESK) as page:
        page.goto("/")
        page.get_by_role("button", name="Use this device’s camera").click()
        expect(page.get_by_role("button", name="Take the picture")).to_be_enabled(timeout=WAIT_MS)
        assert page.evaluate("document.querySelector('[data-video]').videoWidth") > 0
        assert flaws(page) == []
        page.get_by_role("button", name="Take the picture").click()
        answered(page)


def test_a_refused_camera_is_said(chrome: Browser, address: str) -> None:
    with page_of(chrome, address, **DESK) as page:
        page.add_init_script("navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no'))")
        page.goto("/")
        page.get_by_role("button", name="Use this device’s camera").click()
        expect(page.get_by_text("The camera did not open.")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#camera")).to_be_hidden()


@pytest.mark.parametrize("way", ["drop", "paste"])
def test_a_picture_dropped_or_pasted(chrome: Browser, address: str, way: str) -> None:
    data = base64.b64encode(jpeg(on_wall([painting(2)]))).decode()
    with page_of(chrome, address, **DESK) as page:
        page.goto("/")
        page.evaluate(
            """([way, data]) => {
                const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
                const transfer = new DataTransfer();
                transfer.items.add(new File([bytes], "photo.jpg", { type: "image/jpeg" }));
                const event = way === "drop"
                    ? new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true })
                    : new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true });
                document.body.dispatchEvent(event);
            }""",
            [way, data],
        )
        answered(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Self-Portrait")


def test_a_broken_file_is_said_and_can_be_tried_again(chrome: Browser, address: str, tmp_path: Path) -> None:
    broken = write(tmp_path / "broken.jpg", jpeg(painting(0))[:2000])
    with page_of(chrome, address, **PHONE) as page:
        page.goto("/")
        page.locator("input[type=file]").first.set_input_files(broken)
        expect(page.get_by_text("This picture could not be read.")).to_be_visible(timeout=WAIT_MS)
        expect(page.get_by_role("button", name="Try once more")).to_be_focused()
        assert flaws(page) == []
        page.get_by_role("link", name="Take another picture").click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_not_in_the_catalogue_says_what_to_try(chrome: Browser, address: str, tmp_path: Path) -> None:
    with page_of(chrome, address, **PHONE) as page:
        page.goto("/")
        page.locator("input[type=file]").first.set_input_files(write(tmp_path / "s.jpg", jpeg(stranger())))
        answered(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("This work is not in our catalogue.")
        expect(page.get_by_text("come closer")).to_be_visible()
        fit_to_use(page)


@pytest.mark.parametrize("window", [PHONE, DESK], ids=["phone", "desk"])
def test_several_works_are_outlined_and_numbered(
    chrome: Browser, address: str, tmp_path: Path, window: dict[str, object]
) -> None:
    two = write(tmp_path / "two.jpg", jpeg(on_wall([painting(6), painting(2)], width=1600)))
    with page_of(chrome, address, color_scheme="dark", **window) as page:
        page.goto("/")
        page.locator("input[type=file]").first.set_input_files(two)
        answered(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("2 works in your photo")
        page.get_by_role("link", name="Show me: Self-Portrait").click()
        expect(page.locator("details.proof[open]")).to_have_count(1)
        box, photo = page.locator(".outlined polygon").last.bounding_box(), page.locator(".outlined img").bounding_box()
        assert box and photo  # the right one of the two: its outline lies in the right half of the photo
        assert box["x"] > photo["x"] + photo["width"] / 2 and box["x"] + box["width"] <= photo["x"] + photo["width"] + 8
        fit_to_use(page)


def test_an_account_keeps_searches(chrome: Browser, address: str) -> None:
    with page_of(chrome, address, **PHONE) as page:
        page.goto("/register")
        fit_to_use(page)
        page.get_by_label("E-mail").fill("vera@example.org")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Password, once more").fill(PASSWORD)
        page.get_by_role("button", name="Make an account").click()
        page.get_by_role("link", name="Pinakes", exact=True).click()
        page.locator("button[name=example]").first.click()
        answered(page)
        page.locator("summary", has_text="Account").click()
        page.get_by_role("link", name="My searches").click()
        expect(page.get_by_text("Venus and Adonis")).to_be_visible()
        fit_to_use(page)
        page.get_by_role("link", name="Delete all my searches").click()
        page.get_by_role("button", name="Delete it").click()
        expect(page.get_by_text("Nothing yet.")).to_be_visible()
        page.locator("summary", has_text="Account").click()
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_role("link", name="Log in")).to_be_visible()


def test_the_choice_of_dark_stays(chrome: Browser, address: str) -> None:
    with page_of(chrome, address, color_scheme="light", **DESK) as page:
        page.goto("/works?q=venus")
        page.get_by_role("button", name="Dark").click()
        assert page.url.endswith("/works?q=venus")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 19, 17)"
