"""Landscapes in broken brushwork, wet in wet."""

from __future__ import annotations

import numpy as np

from app.demo.art import scenes, surface
from app.demo.art.brush import Brush
from app.demo.art.brush import paint as lay
from app.demo.art.colour import enlarge, saturate, to_bytes
from app.demo.art.noise import Size, fractal
from app.demo.art.subject import Subject
from app.demo.art.types import Image


def paint(rng: np.random.Generator, size: Size, subject: Subject) -> Image:
    """uint8 RGB of `size` (height, width)."""
    half = (size[0] // 2, size[1] // 2)
    scene = scenes.build(rng, half, subject.motif, subject.mood)
    reference = np.clip(enlarge(scene.image, size), 0, 1)
    angle = enlarge(scene.angle, size) + 0.25 * fractal(rng, size, 120, 2)
    ground = saturate(reference * 0.86, 0.7)
    passes = (
        Brush(28, 54, 22, 0.05, 0.025, 0.3),
        Brush(12, 25, 9.5, 0.085, 0.035, 0.45, bristles=1, steps=3),
        Brush(6.5, 15, 6.5, 0.06, 0.03, 0.5, keep=0.10, steps=2, bristles=0),
        Brush(3.6, 8, 4.4, 0.045, 0.018, 0.5, keep=0.3, steps=1, bristles=0),
    )
    painted = lay(reference, angle, rng, passes, ground)
    return to_bytes(surface.canvas(surface.oil(saturate(painted, 1.16), angle, rng, 0.06), rng, 0.02))
