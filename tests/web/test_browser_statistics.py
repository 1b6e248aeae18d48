"""Statistics, the report and the queue of unanswered photos in Chromium, on a phone and at a desk."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.accounts import users
from app.catalogue.models import now
from app.settings import Settings
from app.usage import rolling
from app.usage.models import Search
from tests.usage.builders import make_artwork, make_search, say
from tests.web.browser import DESK, PHONE, overflow, page_of, served
from tests.web.gallery import jpeg, stranger
from tests.web.staff_cast import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture
def used(app: Flask, settings: Settings) -> Flask:
    """A month of searches, and three photos that found nothing."""
    users.create("carla@example.org", "curator", PASSWORD)
    ferry, mill = make_artwork("The Ferry"), make_artwork("The Mill", "Others")
    for day in range(31):
        for work in (ferry, mill):
            search = make_search(now() - timedelta(days=day), work=work, device="phone", language="it")
        say(search, "right", search.created_at)
    (settings.uploads_dir / "aa").mkdir(parents=True)
    for number in range(3):
        (settings.uploads_dir / f"aa/{number}.jpg").write_bytes(jpeg(stranger(600, 800)))
        at = now() - timedelta(minutes=9 - number)
        make_search(at, "not_in_catalogue", photo_path=f"aa/{number}.jpg", photo_name=str(number))
    rolling.roll_up()
    return app


def log_in(page: Page) -> None:
    page.goto("/login")
    page.get_by_label("E-mail").fill("carla@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "/login" not in address)


@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
def test_from_the_plots_to_the_report_and_the_queue(chrome: Browser, used: Flask, screen: dict[str, object]) -> None:
    with served(used) as address, page_of(chrome, address, **screen) as page:
        log_in(page)
        page.goto("/statistics/")
        page.get_by_label("Collection").select_option("Others")
        page.get_by_role("button", name="Show").click()
        expect(page.locator("#recognition")).to_contain_text("of 30 searches named one work")
        page.get_by_role("link", name="12 months").click()
        assert "collection=Others" in page.url
        expect(page.locator("#searches svg")).to_have_attribute("aria-label", "How many searches are there each week?")
        page.locator("#hours summary").click()
        expect(page.locator("#hours table")).to_contain_text("23:00")
        assert overflow(page) <= 0
        page.get_by_role("link", name="A report of the month, to print").click()
        expect(page.locator(".told")).to_contain_text("We recognised the work in")
        assert overflow(page) <= 0
        page.emulate_media(media="print")
        expect(page.locator(".rail")).to_be_hidden()
        expect(page.get_by_role("button", name="Print")).to_be_hidden()
        page.emulate_media(media="screen")
        answer_the_queue(page)
    with used.app_context():
        rulings = {search.photo_name: search.ruling for search in Search.query.filter(Search.verdict != "identified")}
        assert rulings["0"] is None
        assert [work.title for work in rulings["1"].works] == ["The Mill"]
        assert rulings["2"].outcome == "not_ours"


def answer_the_queue(page: Page) -> None:
    """Skip the first; the second is the mill, found while typing; the third is not ours, by a key; the first is bad, or not."""
    page.goto("/admin/unanswered")
    page.get_by_role("link", name="Skip", exact=True).click()
    page.get_by_label("Title, artist or both").press_sequentially("mil")
    page.get_by_role("button", name="It is this work: The Mill").click()
    expect(page.get_by_role("status")).to_contain_text("it is another work: The Mill")
    page.get_by_label("Answer with single keys").check()
    page.get_by_role("heading", name="Unanswered photos").click()
    page.keyboard.press("n")
    expect(page.get_by_role("status")).to_contain_text("not a work of ours")
    assert overflow(page) <= 0
    page.keyboard.press("b")
    expect(page.get_by_text("No photo waits")).to_be_visible()
    page.keyboard.press("u")
    expect(page.get_by_role("heading", name="What does this photo show?")).to_be_visible()
