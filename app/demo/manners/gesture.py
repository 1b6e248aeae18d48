"""Gestures: arcs, runs, splashes and scrapes of paint, thrown and drawn over a toned ground."""

from __future__ import annotations

import cv2
import numpy as np

from app.demo.art import surface
from app.demo.art.colour import lay, mix, palette, smoothstep, to_bytes
from app.demo.art.noise import Size, fractal, line, streaks, value
from app.demo.art.subject import Subject
from app.demo.art.types import Array, Image, fixed, xy

# ground, second ground, five paints
PALETTES = {
    "night": "14161f 2a2f45 e8e4d8 d8452e 3f7fb0 e8b43a 8fa8b8",
    "bone": "e6dcc6 cfc0a0 1c1a1a b8382a 2f5a7a d89a2f 6a7a6a",
    "sea": "123a4a 2f6a78 e8efe6 0a1f2c 7fc0b8 e8a05a f0d890",
    "earth": "6a4a30 a07a4a 1f1812 f0e4c8 c85a2a 3f5a4a e0b050",
    "rose": "d8a8a0 efd8cc 2a1f2f b83a5a f8f0e4 6a4a7a e8a03a",
    "green": "2a3f2c 5a7a4a f0ecd0 0f1a12 c8c84a d86a3a 8fb89a",
}


def paint(rng: np.random.Generator, size: Size, subject: Subject) -> Image:
    """uint8 RGB of `size` (height, width); motifs: web, storm, arc, rain, scrape."""
    action = Action(rng, size, palette(PALETTES[subject.mood]))
    MOTIFS[subject.motif](action)
    return action.finish()


class Action:
    """The canvas on the floor: colour, and how thick the paint lies."""

    def __init__(self, rng: np.random.Generator, size: Size, tones: Array) -> None:
        self.rng, self.size, self.tones = rng, size, tones
        self.high, self.wide = size
        self.unit = min(size)
        blend = np.clip(0.5 + 0.35 * fractal(rng, size, self.unit / 2, 5, 0.6), 0, 1)
        self.image = np.asarray(mix(tones[0], tones[1], blend), np.float32)
        self.image *= (1 + 0.035 * streaks(rng, fractal(rng, size, 200, 2).astype(np.float32), 24, 2))[..., None]
        self.thick = np.zeros(size, np.float32)

    def tone(self) -> Array:
        index = 2 + int(self.rng.choice(5, p=(0.32, 0.24, 0.18, 0.14, 0.12)))
        return np.asarray(self.tones[index] * self.rng.uniform(0.92, 1.08))

    def thread(self, start: Array, speed: float, steps: int, width: float, tone: Array, curl: float = 0.12) -> None:
        """A poured line: it swings, swells where the hand slows, and throws off drops."""
        heading = self.rng.uniform(0, 6.28) + np.cumsum(
            self.rng.normal(0, curl, steps) + curl * 0.5 * np.sin(np.arange(steps) * self.rng.uniform(0.05, 0.2))
        )
        points = np.cumsum(np.stack([np.cos(heading), np.sin(heading)], axis=1) * speed, axis=0) + start
        points = self.fold(points)
        widths = np.maximum(width * (0.7 + 0.5 * line(self.rng, steps, 12)), 0.8)
        pieces = fixed(points)
        colour = np.clip(tone, 0, 1).tolist()
        for a, b, w in zip(pieces[:-1].tolist(), pieces[1:].tolist(), np.round(widths[1:]).astype(int).tolist(), strict=True):
            cv2.line(self.image, a, b, colour, max(w, 1), cv2.LINE_AA, 3)
            cv2.line(self.thick, a, b, 1.0, max(w, 1), cv2.LINE_AA, 3)
        for _ in range(steps // 9):
            p = points[int(self.rng.integers(steps))] + self.rng.normal(0, width * 3 + 4, 2)
            self.drop(p[0], p[1], width * self.rng.gamma(1.2, 0.3) + 0.6, tone)

    def fold(self, points: Array) -> Array:
        """Bring a path that leaves the canvas back in, as by a mirror a little beyond the edge."""
        extent = np.array([self.wide, self.high]) * 1.1
        wrapped = np.mod(points + extent * 0.05, 2 * extent)
        return np.asarray(np.minimum(wrapped, 2 * extent - wrapped) - extent * 0.05, np.float32)

    def drop(self, x: float, y: float, r: float, tone: Array) -> None:
        for target, colour in ((self.image, np.clip(tone, 0, 1).tolist()), (self.thick, 1.0)):
            cv2.ellipse(
                target,
                (int(x * 8), int(y * 8)),
                (int(r * 8), int(r * self.rng.uniform(0.6, 1) * 8)),
                self.rng.uniform(0, 180),
                0,
                360,
                colour,
                -1,
                cv2.LINE_AA,
                3,
            )

    def splash(self, x: float, y: float, r: float, tone: Array) -> None:
        """A thrown splash: an uneven body, tongues and a spray of drops."""
        t = np.linspace(0, 2 * np.pi, 90, endpoint=False)
        reach = r * (0.6 + 0.2 * line(self.rng, 90, 8) ** 2 + 0.1 * line(self.rng, 90, 20))
        shape = [np.round(np.stack([x + reach * np.cos(t), y + reach * np.sin(t)], axis=1) * 8).astype(np.int32)]
        cv2.fillPoly(self.image, shape, np.clip(tone, 0, 1).tolist(), cv2.LINE_AA, 3)
        cv2.fillPoly(self.thick, shape, 1.0, cv2.LINE_AA, 3)
        for _ in range(int(30 + r / 2)):
            a, d = self.rng.uniform(0, 6.28), r * (0.7 + self.rng.gamma(1.5, 0.45))
            self.drop(x + d * np.cos(a), y + d * np.sin(a), max(r * 0.07 * self.rng.gamma(1, 0.8), 0.7), tone)

    def sweep(self, x: float, y: float, angle: float, long: float, broad: float, tone: Array, bend: float) -> None:
        """One drag of a wide brush, running dry: bristle lines along a bent path."""
        t = np.linspace(0, 1, 60)
        heading = angle + bend * (t - 0.5)
        spine = np.cumsum(np.stack([np.cos(heading), np.sin(heading)], axis=1), axis=0) * long / 60
        spine = spine - spine.mean(axis=0) + (x, y)
        across = np.stack([-np.sin(heading), np.cos(heading)], axis=1)
        hairs = int(broad / 1.5)
        lengths = self.rng.uniform(0.45, 1.0, hairs) * (1 - 0.3 * np.abs(np.linspace(-1, 1, hairs)) ** 3)
        for v, share in zip(np.linspace(-0.5, 0.5, hairs), lengths.tolist(), strict=True):
            skip = int(self.rng.integers(0, 5))
            path = np.round(
                (spine + across * (v * broad + 0.6 * line(self.rng, 60, 20)[:, None]))[skip : max(int(60 * share), skip + 3)] * 8
            ).astype(np.int32)
            shade = np.clip(tone * self.rng.uniform(0.85, 1.12), 0, 1).tolist()
            width = int(self.rng.integers(1, 4))
            cv2.polylines(self.image, [path], False, shade, width, cv2.LINE_AA, 3)
            cv2.polylines(self.thick, [path], False, float(self.rng.uniform(0.5, 1)), width, cv2.LINE_AA, 3)

    def run(self, x: float, y: float, long: float, width: float, tone: Array) -> None:
        """Paint that ran down, with a bead at its end."""
        rows = np.linspace(y, y + long, 24)
        path = np.stack([x + 1.5 * line(self.rng, 24, 8), rows], axis=1)
        cv2.polylines(self.image, [fixed(path)], False, np.clip(tone, 0, 1).tolist(), max(int(width), 1), cv2.LINE_AA, 3)
        cv2.polylines(self.thick, [fixed(path)], False, 1.0, max(int(width), 1), cv2.LINE_AA, 3)
        self.drop(path[-1, 0], path[-1, 1], width * 0.8, tone)

    def place(self, spread: float = 0.42) -> Array:
        return np.array(
            [self.wide * (0.5 + self.rng.uniform(-spread, spread)), self.high * (0.5 + self.rng.uniform(-spread, spread))]
        )

    def finish(self) -> Image:
        """Gloss and thickness of the paint."""
        body = cv2.GaussianBlur(self.thick, (0, 0), 1.3)
        height = body * 5 + 0.5 * value(self.rng, self.size, 2) + 0.6 * fractal(self.rng, self.size, 9, 3)
        lit = surface.relief(np.clip(self.image, 0, 1), height, 0.09)
        return to_bytes(surface.canvas(lit, self.rng, 0.022))


def web(a: Action) -> None:
    """Threads over threads, edge to edge."""
    for layer in range(5):
        tone = a.tones[2 + (layer * 2 + 1) % 5]
        for _ in range(int(a.rng.integers(4, 7))):
            a.thread(
                a.place(),
                a.unit * a.rng.uniform(0.012, 0.022),
                150,
                a.rng.uniform(1.5, 5),
                tone * a.rng.uniform(0.9, 1.1),
                a.rng.uniform(0.08, 0.25),
            )
        for _ in range(3):
            a.splash(*xy(a.place()), a.unit * a.rng.uniform(0.015, 0.05), tone)


def storm(a: Action) -> None:
    """Splashes and wide sweeps about a centre."""
    cx, cy = a.place(0.12)
    for _ in range(int(a.rng.integers(12, 18))):
        t, d = a.rng.uniform(0, 6.28), a.unit * a.rng.uniform(0.08, 0.5)
        a.sweep(
            cx + d * np.cos(t),
            cy + d * np.sin(t),
            t + 1.57 + a.rng.normal(0, 0.3),
            a.unit * a.rng.uniform(0.25, 0.6),
            a.unit * a.rng.uniform(0.03, 0.1),
            a.tone(),
            a.rng.uniform(0.5, 1.8),
        )
    for _ in range(9):
        a.splash(*xy(a.place()), a.unit * a.rng.uniform(0.02, 0.07), a.tone())
    for _ in range(5):
        a.thread(a.place(), a.unit * 0.02, 90, 2.4, a.tone())


def arc(a: Action) -> None:
    """A few great arcs on an open ground."""
    for i in range(int(a.rng.integers(4, 7))):
        x, y = a.place(0.22)
        a.sweep(
            x,
            y,
            a.rng.uniform(0, 6.28),
            a.unit * a.rng.uniform(0.7, 1.3),
            a.unit * a.rng.uniform(0.06, 0.16),
            a.tones[2 + i % 5],
            a.rng.choice((-1, 1)) * a.rng.uniform(0.6, 3.4),
        )
    for _ in range(6):
        a.splash(*xy(a.place()), a.unit * a.rng.uniform(0.01, 0.05), a.tone())
    for _ in range(14):
        x, y = a.place(0.35)
        a.run(x, y, a.high * a.rng.uniform(0.05, 0.3), a.rng.uniform(1.5, 4), a.tone())
    a.thread(a.place(), a.unit * 0.02, 140, 2.0, a.tones[2])


def rain(a: Action) -> None:
    """Bars of colour that run down the canvas."""
    for _ in range(int(a.rng.integers(9, 15))):
        x, y = a.wide * a.rng.uniform(0.02, 0.98), a.high * a.rng.uniform(0.05, 0.45)
        tone, broad = a.tone(), a.unit * a.rng.uniform(0.04, 0.14)
        a.sweep(x, y, a.rng.normal(0, 0.15), broad * a.rng.uniform(1.5, 4), broad, tone, a.rng.normal(0, 0.2))
        for _ in range(int(a.rng.integers(4, 12))):
            a.run(
                x + a.rng.normal(0, broad * 0.8),
                y + broad * 0.3,
                a.high * a.rng.gamma(2, 0.13),
                a.rng.uniform(1.5, 5),
                tone * a.rng.uniform(0.9, 1.1),
            )
    for _ in range(4):
        a.splash(*xy(a.place()), a.unit * a.rng.uniform(0.01, 0.04), a.tone())


def scrape(a: Action) -> None:
    """Broad scrapes of the squeegee, colour over colour."""
    for i in range(int(a.rng.integers(9, 14))):
        upright = a.rng.random() < 0.35
        broad = a.unit * a.rng.uniform(0.1, 0.24)
        x, y = a.place(0.4)
        a.sweep(
            x,
            y,
            (np.pi / 2 if upright else 0.0) + a.rng.normal(0, 0.06),
            max(a.wide, a.high) * a.rng.uniform(0.5, 1.1),
            broad,
            a.tones[1 + i % 6],
            a.rng.normal(0, 0.12),
        )
    worn = smoothstep(0.6, 1.6, value(a.rng, a.size, (4, 40)) + fractal(a.rng, a.size, 120, 3))
    lay(a.image, a.tones[0], worn * 0.8)
    for _ in range(3):
        a.thread(a.place(), a.unit * 0.02, 60, 2.0, a.tones[2])


MOTIFS = {"web": web, "storm": storm, "arc": arc, "rain": rain, "scrape": scrape}
