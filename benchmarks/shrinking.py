"""What making a photo smaller in the browser costs: 12-megapixel photos asked whole, and as the page sends them.

    .venv/bin/python -m benchmarks.shrinking http://127.0.0.1:8000 instance/demo --photos 24

The site must be running on the demo collection. Its own script makes the photos smaller (static/js/search.js, in Chromium),
its own API answers both. The photos are the demo's, enlarged to 4,000 px with the noise of a sensor; the result is kept in
results/shrinking.json.
"""

from __future__ import annotations

import argparse
import base64
import csv
import io
import json
import shutil
import statistics
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

LONG_SIDE = 4000
NOISE = 5.0  # standard deviation of the sensor's noise, grey levels
QUALITY = 90
KEPT = Path(__file__).parent / "results" / "shrinking.json"
SMALLER = """async (data) => {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const photo = await smaller(new File([bytes], "photo.jpg", { type: "image/jpeg" }));
    const address = await new Promise((done) => {
        const reader = new FileReader();
        reader.onload = () => done(reader.result);
        reader.readAsDataURL(photo);
    });
    return address.split(",")[1];
}"""


def large(path: Path, seed: int) -> bytes:
    """The photo as a phone of 12 megapixels would have taken it: JPEG of several megabytes."""
    with Image.open(path) as photo:
        scale = LONG_SIDE / max(photo.size)
        size = (round(photo.width * scale), round(photo.height * scale))
        pixels = np.asarray(photo.convert("RGB").resize(size, Image.Resampling.BICUBIC), np.float32)
    pixels = pixels + np.random.default_rng(seed).normal(0, NOISE, (*pixels.shape[:2], 1)).astype(np.float32)
    out = io.BytesIO()
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def answer(site: str, data: bytes) -> dict[str, Any]:
    """Verdict, best work and its details that fit, by the site's API."""
    request = urllib.request.Request(f"{site}/api/v1/search", data=data, headers={"Content-Type": "image/jpeg"})
    with urllib.request.urlopen(request, timeout=120) as response:
        found = json.load(response)
    best = found["matches"][0] if found["matches"] else {}
    return {"verdict": found["verdict"], "work": best.get("artwork_id"), "inliers": best.get("inliers", 0)}


def measure(page: Page, site: str, photo: dict[str, str], folder: Path, seed: int) -> dict[str, Any]:
    data = large(folder / photo["photo"], seed)
    small = base64.b64decode(page.evaluate(SMALLER, base64.b64encode(data).decode()))
    whole, sent = answer(site, data), answer(site, small)
    return {**photo, "bytes": len(data), "sent_bytes": len(small), "whole": whole, "sent": sent}


def spread(photos: list[dict[str, str]], most: int) -> list[dict[str, str]]:
    return [photos[place * len(photos) // most] for place in range(min(most, len(photos)))]


def said(found: dict[str, Any]) -> tuple[str, str | None]:
    """What a visitor is told: the verdict, and the work unless it is that there is none."""
    return found["verdict"], None if found["verdict"] == "not_in_catalogue" else found["work"]


def summary(rows: list[dict[str, Any]]) -> dict[str, int]:
    return {
        "photos": len(rows),
        "median_bytes": round(statistics.median(row["bytes"] for row in rows)),
        "median_sent_bytes": round(statistics.median(row["sent_bytes"] for row in rows)),
        "most_sent_bytes": max(row["sent_bytes"] for row in rows),
        "same_answer": sum(said(row["whole"]) == said(row["sent"]) for row in rows),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("site")
    parser.add_argument("demo", type=Path)
    parser.add_argument("--photos", type=int, default=24)
    given = parser.parse_args()
    with (given.demo / "photos.csv").open(encoding="utf-8", newline="") as file:
        photos = spread(list(csv.DictReader(file)), given.photos)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(given.site)
        rows = [measure(page, given.site, photo, given.demo, number) for number, photo in enumerate(photos)]
        browser.close()
    kept = {"summary": summary(rows), "photos": rows}
    KEPT.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(kept["summary"]))


if __name__ == "__main__":
    main()
