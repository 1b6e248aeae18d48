"""Every page in a real Chromium: axe finds nothing in light and dark, on a phone and a desk, and nothing is cut off at 400 %."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from app.engine.encoders.vgg16_encoder import Vgg16Encoder
from app.extensions import db
from app.settings import Settings
from tests.web import gallery
from tests.web.browser import DESK, overflow, served
from tests.web.every_page import PAGES, PASSWORD, Page

pytestmark = pytest.mark.browser
PHONE, WIDE, ZOOMED = {"width": 390, "height": 844}, DESK["viewport"], {"width": 320, "height": 256}  # 1280 × 1024 at 400 %
# All rules, that of target sizes (WCAG 2.2, 2.5.8) too, which axe leaves off. What depends on colours alone is looked at again in
# the dark.
ALL = "{resultTypes: ['violations'], rules: {'target-size': {enabled: true}}}"
COLOURS = "{resultTypes: ['violations'], runOnly: ['color-contrast', 'link-in-text-block']}"
FINDINGS = "axe.run({}).then(found => found.violations.flatMap(rule => rule.nodes.map(node => rule.id + ' ' + node.target)))"
# Words that do not fit their box, where the box hides what is beyond. Scrolled boxes show it, and so do truncated ones their title.
CUT_OFF = """[...document.querySelectorAll('main *, header *, footer *')].filter((element) => {
    const style = getComputedStyle(element);
    const hides = ['hidden', 'clip'].includes(style.overflowX) && !element.closest('.visually-hidden') && !element.matches('input');
    return hides && element.clientWidth > 1 && element.scrollWidth > element.clientWidth + 1;
}).map((element) => element.outerHTML.slice(0, 120))"""

# What makes the page wider than the window: reaches beyond it, and no box around it scrolls or hides that.
TOO_WIDE = """[...document.querySelectorAll('body *')].filter((element) => {
    for (let outer = element.parentElement; outer && outer !== document.body; outer = outer.parentElement)
        if (getComputedStyle(outer).overflowX !== 'visible') return false;
    return element.getBoundingClientRect().right > document.documentElement.clientWidth + 1;
}).map((element) => element.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def tabs(
    chrome: Browser, furnished: tuple[Path, dict[str, str]], tmp_path_factory: pytest.TempPathFactory, narrow_encoder: Vgg16Encoder
) -> Iterator[dict[str, Tab]]:
    """One tab for each who opens pages, used again for every page; the accounts are logged in."""
    instance = gallery.copied(furnished[0], tmp_path_factory.mktemp("pages") / "instance")
    app = gallery.open_site(Settings(instance=instance), narrow_encoder)
    with served(app) as address:
        found = {}
        for who in ("anyone", "vera", "ada"):
            found[who] = chrome.new_context(base_url=address, **DESK).new_page()
            if who != "anyone":
                log_in(found[who], who)
        yield found
        for tab in found.values():
            tab.context.close()
    with app.app_context():
        db.engine.dispose()


def log_in(tab: Tab, who: str) -> None:
    tab.goto("/login")
    tab.locator("main input[name=email]").fill(f"{who}@example.org")
    tab.locator("main input[name=password]").fill(PASSWORD)
    tab.keyboard.press("Enter")
    tab.wait_for_url(lambda address: "/login" not in address)


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_everybody_can_use_the_page(tabs: dict[str, Tab], furnished: tuple[Path, dict[str, str]], page: Page) -> None:
    tab = tabs[page.who]
    tab.emulate_media(color_scheme="light")
    tab.set_viewport_size(WIDE)
    answer = tab.goto(page.path.format(**furnished[1]))
    assert answer and answer.status == page.status
    tab.evaluate(Axe().axe_script)
    found = findings(tab, "desk")
    tab.evaluate("document.querySelectorAll('main details').forEach((folded) => { folded.open = true; })")
    tab.set_viewport_size(PHONE)
    found += findings(tab, "phone")
    tab.set_viewport_size(ZOOMED)
    settled(tab)
    if overflow(tab) > 0:
        found += [f"too wide at 400 %: {element}" for element in tab.evaluate(TOO_WIDE)]
    found += [f"cut off at 400 %: {element}" for element in tab.evaluate(CUT_OFF)]
    assert found == [], "\n".join(found)


def settled(tab: Tab) -> None:
    """Wait until the page is drawn as it now is."""
    tab.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def findings(tab: Tab, width: str) -> list[str]:
    """What axe finds in the light, and of colours in the dark; and whether the page is wider than the window."""
    settled(tab)
    found = [f"{width}: {said}" for said in tab.evaluate(FINDINGS.format(f"document, {ALL}"))]
    tab.emulate_media(color_scheme="dark")
    settled(tab)
    found += [f"{width}, dark: {said}" for said in tab.evaluate(FINDINGS.format(f"document, {COLOURS}"))]
    tab.emulate_media(color_scheme="light")
    return found + ([f"{width}: scrolls sideways"] if overflow(tab) > 0 else [])
