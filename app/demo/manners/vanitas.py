"""Still lifes out of the dark: vessels and fruit turned in the round, under one lamp and old varnish."""

from __future__ import annotations

import cv2
import numpy as np

from app.demo.art import surface
from app.demo.art.brush import Brush
from app.demo.art.brush import paint as lay_strokes
from app.demo.art.colour import mix, rgb, saturate, smoothstep, to_bytes
from app.demo.art.noise import Size, fractal, grid
from app.demo.art.stage import FRUITS, Stage
from app.demo.art.subject import Subject
from app.demo.art.types import Array, Image

# wall, table, cloth, vessel, second vessel
PALETTES = {
    "umber": "3a2c20 4a2f1c d8cdb8 8a5a34 3f5a6a",
    "green": "28302a 3f2f22 c9c4a8 3f6a4a b0804a",
    "red": "351c1a 4a2218 e0d0b8 a83a2a d8b48a",
    "grey": "34363a 4a4440 e4e0d8 5a6f86 c8c0b0",
    "gold": "332818 5a3a1c e8d8a8 c8963a 6a3a2a",
}


def paint(rng: np.random.Generator, size: Size, subject: Subject) -> Image:
    """uint8 RGB of `size` (height, width); motifs: fruit, jug, bowl, flowers, grapes."""
    stage = Stage(rng, size, [rgb(code) for code in PALETTES[subject.mood].split()])
    MOTIFS[subject.motif](stage)
    y, _ = grid(size)
    angle = (0.5 * fractal(rng, size, 110, 3)).astype(np.float32)
    passes = (
        Brush(6, 11, 7, 0.045, 0.012, 0.5, steps=1, keep=0.02, bristles=0),
        Brush(3.5, 7, 5, 0.05, 0.012, 0.5, steps=1, keep=0.3, bristles=0),
    )
    image = mix(stage.image, lay_strokes(np.clip(stage.image, 0, 1), angle, rng, passes), np.full(size, 0.42, np.float32))
    image = surface.oil(np.clip(image, 0, 1), angle, rng, 0.04, 10)
    cracked = surface.crackle(image, rng, rng.uniform(18, 34), 0.32, smoothstep(-0.9, 0.8, fractal(rng, size, 150, 3)))
    return to_bytes(surface.canvas(surface.varnish(saturate(cracked * 1.12, 1.15), rng, 0.22), rng, 0.018))


T = np.linspace(0, 1, 80)


def jar(rng: np.random.Generator) -> Array:
    """Profile of a jug or jar: foot, belly, neck, lip."""
    belly, neck = rng.uniform(0.26, 0.38), rng.uniform(0.09, 0.17)
    body = neck + (belly - neck) * np.exp(-(((T - rng.uniform(0.3, 0.48)) / rng.uniform(0.2, 0.28)) ** 2))
    return np.asarray(body + 0.05 * smoothstep(0.9, 1.0, T) + 0.05 * smoothstep(0.07, 0.0, T), np.float32)


def dish(rng: np.random.Generator) -> Array:
    """Profile of a bowl on a foot."""
    return np.asarray(0.34 + 0.85 * smoothstep(0.25, 1.0, T) ** 0.8 + 0.1 * smoothstep(0.2, 0.0, T), np.float32)


def fruit(s: Stage) -> None:
    """Fruit on a cloth beside a jar."""
    s.vessel(
        s.wide * s.rng.uniform(0.2, 0.4),
        s.edge + s.high * 0.1,
        s.high * s.rng.uniform(0.36, 0.5),
        jar(s.rng),
        s.tones[3],
        0.5,
        s.rng.random() < 0.5,
    )
    s.fruits(int(s.rng.integers(7, 12)), 0.15, 0.88, 1.15)


def jug(s: Stage) -> None:
    """Two vessels and a few fruits."""
    for k, u in enumerate((s.rng.uniform(0.55, 0.68), s.rng.uniform(0.25, 0.4))):
        tall, foot, tone = s.high * s.rng.uniform(0.4, 0.56) * (1 - 0.25 * k), s.edge + s.high * (0.07 + 0.08 * k), s.tones[3 + k]
        if k == 0:
            s.handle(s.wide * u + tall * 0.2, foot - tall * 0.6, tall * 0.2, tone, 1)
        s.vessel(s.wide * u, foot, tall, jar(s.rng), tone, s.rng.uniform(0.3, 0.7), k == 0)
    s.fruits(int(s.rng.integers(4, 8)), 0.12, 0.9)


def bowl(s: Stage) -> None:
    """A bowl heaped with fruit."""
    x, foot, tall = s.wide * s.rng.uniform(0.42, 0.58), s.edge + s.high * 0.16, s.unit * s.rng.uniform(0.2, 0.25)
    if s.rng.random() < 0.7:
        s.vessel(s.wide * s.rng.choice((0.16, 0.84)), s.edge + s.high * 0.07, s.high * 0.42, jar(s.rng), s.tones[4], 0.6)
    kinds = list(s.rng.choice(list(FRUITS), 3, replace=False))
    for layer in range(3):
        for u in np.linspace(-1, 1, 6 - layer) + s.rng.normal(0, 0.06, 6 - layer):
            r = tall * s.rng.uniform(0.3, 0.38)
            s.globe(x + u * tall * (1.0 - 0.24 * layer), foot - tall * (0.98 + 0.42 * layer), r, str(s.rng.choice(kinds)), 0.95)
    s.vessel(x, foot, tall, dish(s.rng), s.tones[3], 0.6, True, False)
    s.fruits(3, 0.1, 0.9)


def flowers(s: Stage) -> None:
    """A bunch of flowers in a vase."""
    x, foot, tall = s.wide * s.rng.uniform(0.44, 0.56), s.edge + s.high * 0.12, s.high * 0.34
    top, spread = foot - tall, s.unit * 0.3
    for _ in range(46):
        a = s.rng.uniform(-3.0, -0.14)
        s.leaf(
            np.array([x + s.rng.normal(0, spread * 0.35), top - spread * s.rng.uniform(0.0, 0.9)]),
            a,
            s.unit * s.rng.uniform(0.08, 0.16),
        )
    tones = [
        rgb(c) for c in s.rng.permutation(["d84a4a", "f0d8d0", "e8a03a", "c86a9a", "f2e8c8", "7a5aa8", "e87a5a", "f4c4c8"])[:4]
    ]
    for _ in range(int(s.rng.integers(16, 24))):
        a, d = s.rng.uniform(-3.3, 0.16), spread * np.sqrt(s.rng.random()) * 1.1
        bloom(
            s,
            x + 1.15 * d * np.cos(a),
            top - spread * 0.35 + d * np.sin(a),
            s.unit * s.rng.uniform(0.035, 0.075),
            tones[int(s.rng.integers(4))],
        )
    s.vessel(x, foot, tall, jar(s.rng), s.tones[3], 0.6, s.rng.random() < 0.6)
    for _ in range(9):
        s.leaf(np.array([x + s.rng.normal(0, 20), top + 4]), s.rng.uniform(-0.5, 3.6), s.unit * 0.09)
    for _ in range(6):
        px, py = s.wide * s.rng.uniform(0.2, 0.85), s.edge + s.high * s.rng.uniform(0.1, 0.25)
        cv2.ellipse(
            s.image,
            (int(px), int(py)),
            (int(s.unit * 0.016), int(s.unit * 0.008)),
            s.rng.uniform(0, 180),
            0,
            360,
            tones[int(s.rng.integers(4))].tolist(),
            -1,
            cv2.LINE_AA,
        )


def bloom(s: Stage, x: float, y: float, r: float, tone: Array) -> None:
    """A full flower: rings of petals, the inner ones darker."""
    light = float(np.clip(1.15 - 0.6 * (x / s.wide - 0.35) - 0.25 * (y / s.high - 0.2), 0.45, 1.25))
    petals = int(s.rng.integers(6, 13))
    for ring in range(4):
        reach, turn = r * (1 - 0.23 * ring), s.rng.uniform(0, 6.28)
        for i in range(petals):
            a = turn + i / petals * 6.283 + s.rng.normal(0, 0.12)
            px, py = x + 0.55 * reach * np.cos(a), y + 0.5 * reach * np.sin(a)
            shade = light * (1.05 - 0.13 * ring) * (1 - 0.28 * (np.cos(a) + np.sin(a)) / 1.4) * s.rng.uniform(0.85, 1.15)
            axes = (int(reach * 0.5 * 8), int(reach * s.rng.uniform(0.24, 0.36) * 8))
            cv2.ellipse(
                s.image,
                (int(px * 8), int(py * 8)),
                axes,
                np.degrees(a),
                0,
                360,
                np.clip(tone * shade, 0, 1).tolist(),
                -1,
                cv2.LINE_AA,
                3,
            )
    for _ in range(9):
        px, py = x + s.rng.normal(0, r * 0.1), y + s.rng.normal(0, r * 0.09)
        cv2.circle(
            s.image,
            (int(px * 8), int(py * 8)),
            int(max(r * 0.05, 1) * 8),
            (rgb("6a4a1a") * s.rng.uniform(0.6, 2.2)).clip(0, 1).tolist(),
            -1,
            cv2.LINE_AA,
            3,
        )


def grapes(s: Stage) -> None:
    """Grapes, a vessel and fruit."""
    s.vessel(
        s.wide * s.rng.choice((0.25, 0.72)),
        s.edge + s.high * 0.08,
        s.high * s.rng.uniform(0.4, 0.52),
        jar(s.rng),
        s.tones[3],
        0.6,
        True,
    )
    s.fruits(4, 0.15, 0.85)
    for u in (0.4, 0.62)[: int(s.rng.integers(1, 3))]:
        s.grapes(
            s.wide * (u + s.rng.normal(0, 0.04)),
            s.edge + s.high * s.rng.uniform(0.1, 0.17),
            s.unit * 0.03,
            44,
            str(s.rng.choice(("4a2a4a", "8a9a4a", "6a2a34"))),
        )
    s.fruits(2, 0.2, 0.8, 1.1)


MOTIFS = {"fruit": fruit, "jug": jug, "bowl": bowl, "flowers": flowers, "grapes": grapes}
