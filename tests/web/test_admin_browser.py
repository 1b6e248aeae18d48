"""The staff pages in Chromium: a re-index by a real worker, watched live; every page checked with axe."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.accounts import users
from app.catalogue.models import ImportRun, now
from app.engine.types import BuildReport
from app.engine.weights import WeightStore
from app.extensions import db
from app.usage import jobs
from tests.tasks.conftest import Worker, broker, served, start_worker  # noqa: F401  fixtures
from tests.tasks.test_reindex import museum  # noqa: F401  fixture
from tests.tiny import painting, visitor_photo
from tests.usage.builders import make_artwork, make_search, say
from tests.web.browser import DESK, PHONE, flaws, overflow, page_of
from tests.web.browser import served as serving
from tests.web.staff_cast import PASSWORD

pytestmark = pytest.mark.browser
STAFF_PAGES = (
    "/admin/comparisons",
    "/admin/", "/admin/index", "/admin/imports", "/admin/jobs", "/admin/accounts", "/admin/audit", "/statistics/",
)  # fmt: skip


def log_in(page: Page, email: str = "ada@example.org") -> None:
    page.goto("/login")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "/login" not in address)


def test_from_a_visitors_photo_to_a_reindex_and_the_statistics(
    chrome: Browser,
    museum: BuildReport,  # noqa: F811
    served: Flask,  # noqa: F811
    start_worker: Callable[..., Worker],  # noqa: F811
    tiny_weights: WeightStore,
    tmp_path: Path,
) -> None:
    """The main job end to end: upload → result → log in → re-index, watched live → roll back → statistics."""
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(visitor_photo(painting("t01")).jpeg())
    users.create("ada@example.org", "admin", PASSWORD)
    start_worker("museum", TINY_WEIGHTS=str(tiny_weights.folder), SLOW_SECONDS="0.5")
    with serving(served) as address, page_of(chrome, address, **DESK) as page:
        page.goto("/")
        page.locator("input[type=file]").first.set_input_files(photo)
        page.wait_for_url("**/searches/*", timeout=60_000)
        expect(page.get_by_text("We are sure:")).to_be_visible()
        log_in(page)
        page.goto("/admin/index")
        page.get_by_role("button", name="Re-index").click()
        card = page.locator(".job")
        page.evaluate("window.same = true")
        expect(card.locator("[data-part=figures]")).to_contain_text(re.compile(r"[1-9]\d* of 13"), timeout=60_000)
        expect(card.locator("[data-part=stage]")).to_have_text("Describing pictures")
        assert page.evaluate("document.querySelector('progress').value > 0")
        assert page.evaluate("window.same"), "the card follows its job without loading the page anew"
        expect(card.locator(".state")).to_have_text("done", timeout=60_000)
        expect(card).to_contain_text("12 works in")
        page.get_by_role("link", name="See the build").click()
        expect(page.get_by_text("searched now")).to_be_visible()
        page.goto("/admin/index")
        page.get_by_role("link", name="Roll back …").click()
        page.get_by_role("button", name="Publish").click()
        expect(page.get_by_role("status")).to_contain_text(f"{museum.build_id} is searched now.")
        page.get_by_role("link", name="Statistics").click()
        expect(page.get_by_role("heading", name="How often do we recognise the work?")).to_be_visible()


@pytest.fixture
def busy(app: Flask) -> Flask:
    """An instance in use: searches, an import with rejects, jobs in every state."""
    for name, role in (("ada", "admin"), ("carla", "curator"), ("vera", "visitor")):
        users.create(f"{name}@example.org", role, PASSWORD)
    ferry = make_artwork("The Ferry")
    for day in range(9):
        search = make_search(now() - timedelta(days=day), "identified" if day % 3 else "not_in_catalogue", artwork_id=ferry.id)
        say(search, "right", search.created_at)
    rejects = [{"line": line, "reason": "The row has no id; give each work one that stays the same."} for line in range(2, 30)]
    db.session.add(ImportRun(file_name="museum.csv", format="general", counts={"added": 1, "rejected": 28}, rejects=rejects))
    jobs.start(jobs.create("index_build", {"preset": "default"}))
    failed = jobs.create("import", {"file": "/x/a.csv", "name": "a-rather-long-name-of-a-catalogue-file.csv", "dry_run": True})
    jobs.start(failed)
    jobs.fail(failed, "a-rather-long-name-of-a-catalogue-file.csv: the header is 'a, b', and no importer knows it.")
    return app


@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
def test_every_staff_page_is_sound(chrome: Browser, busy: Flask, screen: dict[str, object]) -> None:
    with serving(busy) as address, page_of(chrome, address, **screen) as page:
        log_in(page)
        for path in (*STAFF_PAGES, "/admin/imports/1", f"/admin/jobs/{jobs.recent()[0].id}"):
            page.goto(path)
            assert flaws(page) == [], path
            assert overflow(page) <= 0, path
