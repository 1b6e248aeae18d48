"""Quadrilaterals from straight line segments: a way of finding pictures in a photo that the product does not take.

LSD: Grompone von Gioi, Jakubowicz, Morel & Randall, "LSD: a line segment detector", IPOL 2012. Every two nearly parallel lines and
two lines across make a quadrilateral; the share of its sides that segments cover, times the root of its area, ranks them.
"""

from __future__ import annotations

from itertools import combinations

import cv2
import numpy as np

from app.engine.detection import MAX_AREA, MIN_AREA, WORK_SIDE, ordered, overlap
from app.engine.types import Floats, Image

LINES = 10  # of either direction
MIN_LENGTH = 0.12  # of the long side
NEAR = 4.0  # pixels between a segment and the side that it supports


def quadrilaterals(photo: Image, *, most: int = 3) -> list[Floats]:
    """As `app.engine.detection.quadrilaterals`."""
    scale = min(1.0, WORK_SIDE / max(photo.shape[:2]))
    size = max(1, round(photo.shape[1] * scale)), max(1, round(photo.shape[0] * scale))
    grey = cv2.GaussianBlur(cv2.cvtColor(cv2.resize(photo, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY), (5, 5), 0)
    segments = long_segments(grey)
    scored = [(score, quad) for quad in crossings(segments, size) if (score := support(quad, segments, size)) > 0]
    scored.sort(key=lambda pair: -pair[0])
    kept: list[Floats] = []
    for _, quad in scored:
        if len(kept) < most and all(overlap(quad, other) < 0.3 for other in kept):
            kept.append(quad)
    return [((quad + 0.5) / scale - 0.5).astype(np.float32) for quad in kept]


def long_segments(grey: Image) -> Floats:
    """(n, 4) x0, y0, x1, y1, longest first."""
    found = cv2.createLineSegmentDetector().detect(grey)[0]
    if found is None:
        return np.zeros((0, 4), np.float32)
    segments = found.reshape(-1, 4)
    lengths = np.hypot(segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1])
    order = np.argsort(-lengths)
    return np.asarray(segments[order][lengths[order] >= MIN_LENGTH * max(grey.shape)], np.float32)


def crossings(segments: Floats, size: tuple[int, int]) -> list[Floats]:
    """Quadrilaterals of two flat and two steep lines whose corners lie in the photo of (width, height), or little outside."""
    flat = np.abs(segments[:, 3] - segments[:, 1]) < np.abs(segments[:, 2] - segments[:, 0])
    quads = []
    for one, other in combinations(segments[flat][:LINES], 2):
        for left, right in combinations(segments[~flat][:LINES], 2):
            corners = [meet(a, b) for a, b in ((one, left), (one, right), (other, right), (other, left))]
            if any(corner is None for corner in corners):
                continue
            quad = np.array(corners, np.float32)
            margin = 0.05 * max(size)
            if (quad < -margin).any() or (quad > np.array(size) + margin).any() or not cv2.isContourConvex(quad):
                continue
            if MIN_AREA <= cv2.contourArea(quad) / (size[0] * size[1]) <= MAX_AREA:
                quads.append(ordered(quad))
    return quads


def meet(first: Floats, second: Floats) -> Floats | None:
    """Where the lines of two segments cross; None of parallel ones."""
    line = np.cross((*first[:2], 1.0), (*first[2:], 1.0)), np.cross((*second[:2], 1.0), (*second[2:], 1.0))
    point = np.cross(*line)
    return None if abs(point[2]) < 1e-6 else np.asarray(point[:2] / point[2], np.float32)


def support(quad: Floats, segments: Floats, size: tuple[int, int]) -> float:
    """How much of the sides lies along segments, least of the four, times the root of the share of the photo."""
    shares = []
    for start, end in zip(quad, np.roll(quad, -1, axis=0), strict=True):
        along = (end - start) / max(float(np.linalg.norm(end - start)), 1e-6)
        across = np.array((-along[1], along[0]))
        ends = segments.reshape(-1, 2, 2) - start
        near = (np.abs(ends @ across) < NEAR).all(axis=1)
        places = np.sort(np.clip(ends[near] @ along, 0, np.linalg.norm(end - start)), axis=1)
        covered = np.zeros(64, bool)
        for low, high in places / max(float(np.linalg.norm(end - start)), 1e-6) * 64:
            covered[int(low) : int(np.ceil(high))] = True
        shares.append(covered.mean())
    return float(min(shares) * np.sqrt(cv2.contourArea(quad) / (size[0] * size[1])))
