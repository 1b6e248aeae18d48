"""Floor mosaics: stones laid in rows around a figure."""

from __future__ import annotations

import cv2
import numpy as np

from app.demo.art import surface
from app.demo.art.brush import at, inside
from app.demo.art.colour import mix, palette, rgb, saturate, soften, to_bytes, vary
from app.demo.art.noise import Size, borders, cells, fractal, scatter, value
from app.demo.art.subject import Subject
from app.demo.art.types import Array, Image, fixed

# ground, field, three of the figure, dark line, border
PALETTES = {
    "marine": "e6dcc2 8fb4b4 1f5f7a d98a3a e8c872 22303a 2f7a78",
    "terracotta": "ecdcc0 d9b48a b5502f 7a2f24 e0a24a 2e211c 4a6a6a",
    "laurel": "ebe2c8 c3cba0 4f7a3f c8923a 8a3b2e 26301f 2f5a4a",
    "gold": "d9b45a c99a3a 7a1f2a 1f3f6a f0e2b8 2a1c18 3f6a4a",
    "ash": "e4ded0 b8b4a8 6a6f78 a85a3a d8c49a 2a2c30 4a4f58",
}


def paint(rng: np.random.Generator, size: Size, subject: Subject) -> Image:
    """uint8 RGB of `size` (height, width); motifs: fish, bird, sun, vase, tree, ship."""
    tones = palette(PALETTES[subject.mood])
    design = tones[0] * np.ones((*size, 3), np.float32)
    figure = np.zeros(size, np.uint8)
    Design(rng, design, figure, tones).draw(subject.motif)
    points = stones(rng, figure, size)
    labels, _ = cells(points, size)
    base = vary(rng, at(soften(design, 1.2), inside(points, (*size, 3))), 0.085, 0.022)
    base = mix(base, vary(rng, base, 0.2, 0.06), (rng.random((len(points), 1)) < 0.14).astype(np.float32))
    tilt = rng.normal(0, 0.011, (len(points), 2)).astype(np.float32)
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32)
    light = (x - points[labels, 0]) * tilt[labels, 0] + (y - points[labels, 1]) * tilt[labels, 1]
    grout = np.clip(cv2.dilate(borders(labels), np.ones((2, 2), np.uint8)), 0, 1)
    joint = np.clip(soften(grout, 0.7) * 0.95, 0, 1)
    stone = base[labels] * (1 + light + 0.04 * value(rng, size, 1.6) + 0.025 * fractal(rng, size, 9, 2))[..., None]
    image = mix(stone, rgb("b5ab98") * (0.8 + 0.1 * value(rng, size, 2)[..., None]), joint * 0.8)
    lost = (fractal(rng, size, size[1] / 4, 4) > 2.25)[..., None]  # where stones have gone, the bed shows
    image = np.where(lost, rgb("a79c88") * (1 + 0.12 * fractal(rng, size, 6, 3))[..., None], image)
    lit = surface.relief(image.astype(np.float32), -soften(grout, 1.0) * 2.0, 0.12)
    return to_bytes(saturate(lit * 1.06, 1.22) * (1 + 0.05 * fractal(rng, size, 180, 3))[..., None])


def stones(rng: np.random.Generator, figure: Image, size: Size) -> Array:
    """Centres of the stones (n, 2): finer in the figure, in rows along its outline in the ground around it."""
    pitch = max(size) / 78
    rough = scatter(rng, size, pitch, 0.45)
    fine = inside(scatter(rng, size, pitch * 0.66, 0.5), (*size, 3))
    fine = fine[at(figure, fine) > 0]
    rough = inside(rough, (*size, 3))
    away = cv2.distanceTransform(255 - figure, cv2.DIST_L2, 3)
    slope = np.stack([cv2.Sobel(away, cv2.CV_32F, 1, 0), cv2.Sobel(away, cv2.CV_32F, 0, 1)], axis=2)
    slope = slope / (np.linalg.norm(slope, axis=2, keepdims=True) + 1e-3)
    rough = rough[at(figure, rough) == 0]
    level = at(away, rough)
    snap = (np.floor(level / pitch) + 0.5) * pitch - level  # onto the next row about the figure
    near = (level < 3.2 * pitch)[:, None]
    return np.concatenate([np.where(near, rough + at(slope, rough) * snap[:, None] * 0.9, rough), fine]).astype(np.float32)


class Design:
    """The coloured drawing that the stones follow; `figure` marks what stands out from the ground."""

    def __init__(self, rng: np.random.Generator, image: Array, figure: Image, tones: Array) -> None:
        self.rng, self.image, self.figure, self.tones = rng, image, figure, tones
        self.high, self.wide = image.shape[:2]
        self.unit = min(self.high, self.wide)

    def fill(self, points: Array, tone: Array) -> None:
        pieces = [fixed(points)]
        cv2.fillPoly(self.image, pieces, tone.tolist(), cv2.LINE_AA, 3)
        cv2.fillPoly(self.figure, pieces, 255, cv2.LINE_8, 3)

    def line(self, points: Array, tone: Array, width: float, closed: bool = False) -> None:
        pieces = [fixed(points)]
        cv2.polylines(self.image, pieces, closed, tone.tolist(), max(int(width), 1), cv2.LINE_AA, 3)
        cv2.polylines(self.figure, pieces, closed, 255, max(int(width), 1), cv2.LINE_8, 3)

    def circle(self, x: float, y: float, radius: float, tone: Array) -> None:
        t = np.linspace(0, 2 * np.pi, 40)
        self.fill(np.stack([x + radius * np.cos(t), y + radius * np.sin(t)], axis=1), tone)

    def draw(self, motif: str) -> None:
        self.ground()
        FIGURES[motif](self)
        self.border()

    def ground(self) -> None:
        """A round or square field of another colour."""
        tone = mix(self.tones[1], self.tones[0], self.rng.uniform(0, 0.4))
        if self.rng.random() < 0.5:
            cv2.circle(self.image, (self.wide // 2, self.high // 2), int(self.unit * 0.41), tone.tolist(), -1)
            cv2.circle(
                self.image, (self.wide // 2, self.high // 2), int(self.unit * 0.42), self.tones[5].tolist(), int(self.unit * 0.014)
            )
            return
        m = int(self.unit * 0.1)
        cv2.rectangle(self.image, (m, m), (self.wide - m, self.high - m), tone.tolist(), -1)

    def border(self) -> None:
        """One of four borders: waves, meander, lozenges, twist."""
        m, kind = self.unit * 0.05, int(self.rng.integers(4))
        path = self.round(m)
        cv2.rectangle(self.image, (0, 0), (self.wide - 1, self.high - 1), self.tones[0].tolist(), int(m * 3.4))
        step = np.arange(len(path))
        outward = np.stack([-np.gradient(path[:, 1]), np.gradient(path[:, 0])], axis=1)
        outward /= np.linalg.norm(outward, axis=1, keepdims=True) + 1e-6
        swing = m * 0.5
        pitch = self.unit * self.rng.uniform(0.05, 0.09)
        wave = np.sin(step / pitch * 6.283) if kind != 1 else np.sign(np.sin(step / pitch * 6.283))
        self.line((path + outward * (wave * swing)[:, None])[::3], self.tones[6], m * 0.32)
        if kind >= 2:
            self.line((path - outward * (wave * swing)[:, None])[::3], self.tones[2 if kind == 2 else 3], m * 0.32)
        for inset in (0.18, 1.72):
            box = np.array(
                [
                    (m * inset, m * inset),
                    (self.wide - m * inset, m * inset),
                    (self.wide - m * inset, self.high - m * inset),
                    (m * inset, self.high - m * inset),
                ]
            )
            self.line(box, self.tones[5], m * 0.2, True)

    def round(self, m: float) -> Array:
        """A path once round the picture at distance m, a point a pixel."""
        x1, y1 = self.wide - m, self.high - m
        corners = np.array([(m, m), (x1, m), (x1, y1), (m, y1), (m, m)])
        parts = [
            np.linspace(a, b, int(np.abs(b - a).sum()), endpoint=False) for a, b in zip(corners[:-1], corners[1:], strict=True)
        ]
        return np.concatenate(parts).astype(np.float32)

    def fish(self, x: float, y: float, s: float, angle: float) -> None:
        t = np.linspace(0, 1, 24)
        back, belly = -0.3 * np.sin(np.pi * t**0.8), 0.26 * np.sin(np.pi * t**0.85)
        body = np.concatenate([np.stack([t * 2 - 1, back], axis=1), np.stack([t[::-1] * 2 - 1, belly[::-1]], axis=1)])
        a, b, c = (self.tones[i] for i in self.rng.permutation([2, 3, 4]))

        def put(points: object) -> Array:
            p = np.asarray(points) * s
            return np.stack(
                [x + p[:, 0] * np.cos(angle) - p[:, 1] * np.sin(angle), y + p[:, 0] * np.sin(angle) + p[:, 1] * np.cos(angle)],
                axis=1,
            )

        self.fill(put([(0.85, 0), (1.4, -0.36), (1.22, 0), (1.4, 0.36)]), b)
        self.fill(put([(-0.3, -0.22), (0.1, -0.55), (0.5, -0.2)]), b)
        self.fill(put([(-0.1, 0.2), (0.25, 0.48), (0.35, 0.18)]), b)
        self.fill(put(body), a)
        self.fill(
            put(np.concatenate([body[24:], body[:1] * 0 + (-1, 0), np.stack([t * 1.8 - 0.9, 0.08 * np.sin(t * 9)], axis=1)])), c
        )
        for u in np.linspace(-0.35, 0.7, 5):
            self.line(put([(u, -0.2 * (1 - u * u)), (u + 0.1, 0), (u, 0.18 * (1 - u * u))]), self.tones[5], s * 0.035)
        self.line(put(body), self.tones[5], s * 0.05, True)
        eye = put([(-0.68, -0.07)])[0]
        self.circle(eye[0], eye[1], s * 0.085, self.tones[0])
        self.circle(eye[0], eye[1], s * 0.045, self.tones[5])


def fish(d: Design) -> None:
    """Fish swim about one another."""
    count = int(d.rng.integers(2, 5))
    for i in range(count):
        angle = i / count * 6.283 + d.rng.uniform(-0.3, 0.3)
        r = d.unit * (0.2 if count > 2 else 0.16)
        d.fish(
            d.wide / 2 + r * np.cos(angle) * d.wide / d.unit,
            d.high / 2 + r * np.sin(angle) * d.high / d.unit,
            d.unit * d.rng.uniform(0.16, 0.22) * (1.25 if count == 2 else 0.9),
            angle + 1.57 + d.rng.uniform(-0.4, 0.4),
        )
    for _ in range(9):
        x, y = d.wide * d.rng.uniform(0.16, 0.84), d.high * d.rng.uniform(0.16, 0.84)
        t = np.linspace(0, 1, 12)
        d.line(np.stack([x + t * d.unit * 0.1, y + np.sin(t * 9) * d.unit * 0.012], axis=1), d.tones[6], d.unit * 0.008)


def bird(d: Design) -> None:
    """Birds on a fruiting branch."""
    t = np.linspace(0, 1, 30)
    sway = d.rng.uniform(-0.12, 0.12)
    branch = np.stack([d.wide * (0.14 + 0.72 * t), d.high * (0.64 + sway * np.sin(t * 5 + d.rng.uniform(0, 6)))], axis=1)
    d.line(branch, d.tones[5], d.unit * 0.022)
    for i in d.rng.integers(1, 29, 16).tolist():
        leaf(
            d,
            branch[i],
            d.rng.uniform(-3.1, 0) if d.rng.random() < 0.5 else d.rng.uniform(0, 3.1),
            d.unit * d.rng.uniform(0.06, 0.11),
        )
    for i in d.rng.choice(np.arange(3, 27), 5, replace=False).tolist():
        d.circle(branch[i, 0] + d.rng.normal(0, 12), branch[i, 1] + d.unit * 0.06, d.unit * 0.026, d.tones[3])
    for place in ((0.36, 1), (0.66, -1))[: int(d.rng.integers(1, 3))]:
        perch(d, d.wide * place[0], branch[int(place[0] * 29), 1], d.unit * d.rng.uniform(0.19, 0.25), place[1])


def perch(d: Design, x: float, y: float, s: float, side: int) -> None:
    a, b, c = (d.tones[i] for i in d.rng.permutation([2, 3, 4]))
    t = np.linspace(0, 2 * np.pi, 40)
    body = np.stack([x + side * s * (0.75 * np.cos(t) - 0.1), y - s * (0.62 + 0.42 * np.sin(t + 0.25 * np.cos(t)))], axis=1)
    d.fill(
        np.array(
            [
                (x - side * s * 0.6, y - s * 0.6),
                (x - side * s * 1.7, y + s * 0.1),
                (x - side * s * 1.5, y + s * 0.32),
                (x - side * s * 0.4, y - s * 0.3),
            ]
        ),
        b,
    )
    d.fill(body, a)
    d.circle(x + side * s * 0.55, y - s * 1.1, s * 0.32, a)
    d.fill(
        np.array([(x + side * s * 0.84, y - s * 1.18), (x + side * s * 1.2, y - s * 1.05), (x + side * s * 0.84, y - s * 1.0)]),
        d.tones[3],
    )
    wing = np.stack([x - side * s * (0.1 + 0.62 * np.cos(t)), y - s * (0.62 + 0.26 * np.sin(t))], axis=1)
    d.fill(wing, c)
    for i in range(4):
        d.line(
            np.array([(x + side * s * (0.3 - 0.2 * i), y - s * 0.76), (x - side * s * (0.3 + 0.16 * i), y - s * 0.42)]),
            d.tones[5],
            s * 0.05,
        )
    d.line(body, d.tones[5], s * 0.05, True)
    d.circle(x + side * s * 0.62, y - s * 1.16, s * 0.06, d.tones[5])
    for i in (-1, 1):
        d.line(np.array([(x + i * s * 0.12, y - s * 0.22), (x + i * s * 0.14, y)]), d.tones[3], s * 0.05)


def leaf(d: Design, at_: Array, angle: float, s: float) -> None:
    t = np.linspace(0, 1, 10)
    half = 0.24 * np.sin(np.pi * t)
    shape = np.concatenate([np.stack([t, half], axis=1), np.stack([t, -half], axis=1)[::-1]]) * s
    c, n = np.cos(angle), np.sin(angle)
    d.fill(
        np.stack([at_[0] + shape[:, 0] * c - shape[:, 1] * n, at_[1] + shape[:, 0] * n + shape[:, 1] * c], axis=1),
        d.tones[int(d.rng.choice((2, 6, 6)))],
    )


def sun(d: Design) -> None:
    """A face within rays."""
    x, y, r = d.wide / 2, d.high / 2, d.unit * 0.2
    count = int(d.rng.integers(11, 20))
    for i in range(count):
        a, w = i / count * 6.283, 6.283 / count * 0.5
        reach = r * (1.95 if i % 2 else 1.6)
        twist = w * d.rng.uniform(-0.3, 0.9)
        d.fill(
            np.array(
                [
                    (x + r * np.cos(a - w), y + r * np.sin(a - w)),
                    (x + reach * np.cos(a + twist), y + reach * np.sin(a + twist)),
                    (x + r * np.cos(a + w), y + r * np.sin(a + w)),
                ]
            ),
            d.tones[3 if i % 2 else 4],
        )
    d.circle(x, y, r * 1.04, d.tones[5])
    d.circle(x, y, r * 0.97, mix(d.tones[4], d.tones[0], 0.4))
    for side in (-1, 1):
        t = np.linspace(0, np.pi, 12)
        ex, ey = x + side * r * 0.38, y - r * 0.16
        d.fill(np.stack([ex + r * 0.22 * np.cos(2 * t), ey + r * 0.11 * np.sin(2 * t)], axis=1), d.tones[0])
        d.circle(ex, ey, r * 0.09, d.tones[5])
        d.line(np.stack([ex + side * r * 0.28 * np.cos(t), ey - r * 0.1 - r * 0.14 * np.sin(t)], axis=1), d.tones[5], r * 0.06)
        d.circle(x + side * r * 0.5, y + r * 0.26, r * 0.13, mix(d.tones[3], d.tones[4], 0.5))
    d.line(np.array([(x - r * 0.04, y - r * 0.2), (x - r * 0.14, y + r * 0.2), (x + r * 0.08, y + r * 0.24)]), d.tones[5], r * 0.06)
    t = np.linspace(-1, 1, 12)
    d.line(np.stack([x + t * r * 0.3, y + r * (0.52 - 0.12 * t * t * d.rng.uniform(-1, 1))], axis=1), d.tones[2], r * 0.1)


def vase(d: Design) -> None:
    """A two-handled vase with a vine growing out of it."""
    x, foot, s = d.wide / 2, d.high * 0.8, d.unit * 0.2
    t = np.linspace(0, 1, 30)
    profile = s * (0.28 + 0.62 * np.sin(np.pi * t**1.4) ** 1.3 + 0.16 * (t > 0.93))
    outline = np.concatenate(
        [np.stack([x - profile, foot - t * s * 1.7], axis=1), np.stack([x + profile, foot - t * s * 1.7], axis=1)[::-1]]
    )
    for side in (-1, 1):
        u = np.linspace(0, np.pi, 14)
        d.line(
            np.stack([x + side * s * (0.4 + 0.55 * np.sin(u)), foot - s * (1.05 + 0.6 * u / np.pi)], axis=1), d.tones[3], s * 0.12
        )
        for k in range(3):
            vine(d, x + side * s * 0.1 * k, foot - s * 1.65, side, d.unit * (0.32 - 0.06 * k), 0.5 + 0.45 * k)
    d.fill(outline, d.tones[3])
    for k, v in enumerate((0.25, 0.5, 0.62, 0.8)):
        row = int(v * 29)
        d.line(
            np.stack(
                [
                    np.linspace(x - profile[row], x + profile[row], 16),
                    np.full(16, foot - t[row] * s * 1.7) + s * 0.04 * np.sin(np.arange(16) * 2.2),
                ],
                axis=1,
            ),
            d.tones[(4, 5, 2, 4)[k]],
            s * 0.09,
        )
    d.line(outline, d.tones[5], s * 0.06, True)


def vine(d: Design, x: float, y: float, side: int, reach: float, lift: float) -> None:
    u = np.linspace(0, 1, 26)
    path = np.stack(
        [x + side * reach * (u + 0.25 * np.sin(u * 7)), y - reach * lift * (1.5 * u - 0.35 * u * u * 2) + 14 * np.sin(u * 8)],
        axis=1,
    )
    d.line(path, d.tones[6], reach * 0.05)
    for i in range(3, 26, 3):
        leaf(d, path[i], d.rng.uniform(-3.1, 3.1), reach * d.rng.uniform(0.22, 0.34))
    for i in range(6):
        d.circle(path[-1, 0] + d.rng.normal(0, reach * 0.06), path[-1, 1] + reach * 0.05 * i, reach * 0.055, d.tones[2])


def tree(d: Design) -> None:
    """A tree of life between two animals' worth of flowers."""
    x, foot = d.wide / 2, d.high * 0.86
    grow(d, np.array([x, foot]), -1.57, d.unit * 0.23, d.unit * 0.05, 0)
    for _ in range(13):
        fx, fy = d.wide * d.rng.uniform(0.14, 0.86), foot - d.rng.uniform(0, d.unit * 0.05)
        d.line(np.array([(fx, foot), (fx, fy - d.unit * 0.05)]), d.tones[6], d.unit * 0.009)
        d.circle(fx, fy - d.unit * 0.06, d.unit * 0.021, d.tones[int(d.rng.integers(2, 5))])
    d.line(np.array([(d.wide * 0.12, foot + 4), (d.wide * 0.88, foot + 4)]), d.tones[5], d.unit * 0.018)


def grow(d: Design, start: Array, angle: float, length: float, width: float, level: int) -> None:
    end = start + length * np.array([np.cos(angle), np.sin(angle)])
    d.line(np.stack([start, end]), mix(d.tones[5], d.tones[3], 0.4), width)
    if level == 4:
        leaf(d, end, angle, d.unit * 0.07)
        if d.rng.random() < 0.35:
            d.circle(end[0], end[1], d.unit * 0.02, d.tones[int(d.rng.choice((3, 4)))])
        return
    for side in (-1, 1):
        grow(d, end, angle + side * d.rng.uniform(0.3, 0.72), length * d.rng.uniform(0.62, 0.8), width * 0.62, level + 1)
    if level >= 2:
        leaf(d, (start + end) / 2, angle + d.rng.choice((-1, 1)) * 0.9, d.unit * 0.075)


def ship(d: Design) -> None:
    """A galley with a striped sail over curling waves."""
    x, y, s = d.wide / 2, d.high * 0.62, d.unit * 0.3
    t = np.linspace(-1, 1, 20)
    hull = np.concatenate(
        [
            np.stack([x + s * t, y + s * 0.34 * (np.abs(t) ** 2.6 * -1.1)], axis=1),
            np.stack([x + s * 0.8 * t[::-1], y + s * 0.34 * (1 - t**2)], axis=1),
        ]
    )
    d.line(np.array([(x, y), (x, y - s * 1.25)]), d.tones[5], s * 0.05)
    for i in range(5):
        left, right = x - s * 0.62 + s * 0.25 * i, x - s * 0.62 + s * 0.25 * (i + 1)
        belly = s * 0.1 * np.sin((i + 0.5) / 5 * np.pi)
        d.fill(
            np.array([(left, y - s * 1.1), (right, y - s * 1.1), (right + belly, y - s * 0.35), (left + belly, y - s * 0.35)]),
            d.tones[3] if i % 2 else d.tones[0],
        )
    d.fill(hull, d.tones[2])
    d.line(hull, d.tones[5], s * 0.04, True)
    for i in range(8):
        ox = x - s * 0.65 + s * 0.18 * i
        d.line(np.array([(ox, y + s * 0.1), (ox - s * 0.14, y + s * 0.48)]), d.tones[4], s * 0.03)
    for row in range(5):
        u = np.linspace(0.1, 0.9, 60)
        wave = y + s * (0.36 + 0.13 * row) + s * 0.05 * np.sin(u * d.rng.uniform(24, 40) + d.rng.uniform(0, 6))
        d.line(np.stack([u * d.wide, wave], axis=1), d.tones[6 if row % 2 else 2], s * 0.05)
    for _ in range(2):
        d.fish(d.wide * d.rng.uniform(0.25, 0.75), d.high * 0.85, d.unit * 0.05, d.rng.uniform(-0.3, 0.3))


FIGURES = {"fish": fish, "bird": bird, "sun": sun, "vase": vase, "tree": tree, "ship": ship}
