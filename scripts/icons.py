"""Draws the application's icons from static/icon.svg: `.venv/bin/python scripts/icons.py`. Run it after a change of the drawing."""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

STATIC = Path(__file__).resolve().parent.parent / "static"
GROUND = "#b0341b"  # the drawing's own ground, which a phone's mask cuts into whatever shape it likes
# name → (side in pixels, share of the side that the drawing takes: a mask may cut all but the middle 80 %)
ICONS = {"icon-192": (192, 1.0), "icon-512": (512, 1.0), "maskable-512": (512, 0.86), "apple-touch-180": (180, 0.92)}
COLOURS = 32  # red, white and the steps between them


def page(drawing: str, side: int, share: float) -> str:
    """A page of `side` pixels with the drawing in its middle, on its own ground."""
    inner = round(side * share)
    frame = f"margin:0;width:{side}px;height:{side}px;background:{GROUND};display:grid;place-items:center"
    return f'<body style="{frame}"><div style="width:{inner}px;height:{inner}px">{drawing}</div></body>'


def draw() -> None:
    drawing = (STATIC / "icon.svg").read_text(encoding="utf-8")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("No Chromium here to draw with; install the package chromium.")
    (STATIC / "icons").mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for name, (side, share) in ICONS.items():
            view = browser.new_page(viewport={"width": side, "height": side})
            view.set_content(page(drawing, side, share))
            with Image.open(io.BytesIO(view.screenshot())) as shot:
                few = shot.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
                few.save(STATIC / "icons" / f"{name}.png", optimize=True)
        browser.close()


if __name__ == "__main__":
    draw()
