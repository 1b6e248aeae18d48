"""Changing a photo in a real Chromium: by mouse, by finger, by keys, by fields, without JavaScript; the address keeps the state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.browser import DESK, PHONE, flaws, overflow, page_of, write
from tests.web.gallery import jpeg, on_wall, painting

pytestmark = pytest.mark.browser
WAIT_MS = 60_000
SCREENS = pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])


@pytest.fixture(scope="module")
def answer(chrome: Browser, address: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of an answer about two works: Winter Landscape at the left, Self-Portrait at the right."""
    two = write(tmp_path_factory.mktemp("two") / "two.jpg", jpeg(on_wall([painting(6), painting(2)], width=1600)))
    with page_of(chrome, address, **DESK) as page:
        page.goto("/")
        page.locator("input[type=file]").first.set_input_files(two)
        page.wait_for_url("**/searches/*", timeout=WAIT_MS)
        return urlsplit(page.url).path


@pytest.fixture
def page(chrome: Browser, address: str, answer: str, screen: dict[str, Any]) -> Iterator[Page]:
    with page_of(chrome, address, **screen) as page:
        page.goto(f"{answer}/refine")
        expect(page.locator(".frame")).to_be_visible()
        yield page


def state(page: Page) -> dict[str, float]:
    """What the address says; its bare `left=0` is nothing."""
    return {name: float(values[0]) for name, values in parse_qs(urlsplit(page.url).query).items() if float(values[0])}


def settled(page: Page, name: str) -> dict[str, float]:
    """The state once the address names this part of it."""
    page.wait_for_url(lambda url: f"{name}=" in url)
    return state(page)


def asked(page: Page, before: str, title: str) -> None:
    page.get_by_role("button", name="Ask again").click()
    page.wait_for_url(lambda url: "/searches/" in url and "/refine" not in url and before not in url, timeout=WAIT_MS)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


@pytest.mark.parametrize("screen", [DESK], ids=["desk"])
def test_the_frame_is_drawn_smaller_by_mouse_and_moved(page: Page, answer: str) -> None:
    box = page.locator("[data-stage]").bounding_box()
    assert box
    page.mouse.move(box["x"] + 1, box["y"] + box["height"] / 2)  # the handle at the left
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.52, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    assert settled(page, "left")["left"] == pytest.approx(52, abs=1)
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + box["height"] / 2)  # inside: the frame as a whole
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.72, box["y"] + box["height"] / 2, steps=3)
    page.mouse.up()
    found = settled(page, "right")
    assert found["left"] == pytest.approx(49, abs=1) and found["left"] + found["right"] == pytest.approx(52, abs=1)
    asked(page, answer, "Self-Portrait")
    page.go_back()
    expect(page.locator("#trim-right")).to_have_value(f"{found['right']:g}")
    assert state(page) == found


@pytest.mark.parametrize("screen", [PHONE], ids=["phone"])
def test_the_frame_is_drawn_smaller_by_finger(page: Page, answer: str) -> None:
    box = page.locator("[data-stage]").bounding_box()
    assert box
    line, y = page.context.new_cdp_session(page), box["y"] + box["height"] / 2
    for kind, share in (("touchStart", 1.0), ("touchMove", 0.8), ("touchMove", 0.5), ("touchEnd", None)):
        points = [] if share is None else [{"x": box["x"] + box["width"] * share - 1, "y": y}]
        line.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert settled(page, "right")["right"] == pytest.approx(50, abs=1.5)
    assert page.evaluate("scrollY") == 0 and overflow(page) <= 0
    asked(page, answer, "Winter Landscape")


@SCREENS
def test_without_dragging_by_keys_buttons_and_fields(page: Page) -> None:
    page.get_by_label("Left edge", exact=True).fill("30")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Top edge: more").click()
    page.locator(".frame").focus()
    for key in ("ArrowRight", "ArrowDown", "Shift+ArrowLeft", "Shift+ArrowLeft"):
        page.keyboard.press(key)  # right does nothing: the frame is at the edge; so does down; then it gets narrower
    assert settled(page, "right") == {"left": 30, "top": 1, "right": 2}
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(lambda url: "left=29" in url)
    expect(page.locator("[data-said]")).to_have_text("The part: 68 × 99 % of the photo")
    page.get_by_label("Right edge", exact=True).fill("500")
    page.keyboard.press("Enter")  # too much is cut to what can be, and asked
    page.wait_for_url(lambda url: "/refine" not in url, timeout=WAIT_MS)


@SCREENS
def test_turn_mirror_and_tilt_take_the_frame_along_and_the_address_brings_it_back(page: Page) -> None:
    page.get_by_label("Left edge", exact=True).fill("40")
    page.get_by_role("button", name="Turn right").click()
    assert settled(page, "turn") == {"top": 40, "turn": 90}
    page.get_by_role("button", name="Mirror").click()
    expect(page.get_by_role("button", name="Mirror")).to_have_attribute("aria-pressed", "true")
    assert settled(page, "mirror") == {"top": 40, "turn": 270, "mirror": 1}
    page.get_by_label("Set straight", exact=True).fill("-2.5")
    found = settled(page, "tilt")
    assert found["tilt"] == -2.5 and page.locator("#tilt").input_value() == "-2.5"
    size = page.locator("[data-stage] canvas").evaluate("canvas => [canvas.width, canvas.height]")
    assert size == [800, 1600]
    drawn = page.locator("[data-pane=outcome] canvas").evaluate(MEAN)
    page.reload()
    expect(page.locator(".frame")).to_be_visible()
    assert state(page) == found
    again = page.locator("[data-pane=outcome] canvas").evaluate(MEAN)
    assert again == pytest.approx(drawn, abs=1)
    served = page.evaluate(SERVED, f"{urlsplit(page.url).path}d/1600.jpg?{urlsplit(page.url).query}")
    assert served == pytest.approx(again, abs=6)  # what the server will ask about is what was seen
    page.get_by_role("link", name="Start over").click()
    page.wait_for_url(lambda url: "turn" not in url)
    assert state(page) == {}
    assert flaws(page) == [] and overflow(page) <= 0


# Mean red, green and blue of the four quarters of a picture: enough to tell every turn and mirror apart.
QUARTERS = """(drawable, width, height) => {
    const small = document.createElement("canvas");
    small.width = small.height = 64;
    small.getContext("2d").drawImage(drawable, 0, 0, 64, 64);
    const pixels = small.getContext("2d").getImageData(0, 0, 64, 64).data;
    const sums = new Array(12).fill(0);
    for (let y = 0; y < 64; y++) for (let x = 0; x < 64; x++) for (let c = 0; c < 3; c++)
        sums[((y >> 5) * 2 + (x >> 5)) * 3 + c] += pixels[(y * 64 + x) * 4 + c] / 1024;
    return sums;
}"""
MEAN = f"canvas => ({QUARTERS})(canvas)"
SERVED = f"""async (address) => {{
    const picture = await createImageBitmap(await (await fetch(address)).blob());
    return ({QUARTERS})(picture);
}}"""


@SCREENS
def test_the_best_match_stands_beside_the_photo(page: Page) -> None:
    reference = page.get_by_alt_text("The catalogue’s picture of")
    expect(reference).to_be_hidden()
    page.get_by_role("button", name="Best match so far").click()
    expect(reference).to_be_visible()
    expect(page.get_by_role("button", name="Best match so far")).to_have_attribute("aria-pressed", "true")
    box, photo = reference.bounding_box(), page.locator("[data-stage]").bounding_box()
    assert box and photo and flaws(page) == []
    beside = box["x"] >= photo["x"] + photo["width"]
    assert beside == (page.viewport_size is not None and page.viewport_size["width"] > 700)
    page.get_by_role("button", name="What we look at").click()
    expect(reference).to_be_hidden()


@SCREENS
def test_only_this_part(chrome: Browser, address: str, answer: str, screen: dict[str, Any]) -> None:
    with page_of(chrome, address, **screen) as page:
        page.goto(answer)
        page.get_by_role("link", name="Only this part: Self-Portrait").click()
        page.wait_for_url(lambda url: "left=" in url)
        assert 45 < state(page)["left"] < 55
        asked(page, answer, "Self-Portrait")


def test_without_javascript(chrome: Browser, address: str, answer: str) -> None:
    with page_of(chrome, address, java_script_enabled=False, **PHONE) as page:
        page.goto(f"{answer}/refine")
        page.get_by_label("Left edge", exact=True).fill("50")
        page.get_by_label("Mirror left to right").check()
        page.get_by_role("button", name="Show the change").click()
        assert state(page) == {"left": 50, "mirror": 1}
        part = page.get_by_alt_text("The part that we look at")
        expect(part).to_have_js_property("naturalWidth", 800)
        page.get_by_label("Mirror left to right").uncheck()
        asked(page, answer, "Self-Portrait")


def test_the_phone_shows_it_all_in_the_dark(chrome: Browser, address: str, answer: str) -> None:
    with page_of(chrome, address, color_scheme="dark", **PHONE) as page:
        page.goto(f"{answer}/refine?left=10&tilt=4")
        expect(page.locator(".frame")).to_be_visible()
        assert flaws(page) == [] and overflow(page) <= 0
        small = page.locator("main :is(button, a.button, input, select):visible").evaluate_all(
            "all => all.filter((one) => one.getBoundingClientRect().height < 24).map((one) => one.outerHTML)"
        )
        assert small == []
