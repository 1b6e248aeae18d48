"""Plates from a herbal: plants grown by rule, drawn in pen and washed with watercolour on old paper.

Growth follows a bracketed rewriting of stems into stems and side shoots
(Prusinkiewicz & Lindenmayer, The Algorithmic Beauty of Plants, 1990, section 1.6).
"""

from __future__ import annotations

import cv2
import numpy as np

from app.demo.art import surface
from app.demo.art.colour import mix, palette, rgb, soften, to_bytes
from app.demo.art.noise import Size, fractal, value
from app.demo.art.subject import Subject
from app.demo.art.types import Array, Image, fixed, xy

# paper, leaf, second leaf, flower, flower's heart, stem
PALETTES = {
    "rose": "eee2c6 5f7a3f 8a9a4f c85a6a e8b04a 6a5a34",
    "blue": "efe6d0 4f7050 7f9a6a 4a6ab0 e8d06a 4f5a3a",
    "gold": "ecdfbe 6a7a34 9aa04a dfa02f 8a4a1f 6f6030",
    "violet": "ede4d2 556f4a 86985f 7a4f9a e6c85a 5a5038",
    "white": "dccfae 4a6a3f 7a8f54 f4ecdc d8a83a 5f5a36",
    "scarlet": "f0e4c8 4f6a34 869446 c8382a 2a1f1a 66562f",
}


def paint(rng: np.random.Generator, size: Size, subject: Subject) -> Image:
    """uint8 RGB of `size` (height, width); motifs: bell, umbel, daisy, fern, berry, tulip."""
    plate = Plate(rng, size, palette(PALETTES[subject.mood]))
    MOTIFS[subject.motif](plate)
    plate.details(subject.motif)
    plate.lettering()
    return plate.finish()


class Plate:
    """Watercolour in one layer (colour and cover), pen in another."""

    def __init__(self, rng: np.random.Generator, size: Size, tones: Array) -> None:
        self.rng, self.size, self.tones = rng, size, tones
        self.high, self.wide = size
        self.unit = min(size)
        self.wash = np.zeros((*size, 4), np.float32)
        self.pen = np.zeros(size, np.float32)

    def shape(self, points: Array, tone: Array, ink: bool = True) -> None:
        """A washed shape: full at the edge, lighter within, outlined by the pen with gaps."""
        pieces = fixed(points)
        colour = np.clip(tone * self.rng.uniform(0.82, 1.14) + self.rng.normal(0, 0.02, 3), 0, 1)
        cv2.fillPoly(self.wash, [pieces], [*colour.tolist(), 0.92], cv2.LINE_AA, 3)
        inner = np.round((np.asarray(points) * 0.72 + np.asarray(points).mean(axis=0) * 0.28 - (2, 2)) * 8).astype(np.int32)
        cv2.fillPoly(self.wash, [inner], [*mix(colour, self.tones[0], 0.22).tolist(), 0.8], cv2.LINE_AA, 3)
        if ink:
            cv2.fillPoly(self.pen, [pieces], 0.0, cv2.LINE_8, 3)
            self.line(np.concatenate([points, points[:1]]), 1.0)

    def line(self, points: Array, width: float = 1.0, gaps: float = 0.08) -> None:
        pieces = fixed(points)
        for start in range(0, len(pieces) - 1, 4):
            if self.rng.random() > gaps:
                cv2.polylines(
                    self.pen,
                    [pieces[start : start + 5]],
                    False,
                    self.rng.uniform(0.7, 1.0),
                    max(int(round(width)), 1),
                    cv2.LINE_AA,
                    3,
                )

    def stem(self, points: Array, width: float) -> None:
        points = np.asarray(points, np.float32)
        along = np.gradient(points, axis=0)
        across = np.stack([-along[:, 1], along[:, 0]], axis=1) / (np.linalg.norm(along, axis=1, keepdims=True) + 1e-3)
        half = across * np.linspace(width, width * 0.55, len(points))[:, None] / 2
        self.shape(np.concatenate([points + half, (points - half)[::-1]]), self.tones[5])

    def leaf(self, x: float, y: float, angle: float, long: float, broad: float, teeth: float = 0.0, tone: int = 1) -> None:
        """A leaf in two halves with midrib and side veins; `teeth` notches its edge."""
        t = np.linspace(0, 1, 26)
        bend = self.rng.normal(0, 0.45)
        spine = np.stack([x + long * t * np.cos(angle + bend * t), y + long * t * np.sin(angle + bend * t)], axis=1)
        along = np.gradient(spine, axis=0)
        across = np.stack([-along[:, 1], along[:, 0]], axis=1) / (np.linalg.norm(along, axis=1, keepdims=True) + 1e-3)
        half = long * broad * np.sin(np.pi * t**0.8) * (1 + teeth * np.abs(((t * 11) % 1) - 0.5))
        base = self.tones[tone]
        for side, shade in ((1, 1.1), (-1, 0.82)):
            self.shape(np.concatenate([spine, (spine + side * across * half[:, None])[::-1]]), base * shade)
        for k in range(3, 23, 3):
            for side in (1, -1):
                j = min(k + 4, 25)
                self.line(np.stack([spine[k], spine[j] + side * across[j] * half[j] * 0.85]), 1, 0.15)

    def stalk(self, x: float, y: float, angle: float, long: float, width: float) -> Array:
        """A gently bent stem; returns its points (n, 2)."""
        t = np.linspace(0, 1, 18)
        bend = self.rng.normal(0, 0.35)
        heading = angle + bend * t + 0.12 * np.sin(t * 6 + self.rng.uniform(0, 6))
        step = np.stack([np.cos(heading), np.sin(heading)], axis=1) * long / 18
        points = np.cumsum(step, axis=0) + (x, y)
        self.stem(points, width)
        return np.asarray(points, np.float32)

    def daisy(self, x: float, y: float, r: float, petals: int, squash: float = 0.8) -> None:
        for ring in (1.0, 0.78):
            turn = self.rng.uniform(0, 6.28)
            for i in range(petals):
                a = turn + i / petals * 6.283 + self.rng.normal(0, 0.06)
                t = np.linspace(0, 1, 9)
                half = 1.6 / petals * np.sin(np.pi * t**1.3) * self.rng.uniform(0.85, 1.2)
                p = (
                    np.concatenate([np.stack([t, half], axis=1), np.stack([t, -half], axis=1)[::-1]])
                    * r
                    * ring
                    * self.rng.uniform(0.9, 1.1)
                )
                u, v = p[:, 0] * np.cos(a) - p[:, 1] * np.sin(a), (p[:, 0] * np.sin(a) + p[:, 1] * np.cos(a)) * squash
                self.shape(np.stack([x + u, y + v], axis=1), self.tones[3])
        self.disc(x, y, r * 0.27, self.tones[4], squash)
        for _ in range(26):
            a, d = self.rng.uniform(0, 6.28), r * 0.24 * np.sqrt(self.rng.random())
            cv2.circle(self.pen, (int((x + d * np.cos(a)) * 8), int((y + squash * d * np.sin(a)) * 8)), 9, 0.8, -1, cv2.LINE_AA, 3)

    def disc(self, x: float, y: float, r: float, tone: Array, squash: float = 1.0) -> None:
        t = np.linspace(0, 2 * np.pi, 22, endpoint=False)
        self.shape(np.stack([x + r * np.cos(t), y + squash * r * np.sin(t)], axis=1), tone)

    def bell(self, x: float, y: float, r: float, angle: float) -> None:
        t = np.linspace(0, 1, 14)
        half = 0.28 + 0.3 * t**1.5 + 0.12 * np.sin(t * 5)
        mouth = np.linspace(-half[-1], half[-1], 11)
        lip = np.stack([1 + 0.14 * np.abs(np.sin(np.linspace(0, 3 * np.pi, 11))), -mouth], axis=1)
        p = np.concatenate([np.stack([t, half], axis=1), lip, np.stack([t, -half], axis=1)[::-1]]) * r
        c, s = np.cos(angle), np.sin(angle)
        self.shape(np.stack([x + p[:, 0] * c - p[:, 1] * s, y + p[:, 0] * s + p[:, 1] * c], axis=1), self.tones[3])
        for k in (-0.5, 0.0, 0.5):
            q = np.stack([t, half * k], axis=1) * r
            self.line(np.stack([x + q[:, 0] * c - q[:, 1] * s, y + q[:, 0] * s + q[:, 1] * c], axis=1), 1, 0.2)
        self.disc(x + r * 1.2 * c, y + r * 1.2 * s, r * 0.09, self.tones[4])

    def details(self, motif: str) -> None:
        """Below the plant: a cut flower, seeds, a root, as such plates have them."""
        y = self.high * 0.87
        for u in self.rng.permutation([0.12, 0.24, 0.76, 0.88])[: int(self.rng.integers(2, 5))]:
            x, s, kind = self.wide * u, self.unit * self.rng.uniform(0.022, 0.04), int(self.rng.integers(4))
            if kind == 0:
                self.daisy(x, y, s * 1.3, int(self.rng.integers(5, 10)), 1.0)
            elif kind == 1:
                for _ in range(int(self.rng.integers(3, 8))):
                    self.disc(
                        x + self.rng.normal(0, s),
                        y + self.rng.normal(0, s * 0.6),
                        s * self.rng.uniform(0.2, 0.4),
                        self.tones[int(self.rng.choice((4, 5)))],
                        self.rng.uniform(0.5, 1),
                    )
            elif kind == 2:
                self.leaf(x - s, y + s * 0.4, self.rng.uniform(-0.6, 0.2), s * 3, 0.25)
            else:
                self.bell(x, y - s, s * 1.6, self.rng.uniform(1.1, 2.0))

    def lettering(self) -> None:
        """A line of handwriting that cannot be read, and a plate number's flourish."""
        x, y, s = self.wide * self.rng.uniform(0.3, 0.4), self.high * 0.955, self.unit * 0.013
        for _ in range(int(self.rng.integers(2, 4))):
            t = np.linspace(0, self.rng.uniform(9, 20), 90)
            lift = np.sin(t * 2.1 + self.rng.uniform(0, 6)) * (
                0.6 + 0.6 * (np.sin(t * 0.77 + self.rng.uniform(0, 6)) > 0.5)
            ) + 0.3 * np.sin(t * 5.3)
            path = np.stack([x + s * t * 0.62 + 0.5 * s * np.cos(t * 2.1), y + s * lift], axis=1)
            self.line(path, 1.4, 0.0)
            x = path[-1, 0] + s * 2.5
        t = np.linspace(0, 8, 40)
        self.line(np.stack([self.wide * 0.93 + s * 0.3 * t * np.cos(t), self.high * 0.04 + s * 0.2 * t * np.sin(t)], axis=1), 1)

    def finish(self) -> Image:
        """Washes pool and granulate, pen over them, plate mark and paper."""
        sheet = surface.paper(self.rng, self.size, "f0e6cc", 0.75)
        sheet = sheet / sheet.mean(axis=(0, 1)) * self.tones[0]
        cover = self.wash[..., 3]
        pool = np.clip(cover - soften(cover, 2.5), 0, 1)
        grain = 0.72 + 0.16 * fractal(self.rng, self.size, 26, 4) + 0.07 * value(self.rng, self.size, 1.6)
        tint = sheet * (0.25 + 0.75 * self.wash[..., :3] / np.maximum(self.tones[0], 0.5))
        out = mix(sheet, tint * 0.98, np.clip(cover * (grain + 0.2) + 0.5 * pool, 0, 1))
        out = mix(out, rgb("33261a"), np.clip(self.pen, 0, 1) * np.clip(0.8 + 0.15 * fractal(self.rng, self.size, 30, 2), 0, 1))
        m = int(self.unit * 0.03)
        mark = np.zeros(self.size, np.float32)
        cv2.rectangle(mark, (m, m), (self.wide - m, self.high - m), 1.0, 2)
        return to_bytes(surface.relief(np.clip(out, 0, 1), soften(mark, 1.2) * -1.5, 0.15))


def bell(p: Plate) -> None:
    """A raceme of hanging bells."""
    for k in range(int(p.rng.integers(1, 4))):
        s = p.stalk(
            p.wide * (0.5 + 0.1 * (k - 0.5)),
            p.high * 0.82,
            -1.57 + p.rng.normal(0, 0.22),
            p.high * p.rng.uniform(0.55, 0.72),
            p.unit * 0.014,
        )
        for i in range(1, 9):
            p.leaf(*xy(s[i]), p.rng.choice((-0.4, -2.74)) + p.rng.normal(0, 0.3), p.unit * (0.24 - 0.02 * i), 0.16, 0.2, 1 + i % 2)
        for i in range(8, 18):
            a = (0.9 if i % 2 else 2.24) + p.rng.normal(0, 0.2)
            q = p.stalk(*xy(s[i]), a - 0.5 if i % 2 else a + 0.5, p.unit * 0.05, 2.5)
            p.bell(*xy(q[-1]), p.unit * (0.085 - 0.004 * (i - 8)), a)


def umbel(p: Plate) -> None:
    """Umbels on a branching stem."""
    sprout(p, np.array([p.wide * 0.5, p.high * 0.83]), -1.57, p.high * 0.34, 0)


def sprout(p: Plate, start: Array, angle: float, long: float, level: int) -> None:
    s = p.stalk(start[0], start[1], angle, long, p.unit * 0.014 * 0.7**level)
    for i in (5, 9, 12):
        for k in range(3):
            p.leaf(
                *xy(s[i]),
                angle + p.rng.choice((-1, 1)) * p.rng.uniform(0.5, 1.3),
                long * p.rng.uniform(0.25, 0.4),
                0.12,
                0.6,
                1 + k % 2,
            )
    if level < 2:
        for turn in (-0.55, 0.5) if level else (-0.5, 0.02, 0.52):
            sprout(
                p,
                s[-1 - int(p.rng.integers(0, 4))],
                angle + turn + p.rng.normal(0, 0.12),
                long * p.rng.uniform(0.5, 0.66),
                level + 1,
            )
        return
    for a in np.linspace(-1.1, 1.1, 11):
        q = p.stalk(*xy(s[-1]), angle + a, p.unit * p.rng.uniform(0.06, 0.085), 1.6)
        for _ in range(7):
            p.disc(
                *xy(q[-1] + p.rng.normal(0, p.unit * 0.011, 2)),
                p.unit * p.rng.uniform(0.005, 0.009),
                p.tones[3] if p.rng.random() < 0.8 else p.tones[4],
            )


def daisy(p: Plate) -> None:
    """Ray flowers from a tuft of leaves."""
    for _ in range(11):
        p.leaf(
            p.wide * 0.5,
            p.high * 0.82,
            p.rng.uniform(-2.9, -0.24),
            p.unit * p.rng.uniform(0.2, 0.34),
            0.15,
            p.rng.uniform(0, 0.8),
            int(p.rng.integers(1, 3)),
        )
    petals = int(p.rng.integers(8, 17))
    for a in np.linspace(-0.55, 0.55, int(p.rng.integers(3, 6))):
        s = p.stalk(p.wide * 0.5, p.high * 0.82, -1.57 + a, p.high * p.rng.uniform(0.38, 0.62), p.unit * 0.01)
        for i in (6, 10):
            p.leaf(*xy(s[i]), -1.57 + a + p.rng.choice((-0.8, 0.8)), p.unit * 0.12, 0.16, 0.4, 2)
        p.daisy(*xy(s[-1]), p.unit * p.rng.uniform(0.085, 0.125), petals, p.rng.uniform(0.55, 0.95))


def fern(p: Plate) -> None:
    """Fronds, divided twice, and one still rolled."""
    for a in np.linspace(-0.75, 0.75, int(p.rng.integers(4, 7))):
        s = p.stalk(p.wide * 0.5, p.high * 0.84, -1.57 + a, p.high * p.rng.uniform(0.5, 0.68), p.unit * 0.008)
        for i in range(3, 18):
            heading = np.arctan2(*(s[i] - s[i - 1])[::-1])
            reach = p.unit * 0.13 * np.sin(np.pi * (i - 1) / 18) + 6
            for side in (-1, 1):
                for k in range(5):
                    f = (k + 1) / 5
                    q = s[i] + f * reach * np.array([np.cos(heading + side * 1.15), np.sin(heading + side * 1.15)])
                    p.leaf(*xy(q), heading + side * 0.8, reach * 0.3 * (1.2 - f), 0.28, 0, 1 + (k + i) % 2)
    t = np.linspace(0, 12, 60)
    x = p.wide * p.rng.choice((0.3, 0.7))
    p.stem(
        np.concatenate(
            [
                np.stack([np.linspace(p.wide * 0.5, x, 20), np.linspace(p.high * 0.84, p.high * 0.62, 20)], axis=1),
                np.stack([x + (12 - t) * 3.2 * np.sin(t), p.high * 0.6 + (12 - t) * 3.2 * np.cos(t)], axis=1),
            ]
        ),
        6,
    )
    for _ in range(4):
        p.daisy(p.wide * p.rng.uniform(0.35, 0.65), p.high * p.rng.uniform(0.8, 0.85), p.unit * 0.03, 6)


def berry(p: Plate) -> None:
    """A branch with berries."""
    s = p.stalk(p.wide * p.rng.uniform(0.2, 0.35), p.high * 0.8, -1.05, p.high * 0.68, p.unit * 0.018)
    for i in range(3, 18):
        side = 1 if i % 2 else -1
        twig = p.stalk(*xy(s[i]), -1.05 + side * p.rng.uniform(0.6, 1.2), p.unit * p.rng.uniform(0.08, 0.2), 3.4)
        for k in range(4):
            p.leaf(
                *xy(twig[4 + 4 * k]),
                -1.05 + side * 0.8 + p.rng.choice((-0.8, 0.8)),
                p.unit * p.rng.uniform(0.08, 0.14),
                0.28,
                0.7,
                1 + k % 2,
            )
        for _ in range(int(p.rng.integers(2, 7))):
            x, y = twig[-1] + p.rng.normal(0, p.unit * 0.02, 2)
            p.disc(x, y, p.unit * p.rng.uniform(0.014, 0.02), p.tones[3])
            cv2.circle(p.wash, (int(x - 3), int(y - 3)), 3, [*p.tones[0].tolist(), 0.4], -1, cv2.LINE_AA)


def tulip(p: Plate) -> None:
    """Bulb flowers with flamed petals."""
    for a in np.linspace(-0.3, 0.3, int(p.rng.integers(2, 5))):
        x = p.wide * (0.5 + a * 0.5)
        for k in range(3):
            p.leaf(x, p.high * 0.83, -1.57 + a + p.rng.normal(0, 0.35), p.high * p.rng.uniform(0.3, 0.46), 0.09, 0, 1 + k % 2)
        s = p.stalk(x, p.high * 0.83, -1.57 + a, p.high * p.rng.uniform(0.4, 0.55), p.unit * 0.013)
        fx, fy = s[-1]
        r = p.unit * p.rng.uniform(0.09, 0.12)
        for turn in (-0.5, 0.5, -0.25, 0.25, 0.0):
            t = np.linspace(0, 1, 14)
            half = 0.42 * np.sin(np.pi * t**0.75) ** 0.9
            q = np.concatenate([np.stack([t * 1.5, half], axis=1), np.stack([t * 1.5, -half], axis=1)[::-1]]) * r
            c, n = np.cos(-1.57 + a + turn), np.sin(-1.57 + a + turn)
            put = np.stack([fx + q[:, 0] * c - q[:, 1] * n, fy + q[:, 0] * n + q[:, 1] * c], axis=1)
            p.shape(put, p.tones[3])
            for _ in range(5):
                u = p.rng.uniform(-0.25, 0.25)
                f = np.stack([np.linspace(0.2, p.rng.uniform(0.8, 1.4), 8), u * np.sin(np.linspace(0.3, 2.6, 8))], axis=1) * r
                flame = np.stack([fx + f[:, 0] * c - f[:, 1] * n, fy + f[:, 0] * n + f[:, 1] * c], axis=1)
                cv2.polylines(
                    p.wash,
                    [fixed(flame)],
                    False,
                    [*mix(p.tones[4], p.tones[0], 0.3).tolist(), 0.9],
                    int(p.rng.integers(2, 5)),
                    cv2.LINE_AA,
                    3,
                )


MOTIFS = {"bell": bell, "umbel": umbel, "daisy": daisy, "fern": fern, "berry": berry, "tulip": tulip}
