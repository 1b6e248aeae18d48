"""Pictures that were seen in a photo, whether or not they were recognised: each can be looked at alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase

import cv2
import numpy as np

from app import seeing
from app.engine.detection import overlap
from app.engine.types import Image
from app.usage.models import Search
from app.web import drawing, refining
from app.web.refining import Edit

CLAIMED = 0.5  # of the smaller area that a picture shares with a recognised work: then it is that work
WHOLE = 0.75  # of the photo that a picture covers: to look at it alone would show nothing new
TRIMMED = 0.5  # the same in a photo that was trimmed to a picture before: what is seen there is that picture again

Quad = list[list[float]]  # four corners [x, y] from top left clockwise


@dataclass(frozen=True)
class Part:
    """A picture in the photo that no work of the answer claims. `number` is its place among all that were seen, from 0."""

    number: int
    letter: str  # how the page tells it from others; empty where it is the only one
    outline: str  # corners in photo pixels for an SVG polygon
    spot: drawing.Point  # where the letter is written, percent of the photo's width and height
    edit: Edit  # the trims that leave it
    size: tuple[int, int]  # (width, height) of what is left, in photo pixels
    alone: bool  # whether looking at it alone leaves anything out


def seen_in(photo: Image) -> list[Quad]:
    """The pictures in a photo as the search will find them; corners as shares (0…1) of the photo's width and height.

    The search looks for them again: some 35 ms, spent before it waits for its turn, so that the page can show them at once.
    """
    size = (photo.shape[1], photo.shape[0])
    found: list[Quad] = [(quad / size).round(4).tolist() for quad in seeing.pictures_in(photo)]
    return found


def of(search: Search, claimed: Sequence[Quad]) -> list[Part]:
    """What was seen in the search's photo beyond the `claimed` regions of the works that it shows, in reading order."""
    if not search.photo_path:
        return []
    size = (search.photo_width, search.photo_height)
    free = [(number, quad) for number, quad in enumerate(seen(search)) if unclaimed(quad, claimed)]
    letters = ascii_uppercase if len(free) > 1 else [""]
    most = TRIMMED if search.way == "refine" else WHOLE
    return [_part(number, letter, quad, size, most) for (number, quad), letter in zip(free, letters, strict=False)]


def seen(search: Search) -> list[Quad]:
    """Corners in photo pixels of every picture that was seen, left to right; none in answers from before they were kept."""
    found: list[Quad] = search.result.get("detected", [])
    return sorted(found, key=lambda quad: (sum(x for x, _y in quad), sum(y for _x, y in quad)))


def unclaimed(quad: Quad, claimed: Sequence[Quad]) -> bool:
    """Whether a picture belongs to none of the regions."""
    corners = np.asarray(quad, np.float32)
    return all(overlap(corners, np.asarray(region, np.float32)) < CLAIMED for region in claimed)


def _part(number: int, letter: str, quad: Quad, size: tuple[int, int], most: float) -> Part:
    edit = refining.around(quad, size)
    alone = cv2.contourArea(np.asarray(quad, np.float32)) <= most * size[0] * size[1]
    left = (size[0] * (100 - edit.left - edit.right) / 100, size[1] * (100 - edit.top - edit.bottom) / 100)
    return Part(number, letter, drawing.polygon(quad), drawing.spot(quad[0], size), edit, (round(left[0]), round(left[1])), alone)
