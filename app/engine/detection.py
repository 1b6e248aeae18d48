"""Pictures inside a photograph: quadrilaterals of canvas or frame, and each of them rectified."""

from __future__ import annotations

import cv2
import numpy as np
from cv2.typing import MatLike

from app.engine.types import Floats, Image

WORK_SIDE = 480  # pixels; frames are large things, and edges at this size are already free of canvas texture
MIN_AREA, MAX_AREA = 0.05, 0.92  # of the photo: below is a label, above is the photo itself
MIN_FILL = 0.8  # area of the contour over that of its quadrilateral


def quadrilaterals(photo: Image, *, most: int = 3) -> list[Floats]:
    """At most `most` quadrilaterals, best first: (4, 2) float32 photo pixels from top left clockwise. Empty where none is seen."""
    height, width = photo.shape[:2]
    scale = min(1.0, WORK_SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), np.uint8)
    found = [quad for mask in _masks(small) for quad in _quads_of(mask)]
    found.sort(key=lambda scored: -scored[0])
    kept: list[Floats] = []
    for _, quad in found:
        if len(kept) < most and all(overlap(quad, other) < 0.3 for other in kept):
            kept.append(quad)
    return [((quad + 0.5) / scale - 0.5).astype(np.float32) for quad in kept]


def works(photo: Image) -> list[list[Floats]]:
    """The same, one quadrilateral to a work."""
    return [[quad] for quad in quadrilaterals(photo)]


def rectify(photo: Image, quad: Floats, *, long_side: int) -> Image:
    """The quadrilateral as an upright RGB picture, its sides as long as seen, at most `long_side` pixels."""
    top, right, bottom, left = (float(np.linalg.norm(quad[(i + 1) % 4] - quad[i])) for i in range(4))
    width, height = max(top, bottom, 1.0), max(left, right, 1.0)
    scale = min(1.0, long_side / max(width, height))
    size = max(32, round(width * scale)), max(32, round(height * scale))
    target = np.array([(0, 0), (size[0], 0), size, (0, size[1])], np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
    return np.asarray(cv2.warpPerspective(photo, matrix, size, flags=cv2.INTER_AREA), np.uint8)


def overlap(first: Floats, second: Floats) -> float:
    """Area that two convex polygons share, over the smaller one's; 0…1."""
    shared = cv2.intersectConvexConvex(first.astype(np.float32), second.astype(np.float32))[0]
    smaller = min(cv2.contourArea(first.astype(np.float32)), cv2.contourArea(second.astype(np.float32)))
    return float(shared / smaller) if smaller > 0 else 0.0


def _masks(small: Image) -> list[MatLike]:
    """Three views of where a picture may be: what differs from the wall, and what edges enclose, fine and coarse."""
    lab = cv2.cvtColor(cv2.bilateralFilter(small, 7, 40, 7), cv2.COLOR_RGB2LAB).astype(np.float32)
    border = np.concatenate([lab[:6].reshape(-1, 3), lab[:, :6].reshape(-1, 3), lab[:, -6:].reshape(-1, 3)])
    distance = np.linalg.norm(lab - np.median(border, axis=0), axis=2)
    level = np.clip(distance * 3, 0, 255).astype(np.uint8)
    wall = cv2.threshold(level, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1]
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    masks = [cv2.morphologyEx(wall, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))]
    for blur, low, high in ((3, 30, 90), (7, 20, 60)):
        edges = cv2.Canny(cv2.GaussianBlur(grey, (blur, blur), 0), low, high)
        masks.append(cv2.dilate(edges, np.ones((3, 3), np.uint8), iterations=2))
    return masks


def _quads_of(mask: MatLike) -> list[tuple[float, Floats]]:
    """(score, quadrilateral) of every outer contour that is nearly one; the score is its share of the photo times its fill."""
    scored = []
    for contour in cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]:
        hull = cv2.convexHull(contour)
        share = cv2.contourArea(hull) / mask.size
        if not MIN_AREA <= share <= MAX_AREA or _sides_touched(hull, mask.shape) > 2:
            continue  # what reaches three sides of the photo is a patch of light, or the photo itself
        quad = four_corners(hull)
        if quad is not None and (fill := cv2.contourArea(hull) / max(cv2.contourArea(quad), 1.0)) >= MIN_FILL:
            scored.append((share * fill, quad))
    return scored


def _sides_touched(hull: MatLike, shape: tuple[int, ...]) -> int:
    """How many sides of a photo of `shape` (H, W) the hull reaches."""
    x, y, width, height = cv2.boundingRect(hull)
    return (x <= 1) + (y <= 1) + (x + width >= shape[1] - 1) + (y + height >= shape[0] - 1)


def four_corners(hull: MatLike) -> Floats | None:
    """The hull simplified until four corners are left, ordered from top left clockwise; None where it will not."""
    perimeter = cv2.arcLength(hull, True)
    for tolerance in (0.02, 0.03, 0.05, 0.08):
        corners = cv2.approxPolyDP(hull, tolerance * perimeter, True)
        if len(corners) == 4 and cv2.isContourConvex(corners):
            return ordered(corners.reshape(4, 2).astype(np.float32))
    return None


def ordered(corners: Floats) -> Floats:
    """(4, 2) corners of a convex quadrilateral: top left first (smallest x + y), then clockwise on the screen."""
    centre = corners.mean(axis=0)
    around = corners[np.argsort(np.arctan2(corners[:, 1] - centre[1], corners[:, 0] - centre[0]))]
    return np.roll(around, -int(around.sum(axis=1).argmin()), axis=0)
