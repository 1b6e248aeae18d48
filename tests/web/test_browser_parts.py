"""Pictures seen in a photo, in a real Chromium: outlined while the search runs, and each pressed to be looked at alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app import services
from app.engine.encoders.vgg16_encoder import Vgg16Encoder
from app.settings import Settings
from tests.web import gallery
from tests.web.browser import DESK, PHONE, flaws, overflow, page_of, served, write
from tests.web.gallery import jpeg, on_wall, painting
from tests.web.test_browser_journeys import tab_to

pytestmark = pytest.mark.browser
WAIT_MS = 60_000


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, gallery_instance: Path, narrow_encoder: Vgg16Encoder) -> Flask:
    instance = gallery.copied(gallery_instance, tmp_path_factory.mktemp("parts") / "instance")
    return gallery.open_site(Settings(instance=instance), narrow_encoder)


@pytest.fixture(scope="module")
def here(app: Flask) -> Iterator[str]:
    with served(app) as found:
        yield found


@pytest.fixture(scope="module")
def half_known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    photo = jpeg(on_wall([painting(6), painting(99)], width=1600))
    return write(tmp_path_factory.mktemp("photos") / "half.jpg", photo)


def choose(page: Page, photo: Path) -> None:
    page.goto("/")
    page.locator("input[type=file]").first.set_input_files(photo)


@pytest.mark.parametrize(
    ("screen", "theme"), [(PHONE, "light"), (PHONE, "dark"), (DESK, "light")], ids=["phone", "phone dark", "desk"]
)
def test_the_wait_shows_what_is_seen_and_is_fit_for_everybody(
    chrome: Browser, app: Flask, here: str, half_known: Path, screen: dict[str, Any], theme: str
) -> None:
    with app.app_context():
        lock = services._held().lock
    with page_of(chrome, here, color_scheme=theme, **screen) as page:
        with lock:  # another search has its turn: this one waits, and its page is looked at meanwhile
            choose(page, half_known)
            expect(page.locator("[data-outlines] polygon:not(.halo)")).to_have_count(2, timeout=WAIT_MS)
            photo, seen = page.locator("[data-preview]").bounding_box(), page.locator("[data-outlines]").bounding_box()
            assert photo and seen and seen["width"] == pytest.approx(photo["width"], abs=1)
            assert seen["height"] == pytest.approx(photo["height"], abs=1)
            expect(page.get_by_role("status").filter(has_text="looking for the picture")).to_have_count(1)
            assert page.evaluate("document.activeElement.id") == "working"
            assert flaws(page) == [] and overflow(page) <= 0
        page.wait_for_url("**/searches/*", timeout=WAIT_MS)
        expect(page.get_by_role("heading", level=1)).to_have_text("Winter Landscape")
        assert flaws(page) == [] and overflow(page) <= 0


@pytest.mark.parametrize("way", ["finger", "keys", "no script"])
def test_a_part_is_pressed_and_looked_at_alone(chrome: Browser, here: str, half_known: Path, way: str) -> None:
    with page_of(chrome, here, java_script_enabled=way != "no script", **PHONE) as page:
        choose(page, half_known)
        if way == "no script":
            page.get_by_role("button", name="Ask about the chosen picture").click()
        page.wait_for_url("**/searches/*", timeout=WAIT_MS)
        first = page.url
        if way == "finger":
            page.locator(".outlines .part polygon").last.click()
        elif way == "keys":
            tab_to(page, ".outlines .part")
            page.keyboard.press("Enter")
        else:
            page.get_by_role("button", name="Only this part").click()
        page.wait_for_url(lambda url: "/searches/" in url and url.split("#")[0] != first, timeout=WAIT_MS)
        expect(page.locator(".outlined img")).to_have_attribute("alt", "Your photo")
        page.go_back()
        page.wait_for_url(first)
        expect(page.get_by_role("heading", level=1)).to_have_text("Winter Landscape")
