"""How heavy the first page is and how soon it shows, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.browser import DESK, PHONE, page_of

pytestmark = pytest.mark.browser
SCREENS = pytest.mark.parametrize("screen", [{**PHONE, "device_scale_factor": 3}, DESK], ids=["phone", "desk"])
# 150 KB is the limit; the demo collection shows four example photos more than the gallery of the tests, each up to 14 KB
MOST_BYTES = 150_000 - 4 * 14_000
WATCH_PAINT = """
    window.largest = 0;
    new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.largest = entry.startTime; })
        .observe({ type: "largest-contentful-paint", buffered: true });
    window.moved = 0;
    new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.moved += entry.value; })
        .observe({ type: "layout-shift", buffered: true });
"""


@contextmanager
def first_visit(chrome: Browser, address: str, screen: dict[str, Any]) -> Iterator[tuple[Page, dict[str, int]]]:
    """The first page in a fresh browser, come to rest; address → bytes as they came over the line."""
    with page_of(chrome, address, **screen) as page:
        line = page.context.new_cdp_session(page)
        line.send("Network.enable")
        names: dict[str, str] = {}
        sent: dict[str, int] = {}
        line.on("Network.requestWillBeSent", lambda event: names.update({event["requestId"]: event["request"]["url"]}))
        line.on("Network.loadingFinished", lambda event: sent.update({names[event["requestId"]]: event["encodedDataLength"]}))
        page.add_init_script(WATCH_PAINT)
        page.goto("/")
        page.wait_for_load_state("networkidle")
        yield page, sent


@SCREENS
def test_the_first_page_is_light_and_soon_there(chrome: Browser, address: str, screen: dict[str, Any]) -> None:
    with first_visit(chrome, address, screen) as (page, sent):
        assert all(name.startswith((address, "data:")) for name in sent), "no third party is asked"
        assert any(name.endswith(".woff2") for name in sent) and any("/examples/" in name for name in sent)
        assert sum(sent.values()) <= MOST_BYTES, sorted(sent.items(), key=lambda found: -found[1])[:12]
        assert 0 < page.evaluate("largest") < 1500
        assert page.evaluate("moved") < 0.05


@SCREENS
def test_the_collection_comes_when_it_is_scrolled_to(chrome: Browser, address: str, screen: dict[str, Any]) -> None:
    with first_visit(chrome, address, screen) as (page, sent):
        assert not any("/pictures/" in name for name in sent)
        page.get_by_role("contentinfo").scroll_into_view_if_needed()  # the foot of the page
        expect(page.get_by_role("heading", name="From the collection")).to_be_attached()
        expect(page.locator(".mosaic img").first).to_have_js_property("complete", True)
        expect(page.locator(".mosaic img")).to_have_count(8)


def test_a_tall_window_is_as_light_until_somebody_is_there(chrome: Browser, address: str) -> None:
    with first_visit(chrome, address, {"viewport": {"width": 1920, "height": 1440}}) as (page, sent):
        assert not any("/pictures/" in name for name in sent) and sum(sent.values()) <= MOST_BYTES
        page.mouse.move(300, 300)
        expect(page.locator(".mosaic img")).to_have_count(8)


def test_the_collection_is_there_without_javascript(chrome: Browser, address: str) -> None:
    with page_of(chrome, address, java_script_enabled=False, **DESK) as page:
        page.goto("/")
        expect(page.locator(".mosaic img")).to_have_count(8)


def test_chromium_takes_the_manifest(chrome: Browser, address: str) -> None:
    with page_of(chrome, address, **PHONE) as page:
        page.goto("/")
        found = page.context.new_cdp_session(page).send("Page.getAppManifest")
        assert found["url"].startswith(f"{address}/manifest/en.webmanifest") and found["errors"] == []
        problems = page.context.new_cdp_session(page).send("Page.getInstallabilityErrors")["installabilityErrors"]
        assert [problem["errorId"] for problem in problems if problem["errorId"] != "in-incognito"] == []
