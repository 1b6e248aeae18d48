"""An account's whole life in a real browser, at a phone's and a desk's width; axe looks at every page on the way."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from app.accounts import users
from app.engine.encoders.vgg16_encoder import Vgg16Encoder
from app.extensions import db
from app.settings import Settings
from tests.web.browser import DESK, PHONE, flaws, overflow, page_of, served, write
from tests.web.gallery import copied, jpeg, on_wall, open_site, painting

pytestmark = pytest.mark.browser
PASSWORD = "a long enough password"
SCREENS = {"phone": PHONE, "desk": DESK}
WAIT_MS = 60_000


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, gallery_instance: Path, narrow_encoder: Vgg16Encoder) -> Iterator[str]:
    """A running site with an admin; its forms carry tokens as visitors have them."""
    instance = copied(gallery_instance, tmp_path_factory.mktemp("accounts") / "instance")
    app = open_site(Settings(instance=instance), narrow_encoder)
    with app.app_context():
        users.create("chief@example.org", "admin", PASSWORD)
    with served(app) as found:
        yield found
    with app.app_context():
        db.engine.dispose()


def clean(page: Page) -> None:
    """Nothing on the page bars anybody, and nothing sticks out of it."""
    assert flaws(page) == [], page.url
    assert overflow(page) == 0, page.url


def register(page: Page, email: str) -> None:
    page.goto("/register")
    clean(page)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password, once more").fill(PASSWORD)
    page.get_by_role("button", name="Make an account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Account")


@pytest.mark.parametrize("screen", SCREENS)
def test_an_account_from_its_first_day_to_its_last(chrome: Browser, address: str, screen: str, tmp_path: Path) -> None:
    email = f"{screen}@example.org"
    with page_of(chrome, address, **SCREENS[screen]) as page:
        register(page, email)
        expect(page.get_by_text("Nobody has confirmed yet")).to_be_visible()
        clean(page)
        ask(page, tmp_path)
        heart(page)
        link = collect_and_share(page)
        take_a_token(page)
        with page.expect_download() as download:
            page.get_by_role("button", name="Download everything").click()
        with zipfile.ZipFile(download.value.path()) as archive:
            told = {name: json.loads(archive.read(name)) for name in archive.namelist() if name.endswith(".json")}
            assert sum(name.startswith("photos/") for name in archive.namelist()) == 1
        assert [len(told[f"{name}.json"]) for name in ("searches", "favourites", "collections", "tokens")] == [1, 1, 1, 1]
        with page_of(chrome, address, **SCREENS[screen]) as other:
            other.goto(link)
            expect(other.get_by_role("heading", level=1)).to_have_text("For the talk")
            assert email not in other.content()
            clean(other)
            leave(page)
            assert other.goto(link).status == 404  # type: ignore[union-attr]


def ask(page: Page, folder: Path) -> None:
    """Ask about a photo; it is among the searches, with its picture."""
    page.goto("/")
    photo = write(folder / "photo.jpg", jpeg(on_wall([painting(0)])))
    page.locator("input[type=file]").first.set_input_files(photo)
    page.wait_for_url("**/searches/*", timeout=WAIT_MS)
    page.goto("/me/searches")
    expect(page.get_by_text("1 search.")).to_be_visible()
    assert page.locator(".grid img").first.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    clean(page)
    page.get_by_role("link", name=re.compile("^Venus and Adonis")).click()


def heart(page: Page) -> None:
    """Like the work on the page of its answer, and find it among the favourites."""
    button = page.get_by_role("button", name=re.compile("^Favourite"))
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(button).to_be_in_viewport()
    page.goto("/me/favourites")
    clean(page)
    page.get_by_role("link", name=re.compile("^Venus and Adonis")).click()


def collect_and_share(page: Page) -> str:
    """Put the work of the page into a new collection and share that; the public link."""
    page.locator(".collect > summary").click()
    page.get_by_label("New collection").fill("For the talk")
    clean(page)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("Put into “For the talk”.")).to_be_visible()
    page.goto("/me/collections")
    clean(page)
    page.get_by_role("link", name=re.compile("For the talk")).click()
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Whoever has this link").input_value()
    clean(page)
    return link


def take_a_token(page: Page) -> None:
    """Make a token, which is shown once and works; then back to the account."""
    page.goto("/me/tokens")
    page.get_by_label("Name").fill("my script")
    page.get_by_label("Read my searches").check()
    page.get_by_role("button", name="Make the token").click()
    secret = page.get_by_label("The token").input_value()
    clean(page)
    answer = page.request.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"})
    assert answer.json()["token"]["name"] == "my script"
    page.goto("/me")


def leave(page: Page) -> None:
    """Delete the account: a wrong password first, then the right one."""
    page.get_by_role("link", name="Delete the account").click()
    for password, said in (("not this one", "1 collection, and its link"), (PASSWORD, "This is not your password.")):
        expect(page.get_by_text(said)).to_be_visible()
        clean(page)
        page.get_by_label("Your password, to be sure").fill(password)
        page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_text("Your account is deleted, and everything in it.")).to_be_visible()
    page.goto("/me")
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")


@pytest.mark.parametrize("screen", SCREENS)
def test_collections_without_an_account(chrome: Browser, address: str, screen: str, tmp_path: Path) -> None:
    with page_of(chrome, address, **SCREENS[screen]) as page:
        page.goto("/")
        photo = write(tmp_path / "photo.jpg", jpeg(on_wall([painting(0)])))
        page.locator("input[type=file]").first.set_input_files(photo)
        page.wait_for_url("**/searches/*", timeout=WAIT_MS)
        page.locator(".collect > summary").first.click()
        page.get_by_label("New collection").first.fill("Seen today")
        clean(page)
        page.get_by_role("button", name="Add").first.click()
        expect(page.get_by_text("In your collections:")).to_be_in_viewport()
        page.get_by_role("link", name="Seen today").click()
        page.get_by_role("button", name="Make a link").click()
        link = page.get_by_label("Whoever has this link").input_value()
        clean(page)
        with page.expect_download() as download:
            page.get_by_role("link", name="CSV").click()
        assert "Venus and Adonis" in Path(download.value.path()).read_text()
        with page_of(chrome, address, **SCREENS[screen]) as other:
            other.goto(link)
            expect(other.get_by_role("heading", level=1)).to_have_text("Seen today")
            clean(other)
        page.goto("/me/favourites")
        clean(page)
        register(page, f"guest-{screen}@example.org")
        page.goto("/me/collections")
        expect(page.get_by_role("link", name=re.compile("Seen today"))).to_be_visible()
        assert page.request.get(link).status == 200  # the link goes along


def as_chief(page: Page, place: str) -> None:
    """Log in as the admin, who comes to the place."""
    page.goto(f"/login?next={place}")
    page.get_by_label("E-mail").fill("chief@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


@pytest.mark.parametrize("screen", SCREENS)
def test_an_invitation_from_the_admin_to_the_first_log_in(chrome: Browser, address: str, screen: str) -> None:
    email = f"invited-{screen}@example.org"
    with page_of(chrome, address, **SCREENS[screen]) as staff, page_of(chrome, address, **SCREENS[screen]) as page:
        as_chief(staff, "/admin/accounts")
        staff.get_by_label("E-mail address").first.fill(email)
        staff.get_by_role("button", name="Invite", exact=True).click()
        row = staff.locator("#invited tr", has_text=email)
        expect(row).to_contain_text("curator")
        clean(staff)
        row.get_by_role("button", name="Send the invitation").click()
        row.get_by_role("link", name="kept here").click()
        link = str(staff.locator(".mail-text a[href*=invitations]").get_attribute("href"))
        page.goto(link)
        clean(page)
        for label in ("Password", "Password, once more"):
            page.get_by_label(label, exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Make the account").click()
        expect(page.get_by_text("your address is confirmed")).to_be_visible()
        clean(page)
        page.goto(link)
        expect(page.get_by_text("This link has been used")).to_be_visible()
        clean(page)
        staff.goto("/admin/accounts")
        expect(staff.get_by_role("heading", name="Open invitations")).to_have_count(0)


def test_a_forgotten_password_with_the_help_of_the_staff(chrome: Browser, address: str) -> None:
    with page_of(chrome, address, **PHONE) as page, page_of(chrome, address, **DESK) as staff:
        register(page, "forgetful@example.org")
        page.get_by_role("button", name="Log out on all devices").click()
        expect(page.get_by_text("You are logged out on all devices.")).to_be_visible()
        page.get_by_role("link", name="Forgotten your password?").click()
        page.get_by_label("E-mail").fill("forgetful@example.org")
        page.get_by_role("button", name="Ask for the link").click()
        expect(page.get_by_text("its staff now have the link")).to_be_visible()
        clean(page)
        as_chief(staff, "/admin/mail?to=forgetful")
        expect(staff.get_by_role("heading", level=1)).to_have_text("Mail")
        clean(staff)
        staff.get_by_role("link", name="Set a new password").click()
        link = str(staff.locator(".mail-text a[href*=reset]").get_attribute("href"))
        clean(staff)
        page.goto(link)
        page.get_by_label("New password", exact=True).fill("quite another one")
        page.get_by_label("New password, once more").fill("quite another one")
        clean(page)
        page.get_by_role("button", name="Set the password").click()
        page.get_by_label("E-mail").fill("forgetful@example.org")
        page.get_by_label("Password").fill("quite another one")
        page.get_by_role("button", name="Log in").click()
        page.goto("/me")
        expect(page.get_by_text("forgetful@example.org").last).to_be_visible()
