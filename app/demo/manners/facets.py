"""Still lifes seen from several sides at once: the table is cut into facets, each showing it from another place."""

from __future__ import annotations

import cv2
import numpy as np

from app.demo.art import surface
from app.demo.art.brush import Brush
from app.demo.art.brush import paint as lay_strokes
from app.demo.art.colour import mix, palette, ramp, to_bytes
from app.demo.art.noise import Size, borders, fractal, grid, sample
from app.demo.art.subject import Subject
from app.demo.art.types import Array, Image, fixed, xy

# dark, three greys or browns, light, accent
PALETTES = {
    "umber": "2a2018 5c4630 8c6f48 b89a68 e8d9b4 7a3a24",
    "slate": "1f262c 46545c 74848a a8b0a8 e6e2d2 b08a4a",
    "olive": "22261a 4c5232 7c7f50 b0a878 ebe3c4 a8502e",
    "bright": "22242e 2f5d7a c8502f e0a83a f2e8d0 3f7a5a",
    "rose": "2a1c24 6a3f50 a8707a d4a898 f3e4d6 4a6a78",
}


def paint(rng: np.random.Generator, size: Size, subject: Subject) -> Image:
    """uint8 RGB of `size` (height, width); motifs: guitar, bottle, pipe, fan, window."""
    tones = palette(PALETTES[subject.mood])
    table = Table(rng, size, tones)
    MOTIFS[subject.motif](table)
    labels = shatter(rng, size, int(rng.integers(9, 14)))
    image = facets(rng, table.image, labels, tones)
    seam = np.clip(cv2.GaussianBlur(borders(labels), (0, 0), 0.8) * 1.8, 0, 1)
    image = mix(image, tones[0], seam * 0.75 * np.clip(0.6 + 0.5 * fractal(rng, size, 60, 2), 0, 1))
    angle = rng.uniform(0, np.pi, labels.max() + 1).astype(np.float32)[labels]
    dabs = (
        Brush(7, 11, 7.5, 0.05, 0.012, 0.25, steps=1, bristles=0, keep=0.02),
        Brush(4, 7, 5, 0.05, 0.012, 0.25, steps=1, bristles=0, keep=0.3),
    )
    painted = lay_strokes(np.clip(image, 0, 1), angle, rng, dabs)
    mixed = mix(image, painted, np.where(rng.random(labels.max() + 1) < 0.7, 0.85, 0.25)[labels].astype(np.float32) * (1 - seam))
    return to_bytes(surface.varnish(surface.oil(np.clip(mixed, 0, 1), angle, rng, 0.05, 8), rng, 0.12))


def shatter(rng: np.random.Generator, size: Size, lines: int) -> Array:
    """(H, W) facet of every pixel: the cells that random lines, denser in the middle, cut the picture into."""
    y, x = grid(size)
    code = np.zeros(size, np.int64)
    for i in range(lines):
        angle = rng.choice((0.35, 1.1, 1.57, 2.1, 2.8)) + rng.normal(0, 0.16)
        px, py = size[1] * (0.5 + rng.normal(0, 0.2)), size[0] * (0.5 + rng.normal(0, 0.2))
        side = (x - px) * np.sin(angle) - (y - py) * np.cos(angle)
        reach = np.hypot(x - px, y - py) < max(size) * rng.uniform(0.3, 0.8)  # lines end, so that facets differ in size
        code += ((side > 0) & reach).astype(np.int64) << i
    _, labels = np.unique(code, return_inverse=True)
    return labels.reshape(size)


def facets(rng: np.random.Generator, scene: Array, labels: Array, tones: Array) -> Array:
    """The scene, shifted, turned and scaled anew in each facet, and shaded from one of its edges."""
    size = (scene.shape[0], scene.shape[1])
    y, x = grid(size)
    count = int(labels.max()) + 1
    cx, cy = size[1] / 2, size[0] / 2
    turn, scale = rng.normal(0, 0.11, count), rng.uniform(0.8, 1.12, count)
    shift = rng.normal(0, min(size) * 0.035, (count, 2))
    c, s = (scale * np.cos(turn)).astype(np.float32)[labels], (scale * np.sin(turn)).astype(np.float32)[labels]
    sx = cx + c * (x - cx) - s * (y - cy) + shift[labels, 0]
    sy = cy + s * (x - cx) + c * (y - cy) + shift[labels, 1]
    image = sample(scene, sx.astype(np.float32), sy.astype(np.float32))
    light, depth = rng.uniform(0, 2 * np.pi, count), rng.uniform(0.12, 0.5, count)
    along = x * np.cos(light).astype(np.float32)[labels] + y * np.sin(light).astype(np.float32)[labels]
    flat = labels.ravel()
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(low, flat, along.ravel())
    np.maximum.at(high, flat, along.ravel())
    fade = (along - low[labels]) / (high - low + 1)[labels]
    plane = ramp(tones[:5], np.clip(rng.uniform(0.2, 0.9, count)[labels] + (fade - 0.5) * 0.5, 0, 1))
    image = mix(image, plane, (rng.uniform(0.0, 0.6, count) ** 1.8)[labels].astype(np.float32))
    return np.asarray(image * (1 + (fade - 0.55) * depth[labels] * 1.2)[..., None], np.float32)


class Table:
    """A table top with things on it, drawn flat."""

    def __init__(self, rng: np.random.Generator, size: Size, tones: Array) -> None:
        self.rng, self.tones = rng, tones
        self.high, self.wide = size
        self.unit = min(size)
        y, x = grid(size)
        back = ramp(tones[1:4], 0.5 + 0.3 * fractal(rng, size, 200, 2) - 0.2 * y / size[0])
        top = mix(tones[3], tones[4], 0.35) * (1 + 0.06 * np.sin(y / 9 + fractal(rng, size, 90, 3) * 3))[..., None]
        edge = self.high * rng.uniform(0.55, 0.68) + (x - self.wide / 2) * rng.uniform(-0.2, 0.2)
        self.image = np.where((y > edge)[..., None], top, back).astype(np.float32)
        self.newspaper()

    def fill(self, points: Array, tone: Array, line: float = 3) -> None:
        shape = [fixed(points)]
        cv2.fillPoly(self.image, shape, tone.tolist(), cv2.LINE_AA, 3)
        if line:
            cv2.polylines(self.image, shape, True, self.tones[0].tolist(), int(line), cv2.LINE_AA, 3)

    def stroke(self, points: Array, tone: Array, width: float) -> None:
        cv2.polylines(self.image, [fixed(points)], False, tone.tolist(), max(int(width), 1), cv2.LINE_AA, 3)

    def oval(self, x: float, y: float, rx: float, ry: float, tone: Array, turn: float = 0.0, line: float = 3) -> None:
        t = np.linspace(0, 2 * np.pi, 50)
        u, v = rx * np.cos(t), ry * np.sin(t)
        self.fill(np.stack([x + u * np.cos(turn) - v * np.sin(turn), y + u * np.sin(turn) + v * np.cos(turn)], axis=1), tone, line)

    def newspaper(self) -> None:
        """A sheet with lines of unreadable print."""
        x, y = self.wide * self.rng.uniform(0.1, 0.5), self.high * self.rng.uniform(0.55, 0.75)
        w, h, a = self.unit * self.rng.uniform(0.35, 0.5), self.unit * self.rng.uniform(0.25, 0.35), self.rng.uniform(-0.4, 0.4)
        c, s = np.cos(a), np.sin(a)
        corner = [(x + u * w * c - v * h * s, y + u * w * s + v * h * c) for u, v in ((0, 0), (1, 0), (1, 1), (0, 1))]
        self.fill(np.array(corner), mix(self.tones[4], np.ones(3), 0.2), 2)
        for row in np.linspace(0.1, 0.92, 11):
            u = 0.06
            while u < 0.93:
                long = self.rng.uniform(0.03, 0.15)
                p, q = (u, row), (min(u + long, 0.95), row)
                self.stroke(
                    np.array([(x + i * w * c - j * h * s, y + i * w * s + j * h * c) for i, j in (p, q)]),
                    self.tones[1],
                    6 if row < 0.15 else 2,
                )
                u += long + 0.025

    def bottle(self, x: float, foot: float, tall: float, tone: Array) -> None:
        t = np.linspace(0, 1, 30)
        half = tall * np.where(t < 0.55, 0.16, np.where(t < 0.72, 0.16 - 0.105 * np.sin((t - 0.55) / 0.17 * np.pi / 2), 0.055))
        self.fill(
            np.concatenate([np.stack([x - half, foot - t * tall], axis=1), np.stack([x + half, foot - t * tall], axis=1)[::-1]]),
            tone,
        )
        self.fill(
            np.array(
                [
                    (x - tall * 0.14, foot - tall * 0.15),
                    (x + tall * 0.14, foot - tall * 0.15),
                    (x + tall * 0.14, foot - tall * 0.4),
                    (x - tall * 0.14, foot - tall * 0.4),
                ]
            ),
            self.tones[4],
            2,
        )
        self.stroke(
            np.array([(x - tall * 0.1, foot - tall * 0.1), (x - tall * 0.1, foot - tall * 0.52)]), mix(tone, np.ones(3), 0.5), 5
        )

    def glass(self, x: float, foot: float, tall: float) -> None:
        self.fill(
            np.array(
                [
                    (x - tall * 0.28, foot - tall),
                    (x + tall * 0.28, foot - tall),
                    (x + tall * 0.16, foot - tall * 0.4),
                    (x - tall * 0.16, foot - tall * 0.4),
                ]
            ),
            mix(self.tones[4], self.tones[3], 0.4),
        )
        self.stroke(np.array([(x, foot - tall * 0.4), (x, foot)]), self.tones[0], 5)
        self.oval(x, foot, tall * 0.22, tall * 0.06, self.tones[3])
        self.oval(x, foot - tall, tall * 0.28, tall * 0.07, self.tones[4])

    def fruit(self, x: float, y: float, r: float) -> None:
        self.oval(x, y, r, r * 0.92, self.tones[int(self.rng.choice((5, 3, 2)))])
        self.oval(x - r * 0.3, y - r * 0.3, r * 0.35, r * 0.25, mix(self.tones[4], self.tones[5], 0.3), 0.5, 0)

    def fruits(self) -> None:
        for _ in range(int(self.rng.integers(2, 6))):
            self.fruit(
                self.wide * self.rng.uniform(0.2, 0.8),
                self.high * self.rng.uniform(0.64, 0.84),
                self.unit * self.rng.uniform(0.04, 0.075),
            )


def guitar(t: Table) -> None:
    """A guitar, a glass and a newspaper."""
    t.bottle(t.wide * t.rng.uniform(0.15, 0.3), t.high * 0.72, t.unit * 0.5, mix(t.tones[1], t.tones[5], 0.3))
    x, y, a, s = t.wide * 0.52, t.high * 0.6, t.rng.choice((-1, 1)) * t.rng.uniform(0.3, 0.8), t.unit * 0.2
    axis = np.array([np.sin(a), -np.cos(a)])
    body = mix(t.tones[3], t.tones[5], 0.4)
    for k, r in ((0.0, 1.0), (1.15, 0.76)):
        p = np.array([x, y]) + axis * s * k
        t.oval(p[0], p[1], s * r, s * r * 0.92, body, a)
    t.oval(*xy(np.array([x, y]) + axis * s * 0.55), s * 0.62, s * 0.5, body, a, 0)
    t.oval(*xy(np.array([x, y]) + axis * s * 0.6), s * 0.3, s * 0.3, t.tones[0], a)
    across = np.array([axis[1], -axis[0]])
    start, end = np.array([x, y]) + axis * s * 0.9, np.array([x, y]) + axis * s * 3.3
    t.fill(
        np.array([start - across * s * 0.14, end - across * s * 0.1, end + across * s * 0.1, start + across * s * 0.14]), t.tones[1]
    )
    for k in np.linspace(-0.1, 0.1, 6):
        t.stroke(np.array([np.array([x, y]) - axis * s * 0.5 + across * s * k, end + across * s * k * 0.7]), t.tones[4], 1)
    for k in np.linspace(0.2, 0.9, 8):
        p = start + (end - start) * k
        t.stroke(np.array([p - across * s * 0.12, p + across * s * 0.12]), t.tones[4], 2)
    t.glass(t.wide * t.rng.uniform(0.72, 0.85), t.high * 0.84, t.unit * 0.3)
    t.fruits()


def bottle(t: Table) -> None:
    """Bottles and glasses."""
    for u in (0.28, 0.5, 0.7):
        tone = t.tones[int(t.rng.choice((1, 2, 5)))]
        t.bottle(t.wide * (u + t.rng.normal(0, 0.03)), t.high * t.rng.uniform(0.68, 0.82), t.unit * t.rng.uniform(0.45, 0.66), tone)
    t.glass(t.wide * t.rng.uniform(0.35, 0.45), t.high * 0.86, t.unit * 0.28)
    t.glass(t.wide * t.rng.uniform(0.75, 0.85), t.high * 0.82, t.unit * 0.34)
    t.fruits()


def pipe(t: Table) -> None:
    """A pipe, playing cards and a jug."""
    x, foot, s = t.wide * t.rng.uniform(0.55, 0.7), t.high * 0.72, t.unit * 0.22
    u = np.linspace(0, 1, 24)
    half = s * (0.4 + 0.35 * np.sin(np.pi * u**1.3))
    t.stroke(np.stack([x + s * (0.6 + 0.5 * np.sin(u * np.pi)), foot - s * (0.5 + 1.1 * u)], axis=1), t.tones[5], s * 0.14)
    t.fill(
        np.concatenate([np.stack([x - half, foot - u * s * 2], axis=1), np.stack([x + half, foot - u * s * 2], axis=1)[::-1]]),
        mix(t.tones[4], t.tones[2], 0.3),
    )
    for k in range(3):
        cx, cy, a = t.wide * (0.2 + 0.12 * k), t.high * (0.7 + 0.05 * k), -0.5 + 0.4 * k
        w, h = t.unit * 0.09, t.unit * 0.13
        t.fill(
            np.array(
                [
                    (cx + i * w * np.cos(a) - j * h * np.sin(a), cy + i * w * np.sin(a) + j * h * np.cos(a))
                    for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))
                ]
            ),
            mix(t.tones[4], np.ones(3), 0.4),
        )
        for _ in range(int(t.rng.integers(2, 6))):
            t.oval(
                cx + t.rng.normal(0, w * 0.4),
                cy + t.rng.normal(0, h * 0.4),
                w * 0.17,
                w * 0.2,
                t.tones[int(t.rng.choice((0, 5)))],
                0,
                0,
            )
    px, py = t.wide * 0.3, t.high * 0.5
    t.stroke(np.stack([px + t.unit * 0.34 * u, py + t.unit * 0.08 * np.sin(u * 3)], axis=1), t.tones[0], 12)
    t.oval(px, py - t.unit * 0.03, t.unit * 0.05, t.unit * 0.07, t.tones[5])
    t.fruits()


def fan(t: Table) -> None:
    """An open fan, a book and a cup."""
    x, y, r = t.wide * t.rng.uniform(0.4, 0.6), t.high * 0.72, t.unit * 0.42
    for i in range(14):
        a0, a1 = np.pi * (1.1 + 0.8 * i / 14), np.pi * (1.1 + 0.8 * (i + 1) / 14)
        tone = t.tones[4] if i % 2 else mix(t.tones[5], t.tones[3], 0.3)
        t.fill(
            np.array(
                [
                    (x + r * 0.35 * np.cos(a0), y + r * 0.35 * np.sin(a0)),
                    (x + r * np.cos(a0), y + r * np.sin(a0)),
                    (x + r * np.cos(a1), y + r * np.sin(a1)),
                    (x + r * 0.35 * np.cos(a1), y + r * 0.35 * np.sin(a1)),
                ]
            ),
            tone,
            2,
        )
        t.stroke(np.array([(x, y), (x + r * 0.4 * np.cos(a0), y + r * 0.4 * np.sin(a0))]), t.tones[0], 4)
    bx, by = t.wide * t.rng.uniform(0.12, 0.25), t.high * 0.8
    t.fill(
        np.array(
            [
                (bx, by),
                (bx + t.unit * 0.3, by - t.unit * 0.06),
                (bx + t.unit * 0.32, by + t.unit * 0.02),
                (bx + t.unit * 0.02, by + t.unit * 0.09),
            ]
        ),
        t.tones[5],
    )
    t.glass(t.wide * t.rng.uniform(0.75, 0.86), t.high * 0.82, t.unit * 0.3)
    t.fruits()


def window(t: Table) -> None:
    """A window on roofs, with a fruit bowl before it."""
    x0, y0, w, h = t.wide * 0.25, t.high * 0.08, t.wide * 0.5, t.high * 0.5
    t.fill(np.array([(x0, y0), (x0 + w, y0), (x0 + w, y0 + h), (x0, y0 + h)]), mix(t.tones[4], np.array([0.6, 0.75, 0.85]), 0.4), 8)
    for i in range(9):
        rx, ry, s = x0 + w * t.rng.uniform(0.02, 0.85), y0 + h * (0.5 + 0.05 * i), w * 0.16
        t.fill(
            np.array([(rx, ry), (rx + s / 2, ry - s * 0.5), (rx + s, ry), (rx + s, ry + s * 0.5), (rx, ry + s * 0.5)]),
            t.tones[int(t.rng.choice((2, 3, 5)))],
            2,
        )
    t.stroke(np.array([(x0 + w / 2, y0), (x0 + w / 2, y0 + h)]), t.tones[0], 7)
    t.oval(t.wide * 0.5, t.high * 0.76, t.unit * 0.26, t.unit * 0.08, t.tones[4])
    for _ in range(6):
        t.fruit(
            t.wide * 0.5 + t.rng.normal(0, t.unit * 0.11),
            t.high * 0.71 + t.rng.normal(0, t.unit * 0.02),
            t.unit * t.rng.uniform(0.045, 0.07),
        )
    t.bottle(t.wide * t.rng.choice((0.14, 0.86)), t.high * 0.8, t.unit * 0.5, t.tones[1])


MOTIFS = {"guitar": guitar, "bottle": bottle, "pipe": pipe, "fan": fan, "window": window}
