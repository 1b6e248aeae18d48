"""Operations in a real browser, on a phone and on a desk: what failed is seen, tried again, and a test message sent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from app.accounts import users
from app.engine.encoders.vgg16_encoder import Vgg16Encoder
from app.extensions import db
from app.operations import beats
from app.settings import Settings
from app.usage import failures, jobs
from tests.web import gallery
from tests.web.browser import DESK, PHONE, flaws, overflow, page_of, served

pytestmark = pytest.mark.browser
PASSWORD = "a long enough password"


@pytest.fixture(scope="module")
def troubled(
    gallery_instance: Path, narrow_encoder: Vgg16Encoder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Flask, str]]:
    """A site on which an import and a search have failed and a worker was killed; jobs run in the web process."""
    instance = gallery.copied(gallery_instance, tmp_path_factory.mktemp("troubled") / "instance")
    app = gallery.open_site(Settings(instance=instance, testing=True), narrow_encoder)
    file = instance.parent / "museum.csv"
    file.write_text("id,title\nA1,The Ferry\n")
    with app.app_context():
        users.create("ada@example.org", "admin", PASSWORD)
        jobs.fail(jobs.create("import", {"file": str(file), "name": "museum.csv"}), "The disk is full.")
        failures.record("search", "search.search KeyError", "It stopped on an unexpected KeyError (x).", reference="K7Q2-9XWM")
        db.session.commit()
    beats.write(instance, "worker:celery@museum", time.time() - 5000, memory=1 << 28)
    with served(app) as address:
        yield app, address
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize("width", [PHONE, DESK], ids=["phone", "desk"])
def test_what_failed_is_seen_and_tried_again(troubled: tuple[Flask, str], chrome: Browser, width: dict[str, Any]) -> None:
    with page_of(chrome, troubled[1], **width) as page:
        page.goto("/login?next=/admin/operations")
        page.locator("main input[name=email]").fill("ada@example.org")
        page.locator("main input[name=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Operations")
        expect(page.get_by_role("group", name="Failures")).to_contain_text("The disk is full.")
        expect(page.get_by_role("group", name="Who works")).to_contain_text("celery@museum")
        assert overflow(page) == 0 and flaws(page) == []
        page.get_by_role("button", name="Send a test").click()
        expect(page.locator("main")).to_contain_text("1 test message is on its way.")
        page.get_by_role("link", name="All failures, and one by its number").click()
        page.get_by_label("Number").fill("k7q2 9xwm")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("group", name="Failures")).to_contain_text("K7Q2-9XWM")
        expect(page.get_by_role("group", name="Failures")).not_to_contain_text("The disk is full.")
        page.goto("/admin/jobs?state=failed")
        page.get_by_role("button", name="Try again: Import of museum.csv").click()
        expect(page.locator(".job .state")).to_have_text("done")
        assert overflow(page) == 0
