"""What is asked for, laid onto one picture: pixels in, pixels out, and the canonical address. Pure functions."""

from __future__ import annotations

import math
from dataclasses import dataclass

from app.web.iiif.errors import BAD_REQUEST, NOT_FOUND, IiifError
from app.web.iiif.parsing import Asked, Region, Size

MAX_SIDE = 8192
MAX_AREA = 4096 * 4096  # pixels of one answer: 48 MB while it is made
Box = tuple[int, int, int, int]  # x, y, width, height
Sides = tuple[int, int]  # width, height


@dataclass(frozen=True)
class Plan:
    """One image to make: this box of the upright picture, at this size, then mirrored, then turned."""

    box: Box
    size: Sides
    mirrored: bool
    degrees: float
    quality: str
    format: str
    canonical: str  # the address behind the identifier, in the one form that all equal requests share


def plan(asked: Asked, picture: Sides) -> Plan:
    """`picture`: width and height. Raises IiifError for a region outside, a size that would enlarge without ^ or is too large."""
    box = region_box(asked.region, picture)
    size = target_size(asked.size, box[2:])
    canonical = "/".join(
        (
            _canonical_region(box, picture),
            _canonical_size(asked.size, box[2:], size),
            ("!" if asked.mirrored else "") + f"{asked.degrees:.10f}".rstrip("0").rstrip("."),
            f"{asked.quality}.{asked.format}",
        )
    )
    return Plan(box, size, asked.mirrored, asked.degrees, asked.quality, asked.format, canonical)


def region_box(region: Region, picture: Sides) -> Box:
    """The region in pixels, cut at the picture's edges. Raises IiifError where nothing of the picture is in it."""
    width, height = picture
    if region.kind == "full":
        return 0, 0, width, height
    if region.kind == "square":
        side = min(picture)
        return (width - side) // 2, (height - side) // 2, side, side
    x, y, wide, high = region.box
    if region.kind == "percent":
        x, wide, y, high = x * width / 100, wide * width / 100, y * height / 100, high * height / 100
    left, top = round(x), round(y)
    right, bottom = min(width, round(x + wide)), min(height, round(y + high))
    if left >= right or top >= bottom:
        raise IiifError(BAD_REQUEST, f"The region holds nothing of the picture, which has {width} × {height} pixels.")
    return left, top, right - left, bottom - top


def target_size(size: Size, region: Sides) -> Sides:
    """Width and height of the answer in pixels, before it is turned."""
    if size.kind == "max":
        return _scaled(region, min(_to_limits(region), _unless(size.enlarge)))
    if size.kind == "within":
        scale = min((size.width or 0) / region[0], (size.height or 0) / region[1], _to_limits(region), _unless(size.enlarge))
        if scale <= 0:
            raise IiifError(BAD_REQUEST, "A side of 0 pixels was asked for.")
        return _scaled(region, scale)
    wanted = _wanted(size, region)
    if min(wanted) < 1:
        raise IiifError(BAD_REQUEST, "A side of 0 pixels was asked for.")
    if not size.enlarge and (wanted[0] > region[0] or wanted[1] > region[1]):
        had = f"{region[0]} × {region[1]}"
        raise IiifError(BAD_REQUEST, f"The region has {had} pixels; more ({wanted[0]} × {wanted[1]}) is made only with ^.")
    if max(wanted) > MAX_SIDE or wanted[0] * wanted[1] > MAX_AREA:
        raise IiifError(NOT_FOUND, f"At most {MAX_SIDE} pixels a side and {MAX_AREA} in all are served; ask for a region or max.")
    return wanted


def _wanted(size: Size, region: Sides) -> Sides:
    if size.kind == "percent":
        scale = size.percent / 100
        wide, high = round(region[0] * scale), round(region[1] * scale)
        return (max(1, wide), max(1, high)) if scale else (0, 0)
    if size.width is None:
        high = size.height or 0
        return max(1, round(region[0] * high / region[1])), high
    if size.height is None:
        return size.width, max(1, round(region[1] * size.width / region[0]))
    return size.width, size.height


def _unless(enlarge: bool) -> float:
    return float("inf") if enlarge else 1.0


def _to_limits(region: Sides) -> float:
    """The scale at which the region just fits the limits."""
    width, height = region
    return min(MAX_SIDE / width, MAX_SIDE / height, math.sqrt(MAX_AREA / (width * height)))


def _scaled(region: Sides, scale: float) -> Sides:
    """Rounded, but never over the limits by that; no side below 1."""
    width, height = (max(1, round(side * scale)) for side in region)
    return (width, height) if width * height <= MAX_AREA else (max(1, int(region[0] * scale)), max(1, int(region[1] * scale)))


def _canonical_region(box: Box, picture: Sides) -> str:
    return "full" if box == (0, 0, *picture) else ",".join(map(str, box))


def _canonical_size(asked: Size, region: Sides, size: Sides) -> str:
    """Section 4.7: `max` or `^max` where that gives the same, else `w,h`, with ^ only where it enlarges."""
    if size == target_size(Size("max"), region):
        return "max"
    if asked.enlarge and size == target_size(Size("max", enlarge=True), region):
        return "^max"
    enlarged = size[0] > region[0] or size[1] > region[1]
    return f"{'^' if enlarged else ''}{size[0]},{size[1]}"
