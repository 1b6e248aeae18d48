"""Faces built of planes in bold colour, before patterned cloth."""

from __future__ import annotations

import cv2
import numpy as np

from app.demo.art import surface
from app.demo.art.brush import Brush
from app.demo.art.brush import paint as lay_strokes
from app.demo.art.colour import mix, palette, to_bytes
from app.demo.art.noise import Size, fractal, grid, streaks
from app.demo.art.subject import Subject
from app.demo.art.types import Array, Image, fixed, spot

# cloth, second cloth, light of the skin, half light, shadow, hair, garment, accent
PALETTES = {
    "wild": "2f6f8f e8a83a f2c89a e86a4a 3f7a5a 1f1a2a b83a4a f4e04a",
    "cool": "4a6a9a b8c8d8 f0d8c8 c88a9a 4a5a8a 1a2238 2f5a6a e8b04a",
    "earth": "a8683a d8b078 e8c098 b87a4a 6a3a2a 241a14 4a5a3a d8a03a",
    "night": "1f2a4f 5a3a6a c8b0d0 7a6aa8 2f2a5a 0f1020 8a2f4a f0c04a",
    "rose": "d88a8a f0d0c0 f6dcc8 e09a8a 8a4a5a 3a1f28 3f5f6f f2b84a",
    "green": "3f6a4a a8b86a e8d0a0 b8a05a 3f5a3a 1a201a a84a2a f0e0a0",
}


def paint(rng: np.random.Generator, size: Size, subject: Subject) -> Image:
    """uint8 RGB of `size` (height, width); motifs: face, hat, profile, mask, pair."""
    portrait = Portrait(rng, size, palette(PALETTES[subject.mood]))
    portrait.cloth()
    MOTIFS[subject.motif](portrait)
    image = np.clip(portrait.image, 0, 1)
    angle = (0.7 * fractal(rng, size, 130, 3) + 0.8).astype(np.float32)
    passes = (
        Brush(11, 24, 10, 0.09, 0.03, 0.3, steps=2, keep=0.0, bristles=1),
        Brush(5, 11, 7, 0.07, 0.025, 0.3, steps=1, keep=0.25, bristles=0),
    )
    painted = lay_strokes(image, angle, rng, passes)
    ink = np.clip(portrait.line * (0.85 + 0.25 * streaks(rng, angle, 8)), 0, 1)
    painted = mix(mix(image, painted, np.full(size, 0.8, np.float32)), portrait.tones[5] * 0.8, ink)
    return to_bytes(surface.canvas(surface.oil(painted, angle, rng, 0.06, 12), rng, 0.02))


class Portrait:
    """Planes of colour in one layer, contours in another."""

    def __init__(self, rng: np.random.Generator, size: Size, tones: Array) -> None:
        self.rng, self.tones = rng, tones
        self.high, self.wide = size
        self.unit = min(size)
        self.image = np.ascontiguousarray(np.broadcast_to(tones[0], (*size, 3)), np.float32)
        self.line = np.zeros(size, np.float32)
        self.y, self.x = grid(size)

    def fill(self, points: Array, tone: Array, contour: float = 0.0) -> None:
        shape = [fixed(points)]
        cv2.fillPoly(self.image, shape, np.clip(tone, 0, 1).tolist(), cv2.LINE_AA, 3)
        cv2.fillPoly(self.line, shape, 0.0, cv2.LINE_AA, 3)
        if contour:
            self.pen(np.concatenate([np.asarray(points), np.asarray(points)[:1]]), contour)

    def pen(self, points: Array, width: float) -> None:
        """A contour of changing width."""
        points = np.asarray(points, np.float32)
        swell = width * self.unit / 700 * (0.75 + 0.35 * np.sin(np.linspace(0, 9, len(points)) + self.rng.uniform(0, 6)))
        for a, b, w in zip(points[:-1], points[1:], swell, strict=False):
            cv2.line(self.line, spot(a), spot(b), 1.0, max(int(round(float(w))), 1), cv2.LINE_AA, 3)

    def oval(self, x: float, y: float, rx: float, ry: float, n: int = 40) -> Array:
        t = np.linspace(0, 2 * np.pi, n, endpoint=False)
        return np.stack([x + rx * np.cos(t), y + ry * np.sin(t)], axis=1).astype(np.float32)

    def cloth(self) -> None:
        """A patterned hanging: leaves, lozenges, stripes or discs, no two alike."""
        kind, pitch = int(self.rng.integers(4)), self.unit * self.rng.uniform(0.09, 0.16)
        split = self.wide * self.rng.uniform(0.25, 0.75)
        self.fill(
            np.array(
                [
                    (split, -5),
                    (self.wide + 5, -5),
                    (self.wide + 5, self.high),
                    (split + self.wide * self.rng.normal(0, 0.08), self.high),
                ]
            ),
            mix(self.tones[0], self.tones[1], 0.75),
        )
        for v in np.arange(-pitch, self.high + pitch, pitch):
            for u in np.arange(-pitch, self.wide + pitch, pitch):
                x, y = u + self.rng.normal(0, pitch * 0.12), v + self.rng.normal(0, pitch * 0.12)
                tone = self.tones[int(self.rng.choice((1, 4, 6, 7)))] * self.rng.uniform(0.8, 1.15)
                s, a = pitch * self.rng.uniform(0.25, 0.48), self.rng.uniform(0, 6.28)
                if kind == 0:
                    for k in range(int(self.rng.integers(2, 5))):
                        self.leaf(x, y, a + k * 1.3, s, tone)
                elif kind == 1:
                    self.fill(
                        np.array([(x - s, y), (x, y - s * 1.3), (x + s, y), (x, y + s * 1.3)])
                        + self.rng.normal(0, s * 0.12, (4, 2)),
                        tone,
                    )
                elif kind == 2:
                    self.fill(
                        np.array(
                            [
                                (x - pitch / 2, y - s * 0.4),
                                (x + pitch / 2, y - s * 0.3),
                                (x + pitch / 2, y + s * 0.35),
                                (x - pitch / 2, y + s * 0.4),
                            ]
                        )
                        + self.rng.normal(0, s * 0.1, (4, 2)),
                        tone,
                    )
                else:
                    self.fill(self.oval(x, y, s, s * self.rng.uniform(0.7, 1)), tone)
                    self.fill(self.oval(x, y, s * 0.45, s * 0.45), self.tones[int(self.rng.integers(0, 8))])

    def leaf(self, x: float, y: float, a: float, s: float, tone: Array) -> None:
        t = np.linspace(0, 1, 8)
        half = 0.3 * np.sin(np.pi * t)
        p = np.concatenate([np.stack([t, half], axis=1), np.stack([t, -half], axis=1)[::-1]]) * s
        self.fill(
            np.stack([x + p[:, 0] * np.cos(a) - p[:, 1] * np.sin(a), y + p[:, 0] * np.sin(a) + p[:, 1] * np.cos(a)], axis=1), tone
        )

    def bust(self, x: float, chin: float, s: float) -> None:
        """Shoulders, garment with stripes or a collar, neck."""
        broad = s * self.rng.uniform(1.4, 1.8)
        top = chin + s * 0.35
        t = np.linspace(-1, 1, 20)
        shoulders = np.concatenate(
            [
                np.stack([x + broad * t, top + s * (0.12 + 0.9 * np.abs(t) ** 2.6)], axis=1),
                [[x + broad, self.high + 9], [x - broad, self.high + 9]],
            ]
        )
        self.fill(shoulders, self.tones[6], 5)
        for i in range(int(self.rng.integers(0, 9))):
            u = -0.9 + 0.24 * i
            self.fill(
                np.array(
                    [
                        (x + broad * u, top + s * (0.14 + 0.9 * abs(u) ** 2.6)),
                        (x + broad * (u + 0.1), top + s * (0.14 + 0.9 * abs(u + 0.1) ** 2.6)),
                        (x + broad * (u * 0.9 + 0.1), self.high),
                        (x + broad * u * 0.9, self.high),
                    ]
                ),
                mix(self.tones[6], self.tones[int(self.rng.choice((1, 7)))], 0.8),
            )
        self.fill(
            np.array(
                [
                    (x - s * 0.32, chin - s * 0.3),
                    (x + s * 0.32, chin - s * 0.3),
                    (x + s * 0.42, top + s * 0.3),
                    (x, top + s * 0.62),
                    (x - s * 0.42, top + s * 0.3),
                ]
            ),
            self.tones[3],
            4,
        )
        self.fill(
            np.array([(x, chin - s * 0.3), (x + s * 0.32, chin - s * 0.3), (x + s * 0.42, top + s * 0.3), (x, top + s * 0.5)]),
            self.tones[4],
        )
        for i in range(int(self.rng.choice((0, 7, 9)))):
            a = np.pi * (0.12 + 0.76 * i / 8)
            self.fill(self.oval(x + s * 0.5 * np.cos(a), top + s * (0.1 + 0.42 * np.sin(a)), s * 0.06, s * 0.06), self.tones[7], 2)

    def head(self, x: float, y: float, s: float, turn: float) -> None:
        """Face of radius s about (x, y): light side, shadow side, features; `turn` moves the axis of the face."""
        t = np.linspace(0, 2 * np.pi, 60)
        jaw = 1 + 0.28 * np.clip(np.sin(t), 0, 1) ** 2 - 0.12 * np.abs(np.cos(t)) * np.clip(np.sin(t), 0, 1)
        face = np.stack([x + s * 0.82 * np.cos(t) * (1 - 0.16 * np.clip(np.sin(t), 0, 1)), y + s * jaw * np.sin(t)], axis=1)
        self.fill(face, self.tones[2], 5)
        axis = x + turn * s * 0.25
        side = 1 if turn <= 0 else -1
        half = face[(face[:, 0] - axis) * side > 0]
        half = half[np.argsort(half[:, 1])]
        nose = [
            (axis, y - s * 0.95),
            (axis - side * s * 0.02, y - s * 0.35),
            (axis - side * s * 0.15, y + s * 0.22),
            (axis + side * s * 0.02, y + s * 0.34),
            (axis, y + s * 1.2),
        ]
        self.fill(np.concatenate([nose, half[::-1]]), self.tones[4])
        for _ in range(3):
            cheek = self.oval(
                x - side * s * self.rng.uniform(0.2, 0.55),
                y + s * self.rng.uniform(-0.1, 0.6),
                s * self.rng.uniform(0.1, 0.24),
                s * self.rng.uniform(0.08, 0.2),
                7,
            )
            self.fill(cheek, mix(self.tones[2], self.tones[3], self.rng.uniform(0.4, 1)))
        self.fill(
            np.array([(axis, y - s * 0.3), (axis - side * s * 0.19, y + s * 0.27), (axis + side * s * 0.1, y + s * 0.3)]),
            self.tones[3],
        )
        self.pen(
            np.array(
                [
                    (axis, y - s * 0.34),
                    (axis - side * s * 0.1, y),
                    (axis - side * s * 0.2, y + s * 0.26),
                    (axis - side * s * 0.04, y + s * 0.33),
                ]
            ),
            4,
        )
        for k in (-1, 1):
            self.eye(axis + k * s * 0.36, y - s * 0.16, s * 0.21, k)
        self.mouth(axis, y + s * 0.62, s * self.rng.uniform(0.24, 0.34), side)
        self.pen(np.stack([face[30:60, 0], face[30:60, 1]], axis=1), 4)

    def eye(self, x: float, y: float, s: float, k: int) -> None:
        t = np.linspace(0, np.pi, 10)
        lids = np.concatenate(
            [
                np.stack([x - s * np.cos(t), y - s * 0.5 * np.sin(t)], axis=1),
                np.stack([x + s * np.cos(t), y + s * 0.36 * np.sin(t)], axis=1),
            ]
        )
        self.fill(lids, mix(self.tones[2], np.ones(3), 0.7), 3.5)
        look = self.rng.uniform(-0.3, 0.3) * s
        self.fill(self.oval(x + look, y - s * 0.04, s * 0.36, s * 0.4, 18), self.tones[int(self.rng.choice((0, 4, 7)))], 2)
        self.fill(self.oval(x + look, y - s * 0.04, s * 0.17, s * 0.18, 12), self.tones[5])
        self.fill(self.oval(x + look - s * 0.1, y - s * 0.14, s * 0.07, s * 0.07, 8), np.ones(3, np.float32))
        u = np.linspace(-1, 1, 8)
        self.pen(np.stack([x + u * s * 1.25, y - s * (0.95 - 0.35 * u * u) + k * u * s * 0.08], axis=1), 7)
        self.pen(np.stack([x + u * s, y - s * (0.68 - 0.3 * u * u)], axis=1), 2)

    def mouth(self, x: float, y: float, s: float, side: int) -> None:
        u = np.linspace(-1, 1, 13)
        upper = np.stack([x + u * s, y - s * (0.3 - 0.3 * np.abs(u) ** 1.5) + s * 0.12 * np.exp(-((u / 0.18) ** 2))], axis=1)
        lower = np.stack([x + u * s, y + s * 0.38 * (1 - u * u)], axis=1)
        middle = np.stack([x + u * s, y + s * 0.03 * np.sin(u * 5)], axis=1)
        self.fill(np.concatenate([upper, middle[::-1]]), self.tones[6] * 0.85)
        self.fill(np.concatenate([middle, lower[::-1]]), mix(self.tones[6], self.tones[3], 0.5))
        self.pen(middle, 3.5)

    def hair(self, x: float, y: float, s: float, long: float) -> None:
        t = np.linspace(np.pi * 0.96, np.pi * 2.04, 24)
        crown = np.stack([x + s * 1.06 * np.cos(t), y - s * 0.1 + s * 1.22 * np.sin(t)], axis=1)
        fringe = np.stack(
            [
                x + s * np.linspace(0.92, -0.92, 12),
                y - s * (0.5 + 0.22 * np.sin(np.linspace(0, 3.1, 12)) + self.rng.normal(0, 0.06, 12)),
            ],
            axis=1,
        )
        drop = (
            np.array([(x + s * 1.12, y + s * long), (x + s * 0.78, y + s * long * 0.95)]),
            np.array([(x - s * 0.78, y + s * long * 0.95), (x - s * 1.12, y + s * long)]),
        )
        self.fill(np.concatenate([crown, drop[0], fringe, drop[1]]), self.tones[5], 4)
        for _ in range(26):
            k = self.rng.uniform(-1, 1)
            p = np.array(
                [(x + s * 0.2 * k, y - s * 1.25), (x + s * 0.8 * k, y - s * 0.95), (x + s * 1.02 * k, y - s * 0.45)]
            ) + self.rng.normal(0, s * 0.05, (3, 2))
            cv2.polylines(
                self.image,
                [fixed(p)],
                False,
                mix(self.tones[5], self.tones[int(self.rng.choice((0, 3, 7)))], self.rng.uniform(0.2, 0.7)).tolist(),
                3,
                cv2.LINE_AA,
                3,
            )

    def hat(self, x: float, y: float, s: float) -> None:
        tone = self.tones[int(self.rng.choice((1, 6, 7)))]
        u = np.linspace(-1, 1, 16)
        lean = self.rng.uniform(-0.14, 0.14)
        crown = np.stack(
            [x + s * 0.86 * u, y - s * 0.75 - s * self.rng.uniform(0.6, 0.95) * (1 - np.abs(u) ** 3.2) + lean * s * u], axis=1
        )
        self.fill(crown, tone, 4)
        brim = np.concatenate(
            [
                np.stack([x + s * 1.6 * u, y - s * (0.82 - 0.1 * u * u) + lean * s * u * 2], axis=1),
                np.stack([x + s * 1.6 * u[::-1], y - s * (0.6 - 0.02 * u * u) + lean * s * u[::-1] * 2], axis=1),
            ]
        )
        self.fill(brim, tone * 0.8, 4)
        self.fill(
            np.array(
                [
                    (x - s * 0.84, y - s * 0.98),
                    (x + s * 0.84, y - s * 0.98),
                    (x + s * 0.86, y - s * 0.82),
                    (x - s * 0.86, y - s * 0.82),
                ]
            ),
            self.tones[4],
        )
        for _ in range(int(self.rng.integers(0, 6))):
            self.fill(
                self.oval(x + s * self.rng.uniform(-0.8, 0.8), y - s * 0.95, s * 0.15, s * 0.14, 9),
                self.tones[int(self.rng.integers(1, 8))],
                2,
            )


def face(p: Portrait) -> None:
    """A face seen straight on."""
    s = p.unit * p.rng.uniform(0.23, 0.27)
    x, y = p.wide * p.rng.uniform(0.44, 0.56), p.high * 0.43
    p.bust(x, y + s * 1.1, s)
    p.head(x, y, s, p.rng.uniform(-0.5, 0.5))
    p.hair(x, y, s, p.rng.uniform(0.0, 1.3))


def hat(p: Portrait) -> None:
    """A sitter in a hat."""
    s = p.unit * p.rng.uniform(0.2, 0.24)
    x, y = p.wide * p.rng.uniform(0.44, 0.56), p.high * 0.47
    p.bust(x, y + s * 1.1, s)
    p.head(x, y, s, p.rng.uniform(-0.8, 0.8))
    p.hair(x, y, s, p.rng.uniform(0.2, 0.9))
    p.hat(x, y, s)


def profile(p: Portrait) -> None:
    """A head that turns away."""
    s = p.unit * p.rng.uniform(0.23, 0.27)
    x, y, turn = p.wide * p.rng.uniform(0.4, 0.6), p.high * 0.44, p.rng.choice((-1, 1)) * p.rng.uniform(1.2, 1.7)
    p.bust(x, y + s * 1.1, s)
    p.head(x, y, s, turn)
    p.hair(x - np.sign(turn) * s * 0.08, y, s, p.rng.uniform(0.6, 1.5))


def mask(p: Portrait) -> None:
    """A mask with bands, horns and inlay."""
    s, x, y = p.unit * 0.3, p.wide / 2, p.high * 0.5
    for k in (-1, 1):
        t = np.linspace(0, 1, 14)
        curve = np.stack([x + k * s * (0.5 + 0.9 * t * p.rng.uniform(0.6, 1.1)), y - s * (0.9 + 0.5 * np.sin(t * 2.2))], axis=1)
        width = np.linspace(0.22, 0.02, 14)[:, None] * s * np.array([0.4, 1.0])
        p.fill(np.concatenate([curve + width, (curve - width)[::-1]]), p.tones[7], 4)
        p.fill(p.oval(x + k * s * 0.95, y + s * 0.15, s * 0.18, s * 0.34), p.tones[6], 4)
    p.head(x, y, s, 0.0)
    for i in range(int(p.rng.integers(4, 8))):
        v = y - s * (0.9 - 0.11 * i)
        w = s * 0.7 * np.sqrt(max(1 - ((v - y) / s) ** 2, 0.05))
        for u in np.linspace(-0.9, 0.9, int(p.rng.integers(4, 10))):
            p.fill(
                p.oval(x + u * w, v, s * 0.05, s * 0.045, int(p.rng.integers(3, 8))), p.tones[int(p.rng.choice((0, 1, 6, 7)))], 1.5
            )
        if i > 3:
            break
    for k in (-1, 1):
        for i in range(int(p.rng.integers(3, 6))):
            u = np.linspace(0, 1, 6)
            p.fill(
                np.concatenate(
                    [
                        np.stack([x + k * s * (0.3 + 0.36 * u), y + s * (0.26 + 0.11 * i + 0.1 * u)], axis=1),
                        np.stack([x + k * s * (0.66 - 0.36 * u), y + s * (0.42 + 0.11 * i - 0.1 * u)], axis=1),
                    ]
                ),
                p.tones[int(p.rng.choice((0, 6, 7)))],
            )


def pair(p: Portrait) -> None:
    """Two sitters, one before the other."""
    s = p.unit * 0.2
    for k, (u, v) in enumerate(((0.66, 0.4), (0.36, 0.5))):
        x, y = p.wide * (u + p.rng.normal(0, 0.02)), p.high * v
        p.bust(x, y + s * 1.1, s * 0.9)
        p.head(x, y, s, p.rng.uniform(-1.2, 1.2))
        p.hair(x, y, s, p.rng.uniform(0.1, 1.4))
        if p.rng.random() < 0.35 + 0.2 * k:
            p.hat(x, y, s)


MOTIFS = {"face": face, "hat": hat, "profile": profile, "mask": mask, "pair": pair}
