"""Landscapes in long strokes that whirl: skies of eddies, trees like flames."""

from __future__ import annotations

import numpy as np

from app.demo.art import scenes, surface
from app.demo.art.brush import Brush
from app.demo.art.brush import paint as lay
from app.demo.art.colour import enlarge, mix, palette, ramp, saturate, smoothstep, to_bytes
from app.demo.art.noise import Size, fractal, grid
from app.demo.art.subject import Subject
from app.demo.art.types import Array, Image

SKIES = {
    "night": "0b1d51 1f4a8c 3f7fb8 9cc7d8 f6e08a",
    "gold": "b5651d e0a030 f4d35e f9ecc0 7fa7b8",
    "green": "12403c 1f7a63 7fbf8f d8e8a8 f7d774",
    "rose": "4b2a5c 9a4f7d e08a8a f7c9a0 fdf0c8",
    "grey": "2f3e4e 5d7386 98a9ae d5d4bf f4efd8",
}
HOURS = {"night": "moonlight", "gold": "autumn", "green": "noon", "rose": "evening", "grey": "storm"}


def paint(rng: np.random.Generator, size: Size, subject: Subject) -> Image:
    """uint8 RGB of `size` (height, width)."""
    half = (size[0] // 2, size[1] // 2)
    scene = scenes.build(rng, half, subject.motif, HOURS[subject.mood])
    flow, light = eddies(rng, half, scene.horizon)
    y, _ = grid(half)
    above = smoothstep(scene.horizon + 4, scene.horizon - half[0] * 0.12, y) * sky_mask(scene)
    tones = ramp(palette(SKIES[subject.mood]), light)
    image = mix(scene.image, tones, above * 0.92)
    angle = np.where(above > 0.5, flow, scene.angle * 1.6 + 0.5 * fractal(rng, half, half[1] / 5, 2))
    reference = saturate(np.clip(enlarge(image, size), 0, 1), 1.3)
    direction = np.arctan2(enlarge(np.sin(angle).astype(np.float32), size), enlarge(np.cos(angle).astype(np.float32), size))
    passes = (
        Brush(22, 90, 20, 0.10, 0.05, 0.06, steps=8),
        Brush(10, 62, 11, 0.16, 0.06, 0.06, steps=8, bristles=1),
        Brush(6, 30, 9, 0.16, 0.06, 0.1, steps=5, keep=0.2, bristles=0),
    )
    painted = lay(reference, direction, rng, passes, reference * 0.55)
    return to_bytes(surface.oil(painted, direction, rng, 0.09, 24))


def sky_mask(scene: scenes.Scene) -> Array:
    """(H, W) 1 where nothing stands before the sky, judged by how unlike the sky's own colours a pixel is."""
    sky = scene.mood.sky[None, None] - scene.image[:, :, None]
    near = np.abs(sky).sum(axis=3).min(axis=2)
    cloud = np.abs(scene.mood.cloud[None, None] - scene.image[:, :, None]).sum(axis=3).min(axis=2)
    return smoothstep(0.6, 0.25, np.minimum(near, cloud))


def eddies(rng: np.random.Generator, size: Size, horizon: int) -> tuple[Array, Array]:
    """Direction of the strokes around a handful of eddies, and brightness 0…1 that rings their eyes."""
    y, x = grid(size)
    u, v = np.ones(size, np.float32), 0.5 * fractal(rng, size, size[1] / 3, 2)
    light = 0.3 + 0.16 * fractal(rng, size, size[1] / 6, 3, 0.5, 2)
    for _ in range(int(rng.integers(4, 9))):
        cx, cy, radius = rng.uniform(0, size[1]), rng.uniform(0, horizon * 0.95), size[0] * rng.uniform(0.04, 0.17)
        dx, dy = x - cx, y - cy
        reach = np.hypot(dx, dy)
        pull = np.exp(-((reach / (radius * 1.5)) ** 2)) * 9 * rng.choice((-1, 1))
        u, v = u - pull * dy / (reach + 1), v + pull * dx / (reach + 1)
        rings = np.exp(-((reach / (radius * 0.42)) ** 2)) + 0.45 * np.exp(-((reach / (radius * 1.3)) ** 2)) * (
            0.5 + 0.5 * np.cos(reach / radius * 9)
        )
        light = light + 0.75 * rings
    return np.arctan2(v, u).astype(np.float32), np.clip(light, 0, 1).astype(np.float32)
