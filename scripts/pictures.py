"""Take the pictures of the README anew from a running demo instance (`make run`): docs/pictures/*.webp.

    .venv/bin/python scripts/pictures.py http://127.0.0.1:8000 --email admin@example.org --password …

The re-index page is taken while an index is built (with a preset that was not built before, so that there is time), the
statistics as they stand. Needs Chromium and the packages of the tests.
"""

from __future__ import annotations

import argparse
import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

OUT = Path(__file__).parent.parent / "docs" / "pictures"
DESK = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
# fingers instead of a mouse: 2 is coarse for pointers, 1 is none for hovering
FINGERS = "--blink-settings=primaryPointerType=2,availablePointerTypes=2,primaryHoverType=1,availableHoverTypes=1"
WIDE, QUALITY = 1120, 78
WAIT_MS = 120_000
FROM_ONE_SIDE = 1  # the example photo that is asked about


def kept(name: str, picture: Image.Image, width: int = WIDE) -> None:
    """Write one picture, small."""
    small = picture.resize((width, round(picture.height * width / picture.width)), Image.Resampling.LANCZOS)
    small.save(OUT / f"{name}.webp", quality=QUALITY, method=6)
    print(name, small.size, (OUT / f"{name}.webp").stat().st_size // 1024, "KB")


def seen(page: Page, height: int = 0) -> Image.Image:
    """The window as it is, or the page down to a height."""
    page.wait_for_load_state("networkidle")
    clip = {"x": 0, "y": 0, "width": page.viewport_size["width"], "height": height} if height and page.viewport_size else None
    return Image.open(io.BytesIO(page.screenshot(full_page=bool(clip), clip=clip))).convert("RGB")  # type: ignore[arg-type]


def answered(page: Page) -> None:
    page.goto("/")
    page.locator("button[name=example]").nth(FROM_ONE_SIDE).click()
    page.wait_for_url("**/searches/*", timeout=WAIT_MS)


def proof(page: Page) -> None:
    page.locator("[data-opens]").first.click()
    page.wait_for_load_state("networkidle")


def desk(browser: Browser, address: str) -> None:
    page = browser.new_context(base_url=address, **DESK).new_page()  # type: ignore[arg-type]
    page.goto("/")
    kept("home", seen(page))
    answered(page)
    proof(page)
    page.evaluate("scrollTo(0, 0)")
    kept("result", seen(page, 1640))


def phone(browser: Browser, address: str) -> None:
    """The home page, an answer and its proof side by side."""
    page = browser.new_context(base_url=address, **PHONE).new_page()  # type: ignore[arg-type]
    page.goto("/")
    shots = [seen(page)]
    answered(page)
    shots.append(seen(page))
    proof(page)
    shots.append(seen(page))
    gap = 40
    sheet = Image.new("RGB", (sum(shot.width for shot in shots) + gap * (len(shots) - 1), shots[0].height), "white")
    for place, shot in enumerate(shots):
        sheet.paste(shot, (place * (shot.width + gap), 0))
    kept("phone", sheet)


def staff(browser: Browser, address: str, email: str, password: str) -> None:
    page = browser.new_context(base_url=address, **DESK).new_page()  # type: ignore[arg-type]
    page.goto("/login")
    page.locator("input[name=email]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("form .button.main").click()
    page.wait_for_load_state("networkidle")
    page.goto("/statistics/")
    kept("statistics", seen(page, 1060))
    page.goto("/admin/index")
    page.locator("select[name=preset]").select_option("cam")
    page.locator("main form .button.main").first.click()
    page.wait_for_load_state("networkidle")
    page.goto("/admin/index")
    page.locator("progress").first.wait_for(timeout=WAIT_MS)
    while page.locator("progress").first.evaluate("bar => bar.value") < 0.2:
        page.wait_for_timeout(500)
    kept("reindex", Image.open(io.BytesIO(page.screenshot(clip={"x": 0, "y": 0, "width": 1280, "height": 740}))).convert("RGB"))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("address")
    options.add_argument("--email", default="")
    options.add_argument("--password", default="")
    given = options.parse_args()
    path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        for flags, takes in (([], desk), ([FINGERS], phone)):
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", *flags])
            takes(browser, given.address)
            if given.email and takes is desk:
                staff(browser, given.address, given.email, given.password)
            browser.close()


if __name__ == "__main__":
    main()
