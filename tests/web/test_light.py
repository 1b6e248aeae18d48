"""What makes the pages light and installable: compression, small pictures, the manifest and its icons."""

from __future__ import annotations

import gzip
import io
import json
from html import unescape
from urllib.parse import urljoin

import brotli
import pytest
from flask import Flask
from PIL import Image as Pil

from app.language import LANGUAGES

ROOT_FILES = ("/static/css/pinakes.css", "/static/js/search.js")


@pytest.mark.parametrize("path", ["/", "/works", *ROOT_FILES])
def test_text_is_sent_compressed(site: Flask, path: str) -> None:
    client = site.test_client()
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    small = client.get(path, headers={"Accept-Encoding": "gzip, br"})
    other = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers and small.headers["Content-Encoding"] == "br"
    assert "Accept-Encoding" in small.headers["Vary"]
    if path in ROOT_FILES:
        assert brotli.decompress(small.data) == gzip.decompress(other.data) == plain.data
    assert len(small.data) < len(plain.data) / 2


def test_what_is_compressed_need_not_be_sent_twice(site: Flask) -> None:
    client = site.test_client()
    first = client.get("/static/css/pinakes.css", headers={"Accept-Encoding": "br"})
    again = {"Accept-Encoding": "br", "If-None-Match": first.headers["ETag"]}
    assert client.get("/static/css/pinakes.css", headers=again).status_code == 304


def test_pictures_are_not_compressed_a_second_time(site: Flask) -> None:
    answer = site.test_client().get("/examples/0/400.jpg", headers={"Accept-Encoding": "br"})
    assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("path", ["/examples/0/400", "/pictures/1/400"])
def test_small_pictures_come_as_webp_too(site: Flask, path: str) -> None:
    light, usual = (site.test_client().get(f"{path}.{kind}") for kind in ("webp", "jpg"))
    assert light.mimetype == "image/webp" and len(light.data) < 0.7 * len(usual.data)
    with Pil.open(io.BytesIO(light.data)) as one, Pil.open(io.BytesIO(usual.data)) as other:
        assert one.format == "WEBP" and one.size == other.size
    assert site.test_client().get(f"{path}.png").status_code == 404


def test_the_manifest_and_its_icons_are_there(bare_site: Flask) -> None:
    client = bare_site.test_client()
    address = "/manifest/en.webmanifest"
    assert f'<link rel="manifest" href="{address}' in client.get("/login").text
    answer = client.get(address)
    assert answer.mimetype == "application/manifest+json"
    manifest = json.loads(answer.data)
    assert urljoin(address, manifest["start_url"]) == urljoin(address, manifest["scope"]) == "/"
    assert manifest["display"] == "standalone" and manifest["name"] == "Pinakes"
    for icon in manifest["icons"]:
        found = client.get(urljoin(address, icon["src"]))
        assert found.status_code == 200 and found.mimetype == icon["type"]
        if icon["type"] == "image/png":
            with Pil.open(io.BytesIO(found.data)) as image:
                assert "x".join(map(str, image.size)) == icon["sizes"]
    assert {icon.get("purpose", "any") for icon in manifest["icons"]} == {"any", "maskable"}


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_manifest_speaks_the_language_of_the_page(bare_site: Flask, code: str) -> None:
    client = bare_site.test_client()
    address = f"/manifest/{code}.webmanifest"
    page = unescape(client.get("/login", headers={"Accept-Language": code}).text)
    assert f'<link rel="manifest" href="{address}"' in page
    manifest = json.loads(client.get(address).data)  # without any header that tells a language, as browsers ask for it
    assert manifest["lang"] == code and f'content="{manifest["description"]}"' in page
    assert client.get("/manifest/xx.webmanifest").status_code == 404


def test_a_mask_may_cut_the_icon_round(bare_site: Flask) -> None:
    """Outside the middle 80 % (a circle) there is only ground: what a phone cuts off is nothing."""
    with Pil.open(io.BytesIO(bare_site.test_client().get("/static/icons/maskable-512.png").data)) as image:
        pixels = image.convert("RGB").load()
    assert pixels is not None
    ground = pixels[0, 0]
    outside = {pixels[x, y] for x in range(0, 512, 3) for y in range(0, 512, 3) if (x - 256) ** 2 + (y - 256) ** 2 > 205**2}
    assert outside == {ground} and pixels[256, 300] == (255, 255, 255)
