"""Images of a picture whose four quarters have four colours, from pixels at full and at reduced size."""

from __future__ import annotations

import io
import threading

import numpy as np
import pytest
from PIL import Image as Pil

from app.engine.images import resize
from app.engine.types import Image
from app.web.iiif.decoded import Decoded, reduction
from app.web.iiif.parsing import parse
from app.web.iiif.planning import plan
from app.web.iiif.rendering import render

RED, GREEN, BLUE, GOLD = (200, 20, 20), (20, 160, 40), (30, 40, 190), (220, 180, 30)
SIZE = (640, 480)


def quarters() -> Image:
    """uint8 RGB (480, 640, 3): red | green over blue | gold."""
    image = np.zeros((480, 640, 3), np.uint8)
    image[:240, :320], image[:240, 320:], image[240:, :320], image[240:, 320:] = RED, GREEN, BLUE, GOLD
    return image


def drawn(address: str) -> Pil.Image:
    region, size, rotation, last = address.split("/")
    wanted = plan(parse(region, size, rotation, *last.split(".")), SIZE)
    data = render(wanted, SIZE, lambda step: resize(quarters(), 640 // step))
    return Pil.open(io.BytesIO(data))


def corners(image: Pil.Image) -> list[tuple[int, ...]]:
    """Colours near the four corners: top left, top right, bottom left, bottom right."""
    wide, high = image.size
    rgb = image.convert("RGB")
    return [rgb.getpixel((x, y)) for y in (high // 8, high * 7 // 8) for x in (wide // 8, wide * 7 // 8)]


def alike(found: list[tuple[int, ...]], expected: list[tuple[int, int, int]]) -> bool:
    return bool(np.abs(np.subtract(found, expected)).max() <= 4)


@pytest.mark.parametrize(
    ("address", "size", "expected"),
    [
        ("full/max/0/default.jpg", (640, 480), [RED, GREEN, BLUE, GOLD]),
        ("full/100,/0/default.png", (100, 75), [RED, GREEN, BLUE, GOLD]),
        ("full/37,41/0/color.webp", (37, 41), [RED, GREEN, BLUE, GOLD]),
        ("full/^800,/0/default.png", (800, 600), [RED, GREEN, BLUE, GOLD]),
        ("square/max/0/default.png", (480, 480), [RED, GREEN, BLUE, GOLD]),
        ("320,0,320,480/max/0/default.png", (320, 480), [GREEN, GREEN, GOLD, GOLD]),
        ("pct:25,25,50,50/160,/0/default.png", (160, 120), [RED, GREEN, BLUE, GOLD]),
        ("full/max/90/default.png", (480, 640), [BLUE, RED, GOLD, GREEN]),
        ("full/max/180/default.png", (640, 480), [GOLD, BLUE, GREEN, RED]),
        ("full/max/270/default.png", (480, 640), [GREEN, GOLD, RED, BLUE]),
        ("full/max/!0/default.png", (640, 480), [GREEN, RED, GOLD, BLUE]),
        ("full/max/!90/default.png", (480, 640), [GOLD, GREEN, BLUE, RED]),  # mirrored first, then turned
    ],
)
def test_region_size_and_turn(address: str, size: tuple[int, int], expected: list[tuple[int, int, int]]) -> None:
    image = drawn(address)
    assert image.size == size and alike(corners(image), expected)


def test_a_slanted_turn_leaves_clear_corners_where_the_format_can_and_white_ones_where_not() -> None:
    clear, white = drawn("full/max/45/default.png"), drawn("full/max/45/default.jpg")
    assert clear.size == white.size and clear.size[0] > 780
    assert clear.getpixel((2, 2))[3] == 0 and min(white.getpixel((2, 2))) > 250
    assert alike([clear.getpixel((clear.width // 2, 130))[:3]], [RED])  # what was top left is on top
    assert drawn("full/100,/10/gray.png").mode == "LA" and drawn("full/100,/10/bitonal.webp").mode == "RGBA"


def test_gray_and_bitonal() -> None:
    assert drawn("full/max/0/gray.jpg").mode == "L"
    two = drawn("full/max/0/bitonal.png")
    assert two.mode == "1" and {two.convert("L").getcolors()[i][1] for i in range(2)} == {0, 255}
    assert drawn("full/max/0/bitonal.jpg").mode == "L"


def test_tiles_of_a_reduced_picture_meet_without_a_seam() -> None:
    ramp = np.repeat(np.linspace(0, 255, 640).astype(np.uint8)[None, :, None], 480, axis=0).repeat(3, axis=2)
    parts = []
    for x in (0, 224, 448):  # these edges do not fall on pixels of the reduced picture
        wanted = plan(parse(f"{x},0,224,480", f"{min(224, 640 - x) * 3 // 7},", "0", "default", "png"), SIZE)
        parts.append(np.asarray(Pil.open(io.BytesIO(render(wanted, SIZE, lambda step: resize(ramp, 640 // step))))))
    row = np.concatenate([part[5, :, 0] for part in parts]).astype(int)
    assert len(row) == 274 and np.diff(row).min() >= 0 and np.diff(row).max() <= 3


@pytest.mark.parametrize(("scale", "step"), [(2.0, 1), (1.0, 1), (0.51, 1), (0.5, 2), (0.2, 4), (0.125, 8), (0.01, 8)])
def test_a_picture_is_never_reduced_below_what_is_asked(scale: float, step: int) -> None:
    assert reduction(scale) == step


def test_threads_share_one_decoding_and_what_is_kept_is_bounded() -> None:
    made: list[int] = []
    started = threading.Barrier(6)

    def make() -> Image:
        made.append(1)
        return np.zeros((256, 1024, 3), np.uint8)  # 0.75 MB

    def ask() -> None:
        started.wait()
        held.get(("a", 1), make)

    held = Decoded(keep_mb=2)
    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    for name, total in (("b", 2), ("a", 2), ("c", 3), ("a", 3), ("b", 4)):  # two fit: `b`, seen longest ago, goes for `c`
        held.get((name, 1), make)
        assert (name, len(made)) == (name, total) and held.bytes <= 2 * 1024 * 1024
    small = Decoded(keep_mb=0.5)
    small.get(("a", 1), make)
    assert small.bytes == 0
