"""Walls of a gallery, straight on: material, skirting board, labels and neighbours that are no works of the catalogue."""

from __future__ import annotations

import cv2
import numpy as np

from app.engine.types import Floats

COLOURS = {
    "white": (232, 229, 222), "warm grey": (186, 180, 170), "cool grey": (160, 166, 170), "museum red": (120, 42, 40),
    "sage": (128, 142, 118), "slate blue": (74, 94, 116), "ochre": (176, 142, 92), "charcoal": (66, 64, 64),
    "aubergine": (84, 52, 68), "bottle green": (44, 72, 60), "rose": (190, 150, 140),
}  # fmt: skip
LIGHT = ("white", "white", "warm grey", "cool grey")  # half of all walls, as in most museums


def cloud(rng: np.random.Generator, size: tuple[int, int], cell: float) -> Floats:
    """(H, W) smooth noise, about 0, standard deviation about 1, features of `cell` pixels."""
    width, height = size
    grid = rng.standard_normal((int(height / cell) + 4, int(width / cell) + 4)).astype(np.float32)
    return np.asarray(cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def wall(rng: np.random.Generator, size: tuple[int, int]) -> Floats:
    """(H, W, 3) in 0…255, (width, height) given: a painted, fabric or concrete wall."""
    names = list(COLOURS)
    name = str(rng.choice(LIGHT)) if rng.random() < 0.5 else str(rng.choice(names))
    base = np.array(COLOURS[name], np.float32) * rng.uniform(0.92, 1.06) + rng.uniform(-5, 5, 3)
    relief = MATERIALS[int(rng.integers(len(MATERIALS)))](rng, size)
    stains = 1 + 0.012 * cloud(rng, size, 160)
    return np.asarray(np.clip(base * ((stains + relief)[..., None]), 0, 255), np.float32)


def plaster(rng: np.random.Generator, size: tuple[int, int]) -> Floats:
    """Roller paint: fine grain, softly lit from above."""
    grain = cloud(rng, size, 3.0)
    return np.asarray(0.010 * (grain - np.roll(grain, 2, axis=0)), np.float32)


def fabric(rng: np.random.Generator, size: tuple[int, int]) -> Floats:
    """Wall cloth: threads of uneven thickness along both axes."""
    warp = rng.standard_normal((1, size[0])).astype(np.float32)
    weft = rng.standard_normal((size[1], 1)).astype(np.float32)
    return np.asarray(0.022 * warp + 0.018 * weft + 0.01 * warp * weft, np.float32)


def concrete(rng: np.random.Generator, size: tuple[int, int]) -> Floats:
    """Fair-faced concrete: blotches, pores and the joint of two boards."""
    field = 0.022 * cloud(rng, size, 70) + 0.012 * cloud(rng, size, 12)
    y = int(rng.uniform(0.1, 0.9) * size[1])
    field[y : y + 3] -= 0.1
    return np.asarray(field, np.float32)


MATERIALS = (plaster, plaster, fabric, concrete)


def skirting(image: Floats, rng: np.random.Generator, top: int) -> None:
    """Draw a skirting board from row `top` down, and the floor below it. In place."""
    height, width = image.shape[:2]
    board = int(0.045 * height)
    if top + board + 4 >= height:
        return
    tone = image[max(top - 4, 0)].mean(axis=0)
    image[top - 6 : top] *= np.linspace(1, 0.82, 6, dtype=np.float32)[:, None, None]
    image[top : top + board] = np.clip(0.25 * tone + 0.75 * np.array([222, 219, 212]), 0, 255) * rng.uniform(0.75, 1)
    image[top : top + 3] *= 1.08
    image[top + board : top + board + 3] *= 0.35
    floor = np.array([120, 86, 56], np.float32) * rng.uniform(0.5, 1.2) + rng.uniform(-14, 14, 3)
    rows = height - top - board - 3
    planks = 1 + 0.07 * cloud(rng, (width, rows), 60) + 0.05 * rng.standard_normal((1, width)).astype(np.float32)
    image[top + board + 3 :] = np.clip(floor * planks[..., None], 0, 255)


def label(image: Floats, rng: np.random.Generator, x: int, y: int, width: int) -> None:
    """Draw a wall label with lines of print at (x, y). In place."""
    height = int(width * rng.uniform(0.62, 0.85))
    if x < 0 or y < 0 or x + width + 6 > image.shape[1] or y + height + 6 > image.shape[0]:
        return
    image[y + 3 : y + height + 5, x + 2 : x + width + 4] *= 0.8
    image[y : y + height, x : x + width] = rng.uniform(232, 250)
    margin, pitch = max(width // 10, 3), max(width // 14, 3)
    for row, top in enumerate(range(y + margin, y + height - margin, pitch)):
        x1, stop = x + margin, x + int(width * rng.uniform(0.5, 0.9))
        while x1 < stop:  # words of uneven length
            x2 = min(x1 + int(rng.uniform(0.04, 0.14) * width) + 2, stop)
            image[top : top + max(pitch // (2 if row == 0 else 3), 1), x1:x2] *= 0.3 if row == 0 else 0.5
            x1 = x2 + max(width // 40, 2)


def stranger(rng: np.random.Generator, size: tuple[int, int]) -> Floats:
    """(H, W, 3) in 0…255: a dim neighbouring painting that no catalogue has: blotches of four colours under old varnish."""
    height_map = cloud(rng, size, size[0] / 4) + 0.5 * cloud(rng, size, size[0] / 11) + 0.25 * cloud(rng, size, size[0] / 30)
    y = np.linspace(-1.4, 1.4, size[1], dtype=np.float32)[:, None]
    level = np.clip((0.7 * height_map + y + 2.2) / 4.4, 0, 1)
    tint = np.array([190, 158, 116], np.float32) * (1 + 0.16 * rng.standard_normal((4, 3)))  # browns, as varnish leaves them
    stops = (np.sort(rng.uniform(0.18, 1, 4))[rng.permutation(4)][:, None] * tint).astype(np.float32)
    return np.stack([np.interp(level, np.linspace(0, 1, 4), stops[:, c]) for c in range(3)], axis=2).astype(np.float32)
