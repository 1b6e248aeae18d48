"""Strokes of a brush that follow a field of directions and take their colour from a reference.

The layering, coarse to fine, follows Hertzmann, Painterly Rendering with Curved Brush Strokes of Multiple Sizes, SIGGRAPH 1998.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from app.demo.art.colour import to_bytes, to_floats, vary
from app.demo.art.noise import scatter
from app.demo.art.types import Array, Image


@dataclass(frozen=True)
class Brush:
    """One pass over the picture; lengths in pixels."""

    width: float
    length: float
    spacing: float
    light: float = 0.06  # spread of brightness between strokes
    tint: float = 0.03  # spread of hue between strokes
    wobble: float = 0.15  # spread of direction, radians
    steps: int = 4  # points along a stroke
    bristles: int = 1  # thinner lines of other brightness on top of each stroke
    keep: float = 0.0  # 0: everywhere; else only where the reference has detail above this
    taper: float = 0.35  # spread of width


def paint(
    reference: Array, angle: Array, rng: np.random.Generator, passes: tuple[Brush, ...], ground: Array | None = None
) -> Array:
    """Paint the reference (H, W, 3) with strokes along `angle` (H, W, radians), pass after pass over `ground`."""
    start = reference if ground is None else ground
    surface = to_bytes(np.ascontiguousarray(np.broadcast_to(start, reference.shape)))
    detail = busy(reference)
    for brush in passes:
        points = scatter(rng, reference.shape[:2], brush.spacing)
        points = inside(points, reference.shape)
        if brush.keep > 0:
            points = points[at(detail, points) * rng.uniform(0.6, 1.4, len(points)) > brush.keep]
        stroke(surface, points, reference, angle, rng, brush)
    return to_floats(surface)


def busy(reference: Array) -> Array:
    """(H, W) how much the reference changes around each pixel, about 0…1."""
    grey = cv2.GaussianBlur(reference.mean(axis=2), (0, 0), 2)
    edge = np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0)) + np.abs(cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    return np.asarray(cv2.GaussianBlur(edge, (0, 0), 4) * 3, np.float32)


def inside(points: Array, shape: tuple[int, ...]) -> Array:
    """Points with x and y within the picture."""
    return np.clip(points, 0, np.array([shape[1] - 1, shape[0] - 1], np.float32))


def at(field: Array, points: Array) -> Array:
    """The field's values (n, …) at points (n, 2: x, y) within it."""
    place = points.astype(np.int32)
    return np.asarray(field[place[:, 1], place[:, 0]], np.float32)


def follow(points: Array, angle: Array, length: Array, steps: int, turn: Array) -> Array:
    """(n, steps + 1, 2) paths along the field, centred on the points; `turn` (n,) is added to the direction."""
    back = walk(points, angle, -length / 2, max(steps // 2, 1), turn)
    ahead = walk(points, angle, length / 2, max(steps - steps // 2, 1), turn)
    return np.concatenate([back[::-1], ahead[1:]]).transpose(1, 0, 2)


def walk(points: Array, angle: Array, length: Array, steps: int, turn: Array) -> Array:
    """(steps + 1, n, 2) places reached by walking `length` (n,) along the field."""
    track = [points]
    for _ in range(steps):
        direction = at(angle, inside(track[-1], angle.shape)) + turn
        step = np.stack([np.cos(direction), np.sin(direction)], axis=1) * (length / steps)[:, None]
        track.append((track[-1] + step).astype(np.float32))
    return np.stack(track)


def stroke(surface: Image, points: Array, reference: Array, angle: Array, rng: np.random.Generator, brush: Brush) -> None:
    """Lay one pass of strokes on the surface (uint8 RGB), in place."""
    n = len(points)
    colours = vary(rng, at(reference, points), brush.light, brush.tint) * 255
    lengths = brush.length * rng.uniform(0.6, 1.3, n).astype(np.float32)
    turn = rng.normal(0, brush.wobble, n).astype(np.float32)
    paths = follow(points, angle, lengths, brush.steps, turn)
    widths = np.maximum(brush.width * rng.uniform(1 - brush.taper, 1 + brush.taper, n), 1).astype(np.float32)
    draw(surface, paths, colours, widths)
    if brush.bristles:
        hairs(surface, paths, colours, widths, rng, brush.bristles)


def hairs(surface: Image, paths: Array, colours: Array, widths: Array, rng: np.random.Generator, count: int) -> None:
    """Thin lines beside the middle of each stroke, a little lighter or darker, drawn right over all strokes of the pass."""
    across = normals(paths)
    for _ in range(count):
        offset = rng.uniform(-0.36, 0.36, (len(paths), 1, 1)).astype(np.float32) * widths[:, None, None]
        shade = np.clip(colours * rng.uniform(0.84, 1.18, (len(paths), 1)), 0, 255)
        draw(surface, paths + across * offset, shade, np.maximum(widths * 0.28, 1.2))


def normals(paths: Array) -> Array:
    """(n, k, 2) unit vectors across paths (n, k, 2)."""
    along = np.gradient(paths, axis=1)
    across = np.stack([-along[..., 1], along[..., 0]], axis=2)
    return np.asarray(across / (np.linalg.norm(across, axis=2, keepdims=True) + 1e-3), np.float32)


def draw(surface: Image, paths: Array, colours: Array, widths: Array) -> None:
    """Strokes along paths (n, k, 2) with rounded ends, on a uint8 surface, in place."""
    t = np.linspace(-1, 1, paths.shape[1], dtype=np.float32)
    half = widths[:, None, None] / 2 * np.sqrt(np.clip(1 - t**4, 0.12, 1))[None, :, None]
    across = normals(paths) * half
    outline = np.concatenate([paths + across, (paths - across)[:, ::-1]], axis=1)
    fixed = np.ascontiguousarray(np.round(outline * 8), np.int32)  # three fractional bits
    for shape, colour in zip(fixed, colours.tolist(), strict=True):
        cv2.fillPoly(surface, [shape], colour, cv2.LINE_AA, 3)
