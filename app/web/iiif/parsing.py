"""The words of an image address → what is asked for. IIIF Image API 3.0, section 4; pure functions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from app.web.iiif.errors import BAD_REQUEST, NOT_IMPLEMENTED, IiifError

FORMATS = ("jpg", "png", "webp")
KNOWN_FORMATS = (*FORMATS, "gif", "jp2", "pdf", "tif")  # section 4.5
QUALITIES = ("default", "color", "gray", "bitonal")
INTEGER = r"([0-9]{1,9})"
DECIMAL = r"([0-9]{1,9}(?:\.[0-9]{1,10})?)"
PIXELS = re.compile(",".join([INTEGER] * 4))
PERCENT = re.compile("pct:" + ",".join([DECIMAL] * 4))
SIZE = re.compile(rf"(!?){INTEGER}?,{INTEGER}?")
SIZE_PERCENT = re.compile(f"pct:{DECIMAL}")
ROTATION = re.compile(f"(!?){DECIMAL}")


@dataclass(frozen=True)
class Region:
    """Which part: all of it, the square in its middle, or a box (x, y, width, height) in pixels or in percent of the sides."""

    kind: Literal["full", "square", "pixels", "percent"]
    box: tuple[float, float, float, float] = (0, 0, 0, 0)


@dataclass(frozen=True)
class Size:
    """How large. `width` and `height` are None where the other side decides; `within`: both are limits that keep the shape."""

    kind: Literal["max", "percent", "pixels", "within"]
    enlarge: bool = False  # ^
    width: int | None = None
    height: int | None = None
    percent: float = 100


@dataclass(frozen=True)
class Asked:
    """One request for an image."""

    region: Region
    size: Size
    mirrored: bool
    degrees: float  # clockwise, 0 ≤ degrees < 360
    quality: str
    format: str


def parse(region: str, size: str, rotation: str, quality: str, format: str) -> Asked:
    """The five parts of an address. Raises IiifError naming the part that cannot be understood."""
    mirrored, degrees = parse_rotation(rotation)
    return Asked(parse_region(region), parse_size(size), mirrored, degrees, parse_quality(quality), parse_format(format))


def parse_region(text: str) -> Region:
    """`full`, `square`, `x,y,w,h` or `pct:x,y,w,h`."""
    if text == "full":
        return Region("full")
    if text == "square":
        return Region("square")
    if found := PIXELS.fullmatch(text):
        return Region("pixels", _four(found))
    if found := PERCENT.fullmatch(text):
        return Region("percent", _four(found))
    raise IiifError(BAD_REQUEST, f"The region {text!r} is none of full, square, x,y,w,h and pct:x,y,w,h.")


def _four(found: re.Match[str]) -> tuple[float, float, float, float]:
    x, y, width, height = (float(part) for part in found.groups())
    return x, y, width, height


def parse_size(text: str) -> Size:
    """`max`, `w,`, `,h`, `pct:n`, `w,h` or `!w,h`, each with ^ before it where enlarging is allowed."""
    enlarge, rest = text.startswith("^"), text.removeprefix("^")
    if rest == "max":
        return Size("max", enlarge)
    if found := SIZE_PERCENT.fullmatch(rest):
        return Size("percent", enlarge, percent=float(found[1]))
    found = SIZE.fullmatch(rest)
    if found and (found[2] or found[3]) and not (found[1] and not (found[2] and found[3])):
        width, height = (int(part) if part else None for part in (found[2], found[3]))
        return Size("within" if found[1] else "pixels", enlarge, width, height)
    raise IiifError(BAD_REQUEST, f"The size {text!r} is none of max, w, and ,h and pct:n and w,h and !w,h, with or without ^.")


def parse_rotation(text: str) -> tuple[bool, float]:
    """`n` or `!n`: (mirrored left to right first?, degrees clockwise); 360 is 0."""
    found = ROTATION.fullmatch(text)
    if found is None or float(found[2]) > 360:
        raise IiifError(BAD_REQUEST, f"The rotation {text!r} is no number of degrees from 0 to 360, with or without ! before it.")
    return bool(found[1]), float(found[2]) % 360


def parse_quality(text: str) -> str:
    """One of `QUALITIES`."""
    if text not in QUALITIES:
        raise IiifError(BAD_REQUEST, f"The quality {text!r} is none of {', '.join(QUALITIES)}.")
    return text


def parse_format(text: str) -> str:
    """One of `FORMATS`."""
    if text in FORMATS:
        return text
    known = text in KNOWN_FORMATS
    raise IiifError(NOT_IMPLEMENTED if known else BAD_REQUEST, f"The format {text!r} is none of {', '.join(FORMATS)}.")
