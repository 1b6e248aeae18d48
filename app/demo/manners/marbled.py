"""Marbled paper: drops of colour on a bath, drawn with stylus and comb.

Each tool is a map of the plane that is undone in reverse order, so that every pixel finds the drop it came from
(Lu, Jaffer, Jin, Zhao & Mao, Mathematical Marbling, IEEE CG&A 32(6), 2012).
"""

from __future__ import annotations

import cv2
import numpy as np

from app.demo.art import surface
from app.demo.art.colour import mix, palette, smoothstep, to_bytes
from app.demo.art.noise import Size, fractal, grid, value
from app.demo.art.subject import Subject
from app.demo.art.types import Array, Image

DROPS = 120
FINE = 0.8  # the bath is worked out at this scale: the veins stay sharp enough and a third of the time is saved

PALETTES = {
    "peacock": "0e3b43 1f7a7a e8d8a8 c8963e 123a6b 7fb8a4",
    "carmine": "7a1128 c23b4a f0dcc0 d9a441 2b1b24 e8a598",
    "lapis": "14224f 2f5fa8 e9e2cc c9a14a 5c86b8 0c1430",
    "moss": "26351f 5d7a3a dfe0b8 b8862f 8ca86a 12201a",
    "dusk": "3a2148 7d4a86 f2cfb4 e08a5a 1c1a38 b884a8",
    "stone": "3c3a38 8a857a eae4d6 b5a58a 5e6a70 1e1e20",
    "coral": "d8573c f2a07a fbead2 2f6f78 183a4a e9c46a",
    "smoke": "1b2430 47566a c8d0d4 f3ede0 8a6f5a 26303a",
}


def paint(rng: np.random.Generator, size: Size, subject: Subject) -> Image:
    """uint8 RGB of `size` (height, width); motifs: waves, comb, stone, eddies, bouquet."""
    y, x = grid(size)
    x, y = x / size[0] + 0.004 * value(rng, size, 40), y / size[0] + 0.004 * value(rng, size, 40)
    for tool in reversed(TOOLS[subject.motif](rng, size[1] / size[0])):
        x, y = tool(x, y)
    tones = palette(PALETTES[subject.mood])
    colour = drops(rng, x, y, tones, size)
    wash = 1 + 0.05 * fractal(rng, size, 90, 4)[..., None] + 0.02 * value(rng, size, 1.4)[..., None]
    return to_bytes(mix(colour * wash, surface.paper(rng, size, "efe6d2", 0.3), 0.10 * np.ones(size, np.float32)))


def drops(rng: np.random.Generator, x: Array, y: Array, tones: Array, size: Size) -> Array:
    """Colours of the bath before the tools: each drop pushes the earlier ones outwards (undone from the last to the first)."""
    small_x, small_y = (np.ascontiguousarray(cv2.resize(a, None, fx=FINE, fy=FINE, interpolation=cv2.INTER_LINEAR)) for a in (x, y))
    px, py = small_x.ravel(), small_y.ravel()
    colour = np.empty((px.size, 3), np.float32)
    left = np.arange(px.size)  # pixels whose drop is not found yet
    for i in range(DROPS):
        cx, cy, radius = rng.uniform(-0.2, size[1] / size[0] + 0.2), rng.uniform(-0.2, 1.2), rng.uniform(0.03, 0.15) * (1 - i / 200)
        dx, dy = px - np.float32(cx), py - np.float32(cy)
        square = dx * dx + dy * dy
        hit = square < radius * radius
        rim = np.sqrt(square[hit]) / radius
        tone = tones[int(rng.integers(len(tones)))] * rng.uniform(0.92, 1.06)
        colour[left[hit]] = tone * (1 - 0.18 * smoothstep(0.8, 1.0, rim))[:, None] + 0.03 * (1 - rim)[:, None]
        out = ~hit
        push = np.sqrt(1 - np.float32(radius * radius) / square[out])
        px, py, left = cx + dx[out] * push, cy + dy[out] * push, left[out]
    colour[left] = tones[2]
    return np.asarray(cv2.resize(colour.reshape(*small_x.shape, 3), (size[1], size[0]), interpolation=cv2.INTER_CUBIC), np.float32)


def rake(rng: np.random.Generator, across: bool, pitch: float, pull: float, sharp: float):  # type: ignore[no-untyped-def]
    """A comb drawn through the bath: every tooth pulls its line along, neighbours less."""
    phase, bend = rng.uniform(0, pitch), rng.uniform(0.6, 1.4)

    def undo(x: Array, y: Array) -> tuple[Array, Array]:
        place = y if across else x
        near = np.abs((place - phase + 0.01 * bend * np.sin(9 * (x if across else y))) % pitch - pitch / 2)
        shift = pull * sharp ** (near / pitch * 9)
        return (x - shift, y) if across else (x, y - shift)

    return undo


def wave(rng: np.random.Generator, across: bool, height: float, length: float):  # type: ignore[no-untyped-def]
    """The bath swayed to and fro."""
    phase = rng.uniform(0, 6.28)

    def undo(x: Array, y: Array) -> tuple[Array, Array]:
        if across:
            return x - height * np.sin(6.283 * y / length + phase), y
        return x, y - height * np.sin(6.283 * x / length + phase)

    return undo


def swirl(rng: np.random.Generator, wide: float):  # type: ignore[no-untyped-def]
    """A stylus turned on the spot."""
    cx, cy, reach, turn = (
        rng.uniform(0, wide),
        rng.uniform(0, 1),
        rng.uniform(0.08, 0.25),
        rng.choice((-1, 1)) * rng.uniform(2.5, 7),
    )

    def undo(x: Array, y: Array) -> tuple[Array, Array]:
        dx, dy = x - cx, y - cy
        angle = -turn * np.exp(-(dx * dx + dy * dy) / reach**2)
        c, s = np.cos(angle), np.sin(angle)
        return cx + c * dx - s * dy, cy + s * dx + c * dy

    return undo


TOOLS = {
    "waves": lambda rng, wide: [
        rake(rng, True, 0.22, 0.3, 0.5),
        wave(rng, False, 0.06, 0.35),
        wave(rng, True, 0.05, 0.5),
        *(swirl(rng, wide) for _ in range(2)),
    ],
    "comb": lambda rng, wide: [
        rake(rng, False, 0.16, 0.5, 0.45),
        rake(rng, True, 0.12, 0.25, 0.4),
        rake(rng, False, rng.uniform(0.05, 0.08), 0.16, 0.3),
        wave(rng, True, 0.03, 0.8),
    ],
    "stone": lambda rng, wide: [wave(rng, True, 0.03, 0.7), *(swirl(rng, wide) for _ in range(3))],
    "eddies": lambda rng, wide: [rake(rng, True, 0.2, 0.3, 0.5), *(swirl(rng, wide) for _ in range(11))],
    "bouquet": lambda rng, wide: [
        rake(rng, True, 0.1, 0.4, 0.5),
        rake(rng, False, 0.1, -0.3, 0.4),
        wave(rng, False, 0.045, 0.14),
        wave(rng, True, 0.02, 0.3),
    ],
}
