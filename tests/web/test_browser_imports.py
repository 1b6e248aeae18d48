"""An import in Chromium: the columns looked over, tried, loaded, found by visitors, undone; on a phone and without scripts."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from app.accounts import users
from tests.web.browser import DESK, PHONE, flaws, overflow, page_of, served
from tests.web.gallery import painting
from tests.web.staff_cast import PASSWORD

pytestmark = pytest.mark.browser
TABLE = """Inv.-Nr.;Bild;Was;Wer;Wann
L1;a.jpg;Die Fähre;"RUYSDAEL, Salomon van";1649
L2;b.jpg;Die Mühle;;um 1670
;c.jpg;Ohne Nummer;;
"""


def files(folder: Path) -> tuple[Path, Path]:
    """A table, and a ZIP with one of its pictures: a work that the gallery has already."""
    from tests.tiny import jpeg

    table, packed = folder / "leihgaben.csv", folder / "bilder.zip"
    table.write_text(TABLE, encoding="utf-8")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.jpg", jpeg(painting(1)))
    packed.write_bytes(out.getvalue())
    return table, packed


def sound(page: Page) -> None:
    assert flaws(page) == [], page.url
    assert overflow(page) <= 0, page.url


def log_in(page: Page) -> None:
    page.goto("/login")
    page.get_by_label("E-mail").fill("carla@example.org")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "/login" not in address)


@pytest.mark.parametrize("screen", [{**DESK, "java_script_enabled": False}, PHONE], ids=["desk without scripts", "phone"])
def test_from_a_file_to_the_catalogue_and_back(chrome: Browser, site: Flask, tmp_path: Path, screen: dict[str, object]) -> None:
    table, packed = files(tmp_path)
    checked = sound if screen.get("java_script_enabled", True) else (lambda page: None)  # axe is a script
    with site.app_context():
        users.create("carla@example.org", "curator", PASSWORD)
    with served(site) as address, page_of(chrome, address, **screen) as page:
        log_in(page)
        page.goto("/admin/imports")
        checked(page)
        page.locator("#catalogue").set_input_files(table)
        page.locator("#pictures").set_input_files(packed)
        page.locator("#collection").fill("Loans")
        page.get_by_role("button", name="Try it").click()
        expect(page.get_by_role("heading", name="What the columns mean")).to_be_visible()
        expect(page.get_by_label("Inv.-Nr.", exact=True)).to_have_value("source_id")
        page.get_by_label("Was", exact=True).select_option("title")
        page.get_by_label("Wer", exact=True).select_option("artist")
        page.get_by_label("Wann", exact=True).select_option("date_text")
        page.get_by_role("button", name="Show the preview anew").click()
        expect(page.get_by_role("cell", name="Salomon van Ruysdael")).to_be_visible()
        expect(page.get_by_text("Line 4 would be left out: it has no id")).to_be_visible()
        checked(page)
        page.get_by_role("button", name="Try it").click()
        expect(page.get_by_text("Works that will be added: 2; changed: 0. Rows that will be left out: 1.")).to_be_visible()
        page.get_by_role("link", name="The report:").click()
        page.get_by_role("link", name="Looks like").click()
        expect(page.get_by_role("row", name="Die Fähre")).to_contain_text("Gallery")
        checked(page)
        page.get_by_role("button", name="Load into the catalogue").click()
        expect(page.get_by_text("pictures taken in: 1, taken out: 0")).to_be_visible()
        page.goto("/works?q=fähre")
        expect(page.get_by_text("Die Fähre").first).to_be_visible()
        page.goto("/admin/imports")
        page.get_by_role("link", name="leihgaben.csv").first.click()
        page.get_by_role("link", name="Undo it").click()
        expect(page.get_by_text("Works that go because this import added them: 2.")).to_be_visible()
        checked(page)
        page.get_by_role("button", name="Undo the import").click()
        expect(page.get_by_text("pictures taken in: 0, taken out: 1")).to_be_visible()
        page.goto("/works?q=fähre")
        expect(page.get_by_text("Die Fähre")).to_have_count(0)
