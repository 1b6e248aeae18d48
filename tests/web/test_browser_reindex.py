"""The way of a re-index in Chromium: its cost, kept aside, compared on photos, published; the plan and the way back on a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.accounts import users
from app.engine.encoders.vgg16_encoder import Vgg16Encoder
from app.extensions import db
from app.settings import Settings
from tests.web import gallery
from tests.web.browser import DESK, PHONE, flaws, overflow, page_of, served
from tests.web.staff_cast import PASSWORD

pytestmark = pytest.mark.browser


def log_in(page: Page) -> None:
    page.goto("/login")
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "/login" not in address)


def sound(page: Page) -> None:
    assert flaws(page) == [] and overflow(page) <= 0, page.url


def build_and_compare(page: Page) -> str:
    """Everything up to publishing, at a desk; the address of the comparison."""
    page.goto("/admin/index")
    page.evaluate("window.same = true")
    expect(page.get_by_role("button", name="What will it cost?")).to_be_hidden()
    page.get_by_label("Preset").select_option("contours")
    expect(page.locator("#cost input[name=preset]").first).to_have_value("contours")
    expect(page.locator("#cost")).to_contain_text("nothing: all 8 pictures are described already")
    assert page.evaluate("window.same") and page.url.endswith("?preset=contours&engine=#build")
    sound(page)
    page.get_by_label("keep it aside, to compare it first").check()
    page.get_by_role("button", name="Re-index").click()
    expect(page.locator(".job")).to_contain_text("it waits to be compared and published")
    page.get_by_role("link", name="See the build").click()
    page.get_by_role("link", name="Compare first …").click()
    page.get_by_label("those of the demo collection").check()
    page.locator("#kept-name").fill("Two photos")
    sound(page)
    page.get_by_role("button", name="Save it").click()
    expect(page.get_by_role("status")).to_contain_text("Two photos is saved.")
    page.get_by_role("button", name="Compare them").click()
    expect(page.get_by_role("heading", name="Figures")).to_be_visible()
    expect(page.get_by_role("row", name="right work first")).to_contain_text("no clear difference")
    sound(page)
    return page.url


def test_from_the_cost_to_the_published_build_and_back(
    chrome: Browser, gallery_instance: Path, narrow_encoder: Vgg16Encoder, tmp_path: Path
) -> None:
    instance = gallery.copied(gallery_instance, tmp_path / "instance")
    table = "photo,artwork_ids\nphotos/venus.jpg,a1\nphotos/stranger.jpg,\n"
    (instance / "demo" / "photos.csv").write_text(table, encoding="utf-8")
    app = gallery.open_site(Settings(instance=instance, testing=True), narrow_encoder)  # jobs run where they are begun
    with app.app_context():
        users.create("ada@example.org", "admin", PASSWORD)
    with served(app) as address:
        with page_of(chrome, address, **DESK) as page:
            log_in(page)
            compared = build_and_compare(page)
            page.get_by_role("button", name="Publish it").click()
            expect(page.get_by_role("status")).to_contain_text("is searched now.")
        with page_of(chrome, address, **PHONE) as page:
            log_in(page)
            for path in ("/admin/index", "/admin/comparisons", compared):
                page.goto(path)
                sound(page)
            page.goto("/admin/index")
            page.get_by_text("Change the plan").click()
            page.get_by_label("Rebuild", exact=True).select_option("weekly")
            page.get_by_role("button", name="Keep the plan").click()
            expect(page.locator("#schedule")).to_contain_text("It is rebuilt every week; next")
            sound(page)
            page.get_by_role("link", name="Roll back …").click()
            page.get_by_role("button", name="Publish").click()
            expect(page.get_by_role("status")).to_contain_text("is searched now.")
    with app.app_context():
        db.engine.dispose()
