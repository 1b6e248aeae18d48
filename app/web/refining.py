"""Changing a photo before it is asked about again: mirror, turn, tilt, trim. What was done is the query of the page's address.

Trims are counted off the edges of the picture as it stands after the rest, in percent: what one sees is what one trims. So two
trims after one another add up without touching the rest, and the photo that was sent first stays the source of each change.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from app.engine.types import Image

SIDES = ("left", "top", "right", "bottom")
LEAST = 5.0  # percent of a side that stays
MOST_TILT = 45.0
MARGIN = 3.0  # percent of the photo's side left around a part that was found in it
TURNS = (0, 90, 180, 270)


@dataclass(frozen=True)
class Edit:
    """What is done to a photo, in this order: mirrored, turned and tilted clockwise (degrees), trimmed (percent of a side)."""

    left: float = 0.0
    top: float = 0.0
    right: float = 0.0
    bottom: float = 0.0
    turn: int = 0
    tilt: float = 0.0
    mirror: bool = False

    @property
    def nothing(self) -> bool:
        return self == Edit()

    def arguments(self) -> dict[str, str]:
        """What differs from nothing, as an address writes it; `read` takes it back."""
        numbers = {name: f"{getattr(self, name):g}" for name in (*SIDES, "turn", "tilt") if getattr(self, name)}
        return {**numbers, "mirror": "1"} if self.mirror else numbers

    def untrimmed(self) -> Edit:
        return replace(self, left=0.0, top=0.0, right=0.0, bottom=0.0)

    def within(self, part: Edit) -> Edit:
        """This edit with the trims of `part`, which are counted in what this one leaves over."""
        wide, high = (100 - self.left - self.right) / 100, (100 - self.top - self.bottom) / 100
        return trimmed(
            self,
            self.left + part.left * wide,
            self.top + part.top * high,
            self.right + part.right * wide,
            self.bottom + part.bottom * high,
        )


def read(given: Mapping[str, str]) -> Edit:
    """The edit of an address or a form; what is missing is nothing, what is too much is cut, nonsense is left out."""
    turn = round(_number(given.get("turn", ""), -3600, 3600) / 90) * 90 % 360
    tilt = _number(given.get("tilt", ""), -MOST_TILT, MOST_TILT)
    mirror = given.get("mirror", "") in ("1", "on", "true")
    bare = Edit(turn=turn, tilt=round(tilt, 1) + 0.0, mirror=mirror)
    return trimmed(bare, *(_number(given.get(side, ""), 0, 100 - LEAST) for side in SIDES))


def trimmed(edit: Edit, left: float, top: float, right: float, bottom: float) -> Edit:
    """The edit with these trims, to a tenth; where two leave less than LEAST between them, the second gives way."""
    left, top = round(min(left, 100 - LEAST), 1), round(min(top, 100 - LEAST), 1)
    right, bottom = round(min(right, 100 - LEAST - left), 1), round(min(bottom, 100 - LEAST - top), 1)
    return replace(edit, left=left, top=top, right=right, bottom=bottom)


def around(region: Sequence[Sequence[float]], size: tuple[int, int]) -> Edit:
    """The trims that leave a region of the photo and a little around it. region: corners in pixels; size: (width, height)."""
    xs, ys = [100 * x / size[0] for x, _y in region], [100 * y / size[1] for _x, y in region]
    edges = (min(xs), min(ys), 100 - max(xs), 100 - max(ys))
    return trimmed(Edit(), *(max(0.0, edge - MARGIN) for edge in edges))


def apply(image: Image, edit: Edit) -> Image:
    """The photo as it is asked about: uint8 RGB (H, W, 3) in and out; no side falls below 1 pixel."""
    if edit.mirror:
        image = np.asarray(image[:, ::-1])
    image = np.asarray(np.rot90(image, -edit.turn // 90))  # rot90 counts against the clock
    if edit.tilt:
        image = _tilted(image, edit.tilt)
    height, width = image.shape[:2]
    x0, x1 = _span(width, edit.left, edit.right)
    y0, y1 = _span(height, edit.top, edit.bottom)
    return np.ascontiguousarray(image[y0:y1, x0:x1])


def _tilted(image: Image, degrees: float) -> Image:
    """Turned clockwise about its middle and enlarged just so much that no corner of the frame is empty."""
    height, width = image.shape[:2]
    scale = cover(width, height, degrees)
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -degrees, scale)  # OpenCV turns against the clock
    return np.asarray(cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def cover(width: float, height: float, degrees: float) -> float:
    """By how much a tilted frame must grow to cover itself as it stood; `cover` in static/js/refine.js is the same."""
    angle = math.radians(abs(degrees))
    return math.cos(angle) + max(width / height, height / width) * math.sin(angle)


def _span(size: int, before: float, after: float) -> tuple[int, int]:
    start = min(round(size * before / 100), size - 1)
    return start, max(start + 1, round(size * (100 - after) / 100))


def _number(text: str, least: float, most: float) -> float:
    """The number in a field, `2,5` as well as `2.5`, within its limits; 0 for nonsense."""
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        return 0.0
    return min(max(number, least), most) if math.isfinite(number) else 0.0
