"""A table before a dark wall, and things set on it that are shaded by their normals under one lamp."""

from __future__ import annotations

import cv2
import numpy as np

from app.demo.art.colour import mix, rgb, smoothstep, soften
from app.demo.art.noise import Size, fractal, grid, value
from app.demo.art.types import Array, fixed

LIGHT = np.array([-0.55, -0.55, 0.63], np.float32)  # from the upper left, before the table
FRUITS = {
    "orange": "e8862a",
    "lemon": "ecc93c",
    "apple": "b8322a",
    "green apple": "9aaa3a",
    "plum": "4a2848",
    "peach": "e8a070",
    "pomegranate": "a8343a",
    "fig": "3f2a3a",
}


class Stage:
    """A table before a wall; things are set on it from back to front, each with its shadow."""

    def __init__(self, rng: np.random.Generator, size: Size, tones: list[Array]) -> None:
        self.rng, self.tones, self.size = rng, tones, size
        self.high, self.wide = size
        self.unit = min(size)
        self.y, self.x = grid(size)
        self.edge = self.high * rng.uniform(0.6, 0.68)
        beam = np.exp(-(((self.x / self.wide - 0.42 + 0.35 * (self.y / self.high - 0.4)) / 0.42) ** 2))
        wall = tones[0] * (0.42 + 1.15 * beam + 0.12 * fractal(rng, size, 90, 4))[..., None]
        board = tones[1] * (0.5 + 0.75 * beam + 0.1 * fractal(rng, size, 12, 3, 0.6, 9))[..., None]
        self.image = np.where((self.y > self.edge)[..., None], board, wall).astype(np.float32)
        self.image = mix(self.image, self.image * 0.5, np.exp(-(((self.y - self.edge) / 7) ** 2)))
        if rng.random() < 0.8:
            self.cloth()

    def cloth(self) -> None:
        """A white cloth with folds, hanging over the table's edge."""
        left, width = self.wide * self.rng.uniform(-0.05, 0.4), self.wide * self.rng.uniform(0.4, 0.65)
        u = (self.x - left) / width
        top = self.edge + self.high * 0.05 + self.high * 0.02 * np.sin(u * 7)
        hem = self.high * (1.02 + 0.03 * np.sin(u * 9 + 1)) + 8 * value(self.rng, self.size, 60)
        side = 10 * value(self.rng, self.size, 50)
        cover = (
            smoothstep(0, 3, self.x - left + side)
            * smoothstep(0, 3, left + width - self.x + side)
            * smoothstep(0, 3, self.y - top)
            * smoothstep(0, 3, hem - self.y)
        )
        folds = 0.7 * fractal(self.rng, self.size, self.wide / 5, 2, 0.4, 0.4) + 0.8 * np.sin(
            u * 15 + 1.6 * fractal(self.rng, self.size, 120, 2)
        )
        slope = np.clip(np.gradient(soften(folds.astype(np.float32), 6), axis=1) * 9, -0.8, 0.8)
        tone = (
            self.tones[2]
            * np.clip(0.66 - 0.3 * slope - 0.3 * (u - 0.3) - 0.2 * smoothstep(0.7, 1.0, self.y / self.high), 0.15, 1.0)[..., None]
        )
        weave = 1 + 0.02 * value(self.rng, self.size, 1.6)
        self.image = mix(self.image, tone * weave[..., None], cover)

    def shade(self, x0: float, y0: float, x1: float, y1: float) -> tuple[slice, slice]:
        """The part of the picture that a thing covers."""
        return (
            slice(int(np.clip(y0, 0, self.high - 1)), int(np.clip(y1 + 1, 1, self.high))),
            slice(int(np.clip(x0, 0, self.wide - 1)), int(np.clip(x1 + 1, 1, self.wide))),
        )

    def shadow(self, x: float, y: float, rx: float, ry: float) -> None:
        """A soft shadow that falls to the right, with a dark line of contact."""
        for dx, grow, dark in ((0.55, 1.25, 0.5), (0.08, 0.9, 0.6)):
            box = self.shade(x - rx * 2.5, y - ry * 3.5, x + rx * 3.5, y + ry * 3.5)
            far = ((self.x[box] - x - dx * rx) / (rx * grow)) ** 2 + ((self.y[box] - y) / (ry * grow)) ** 2
            self.image[box] *= (1 - dark * np.exp(-(far**1.3)))[..., None]

    def lit(self, box: tuple[slice, slice], n: tuple[Array, Array, Array], cover: Array, tone: Array, gloss: float) -> None:
        """Shade a body by its normals: light, half-shadow, the table's reflected light, and a highlight."""
        light = np.clip(n[0] * LIGHT[0] + n[1] * LIGHT[1] + n[2] * LIGHT[2], -0.2, 1)
        bounce = 0.12 * np.clip(n[1], 0, 1) * np.clip(n[0] + 0.4, 0, 1)
        half = np.clip(n[0] * -0.33 + n[1] * -0.33 + n[2] * 0.88, 0, 1)  # between lamp and eye
        body = tone * (0.09 + 0.98 * np.clip(light, 0, 1) ** 0.9 + bounce)[..., None]
        body = body + (gloss * half ** (18 + 60 * gloss))[..., None] * np.array([1, 0.97, 0.88], np.float32)
        self.image[box] = mix(self.image[box], body.astype(np.float32), cover)

    def globe(self, x: float, y: float, r: float, kind: str, flat: float = 1.0) -> None:
        """A fruit: a sphere with its own skin."""
        self.shadow(x, y + r * flat * 0.86, r, r * 0.24)
        box = self.shade(x - r * 1.2, y - r * 1.2, x + r * 1.2, y + r * 1.2)
        turn = self.rng.uniform(-0.5, 0.5)
        dx, dy = (self.x[box] - x) / r, (self.y[box] - y) / (r * flat)
        u, v = dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)
        wobble = 1 + 0.03 * value(self.rng, u.shape, max(r * 0.8, 3))
        if kind == "lemon":
            u = u / (1.12 + 0.12 * np.exp(-((v / 0.25) ** 2)) * (np.abs(u) > 0.8))
        rr = (u * u + v * v) * wobble
        nz = np.sqrt(np.clip(1 - rr, 0, 1))
        cover = smoothstep(1.0 + 2.2 / r, 1.0 - 2.2 / r, rr)
        base = rgb(FRUITS[kind]) * self.rng.uniform(0.9, 1.1)
        skin, bump, gloss = self.skin(kind, u, v, nz, base, r)
        n = (dx + bump[0], dy + bump[1], nz)
        self.lit(box, n, cover, skin, gloss)
        if kind in ("apple", "green apple", "pomegranate", "peach", "plum"):
            self.stalk(x, y - r * flat * 0.72, r)

    def skin(self, kind: str, u: Array, v: Array, nz: Array, base: Array, r: float) -> tuple[Array, tuple[Array, Array], float]:
        """Colour, bumps and gloss of a fruit's skin."""
        fine = value(self.rng, u.shape, max(r / 16, 1.5))
        blotch = fractal(self.rng, (u.shape[0], u.shape[1]), max(r / 2, 4), 4)
        if kind in ("orange", "lemon"):
            return base * (1 + 0.05 * blotch)[..., None], (0.13 * fine, 0.13 * np.roll(fine, 2, 0)), 0.35
        if kind in ("apple", "green apple", "pomegranate"):
            stripes = fractal(self.rng, (u.shape[0], u.shape[1]), max(r / 3, 4), 3) + 0.7 * np.sin(np.arctan2(u, v + 1.4) * 36)
            other = rgb("e0b040") if kind != "pomegranate" else rgb("6a1f2a")
            return (
                mix(base * np.ones((*u.shape, 3), np.float32), other, np.clip(0.2 + 0.22 * stripes + 0.3 * (u > 0.2) * u, 0, 0.85)),
                (0.02 * fine, 0.02 * fine),
                0.6,
            )
        if kind == "peach":
            return (
                mix(base * np.ones((*u.shape, 3), np.float32), rgb("b83a34"), np.clip(0.45 * blotch + 0.5 * u, 0, 0.85)),
                (0.06 * fine, 0.06 * fine),
                0.06,
            )
        bloom = np.clip(0.25 + 0.3 * blotch, 0, 0.6)
        return mix(base * np.ones((*u.shape, 3), np.float32), rgb("8a8ab0"), bloom), (0.03 * fine, 0.03 * fine), 0.3

    def stalk(self, x: float, y: float, r: float) -> None:
        t = np.linspace(0, 1, 6)
        lean = self.rng.uniform(-0.3, 0.3)
        path = np.stack([x + r * lean * t, y - r * 0.34 * t], axis=1)
        cv2.polylines(self.image, [fixed(path)], False, rgb("3a2a18").tolist(), max(int(r * 0.07), 2), cv2.LINE_AA, 3)
        if self.rng.random() < 0.5:
            self.leaf(
                path[-1],
                self.rng.uniform(-0.6, 0.3) if lean > 0 else np.pi + self.rng.uniform(-0.3, 0.6),
                r * self.rng.uniform(0.6, 0.95),
            )

    def leaf(self, start: Array, angle: float, long: float, tone: str = "4a5a2a") -> None:
        """A leaf with a midrib and two tones."""
        t = np.linspace(0, 1, 12)
        bend = self.rng.normal(0, 0.5)
        spine = np.stack([start[0] + long * t * np.cos(angle + bend * t), start[1] + long * t * np.sin(angle + bend * t)], axis=1)
        across = np.stack([-np.gradient(spine[:, 1]), np.gradient(spine[:, 0])], axis=1)
        across /= np.linalg.norm(across, axis=1, keepdims=True) + 1e-3
        half = across * (long * 0.26 * np.sin(np.pi * t**0.85) * (1 + 0.1 * np.sin(t * 30)))[:, None]
        green = rgb(tone) * self.rng.uniform(0.7, 1.4)
        for side, shade in ((1, 1.25), (-1, 0.65)):
            outline = np.concatenate([spine, (spine + side * half)[::-1]])
            cv2.fillPoly(self.image, [fixed(outline)], np.clip(green * shade, 0, 1).tolist(), cv2.LINE_AA, 3)
        cv2.polylines(self.image, [fixed(spine)], False, np.clip(green * 1.6, 0, 1).tolist(), 1, cv2.LINE_AA, 3)

    def vessel(
        self,
        x: float,
        foot: float,
        tall: float,
        profile: Array,
        tone: Array,
        gloss: float = 0.5,
        painted: bool = False,
        open_: bool = True,
    ) -> None:
        """A body of revolution; `profile` gives the radius, as a share of its height, from foot to lip."""
        radius = profile * tall
        self.shadow(x, foot - tall * 0.02, float(radius[: len(radius) // 3].max()), float(radius[: len(radius) // 3].max()) * 0.3)
        reach = float(radius.max()) + 3
        box = self.shade(x - reach, foot - tall - reach * 0.3, x + reach, foot + reach * 0.3)
        row = np.clip(
            (foot - self.y[box] + 0.16 * np.sqrt(np.clip(reach**2 - (self.x[box] - x) ** 2, 0, None)) - 0.16 * reach) / tall,
            -0.05,
            1.05,
        )
        here = np.interp(row, np.linspace(0, 1, len(radius)), radius, left=0, right=0).astype(np.float32)
        slope = np.interp(row, np.linspace(0, 1, len(radius)), np.gradient(radius) * len(radius) / tall).astype(np.float32)
        u = (self.x[box] - x) / np.maximum(here, 1)
        cover = smoothstep(1, 1 - 2 / np.maximum(here, 3), np.abs(u)) * (here > 0.5)
        nx, nz = u, np.sqrt(np.clip(1 - u * u, 0, 1))
        ny = np.clip(slope * 0.8, -1.2, 1.2) * 1.0
        norm = np.sqrt(nx**2 + ny**2 + nz**2)
        skin = (
            tone * (1 + 0.08 * fractal(self.rng, (u.shape[0], u.shape[1]), 40, 4) + 0.03 * value(self.rng, u.shape, 2))[..., None]
        )
        if painted:
            skin = self.painted(skin, row, u)
        self.lit(box, (nx / norm, ny / norm, nz / norm), cover.astype(np.float32), skin.astype(np.float32), gloss)
        if not open_:
            return
        lip = float(radius[-1])
        top = foot - tall
        cv2.ellipse(
            self.image,
            (int(x * 8), int(top * 8)),
            (int(lip * 8), int(lip * 0.2 * 8)),
            0,
            0,
            360,
            (tone * 0.16).tolist(),
            -1,
            cv2.LINE_AA,
            3,
        )
        cv2.ellipse(
            self.image,
            (int(x * 8), int(top * 8)),
            (int(lip * 8), int(lip * 0.2 * 8)),
            0,
            120,
            300,
            np.clip(tone * 1.5, 0, 1).tolist(),
            2,
            cv2.LINE_AA,
            3,
        )

    def painted(self, skin: Array, row: Array, u: Array) -> Array:
        """Glazed ornament: bands, and a frieze of curls that no other vessel has."""
        wrap = np.arcsin(np.clip(u, -1, 1))
        phase = self.rng.uniform(0, 6.28, 4)
        frieze = np.sin(wrap * 9 + phase[0] + 3 * np.sin(row * 30 + phase[1])) * np.sin(row * 60 + 2 * np.sin(wrap * 7 + phase[2]))
        inside = (row > 0.35) & (row < 0.65)
        marks = (
            np.where(inside, smoothstep(0.2, 0.4, frieze), 0)
            + np.exp(-(((row - 0.33) / 0.008) ** 2))
            + np.exp(-(((row - 0.67) / 0.012) ** 2))
        )
        return mix(skin, self.tones[4] * 0.8, np.clip(marks, 0, 1).astype(np.float32) * 0.85)

    def handle(self, x: float, y: float, r: float, tone: Array, side: int) -> None:
        for width, shade, shift in ((0.2, 0.45, 0.0), (0.12, 1.0, -0.03), (0.03, 1.7, -0.06)):
            cv2.ellipse(
                self.image,
                (int((x + shift * r) * 8), int((y + shift * r) * 8)),
                (int(r * 0.7 * 8), int(r * 8)),
                0,
                -90 if side > 0 else 90,
                90 if side > 0 else 270,
                np.clip(tone * shade, 0, 1).tolist(),
                max(int(r * width), 1),
                cv2.LINE_AA,
                3,
            )

    def fruits(self, count: int, left: float, right: float, scale: float = 1.0) -> None:
        """Fruit along the table, far ones first."""
        kinds = list(self.rng.choice(list(FRUITS), 3, replace=False))
        for v in np.sort(self.rng.uniform(0.06, 0.28, count)):
            r = self.unit * self.rng.uniform(0.05, 0.078) * scale * (0.8 + v)
            self.globe(
                self.wide * self.rng.uniform(left, right),
                self.edge + self.high * v - r * 0.4,
                r,
                str(self.rng.choice(kinds)),
                self.rng.uniform(0.88, 1.0),
            )

    def grapes(self, x: float, y: float, r: float, count: int, tone: str) -> None:
        """A bunch of grapes with its stalk and leaves."""
        self.shadow(x, y + r * 3, r * 6, r * 2)
        for _ in range(2):
            self.leaf(np.array([x, y - r * 3]), self.rng.uniform(-3, 0), r * self.rng.uniform(4, 6))
        turn, far = self.rng.uniform(0, 6.28, count), np.sqrt(self.rng.random(count))
        places = np.stack([3.6 * far * np.cos(turn), 2.4 * far * np.sin(turn)], axis=1)
        for px, py in places[np.argsort(places[:, 1] - np.abs(places[:, 0]) * 0.3)].tolist():
            gx, gy, gr = x + px * r, y + py * r, r * self.rng.uniform(0.85, 1.1)
            box = self.shade(gx - gr - 2, gy - gr - 2, gx + gr + 2, gy + gr + 2)
            dx, dy = (self.x[box] - gx) / gr, (self.y[box] - gy) / gr
            rr = dx * dx + dy * dy
            skin = rgb(tone) * self.rng.uniform(0.75, 1.3) * (1 + 0.1 * value(self.rng, dx.shape, max(gr / 2, 2)))[..., None]
            self.image[box] *= (1 - 0.4 * np.exp(-((rr - 1) ** 2) * 9) * (rr > 1))[..., None]
            self.lit(
                box, (dx, dy, np.sqrt(np.clip(1 - rr, 0, 1))), smoothstep(1 + 2 / gr, 1 - 2 / gr, rr), skin.astype(np.float32), 0.55
            )
