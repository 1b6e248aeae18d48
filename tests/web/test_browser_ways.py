"""The four ways to ask, in a real Chromium: camera, link, file (large ones made smaller), and what happens when one fails."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask, request
from PIL import Image as Pil
from playwright.sync_api import Browser, Page, expect

from app import services
from app.engine.encoders.vgg16_encoder import Vgg16Encoder
from app.engine.images import encode_jpeg
from app.settings import Settings
from tests.web import gallery
from tests.web.browser import ARGUMENTS, DESK, PHONE, chromium_path, flaws, overflow, page_of, served, write
from tests.web.gallery import jpeg, on_wall, painting
from tests.web.sites import Site, opened, sends

pytestmark = pytest.mark.browser
WAIT_MS = 60_000
SCREENS = pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
PHOTO = jpeg(on_wall([painting(0)]))


@pytest.fixture(scope="module")
def outside() -> Iterator[Site]:
    with opened({"/venus.jpg": sends(PHOTO), "/page": sends(b"<html>", "text/html")}) as found:
        yield found


@pytest.fixture(scope="module")
def app(
    tmp_path_factory: pytest.TempPathFactory, gallery_instance: Path, narrow_encoder: Vgg16Encoder, outside: Site
) -> Flask:
    """The site as visitors have it; its outside network is the other site alone."""
    instance = gallery.copied(gallery_instance, tmp_path_factory.mktemp("ways") / "instance")
    app = gallery.open_site(Settings(instance=instance), narrow_encoder)
    app.extensions["pinakes.network"] = outside.network()
    app.extensions["bytes asked"] = []
    app.before_request(lambda: note(app.extensions["bytes asked"]))
    return app


def note(sizes: list[int]) -> None:
    """How many bytes a question brought with it."""
    if request.path == "/search" and request.method == "POST":
        sizes.append(request.content_length or 0)


@pytest.fixture(scope="module")
def here(app: Flask) -> Iterator[str]:
    with served(app) as found:
        yield found


@pytest.fixture(scope="module")
def filmed(chrome: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A Chromium whose camera sees the gallery's first painting on its wall."""
    film = write(tmp_path_factory.mktemp("film") / "wall.mjpeg", encode_jpeg(on_wall([painting(0)]), 95) * 3)
    seen = f"--use-file-for-fake-video-capture={film}"
    browser = chrome.browser_type.launch(executable_path=chromium_path(), args=[*ARGUMENTS, seen])
    yield browser
    browser.close()


def found(page: Page, title: str) -> None:
    page.wait_for_url("**/searches/*", timeout=WAIT_MS)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def open_camera(page: Page) -> None:
    """As a visitor does: on a phone by the main button, elsewhere by the link below it."""
    page.goto("/")
    touch = page.evaluate("matchMedia('(pointer: coarse)').matches")
    page.locator(".ask-main" if touch else "[data-camera]").click()


@SCREENS
def test_the_camera_shows_what_it_sees_and_its_photo_is_found(filmed: Browser, here: str, screen: dict[str, Any]) -> None:
    with page_of(filmed, here, permissions=["camera"], **screen) as page:
        open_camera(page)
        shutter = page.get_by_role("button", name="Take the picture")
        expect(shutter).to_be_enabled(timeout=WAIT_MS)
        expect(shutter).to_be_focused()
        assert page.locator("[data-video]").evaluate("video => video.videoWidth") == 1200
        assert flaws(page) == [] and overflow(page) <= 0
        shutter.click()
        expect(page.get_by_alt_text("Your photo").first).to_be_visible()
        found(page, "Venus and Adonis")


@SCREENS
def test_the_rear_camera_comes_first_and_the_other_by_a_button(chrome: Browser, here: str, screen: dict[str, Any]) -> None:
    with page_of(chrome, here, permissions=["camera"], **screen) as page:
        page.add_init_script(
            """const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
            window.asked = [];
            navigator.mediaDevices.getUserMedia = (wanted) => { window.asked.push(wanted.video); return open(wanted); };"""
        )
        open_camera(page)
        page.get_by_role("button", name="Other camera").click()
        expect(page.get_by_role("button", name="Take the picture")).to_be_enabled()
        wanted = page.evaluate("asked")
        assert wanted[0]["facingMode"] == {"ideal": "environment"} and "exact" in wanted[1]["deviceId"]
        page.keyboard.press("Escape")
        expect(page.locator("#camera")).to_be_hidden()
        assert page.locator("[data-video]").evaluate("video => video.srcObject") is None  # nothing is filmed any longer


@pytest.mark.parametrize(
    ("screen", "name", "said"),
    [
        (PHONE, "NotAllowedError", "was not allowed"),
        (DESK, "NotAllowedError", "was not allowed"),
        (DESK, "NotFoundError", "has no camera"),
        (PHONE, "NotReadableError", "did not open"),
    ],
    ids=["phone refused", "desk refused", "none", "in use"],
)
def test_without_the_camera_a_sentence_leads_to_the_file(
    chrome: Browser, here: str, tmp_path: Path, screen: dict[str, Any], name: str, said: str
) -> None:
    with page_of(chrome, here, **screen) as page:
        page.add_init_script(f"navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', '{name}'))")
        open_camera(page)
        expect(page.get_by_role("alert").filter(has_text=said)).to_be_visible()
        instead = page.locator("[data-instead]")
        expect(instead).to_be_focused()
        assert instead.get_attribute("capture") == "environment"
        if name == "NotAllowedError":
            assert flaws(page) == [] and overflow(page) <= 0
            instead.set_input_files(write(tmp_path / "photo.jpg", PHOTO))
            found(page, "Venus and Adonis")
        else:
            page.get_by_role("button", name="Close").click()
            expect(page.locator("#camera")).to_be_hidden()


def test_where_the_browser_has_no_camera_the_device_is_asked_for_one(chrome: Browser, here: str, tmp_path: Path) -> None:
    """Without TLS, for one, browsers give pages no camera: the button is a file field that opens the device's own."""
    with page_of(chrome, here, **PHONE) as page:
        page.add_init_script("Object.defineProperty(navigator, 'mediaDevices', { value: undefined })")
        page.goto("/")
        with page.expect_file_chooser() as chooser:
            page.locator(".ask-main").click()
        chooser.value.set_files(write(tmp_path / "photo.jpg", PHOTO))
        found(page, "Venus and Adonis")


@SCREENS
def test_a_link_is_looked_up(chrome: Browser, here: str, outside: Site, screen: dict[str, Any]) -> None:
    with page_of(chrome, here, **screen) as page:
        page.goto("/")
        page.get_by_text("Paste a link").click()
        page.get_by_label("Web address of the picture").fill(outside.url("/page"))
        assert flaws(page) == [] and overflow(page) <= 0
        page.keyboard.press("Enter")
        expect(page.get_by_text("This is the address of a page, not of a picture.")).to_be_visible()
        expect(page.get_by_role("button", name="Try once more")).to_be_focused()
        page.get_by_role("link", name="Take another picture").click()
        page.get_by_text("Paste a link").click()
        page.get_by_label("Web address of the picture").fill(outside.url("/venus.jpg"))
        page.get_by_role("button", name="Look it up").click()
        found(page, "Venus and Adonis")


def test_a_link_without_javascript(chrome: Browser, here: str, outside: Site) -> None:
    with page_of(chrome, here, java_script_enabled=False, **PHONE) as page:
        page.goto("/")
        page.get_by_text("Paste a link").click()
        page.get_by_label("Web address of the picture").fill("http://127.0.0.1/venus.jpg")
        page.get_by_role("button", name="Look it up").click()
        expect(page.get_by_role("heading", name="This link could not be used")).to_be_visible()
        field = page.get_by_label("Web address of the picture")
        expect(field).to_have_value("http://127.0.0.1/venus.jpg")  # still there, to be mended
        field.fill(outside.url("/venus.jpg"))
        page.get_by_role("button", name="Look it up").click()
        found(page, "Venus and Adonis")


HAND_OVER = """([kind, type, text]) => {
    const data = new DataTransfer();
    data.setData(type, text);
    const event = kind === "drop"
        ? new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true })
        : new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
    document.body.dispatchEvent(event);
}"""


@pytest.mark.parametrize(("kind", "type_", "form"), [("paste", "text/plain", "{}"), ("drop", "text/html", '<p><img src="{}"></p>')])
def test_a_link_pasted_or_a_picture_dragged_over_from_another_page(
    chrome: Browser, here: str, outside: Site, kind: str, type_: str, form: str
) -> None:
    with page_of(chrome, here, **DESK) as page:
        page.goto("/")
        page.evaluate(HAND_OVER, [kind, type_, form.format(outside.url("/venus.jpg"))])
        found(page, "Venus and Adonis")


def test_what_is_dropped_and_is_no_picture_is_said(chrome: Browser, here: str) -> None:
    with page_of(chrome, here, **DESK) as page:
        page.goto("/")
        page.evaluate(HAND_OVER, ["drop", "text/plain", "a word"])
        expect(page.get_by_text("That was no picture.")).to_be_visible()


def large_photo(picture: int, seed: int) -> bytes:
    """A photo of 12 megapixels and several megabytes, as phones take them: upright by its EXIF turn, with the sensor's noise."""
    wall = np.asarray(Pil.fromarray(on_wall([painting(picture)])).resize((4000, 3000), Pil.Resampling.BICUBIC), np.int16)
    noisy = np.clip(wall + np.random.default_rng(seed).normal(0, 6, wall.shape[:2])[..., None], 0, 255).astype(np.uint8)
    exif = Pil.Exif()
    exif[0x0112] = 6
    out = io.BytesIO()
    Pil.fromarray(np.ascontiguousarray(np.rot90(noisy))).save(out, "JPEG", quality=92, exif=exif)
    return out.getvalue()


def test_a_large_photo_goes_up_small_and_is_answered_alike(chrome: Browser, app: Flask, here: str, tmp_path: Path) -> None:
    data = large_photo(2, 1)
    assert len(data) > 3_000_000
    with app.app_context():
        whole = services.search_photo(data).result
    with page_of(chrome, here, **PHONE) as page:
        page.goto("/")
        page.locator("input[type=file]").first.set_input_files(write(tmp_path / "large.jpg", data))
        found(page, "Self-Portrait")
        assert 20_000 < app.extensions["bytes asked"][-1] <= 400 * 1024 + 2000  # the photo and the form around it
        image = page.locator(".outlined img")
        assert (image.get_attribute("width"), image.get_attribute("height")) == ("1600", "1200")  # upright
    with app.app_context():
        from app.extensions import db
        from app.usage.models import Search

        kept = db.session.get_one(Search, page.url.rsplit("/", 1)[1])
        assert kept.verdict == whole.verdict == "identified" and kept.artwork_id == whole.matches[0].work_id
        assert kept.result["matches"][0]["inliers"] > 0.8 * whole.matches[0].inliers


def test_a_full_queue_is_asked_again_by_itself(chrome: Browser, app: Flask, here: str, tmp_path: Path) -> None:
    with app.app_context():
        desk = services.desk()
    desk.asking = desk.places
    try:
        with page_of(chrome, here, **PHONE) as page:
            page.goto("/")
            page.locator("input[type=file]").first.set_input_files(write(tmp_path / "photo.jpg", PHOTO))
            expect(page.get_by_text("We try again in a moment.").last).to_be_visible()
            desk.asking = 0
            found(page, "Venus and Adonis")
    finally:
        desk.asking = 0


@SCREENS
def test_find_pictures_like_a_result(chrome: Browser, here: str, screen: dict[str, Any]) -> None:
    with page_of(chrome, here, **screen) as page:
        page.goto("/")
        page.locator("button[name=example]").nth(1).click()  # the stranger: works that are alike are shown
        page.wait_for_url("**/searches/*", timeout=WAIT_MS)
        first = page.url
        page.get_by_role("button", name="Find pictures like").first.click()
        page.wait_for_url(lambda url: "/searches/" in url and url != first, timeout=WAIT_MS)
        expect(page.get_by_text("Not in our catalogue")).to_have_count(0)
