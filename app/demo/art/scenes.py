"""Landscapes before they are painted, motif by motif."""

from __future__ import annotations

import numpy as np

from app.demo.art.colour import mix, smoothstep
from app.demo.art.land import MOODS, Scene, boat, flowers, foliage, house, poly, ridge, sky, trunk, water
from app.demo.art.noise import Size, fractal, grid, line

__all__ = ["Scene", "build"]


def build(rng: np.random.Generator, size: Size, motif: str, hour: str) -> Scene:
    """A scene of the motif (river, hills, sea, poplars, garden, village, mountains, wood) at the hour (a key of MOODS)."""
    horizon = int(size[0] * rng.uniform(*HORIZONS[motif]))
    scene = sky(rng, size, MOODS[hour], horizon)
    MOTIFS[motif](rng, scene)
    return scene


def backdrop(rng: np.random.Generator, scene: Scene, low: float = 0.10) -> None:
    """Two or three far ridges."""
    rows = scene.size[0]
    for i in range(int(rng.integers(2, 4))):
        ridge(
            rng, scene, scene.horizon + rows * 0.015 * i, rows * low * (1 - 0.25 * i), 0.05 + 0.16 * i, 0.5, rng.uniform(0.25, 0.5)
        )


def hills(rng: np.random.Generator, scene: Scene) -> None:
    rows, columns = scene.size
    backdrop(rng, scene)
    for i, depth in enumerate((0.4, 0.6, 0.85)):
        base = scene.horizon + (rows - scene.horizon) * (0.12 + 0.26 * i)
        crest = ridge(rng, scene, base, rows * 0.07, depth, 0.4, 0.6)
        for _ in range(int(rng.integers(4, 9))):
            x, scale = rng.uniform(0, columns), rows * (0.03 + 0.055 * i) * rng.uniform(0.7, 1.5)
            foliage(
                rng,
                scene,
                x,
                crest[int(x)] + scale * rng.uniform(0.1, 1.2),
                scale * rng.uniform(0.9, 1.7),
                scale * rng.uniform(0.9, 1.3),
            )
        if i == 1 and rng.random() < 0.7:
            x = rng.uniform(0.1, 0.8) * columns
            house(rng, scene, x, crest[int(x)] + rows * 0.05, rows * 0.055)
    flowers(rng, scene, rows * 0.78)


def river(rng: np.random.Generator, scene: Scene) -> None:
    rows, columns = scene.size
    backdrop(rng, scene)
    bank = scene.horizon + int(rows * 0.05)
    for _ in range(9):
        scale = rows * rng.uniform(0.07, 0.18)
        foliage(rng, scene, rng.uniform(0, columns), bank + rows * 0.02, scale * rng.uniform(0.9, 1.8), scale)
    if rng.random() < 0.5:
        house(rng, scene, rng.uniform(0.1, 0.8) * columns, bank, rows * 0.06)
    water(rng, scene, bank, 0.55)
    crest = ridge(rng, scene, rows * rng.uniform(0.86, 0.93), rows * 0.06, 0.95, 0.4, 0.7)
    side = rng.choice((0.12, 0.88))
    tall = rows * rng.uniform(0.45, 0.65)
    x = side * columns
    trunk(rng, scene, x, crest[int(x)] + 8, tall * 0.6, rows * 0.025)
    foliage(rng, scene, x, crest[int(x)] - tall * 0.25, tall * 0.75, tall * 0.7, 0.1)
    for _ in range(int(rng.integers(0, 3))):
        boat(rng, scene, columns * rng.uniform(0.25, 0.75), rows * rng.uniform(0.6, 0.78), rows * 0.05)
    flowers(rng, scene, rows * 0.9, 0.6)


def sea(rng: np.random.Generator, scene: Scene) -> None:
    rows, columns = scene.size
    if rng.random() < 0.6:
        ridge(rng, scene, scene.horizon + 2, rows * 0.06, 0.2, 0.5, 0.35)
    water(rng, scene, scene.horizon, 1.0)
    for _ in range(int(rng.integers(2, 6))):
        t = rng.random()
        boat(rng, scene, columns * rng.uniform(0.08, 0.92), scene.horizon + rows * (0.02 + 0.22 * t), rows * (0.035 + 0.11 * t))
    y, x = grid(scene.size)
    surf = fractal(rng, scene.size, 30, 4, 0.6, 4)
    for i in range(4):
        level = scene.horizon + (rows - scene.horizon) * (0.45 + 0.16 * i) + rows * 0.02 * line(rng, columns, columns / 3)
        foam = np.exp(-(((y - level) / (rows * 0.012)) ** 2)) * smoothstep(-0.3, 0.8, surf)
        scene.image = mix(scene.image, scene.mood.cloud[1], foam * 0.8)
    if rng.random() < 0.65:
        crest = ridge(rng, scene, rows * 0.93, rows * 0.1, 0.9, 0.6, 0.5)
        foliage(rng, scene, columns * rng.random(), crest.mean(), rows * 0.3, rows * 0.1, 0.15)
        flowers(rng, scene, rows * 0.92, 0.4)


def poplars(rng: np.random.Generator, scene: Scene) -> None:
    rows, columns = scene.size
    backdrop(rng, scene, 0.06)
    bank = scene.horizon + int(rows * 0.09)
    ridge(rng, scene, bank - rows * 0.05, rows * 0.02, 0.6, 0.4)
    xs = np.sort(rng.uniform(0.02, 0.98, int(rng.integers(6, 11)))) * columns
    lean = rng.choice((-1, 1))
    for i, x in enumerate(xs.tolist()):
        tall = rows * (0.34 + 0.22 * (i if lean > 0 else len(xs) - i) / len(xs)) * rng.uniform(0.85, 1.1)
        trunk(rng, scene, x, bank, tall * 0.4, rows * 0.012)
        foliage(rng, scene, x, bank - tall * 0.1, tall * rng.uniform(0.16, 0.24), tall * 0.92)
    for _ in range(8):
        foliage(rng, scene, rng.uniform(0, columns), bank + rows * 0.01, rows * 0.14, rows * 0.06, 0.1)
    water(rng, scene, bank, 0.5)
    flowers(rng, scene, rows * 0.95, 0.3)


def garden(rng: np.random.Generator, scene: Scene) -> None:
    rows, columns = scene.size
    ridge(rng, scene, scene.horizon, rows * 0.03, 0.5, 0.4)
    for _ in range(10):
        scale = rows * rng.uniform(0.14, 0.34)
        foliage(rng, scene, rng.uniform(0, columns), scene.horizon + rows * 0.05, scale * rng.uniform(0.7, 1.3), scale, 0.1)
    if rng.random() < 0.75:
        house(rng, scene, columns * rng.uniform(0.2, 0.6), scene.horizon + rows * 0.05, rows * 0.15)
    top, foot, wide = columns * rng.uniform(0.35, 0.65), columns * rng.uniform(0.2, 0.8), columns * rng.uniform(0.2, 0.35)
    y0 = scene.horizon + rows * 0.06
    bend = columns * rng.uniform(-0.2, 0.2)
    left = [
        (top - 4 + (foot - wide / 2 - top) * t**1.6 + bend * np.sin(np.pi * t) * (1 - t), y0 + (rows - y0) * t)
        for t in np.linspace(0, 1, 14)
    ]
    right = [
        (top + 4 + (foot + wide / 2 - top) * t**1.6 + bend * np.sin(np.pi * t) * (1 - t), y0 + (rows - y0) * t)
        for t in np.linspace(0, 1, 14)
    ]
    ridge(rng, scene, y0, rows * 0.005, 0.75, 0.4)
    poly(scene, left + right[::-1], mix(mix(scene.mood.cloud[1], scene.mood.land[2], 0.45), scene.mood.accent[2], 0.12))
    flowers(rng, scene, y0 + rows * 0.02, 2.4)
    for _ in range(7):
        scale = rows * rng.uniform(0.06, 0.14)
        foliage(rng, scene, rng.uniform(0, columns), rows * rng.uniform(0.72, 1.02), scale * 1.6, scale)
    flowers(rng, scene, y0 + rows * 0.1, 1.2)


def village(rng: np.random.Generator, scene: Scene) -> None:
    rows, columns = scene.size
    backdrop(rng, scene, 0.14)
    base = scene.horizon + rows * 0.1
    ridge(rng, scene, base, rows * 0.05, 0.55, 0.4, 0.8)
    for i in range(13):
        t = i / 12
        x, y = columns * rng.uniform(0.05, 0.88), base + rows * (0.02 + 0.2 * t)
        if rng.random() < 0.62:
            house(rng, scene, x, y, rows * (0.06 + 0.09 * t))
        else:
            scale = rows * (0.08 + 0.1 * t)
            foliage(rng, scene, x, y, scale * 0.8, scale)
    x, y = columns * rng.uniform(0.3, 0.7), base + rows * 0.07
    house(rng, scene, x, y, rows * 0.08)
    poly(
        scene,
        [
            (x + 2, y - rows * 0.05),
            (x + rows * 0.05, y - rows * 0.05),
            (x + rows * 0.05, y - rows * 0.2),
            (x + rows * 0.026, y - rows * 0.33),
            (x + 2, y - rows * 0.2),
        ],
        scene.mood.cloud[0],
    )
    ridge(rng, scene, rows * 0.86, rows * 0.05, 0.9, 0.4, 0.8)
    flowers(rng, scene, rows * 0.86, 0.9)


def mountains(rng: np.random.Generator, scene: Scene) -> None:
    rows, columns = scene.size
    for i in range(3):
        base = scene.horizon + rows * 0.02 * i
        before = scene.image.copy()
        crest = ridge(rng, scene, base, rows * (0.26 - 0.07 * i), 0.04 + 0.14 * i, 0.62, 0.34)
        y, _ = grid(scene.size)
        snow = smoothstep(0.2, 0.9, 1.1 - (y - crest[None, :]) / (rows * 0.1) + 0.7 * fractal(rng, scene.size, 24, 4)) * (i < 2)
        cover = np.any(before != scene.image, axis=2) & (y > crest[None, :])
        scene.image = mix(scene.image, scene.mood.cloud[1], snow * cover * 0.8)
    bank = scene.horizon + int(rows * 0.07)
    for _ in range(26):
        scale = rows * rng.uniform(0.05, 0.12)
        foliage(rng, scene, rng.uniform(0, columns), bank + 2, scale * 0.42, scale, 0.15)
    water(rng, scene, bank, 0.4)
    ridge(rng, scene, rows * 0.92, rows * 0.07, 0.92, 0.45, 0.6)
    flowers(rng, scene, rows * 0.88, 0.6)


def wood(rng: np.random.Generator, scene: Scene) -> None:
    rows, columns = scene.size
    for i in range(16):
        scale = rows * rng.uniform(0.3, 0.6)
        foliage(rng, scene, rng.uniform(0, columns), scene.horizon + rows * 0.08, scale * 0.6, scale, 0.12 - 0.02 * i)
    ridge(rng, scene, scene.horizon + rows * 0.06, rows * 0.02, 0.7, 0.4)
    for i in range(12):
        t = (i + 1) / 12
        x = columns * rng.uniform(0.02, 0.98)
        trunk(rng, scene, x, scene.horizon + rows * (0.06 + 0.36 * t * t), rows * (0.5 + 0.6 * t), rows * (0.008 + 0.03 * t))
        if rng.random() < 0.5:
            foliage(rng, scene, x, rows * rng.uniform(0.15, 0.4), rows * 0.3, rows * 0.24, 0.0)
    flowers(rng, scene, scene.horizon + rows * 0.1, 1.6)


MOTIFS = {
    "hills": hills,
    "river": river,
    "sea": sea,
    "poplars": poplars,
    "garden": garden,
    "village": village,
    "mountains": mountains,
    "wood": wood,
}
HORIZONS = {
    "hills": (0.34, 0.46),
    "river": (0.36, 0.46),
    "sea": (0.34, 0.5),
    "poplars": (0.52, 0.62),
    "garden": (0.3, 0.4),
    "village": (0.36, 0.46),
    "mountains": (0.46, 0.56),
    "wood": (0.42, 0.55),
}
