"""Pictures inside a photograph, found by a small network that was trained on simulated gallery walls.

For every pixel it tells whether it belongs to a picture, and whether to a picture or its frame (`flask train detector`). Every
island of picture is one work; its quadrilaterals are that of the picture and, where a frame makes it much larger, that of the
frame: a catalogue shows a work with its frame or without, and one cannot know which.
"""

from __future__ import annotations

import threading
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from app.engine.detection import MAX_AREA, four_corners, ordered, overlap
from app.engine.types import Floats, Image

PATH = Path(__file__).resolve().parents[2] / "models_store" / "heads" / "pictures.xml"
SIDE = 256  # pixels of the square that the network sees, the photo in its upper left corner
GRAIN = 4  # pixels of it to one value of the maps
LIKELY = 0.5
MIN_SHARE = 0.01  # of the photo: below is a label
SAME = 0.7  # intersection over union above which picture and frame are one


class PictureDetector:
    """See the module. One call at a time."""

    def __init__(self, model: Path = PATH, *, threads: int = 2) -> None:
        import openvino as ov

        hints: dict[str, Any] = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"}
        self._request = ov.Core().compile_model(ov.Core().read_model(model), "CPU", hints).create_infer_request()
        self._lock = threading.Lock()

    def maps(self, photo: Image) -> Floats:
        """(h, w, 2) float32, 0…1: picture, and picture or frame; one value to GRAIN pixels of the photo at SIDE."""
        square, (height, width) = squared(photo)
        with self._lock:
            maps = np.array(self._request.infer([square[None].astype(np.float32)])[0][0], np.float32)
        return np.asarray(1 / (1 + np.exp(-maps[: -(-height // GRAIN), : -(-width // GRAIN)])), np.float32)

    def works(self, photo: Image) -> list[list[Floats]]:
        """Per work, largest first, its picture and its frame where that is much larger.

        Each (4, 2) float32 photo pixels from top left clockwise. Empty where no picture is seen.
        """
        scale = SIDE / max(photo.shape[:2]) / GRAIN
        return [[((quad + 0.5) / scale - 0.5).astype(np.float32) for quad in quads] for quads in quads_of_maps(self.maps(photo))]


@cache
def shipped() -> PictureDetector:
    """The one that comes with the application, opened once a process."""
    return PictureDetector()


def squared(photo: Image) -> tuple[Image, tuple[int, int]]:
    """The photo at SIDE pixels in the corner of a grey square, and its (height, width) there."""
    scale = SIDE / max(photo.shape[:2])
    height, width = (max(1, round(side * scale)) for side in photo.shape[:2])
    square = np.full((SIDE, SIDE, 3), 128, np.uint8)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    square[:height, :width] = cv2.resize(photo, (width, height), interpolation=way)
    return square, (height, width)


def quads_of_maps(maps: Floats) -> list[list[Floats]]:
    """Per work, largest first, its one or two quadrilaterals in pixels of the (h, w, 2) maps."""
    picture = (maps[..., 0] > LIKELY).astype(np.uint8)
    count, islands, statistics, _ = cv2.connectedComponentsWithStats(picture, connectivity=4)
    order = np.argsort(-statistics[1:, cv2.CC_STAT_AREA]) + 1
    owners = _nearest(islands)
    framed = maps[..., 1] > LIKELY
    works = []
    for island in order:
        if statistics[island, cv2.CC_STAT_AREA] < MIN_SHARE * picture.size:
            continue
        inner = _quad(_smooth(maps[..., 0], islands == island))
        outer = _quad(_smooth(maps[..., 1], framed & (owners == island)))
        kept = [quad for quad in (inner, outer) if quad is not None and cv2.contourArea(quad) <= MAX_AREA * picture.size]
        if len(kept) == 2 and intersection_over_union(kept[0], kept[1]) > SAME:
            kept = kept[1:]  # a thin frame: what is seen of it does no harm
        if kept:
            works.append(kept)
    return works


def _nearest(islands: Any) -> Any:
    """(h, w) int labels → the same, every pixel that has none given that of the island nearest to it."""
    if not islands.any():
        return islands
    _, nearest = cv2.distanceTransformWithLabels((islands == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    of_pixel = np.zeros(nearest.max() + 1, islands.dtype)
    there = islands > 0
    of_pixel[nearest[there]] = islands[there]
    return of_pixel[nearest]


def _quad(mask: Any) -> Floats | None:
    """The quadrilateral of a mask GRAIN times as fine as the maps, in pixels of the maps; None of an empty one."""
    contours = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0]
    if not contours:
        return None
    contour = max(contours, key=cv2.contourArea)
    hull = cv2.convexHull(contour)
    if cv2.contourArea(hull) < GRAIN**2:
        return None
    quad = four_corners(hull)
    if quad is None:
        quad = ordered(np.asarray(cv2.boxPoints(cv2.minAreaRect(hull)), np.float32))
    quad = straightened(quad, contour.reshape(-1, 2).astype(np.float32))
    return ((quad + 0.5) / GRAIN - 0.5).astype(np.float32)


def straightened(quad: Floats, contour: Floats) -> Floats:
    """(4, 2) corners anew: each side fitted to the (n, 2) contour points along it, corners left out, where it has enough."""
    lines = []
    for start, end in zip(quad, np.roll(quad, -1, axis=0), strict=True):
        length = max(float(np.linalg.norm(end - start)), 1e-6)
        along = (end - start) / length
        places = (contour - start) @ along / length
        beside = np.abs((contour - start) @ np.array((-along[1], along[0])))
        near = contour[(places > 0.08) & (places < 0.92) & (beside < max(2.0 * GRAIN, 0.06 * length))]
        if len(near) >= 8:
            dx, dy, x, y = cv2.fitLine(near, cv2.DIST_HUBER, 0, 0.01, 0.01).ravel()
            lines.append(np.cross((x, y, 1.0), (x + dx, y + dy, 1.0)))
        else:
            lines.append(np.cross((*start, 1.0), (*end, 1.0)))
    corners = [np.cross(before, line) for before, line in zip(np.roll(lines, 1, axis=0), lines, strict=True)]
    if any(abs(corner[2]) < 1e-6 for corner in corners):
        return quad
    better = np.array([corner[:2] / corner[2] for corner in corners], np.float32)
    return better if intersection_over_union(better, quad) > 0.7 and cv2.isContourConvex(better) else quad


def _smooth(likelihood: Floats, where: Any) -> Any:
    """The part of a map as a mask GRAIN times as fine, so that its edges lie between the values."""
    part = np.where(cv2.dilate(where.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0, likelihood, 0).astype(np.float32)
    fine = cv2.resize(part, None, fx=GRAIN, fy=GRAIN, interpolation=cv2.INTER_LINEAR)
    return (fine > LIKELY).astype(np.uint8)


def intersection_over_union(first: Floats, second: Floats) -> float:
    """Of two convex polygons, 0…1."""
    areas = [float(cv2.contourArea(polygon.astype(np.float32))) for polygon in (first, second)]
    shared = overlap(first, second) * min(areas)
    return shared / max(sum(areas) - shared, 1e-9)
