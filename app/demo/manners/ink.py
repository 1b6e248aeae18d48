"""Ink on silk and paper: mountains in mist, bamboo, plum, orchids, a few red seals."""

from __future__ import annotations

import cv2
import numpy as np

from app.demo.art import surface
from app.demo.art.colour import mix, palette, smoothstep, soften, to_bytes
from app.demo.art.noise import Size, fractal, grid, line, value
from app.demo.art.subject import Subject
from app.demo.art.types import Array, Image, fixed
from app.demo.art.woodcut import signs

# sheet, ink, wash, accent
PALETTES = {
    "silk": "d9c49a 1d1712 6b5a44 a8432e",
    "paper": "efe8d8 16181c 6f7680 b5352a",
    "mist": "e2e4df 1a2228 6d8088 9a5a4a",
    "tea": "d2b48a 22160e 7a5638 c8683a",
    "blue": "e9e6da 14203a 5a7396 b8483a",
}


def paint(rng: np.random.Generator, size: Size, subject: Subject) -> Image:
    """uint8 RGB of `size` (height, width); motifs: peaks, bamboo, plum, pines, falls."""
    scroll = Scroll(rng, size, palette(PALETTES[subject.mood]))
    MOTIFS[subject.motif](scroll)
    return scroll.finish()


class Scroll:
    """Ink lies in a layer of its own, 0 none … 1 black, and is let into the sheet at the end."""

    def __init__(self, rng: np.random.Generator, size: Size, tones: Array) -> None:
        self.rng, self.size, self.tones = rng, size, tones
        self.high, self.wide = size
        self.unit = min(size)
        self.ink = np.zeros(size, np.float32)
        self.colour = np.zeros((*size, 4), np.float32)
        self.y, self.x = grid(size)

    def touch(self, points: Array, widths: Array, ink: float, dry: float = 0.0) -> None:
        """A brush stroke (n, 2) of changing width; a dry one breaks up along its length."""
        points, widths = np.asarray(points, np.float32), np.asarray(widths, np.float32)
        pad = int(widths.max()) + 3
        x0, y0 = np.maximum(np.floor(points.min(axis=0)).astype(int) - pad, 0)
        x1, y1 = np.minimum(np.ceil(points.max(axis=0)).astype(int) + pad, (self.wide, self.high))
        if x1 <= x0 or y1 <= y0:
            return
        mask = np.zeros((y1 - y0, x1 - x0), np.float32)
        along = np.gradient(points, axis=0)
        across = np.stack([-along[:, 1], along[:, 0]], axis=1) / (np.linalg.norm(along, axis=1, keepdims=True) + 1e-3)
        half = across * widths[:, None] / 2
        outline = np.concatenate([points + half, (points - half)[::-1]]) - (x0, y0)
        cv2.fillPoly(mask, [fixed(outline)], 1.0, cv2.LINE_AA, 3)
        if dry:
            mask *= smoothstep(dry - 1.0, dry + 0.5, value(self.rng, mask.shape, (7, 1.8)) + 0.75)
        part = self.ink[y0:y1, x0:x1]
        np.maximum(part, mask * ink, out=part)

    def ridge(self, crest: Array, depth: float, ink: float) -> None:
        """A mountain: dark along its crest, dissolving into mist `depth` pixels below."""
        below = self.y - crest[None, :]
        body = smoothstep(-0.8, 0.8, below) * np.exp(-np.maximum(below, 0) / depth)
        veins = streaks_down(self.rng, self.size)
        wash = body * ink * np.clip(0.62 + 0.3 * veins + 0.18 * fractal(self.rng, self.size, self.unit / 9, 4), 0.1, 1.2)
        hidden = smoothstep(0, 2, below) * np.exp(-np.maximum(below, 0) / (depth * 1.6)) * 0.85
        self.ink = np.maximum(self.ink * (1 - hidden), wash).astype(np.float32)
        step = 26
        for start in range(0, self.wide - 4, step):
            piece = np.arange(start, min(start + step + 6, self.wide))
            if self.rng.random() < 0.85:
                self.touch(
                    np.stack([piece, crest[piece]], axis=1),
                    np.linspace(1, self.rng.uniform(2, 6), len(piece)),
                    min(ink * 1.5, 1),
                    0.25,
                )

    def cuts(self, crest: Array, reach: float, count: int, ink: float) -> None:
        """Texture strokes on a rock face, falling from its crest."""
        for _ in range(count):
            x = int(self.rng.uniform(4, self.wide - 5))
            y = crest[x] + reach * self.rng.random() ** 1.6
            slope = float(np.clip((crest[min(x + 9, self.wide - 1)] - crest[max(x - 9, 0)]) / 18, -2, 2))
            long, t = min(reach * self.rng.uniform(0.08, 0.24), self.high * 0.06), np.linspace(0, 1, 6)
            side = np.sign(slope) if abs(slope) > 0.2 else self.rng.choice((-1, 1))
            path = np.stack([x + side * long * 0.5 * t, y + long * t + self.rng.normal(0, 2)], axis=1)
            self.touch(path, np.linspace(self.rng.uniform(2, 5), 0.8, 6), ink * self.rng.uniform(0.4, 1), 0.4)

    def tree(self, x: float, y: float, tall: float, ink: float) -> None:
        """A small tree: crooked stem and dabs of leaves."""
        t = np.linspace(0, 1, 7)
        stem = np.stack([x + tall * 0.12 * np.cumsum(self.rng.normal(0, 0.5, 7)), y - tall * t], axis=1)
        self.touch(stem, np.linspace(tall * 0.07 + 1, 1, 7), ink)
        for _ in range(int(self.rng.integers(9, 20))):
            px, py = stem[int(self.rng.integers(2, 7))] + self.rng.normal(0, tall * 0.17, 2)
            long = tall * self.rng.uniform(0.08, 0.2)
            self.touch(
                np.array([(px - long, py + long * 0.2), (px, py - long * 0.2), (px + long, py + long * 0.15)]),
                np.array([1, long * 0.55, 1]),
                ink * self.rng.uniform(0.45, 1),
                0.2,
            )

    def boat(self, x: float, y: float, s: float) -> None:
        t = np.linspace(-1, 1, 10)
        self.touch(np.stack([x + s * t, y + s * 0.18 * (1 - t * t)], axis=1), s * 0.2 * (1.05 - t * t), 0.85)
        self.touch(np.array([(x + s * 0.2, y), (x + s * 0.14, y - s * 0.5)]), np.array([s * 0.2, s * 0.08]), 0.8)
        self.touch(
            np.array([(x - s * 0.05, y - s * 0.5), (x + s * 0.15, y - s * 0.62), (x + s * 0.36, y - s * 0.48)]),
            np.array([1, s * 0.1, 1]),
            0.9,
        )
        self.touch(np.array([(x + s * 0.1, y - s * 0.35), (x - s * 1.1, y + s * 0.5)]), np.array([1.5, 1.0]), 0.7)

    def birds(self) -> None:
        x, y = self.wide * self.rng.uniform(0.2, 0.8), self.high * self.rng.uniform(0.1, 0.3)
        for _ in range(int(self.rng.integers(4, 10))):
            px, py, s = (
                x + self.rng.normal(0, self.unit * 0.09),
                y + self.rng.normal(0, self.unit * 0.04),
                self.unit * self.rng.uniform(0.008, 0.016),
            )
            self.touch(
                np.array(
                    [
                        (px - s, py - s * 0.5),
                        (px - s * 0.4, py - s * 0.6),
                        (px, py),
                        (px + s * 0.5, py - s * 0.7),
                        (px + s, py - s * 0.4),
                    ]
                ),
                np.array([0.8, 2, 1.4, 2, 0.8]),
                0.8,
            )

    def blossom(self, x: float, y: float, r: float) -> None:
        """Five petals of colour with ink stamens."""
        turn = self.rng.uniform(0, 6.28)
        for i in range(5):
            a = turn + i * 1.2566 + self.rng.normal(0, 0.1)
            px, py = x + r * 0.62 * np.cos(a), y + r * 0.62 * np.sin(a)
            tone = [*np.clip(self.tones[3] * self.rng.uniform(0.85, 1.25), 0, 1).tolist(), self.rng.uniform(0.55, 0.95)]
            cv2.circle(self.colour, (int(px * 8), int(py * 8)), int(r * 0.5 * 8), tone, -1, cv2.LINE_AA, 3)
        for _ in range(6):
            a, d = self.rng.uniform(0, 6.28), r * self.rng.uniform(0.2, 0.6)
            self.touch(np.array([(x, y), (x + d * np.cos(a), y + d * np.sin(a))]), np.array([1.0, 1.2]), 0.9)

    def inscription(self) -> None:
        """Columns of brush signs and a seal where the sheet is empty."""
        columns, side = int(self.rng.integers(1, 4)), self.unit * self.rng.uniform(0.026, 0.036)
        tall = self.high * self.rng.uniform(0.16, 0.34)
        quiet = [
            (self.ink[int(self.high * 0.05) : int(self.high * 0.05 + tall), int(a) : int(a + side * 4)].mean(), a)
            for a in (self.wide * 0.05, self.wide * 0.8)
        ]
        x = min(quiet)[1]
        image = np.zeros((*self.size, 3), np.float32)
        for i in range(columns):
            signs(
                image,
                self.rng,
                x + i * side * 1.5,
                self.high * 0.06,
                side,
                tall * (1 if i else 0.7),
                np.array([1.0, 1.0, 1.0], np.float32),
            )
        self.ink = np.maximum(self.ink, image[..., 0] * 0.95)
        self.stamp = (int(x), int(self.high * 0.06 + tall + side), int(side * 1.5))

    def finish(self) -> Image:
        """Ink bleeds a little, pools at edges, and lets the sheet's fibres show."""
        self.inscription()
        sheet = surface.paper(self.rng, self.size, "f4ecd8", 0.55)
        sheet = sheet / sheet.mean() * self.tones[0] * 0.98
        threads = value(self.rng, (1, self.wide), (1, 1.7)) * value(self.rng, self.size, (60, 3)) * 0.018
        sheet = sheet * (1 + threads)[..., None]
        bleed = np.maximum(self.ink, soften(self.ink, 2.2) * 0.75) * (1 + 0.13 * fractal(self.rng, self.size, 9, 3))
        out = mix(sheet, sheet * self.tones[2], np.clip(bleed * 1.5, 0, 1))
        out = mix(out, self.tones[1], smoothstep(0.3, 0.95, bleed) * 0.95)
        tint = soften(self.colour, 1.0)
        out = mix(
            out,
            tint[..., :3] / np.maximum(tint[..., 3:], 1e-3) * np.minimum(self.tones[3].max() / 1, 1),
            np.clip(tint[..., 3] * (0.8 + 0.15 * fractal(self.rng, self.size, 7, 2)), 0, 0.9) * (1 - smoothstep(0.5, 0.9, bleed)),
        )
        surface.seal(out, self.rng, *self.stamp)
        return to_bytes(np.clip(out, 0, 1))


def streaks_down(rng: np.random.Generator, size: Size) -> Array:
    """(H, W) noise drawn downwards, as a loaded brush pulls it."""
    field = value(rng, size, (size[0] / 14, size[0] / 60)) + 0.6 * value(rng, size, (size[0] / 30, size[0] / 160))
    return np.asarray(field / 1.3, np.float32)


def crag(s: Scroll, base: float, height: float, peaks: int, rough: float = 0.58) -> Array:
    """A crest (W,) with steep peaks."""
    u = np.arange(s.wide)
    crest = np.full(s.wide, base, np.float32)
    for _ in range(peaks):
        at, broad, tall = s.rng.uniform(0.02, 0.98) * s.wide, s.wide * s.rng.uniform(0.05, 0.16), height * s.rng.uniform(0.45, 1)
        crest = np.minimum(crest, base - tall * np.exp(-((np.abs(u - at) / broad) ** 1.6)))
    return np.asarray(crest + height * 0.07 * line(s.rng, s.wide, s.wide / 9, 6, rough), np.float32)


def peaks(s: Scroll) -> None:
    """Peaks behind peaks above a river."""
    s.birds()
    for i in range(4):
        base = s.high * (0.42 + 0.15 * i)
        crest = crag(s, base, s.high * (0.3 + 0.02 * i), 3, 0.56 + 0.02 * i)
        s.ridge(crest, s.high * (0.10 + 0.02 * i), 0.24 + 0.17 * i)
        s.cuts(crest, s.high * 0.16, 50 + 50 * i, 0.25 + 0.18 * i)
        for _ in range(3 + 4 * i):
            x = int(s.rng.uniform(0, s.wide - 1))
            s.tree(x, crest[x] + 3, s.high * (0.018 + 0.014 * i), 0.4 + 0.15 * i)
    s.boat(s.wide * s.rng.uniform(0.2, 0.8), s.high * 0.94, s.unit * 0.05)


def falls(s: Scroll) -> None:
    """A waterfall between cliffs."""
    s.birds()
    s.ridge(crag(s, s.high * 0.5, s.high * 0.36, 4), s.high * 0.12, 0.3)
    u = np.arange(s.wide) / s.wide
    gap, broad = s.rng.uniform(0.35, 0.65), s.rng.uniform(0.05, 0.08)
    cliff = s.high * (0.3 + 0.9 * np.exp(-(((u - gap) / broad) ** 4))) + s.high * 0.04 * line(s.rng, s.wide, s.wide / 7, 6, 0.6)
    s.ridge(cliff.astype(np.float32), s.high * 0.5, 0.62)
    s.cuts(np.full(s.wide, s.high * 0.36, np.float32) + 9 * line(s.rng, s.wide, 40), s.high * 0.5, 260, 0.6)
    for _ in range(70):
        x = s.wide * (gap + s.rng.normal(0, broad * 0.33))
        top = s.high * s.rng.uniform(0.3, 0.75)
        t = np.linspace(0, 1, 8)
        s.touch(
            np.stack([x + 5 * np.sin(t * 3 + x), top + s.high * s.rng.uniform(0.1, 0.3) * t], axis=1),
            np.full(8, 1.2),
            s.rng.uniform(0.1, 0.35),
            0.3,
        )
    for _ in range(16):
        x = int(s.rng.uniform(0, s.wide - 1))
        s.tree(x, min(float(cliff[x]) + s.high * s.rng.uniform(0, 0.3), s.high * 0.97), s.high * s.rng.uniform(0.04, 0.1), 0.9)
    rocks = crag(s, s.high * 1.0, s.high * 0.12, 6)
    s.ridge(rocks, s.high * 0.1, 0.85)
    s.cuts(rocks, s.high * 0.1, 90, 0.9)


def bamboo(s: Scroll) -> None:
    """Stalks of bamboo, near ones dark, far ones pale."""
    for depth in (0.22, 0.4, 0.9):
        for _ in range(int(s.rng.integers(2, 4)) + (depth < 0.5)):
            stalk(s, s.wide * s.rng.uniform(0.08, 0.92), s.unit * (0.012 + 0.022 * depth), depth)


def stalk(s: Scroll, x: float, width: float, ink: float) -> None:
    lean, y = s.rng.normal(0, 0.1), s.high * 1.02
    while y > -20:
        long = s.high * s.rng.uniform(0.11, 0.17)
        end = (x - lean * long, y - long)
        t = np.linspace(0, 1, 6)
        path = np.stack([x + (end[0] - x) * t, y + (end[1] - y) * t], axis=1)
        s.touch(path, width * (1 + 0.22 * (2 * t - 1) ** 4), ink * s.rng.uniform(0.7, 0.95), 0.15)
        s.touch(
            np.array([(end[0] - width * 0.7, end[1] + 2), (end[0], end[1] - 1), (end[0] + width * 0.7, end[1] + 3)]),
            np.array([1, 3, 1]),
            min(ink * 1.2, 1),
        )
        if s.rng.random() < 0.75 and y < s.high * 0.95:
            twig = np.array(
                [
                    end,
                    (end[0] + s.rng.choice((-1, 1)) * s.unit * s.rng.uniform(0.06, 0.17), end[1] - s.unit * s.rng.uniform(0, 0.1)),
                ]
            )
            s.touch(twig, np.array([2.4, 1.0]), ink)
            for _ in range(int(s.rng.integers(4, 9))):
                blade(s, twig[0] + (twig[1] - twig[0]) * s.rng.uniform(0.3, 1), ink)
        x, y = end[0], end[1] - 3
        lean += s.rng.normal(0, 0.02)


def blade(s: Scroll, start: Array, ink: float) -> None:
    a, long, t = s.rng.normal(1.2, 0.75), s.unit * s.rng.uniform(0.06, 0.15), np.linspace(0, 1, 9)
    bend = s.rng.normal(0, 0.25)
    path = np.stack([start[0] + long * t * np.cos(a + bend * t), start[1] + long * t * np.sin(a + bend * t)], axis=1)
    s.touch(path, 0.8 + long * 0.15 * np.sin(np.pi * t**0.7) * (1 - 0.3 * t), ink * s.rng.uniform(0.6, 1.1), 0.1)


def plum(s: Scroll) -> None:
    """A plum branch in flower."""
    side = s.rng.choice((0, 1))
    start = np.array([s.wide * (0.0 if side == 0 else 1.0), s.high * s.rng.uniform(0.75, 1.0)])
    for lift in (0.55, 0.95):
        branch(s, start, -lift if side == 0 else lift - np.pi, s.unit * s.rng.uniform(0.34, 0.44), s.unit * 0.05, 0)


def branch(s: Scroll, start: Array, angle: float, long: float, width: float, level: int) -> None:
    steps = 7
    path, a = [start], angle
    for _ in range(steps):
        a += s.rng.normal(0, 0.16)
        path.append(path[-1] + long / steps * np.array([np.cos(a), np.sin(a)]))
    points = np.array(path)
    widths = np.linspace(width, width * 0.55, steps + 1) * s.rng.uniform(0.75, 1.25, steps + 1)
    s.touch(points, widths, 0.95 - 0.1 * level, 0.35)
    if level >= 1:
        for _ in range(int(s.rng.integers(2, 6))):
            p = points[int(s.rng.integers(1, steps + 1))] + s.rng.normal(0, 7, 2)
            s.blossom(p[0], p[1], s.unit * s.rng.uniform(0.013, 0.024))
    if level == 4:
        return
    branch(s, points[-1], a + s.rng.normal(0, 0.2), long * 0.78, width * 0.55, level + 1)
    for _ in range(int(s.rng.integers(1, 3))):
        k = int(s.rng.integers(2, steps))
        branch(s, points[k], a + s.rng.choice((-1, 1)) * s.rng.uniform(0.5, 1.1), long * 0.62, width * 0.4, level + 1)


def pines(s: Scroll) -> None:
    """Old pines on a headland, a boat far below."""
    s.birds()
    for i in range(2):
        s.ridge(crag(s, s.high * (0.45 + 0.13 * i), s.high * 0.16, 4), s.high * 0.09, 0.22 + 0.1 * i)
    land = crag(s, s.high * 0.98, s.high * 0.22, 3)
    s.ridge(land, s.high * 0.2, 0.8)
    s.cuts(land, s.high * 0.2, 170, 0.9)
    s.boat(s.wide * s.rng.uniform(0.2, 0.8), s.high * 0.72, s.unit * 0.035)
    for _ in range(int(s.rng.integers(2, 5))):
        x = s.wide * s.rng.uniform(0.1, 0.9)
        pine(s, x, float(land[int(x)]) + 6, s.high * s.rng.uniform(0.34, 0.62))


def pine(s: Scroll, x: float, y: float, tall: float) -> None:
    t = np.linspace(0, 1, 12)
    lean = s.rng.normal(0, 0.2)
    stem = np.stack([x + tall * (lean * t + 0.04 * np.sin(t * 8 + x)), y - tall * t], axis=1)
    s.touch(stem, np.linspace(tall * 0.06, tall * 0.018, 12), 0.9, 0.35)
    for _ in range(int(s.rng.integers(8, 13))):
        p = stem[int(s.rng.integers(4, 12))]
        end = p + np.array([s.rng.choice((-1, 1)) * tall * s.rng.uniform(0.08, 0.32), -tall * s.rng.uniform(-0.05, 0.06)])
        s.touch(np.stack([p, (p + end) / 2 + (0, -4), end]), np.array([tall * 0.02, tall * 0.012, 1.5]), 0.85, 0.2)
        for _ in range(int(s.rng.integers(5, 10))):
            c = p + (end - p) * s.rng.uniform(0.35, 1.15) + s.rng.normal(0, tall * 0.014, 2)
            for a in np.linspace(-2.9, -0.25, 11) + s.rng.normal(0, 0.08, 11):
                r = tall * s.rng.uniform(0.025, 0.055)
                s.touch(
                    np.array([c, c + r * np.array([np.cos(a), 0.8 * np.sin(a)])]), np.array([1.5, 0.8]), s.rng.uniform(0.5, 0.95)
                )


MOTIFS = {"peaks": peaks, "falls": falls, "bamboo": bamboo, "plum": plum, "pines": pines}
