"""Landscapes in dots of unmixed colour."""

from __future__ import annotations

import cv2
import numpy as np

from app.demo.art import scenes, surface
from app.demo.art.brush import at, inside
from app.demo.art.colour import enlarge, saturate, to_bytes, to_floats
from app.demo.art.noise import Size, scatter
from app.demo.art.subject import Subject
from app.demo.art.types import Array, Image


def paint(rng: np.random.Generator, size: Size, subject: Subject) -> Image:
    """uint8 RGB of `size` (height, width)."""
    half = (size[0] // 2, size[1] // 2)
    scene = scenes.build(rng, half, subject.motif, subject.mood)
    reference = saturate(np.clip(enlarge(scene.image, size), 0, 1), 1.25)
    picture = to_bytes(0.55 * reference + 0.45 * np.array([0.93, 0.88, 0.76], np.float32))
    for spacing, radius, spread in ((10.5, 5.6, 0.10), (7.6, 3.9, 0.13), (7.2, 2.9, 0.15)):
        points = inside(scatter(rng, size, spacing, 1.1), (*size, 3))
        dot(picture, points, divided(rng, at(reference, points), spread), radius * rng.uniform(0.75, 1.25, len(points)))
    return to_bytes(surface.canvas(surface.relief(to_floats(picture), to_floats(picture).mean(axis=2) * 4, 0.06), rng, 0.02))


def divided(rng: np.random.Generator, colours: Array, spread: float) -> Array:
    """Local colours (n, 3) split into neighbours on the colour circle, now and then the complement; warmer in the light."""
    n = len(colours)
    tone = colours.mean(axis=1, keepdims=True)
    hue = rng.standard_normal((n, 3)).astype(np.float32) * spread
    hue -= hue.mean(axis=1, keepdims=True)
    warm = (tone - 0.5) * np.array([0.14, 0.06, -0.2], np.float32)
    complement = np.where(rng.random((n, 1)) < 0.09, 2 * tone - colours, colours)
    return np.asarray(np.clip(complement + hue + warm * rng.uniform(0.3, 1.4, (n, 1)), 0, 1), np.float32)


def dot(picture: Image, points: Array, colours: Array, radii: Array) -> None:
    """Lay dots with sub-pixel places on uint8 RGB, in place."""
    fixed = np.round(points * 8).astype(int).tolist()
    for (x, y), colour, radius in zip(fixed, (colours * 255).tolist(), np.round(radii * 8).astype(int).tolist(), strict=True):
        cv2.circle(picture, (x, y), radius, colour, -1, cv2.LINE_AA, 3)
