"""Charts of invented heavens: circles, scales, stars of six magnitudes and figures drawn between them."""

from __future__ import annotations

import cv2
import numpy as np

from app.demo.art import surface
from app.demo.art.colour import lay, mix, palette, smoothstep, soften, to_bytes
from app.demo.art.noise import Size, fractal, grid, value
from app.demo.art.subject import Subject
from app.demo.art.types import Array, Image, fixed

# ground, deep, line, star, accent
PALETTES = {
    "midnight": "16244a 0a1128 d8b562 fff3d0 8fb0d8",
    "vellum": "ead9b4 d2b888 5a3a22 7a2a1c 2f4f6a",
    "verdigris": "123f40 082526 d9b878 f7efd2 7fc0a8",
    "plum": "34193f 190b22 e0ab6a fdeedd c88ab0",
    "sepia": "d9bf92 b8935c 3a2415 5a2c18 6a5a2a",
    "azure": "dfe4dc b4c6cc 1f3f66 a33327 b98a35",
}


def paint(rng: np.random.Generator, size: Size, subject: Subject) -> Image:
    """uint8 RGB of `size` (height, width); motifs: hemisphere, twin, comet, orrery, zodiac."""
    tones = palette(PALETTES[subject.mood])
    chart = Chart(rng, size, tones)
    MOTIFS[subject.motif](chart)
    chart.corners()
    image = chart.image * (1 + 0.03 * value(rng, size, 1.4) + 0.03 * fractal(rng, size, 40, 4))[..., None]
    worn = smoothstep(1.7, 2.6, fractal(rng, size, 10, 4)) * 0.3
    return to_bytes(mix(image, tones[1], worn))


class Chart:
    """A sheet with a ground that glows, and the pens that draw on it."""

    def __init__(self, rng: np.random.Generator, size: Size, tones: Array) -> None:
        self.rng, self.tones = rng, tones
        self.high, self.wide = size
        self.unit = min(size)
        self.dark = tones[0].mean() < 0.5
        sheet = surface.paper(rng, size, "f0e6cc", 0.7)
        cloud = fractal(rng, size, size[1] / 3, 5, 0.6)
        self.image = np.asarray(mix(tones[0], tones[1], np.clip(0.4 + 0.25 * cloud, 0, 1)), np.float32)
        self.image *= 0.35 + 0.65 * sheet / sheet.mean()

    def pen(self, points: Array, tone: Array, width: float = 1.2) -> None:
        cv2.polylines(self.image, [fixed(points)], False, tone.tolist(), max(int(round(width)), 1), cv2.LINE_AA, 3)

    def ring(
        self,
        x: float,
        y: float,
        rx: float,
        ry: float,
        width: float = 1.2,
        tone: int = 2,
        turn: float = 0.0,
        span: tuple[float, float] = (0, 360),
    ) -> None:
        cv2.ellipse(
            self.image,
            (int(x * 8), int(y * 8)),
            (int(abs(rx) * 8), int(abs(ry) * 8)),
            turn,
            span[0],
            span[1],
            self.tones[tone].tolist(),
            max(int(round(width)), 1),
            cv2.LINE_AA,
            3,
        )

    def scale(self, x: float, y: float, r: float, depth: float) -> None:
        """A divided circle: long and short marks, every tenth one flagged by a sign of its own."""
        for radius, width in ((r, 2), (r - depth, 1), (r - depth * 0.55, 1)):
            self.ring(x, y, radius, radius, width)
        count = int(self.rng.choice((72, 90, 120, 144)))
        for i in range(count):
            a = i / count * 2 * np.pi
            inner = r - depth * (1 if i % 10 == 0 else 0.55 if i % 5 == 0 else 0.3)
            self.pen(
                np.array([(x + r * np.cos(a), y + r * np.sin(a)), (x + inner * np.cos(a), y + inner * np.sin(a))]), self.tones[2]
            )
            if i % 6 == 3:
                self.sign(x + (r - depth * 0.78) * np.cos(a), y + (r - depth * 0.78) * np.sin(a), depth * 0.28)

    def sign(self, x: float, y: float, s: float) -> None:
        """A small sign, never twice the same."""
        points = [(x + self.rng.normal(0, s * 0.5), y + self.rng.normal(0, s * 0.5)) for _ in range(int(self.rng.integers(3, 6)))]
        self.pen(np.array(points), self.tones[2])
        if self.rng.random() < 0.4:
            self.ring(x, y, s * 0.4, s * 0.4, 1)

    def star(self, x: float, y: float, r: float, tone: int = 3) -> None:
        """A star with as many uneven points as its magnitude asks for, turned at random."""
        if r < 1.6:
            cv2.circle(self.image, (int(x * 8), int(y * 8)), int(r * 8), self.tones[tone].tolist(), -1, cv2.LINE_AA, 3)
            return
        points, turn = int(self.rng.integers(4, 9)), self.rng.uniform(0, 6.28)
        t = np.arange(points * 2) / points * np.pi + turn
        reach = np.where(
            np.arange(points * 2) % 2 == 0, r * self.rng.uniform(0.7, 1.3, points * 2), r * self.rng.uniform(0.25, 0.5)
        )
        shape = np.round(np.stack([x + reach * np.cos(t), y + reach * np.sin(t)], axis=1) * 8).astype(np.int32)
        cv2.fillPoly(self.image, [shape], self.tones[tone].tolist(), cv2.LINE_AA, 3)

    def heaven(self, x: float, y: float, r: float) -> None:
        """Stars, a milky way and figures within a circle."""
        gy, gx = grid((self.high, self.wide))
        inside = smoothstep(r, r - 3, np.hypot(gx - x, gy - y))
        turn = self.rng.uniform(0, 3.1)
        across = (gx - x) * np.sin(turn) - (gy - y) * np.cos(turn)
        band = np.exp(-((across / (r * 0.2) + 0.7 * fractal(self.rng, (self.high, self.wide), r * 0.6, 3)) ** 2))
        milk = band * smoothstep(-0.8, 1.6, fractal(self.rng, (self.high, self.wide), r / 4, 6, 0.65)) * inside
        lay(self.image, mix(self.tones[0], self.tones[1], 0.9 if self.dark else 0.0), inside * 0.35)
        lay(self.image, self.tones[4], milk * (0.55 if self.dark else 0.35))
        for _ in range(int(420 * (r / 300) ** 2)):
            a, d = self.rng.uniform(0, 6.28), r * 0.985 * np.sqrt(self.rng.random())
            self.star(x + d * np.cos(a), y + d * np.sin(a), 0.7 + self.rng.gamma(1.2, 0.55))
        for _ in range(int(np.clip(r / 26, 5, 13))):
            a, d = self.rng.uniform(0, 6.28), r * 0.78 * np.sqrt(self.rng.random())
            self.figure(x + d * np.cos(a), y + d * np.sin(a), r * self.rng.uniform(0.12, 0.22), (x, y, r))

    def figure(self, x: float, y: float, s: float, bound: tuple[float, float, float]) -> None:
        """A constellation: bright stars joined by lines, with a shadowy creature behind it."""
        count = int(self.rng.integers(5, 10))
        walk = np.cumsum(self.rng.normal(0, s * 0.55, (count, 2)) + self.rng.normal(0, s * 0.3, 2), axis=0)
        points = walk - walk.mean(axis=0) + (x, y)
        away = points - np.array(bound[:2])
        far = np.linalg.norm(away, axis=1, keepdims=True)
        points = np.where(far > bound[2] * 0.93, bound[:2] + away / far * bound[2] * 0.9, points)
        ghost = np.zeros((self.high, self.wide), np.float32)
        cv2.polylines(ghost, [fixed(points)], False, 1.0, max(int(s * 0.35), 2), cv2.LINE_AA, 3)
        if self.rng.random() < 0.7:
            lay(self.image, self.tones[4], soften(ghost, 3) * 0.22)
        self.pen(points, mix(self.tones[2], self.tones[0], 0.2), 1.3)
        if count > 6:
            self.pen(points[[1, 4, 6]], mix(self.tones[2], self.tones[0], 0.35), 1)
        for px, py in points.tolist():
            self.star(px, py, self.rng.uniform(3.5, 8.0))

    def planet(self, x: float, y: float, r: float) -> None:
        """A shaded body, with bands or a ring."""
        gy, gx = grid((self.high, self.wide))
        far = np.hypot(gx - x, gy - y)
        cover = smoothstep(r + 0.7, r - 0.7, far)
        tone = mix(self.tones[4], self.tones[2], self.rng.random())
        lay(self.image, tone, cover)
        bands = (
            0.3 * np.sin((gy - y + 0.3 * (gx - x)) / r * self.rng.uniform(5, 12) + fractal(self.rng, (self.high, self.wide), r, 3))
            + 0.35
        )
        lay(
            self.image,
            self.tones[1] if self.dark else self.tones[2] * 0.6,
            cover * np.clip(bands * 0.6 + smoothstep(-0.2, 1, ((gx - x) + (gy - y)) / r / 1.4) * 0.7, 0, 0.9),
        )
        if self.rng.random() < 0.4:
            self.ring(x, y, r * 1.9, r * 0.5, 2, 2, self.rng.uniform(-40, 40))

    def rays(self, x: float, y: float, r: float, count: int) -> None:
        """A sun with straight and waving rays."""
        for i in range(count):
            a = i / count * 2 * np.pi
            a += self.rng.normal(0, 0.35 / count)
            t = np.linspace(1.15, (2.0 if i % 2 else 1.65) * self.rng.uniform(0.85, 1.15), 12)
            swing = self.rng.uniform(0.06, 0.14) * np.sin(t * self.rng.uniform(11, 17)) * (i % 2)
            self.pen(np.stack([x + r * t * np.cos(a + swing), y + r * t * np.sin(a + swing)], axis=1), self.tones[2], 2)
        cv2.circle(self.image, (int(x * 8), int(y * 8)), int(r * 8), self.tones[2].tolist(), -1, cv2.LINE_AA, 3)
        self.ring(x, y, r * 0.8, r * 0.8, 1, 1)
        for _ in range(5):
            self.ring(
                x + self.rng.normal(0, r * 0.3),
                y + self.rng.normal(0, r * 0.3),
                r * self.rng.uniform(0.08, 0.3),
                r * self.rng.uniform(0.05, 0.2),
                1,
                1,
                self.rng.uniform(0, 90),
                (0, self.rng.uniform(90, 300)),
            )

    def corners(self) -> None:
        """A ruled frame, corner ornaments and a cartouche."""
        m = self.unit * 0.025
        for inset, width in ((m, 3), (m * 1.5, 1)):
            box = np.array(
                [
                    (inset, inset),
                    (self.wide - inset, inset),
                    (self.wide - inset, self.high - inset),
                    (inset, self.high - inset),
                    (inset, inset),
                ]
            )
            self.pen(box, self.tones[2], width)
        for cx, cy in ((0.09, 0.09), (0.91, 0.09), (0.91, 0.91), (0.09, 0.91)):
            x, y, s = cx * self.wide, cy * self.high, self.unit * self.rng.uniform(0.03, 0.055)
            kind = int(self.rng.integers(3))
            if kind == 0:
                self.rays(x, y, s * 0.45, int(self.rng.integers(9, 17)))
            elif kind == 1:
                self.planet(x, y, s * 0.6)
            else:
                for i in range(4):
                    self.ring(
                        x,
                        y,
                        s * (0.35 + 0.22 * i),
                        s * (0.35 + 0.22 * i) * self.rng.uniform(0.3, 1),
                        1,
                        2,
                        self.rng.uniform(0, 180),
                    )


def hemisphere(c: Chart) -> None:
    """One hemisphere with its scale, meridians and ecliptic."""
    x, y, r = c.wide / 2, c.high / 2, c.unit * c.rng.uniform(0.39, 0.45)
    c.heaven(x, y, r * 0.9)
    for i in range(int(c.rng.integers(5, 8))):
        a = i * np.pi / 6 + c.rng.normal(0, 0.02)
        c.pen(
            np.array([(x - r * 0.9 * np.cos(a), y - r * 0.9 * np.sin(a)), (x + r * 0.9 * np.cos(a), y + r * 0.9 * np.sin(a))]),
            mix(c.tones[2], c.tones[0], 0.55),
        )
    c.ring(x + r * 0.12, y - r * 0.07, r * 0.6, r * 0.6, 2)
    c.ring(x + r * 0.12, y - r * 0.07, r * 0.64, r * 0.64, 1)
    c.scale(x, y, r, r * 0.1)


def twin(c: Chart) -> None:
    """Two hemispheres side by side, or one above the other."""
    wide = c.wide > c.high
    r = min(c.unit * 0.42, max(c.wide, c.high) * 0.235)
    for k in (-1, 1):
        x, y = (c.wide / 2 + k * r * 1.05, c.high / 2) if wide else (c.wide / 2, c.high / 2 + k * r * 1.05)
        c.heaven(x, y, r * 0.9)
        c.scale(x, y, r, r * 0.12)
        c.ring(x, y, r * 0.88, r * c.rng.uniform(0.2, 0.5), 1, 2, c.rng.uniform(0, 180))


def comet(c: Chart) -> None:
    """The path of a comet across a field of stars."""
    x, y = c.wide / 2, c.high / 2
    c.heaven(x, y, np.hypot(c.wide, c.high) * 0.52)
    t = np.linspace(0, 1, 60)
    path = np.stack(
        [c.wide * (0.1 + 0.8 * t), c.high * (c.rng.uniform(0.65, 0.85) - 0.5 * np.sin(t * np.pi * c.rng.uniform(0.5, 0.9)))], axis=1
    )
    c.pen(path, c.tones[2], 2)
    for i in range(4, 60, int(c.rng.integers(8, 12))):
        for _ in range(34):
            a = c.rng.normal(-0.9, 0.13)
            long = c.unit * c.rng.uniform(0.05, 0.26)
            c.pen(
                np.array([path[i], path[i] + long * np.array([np.cos(a), np.sin(a)])]),
                mix(c.tones[4], c.tones[3], c.rng.random()),
                1,
            )
        c.star(path[i, 0], path[i, 1], 11)


def orrery(c: Chart) -> None:
    """A sun with its planets on their circles."""
    x, y = c.wide / 2, c.high / 2
    for _ in range(240):
        c.star(c.rng.uniform(0, c.wide), c.rng.uniform(0, c.high), 0.7 + c.rng.gamma(1.2, 0.5))
    c.rays(x, y, c.unit * 0.06, int(c.rng.integers(16, 28)))
    for i in range(int(c.rng.integers(5, 8))):
        r, flat = c.unit * (0.15 + 0.055 * i + c.rng.uniform(-0.02, 0.02)), c.rng.uniform(0.93, 1.0)
        c.ring(x, y, r, r * flat, c.rng.choice((1, 1, 2)))
        a = c.rng.uniform(0, 6.28)
        c.planet(x + r * np.cos(a), y + flat * r * np.sin(a), c.unit * c.rng.uniform(0.011, 0.032))
        for _ in range(int(c.rng.integers(3, 8))):
            b = c.rng.uniform(0, 6.28)
            c.sign(x + r * np.cos(b), y + flat * r * np.sin(b), c.unit * 0.014)
    c.scale(x, y, c.unit * c.rng.uniform(0.455, 0.475), c.unit * c.rng.uniform(0.028, 0.045))


def zodiac(c: Chart) -> None:
    """Twelve houses about a small heaven."""
    x, y, r = c.wide / 2, c.high / 2, c.unit * c.rng.uniform(0.41, 0.46)
    c.heaven(x, y, r * 0.5)
    c.scale(x, y, r * 0.56, r * 0.07)
    c.scale(x, y, r, r * 0.06)
    for i in range(12):
        a = i / 12 * 2 * np.pi
        c.pen(
            np.array([(x + r * 0.56 * np.cos(a), y + r * 0.56 * np.sin(a)), (x + r * 0.94 * np.cos(a), y + r * 0.94 * np.sin(a))]),
            c.tones[2],
            2,
        )
        b = a + np.pi / 12
        c.figure(x + r * 0.75 * np.cos(b), y + r * 0.75 * np.sin(b), r * 0.07, (x, y, r))
    c.ring(x, y, r * 0.76, r * 0.76, 1)


MOTIFS = {"hemisphere": hemisphere, "twin": twin, "comet": comet, "orrery": orrery, "zodiac": zodiac}
