"""Cities after dark: lit windows, fog, wet streets and rivers, laid with the palette knife."""

from __future__ import annotations

import cv2
import numpy as np

from app.demo.art import surface
from app.demo.art.brush import Brush
from app.demo.art.brush import paint as lay_strokes
from app.demo.art.colour import lay, mix, palette, ramp, saturate, smoothstep, soften, to_bytes
from app.demo.art.noise import Size, fractal, grid, sample
from app.demo.art.subject import Subject
from app.demo.art.types import Array, Image, fixed

# sky high, sky low, far, near, window, second light
PALETTES = {
    "blue": "0a1430 3a5a8a 2f466e 0c1222 ffcf70 f08a4a",
    "violet": "1a0f33 7a4a86 4a3566 140c20 ffd890 e86a8a",
    "green": "08201f 3f7a6a 2a5450 081413 f4e08a 6ad0b0",
    "amber": "1f1410 a8642f 6a4228 170e0a ffe0a0 ff9a4a",
    "rain": "10161f 56687a 3a4856 0d1218 ffd088 e05a4a",
    "rose": "241430 d07a7a 7a4a64 1a0f1f ffe6b0 f4a070",
}


def paint(rng: np.random.Generator, size: Size, subject: Subject) -> Image:
    """uint8 RGB of `size` (height, width); motifs: river, street, roofs, harbour, bridge."""
    city = City(rng, size, palette(PALETTES[subject.mood]))
    MOTIFS[subject.motif](city)
    reference = np.clip(city.image + city.glow(), 0, 1)
    angle = np.where(city.upright, np.float32(np.pi / 2), 0.15 * fractal(rng, size, 90, 2)).astype(np.float32)
    passes = (
        Brush(10, 22, 10, 0.06, 0.015, 0.08, steps=2, keep=0.03, bristles=1),
        Brush(4.5, 9, 5.5, 0.06, 0.02, 0.1, steps=1, keep=0.3, bristles=0),
    )
    painted = lay_strokes(reference, angle, rng, passes)
    painted = mix(painted, reference, np.clip(soften(city.lights.max(axis=2), 1.0) * 0.8, 0, 0.75))
    return to_bytes(surface.oil(saturate(painted, 1.15), angle, rng, 0.07, 18))


class City:
    """Sky first, then buildings from far to near; lights are kept apart for their glow."""

    def __init__(self, rng: np.random.Generator, size: Size, tones: Array) -> None:
        self.rng, self.size, self.tones = rng, size, tones
        self.high, self.wide = size
        y, x = grid(size)
        self.y, self.x = y, x
        cloud = fractal(rng, size, size[0] / 4, 5, 0.55, 2.5)
        t = y / (size[0] * 0.6) + 0.12 * cloud
        self.image = ramp(np.stack([tones[0], mix(tones[0], tones[1], 0.5), tones[1]]), t)
        self.lights = np.zeros((*size, 3), np.float32)
        self.upright = np.zeros(size, bool)
        if rng.random() < 0.65:
            mx, my, r = rng.uniform(0.15, 0.85) * size[1], rng.uniform(0.1, 0.28) * size[0], size[0] * rng.uniform(0.03, 0.06)
            far = np.hypot(x - mx, y - my)
            lay(self.image, tones[4], np.exp(-((far / (r * 5)) ** 2)) * 0.35)
            lay(
                self.image,
                mix(tones[4], np.ones(3), 0.5),
                smoothstep(r + 1, r - 1, far) * np.clip(0.85 + 0.1 * fractal(rng, size, r, 3), 0, 1),
            )

    def skyline(self, base: float, tall: float, depth: float, wide: float) -> None:
        """A row of buildings; depth 0 far … 1 near."""
        x = -self.wide * 0.05
        tone = mix(self.tones[2], self.tones[3], depth)
        while x < self.wide:
            w = self.wide * wide * self.rng.uniform(0.5, 1.5)
            h = self.high * tall * self.rng.uniform(0.45, 1.0) * (1.5 if self.rng.random() < 0.1 else 1)
            self.building(x, base * self.high, w, h, tone * self.rng.uniform(0.8, 1.2), depth)
            x += w * self.rng.uniform(0.85, 1.12)

    def box(self, x0: float, y0: float, x1: float, y1: float, tone: Array) -> None:
        cv2.rectangle(self.image, (int(x0), int(y0)), (int(x1), int(y1)), np.clip(tone, 0, 1).tolist(), -1)

    def building(self, x: float, base: float, w: float, h: float, tone: Array, depth: float) -> None:
        top = base - h
        self.box(x, top, x + w, base, tone)
        self.box(x + w * 0.72, top, x + w, base, tone * 0.75)
        kind = int(self.rng.integers(6))
        if kind == 0:
            self.shape([(x, top), (x + w / 2, top - w * self.rng.uniform(0.3, 0.9)), (x + w, top)], tone * 0.85)
        elif kind == 1:
            self.box(x + w * 0.2, top - h * 0.1, x + w * 0.7, top, tone)
            self.box(x + w * 0.44, top - h * 0.3, x + w * 0.47, top, tone)
        elif kind == 2:
            cv2.ellipse(
                self.image, (int(x + w / 2), int(top)), (int(w * 0.42), int(w * 0.45)), 0, 180, 360, (tone * 0.9).tolist(), -1
            )
            self.box(x + w * 0.48, top - w * 0.75, x + w * 0.52, top, tone)
        elif kind == 3:
            for _ in range(3):
                cx = x + w * self.rng.uniform(0.1, 0.85)
                self.box(cx, top - w * self.rng.uniform(0.1, 0.25), cx + w * 0.1, top, tone * 0.9)
        self.upright[max(int(top), 0) : int(base), max(int(x), 0) : max(int(x + w), 0)] = True
        self.windows(x, top, w, h, depth)

    def shape(self, points: list[tuple[float, float]], tone: Array) -> None:
        cv2.fillPoly(self.image, [fixed(points)], np.clip(tone, 0, 1).tolist(), cv2.LINE_AA, 3)

    def windows(self, x: float, top: float, w: float, h: float, depth: float) -> None:
        """Windows in uneven rows; most dark, some lit, each of its own size and warmth."""
        pitch = self.high * (0.014 + 0.026 * depth) * self.rng.uniform(0.8, 1.3)
        lit = self.rng.uniform(0.15, 0.5)
        y = top + pitch * 0.6
        while y < top + h - pitch:
            u = x + pitch * self.rng.uniform(0.3, 0.6)
            while u < x + w - pitch * 0.6:
                if self.rng.random() < lit:
                    tone = mix(self.tones[4], self.tones[5], self.rng.random() ** 2) * self.rng.uniform(0.45, 1.0)
                    ww, hh = pitch * self.rng.uniform(0.25, 0.5), pitch * self.rng.uniform(0.35, 0.7)
                    self.lamp(u, y + self.rng.normal(0, pitch * 0.06), ww, hh, tone * (0.45 + 0.55 * depth))
                u += pitch * self.rng.uniform(0.75, 1.25)
            y += pitch * self.rng.uniform(1.05, 1.35)

    def lamp(self, x: float, y: float, w: float, h: float, tone: Array) -> None:
        for target in (self.image, self.lights):
            cv2.rectangle(target, (int(x), int(y)), (int(x + w), int(y + h)), np.clip(tone, 0, 1).tolist(), -1)

    def fog(self, level: float, depth: float, amount: float) -> None:
        """Mist that lies about row `level`."""
        bank = np.exp(-(((self.y / self.high - level) / depth) ** 2)) * np.clip(
            0.7 + 0.35 * fractal(self.rng, self.size, self.high / 5, 4, 0.5, 3), 0, 1.3
        )
        self.image = mix(self.image, self.tones[1], np.clip(bank * amount, 0, 0.9))
        self.lights *= 1 - np.clip(bank * amount * 0.6, 0, 0.8)[..., None]

    def glow(self) -> Array:
        """Light that lamps shed into the air."""
        small = cv2.resize(self.lights, (self.wide // 4, self.high // 4), interpolation=cv2.INTER_AREA)
        halo = soften(small, 2.5) * 0.7 + soften(small, 9) * 1.2
        return np.asarray(cv2.resize(halo, (self.wide, self.high)), np.float32)

    def water(self, top: float) -> None:
        """The city again, upside down, drawn out by the current."""
        y0 = int(top * self.high)
        near = (self.y[y0:] - y0) / (self.high - y0)
        ripple = fractal(self.rng, (self.high - y0, self.wide), 11, 3, 0.6, 5)
        sy = y0 - (self.y[y0:] - y0) * 0.75 + ripple * 26 * (0.3 + near)
        sx = self.x[y0:] + ripple * 5
        bright = self.image + 1.4 * cv2.GaussianBlur(self.lights, (0, 0), 0.8, sigmaY=7)
        mirror = sample(np.asarray(bright, np.float32), sx, np.clip(sy, 0, y0 - 1))
        self.image[y0:] = mix(mirror * 0.82, self.tones[0], np.clip(0.25 + 0.2 * near + 0.14 * ripple, 0, 0.9))
        self.lights[y0:] = np.clip(mirror - 0.55, 0, 1) * 0.35
        self.upright[y0:] = False

    def streetlamps(self, base: float, foot: float, count: int, middle: float) -> None:
        """Lamps along a street that runs to its vanishing point."""
        for i in range(count):
            t = ((i + 1) / count) ** 2
            for side in (-1, 1):
                x, y, s = (middle + side * 0.55 * t) * self.wide, (base + (foot - base) * t) * self.high, self.high * 0.34 * t
                cv2.line(
                    self.image, (int(x), int(y)), (int(x), int(y - s)), self.tones[3].tolist(), max(int(s * 0.03), 1), cv2.LINE_AA
                )
                r = max(s * 0.055, 1.5)
                for target in (self.image, self.lights):
                    cv2.circle(target, (int(x * 8), int((y - s) * 8)), int(r * 8), self.tones[4].tolist(), -1, cv2.LINE_AA, 3)

    def people(self, base: float, count: int) -> None:
        for _ in range(count):
            t = self.rng.random()
            x, y, s = (
                self.wide * (0.5 + self.rng.normal(0, 0.13) * (0.3 + t)),
                self.high * (base + (0.96 - base) * t),
                self.high * (0.025 + 0.12 * t),
            )
            self.shape(
                [(x - s * 0.16, y), (x + s * 0.16, y), (x + s * 0.2, y - s * 0.65), (x, y - s * 0.8), (x - s * 0.2, y - s * 0.65)],
                self.tones[3],
            )
            cv2.circle(self.image, (int(x), int(y - s * 0.86)), max(int(s * 0.1), 1), self.tones[3].tolist(), -1, cv2.LINE_AA)
            if self.rng.random() < 0.5:
                cv2.ellipse(
                    self.image,
                    (int(x), int(y - s * 0.86)),
                    (int(s * 0.42), int(s * 0.26)),
                    0,
                    180,
                    360,
                    mix(self.tones[3], self.tones[5], self.rng.uniform(0, 0.7)).tolist(),
                    -1,
                    cv2.LINE_AA,
                )


def river(c: City) -> None:
    """A skyline over a river."""
    level = c.rng.uniform(0.54, 0.64)
    for i, depth in enumerate((0.1, 0.35, 0.7)):
        c.skyline(level, 0.36 - 0.07 * i, depth, 0.06 + 0.02 * i)
        c.fog(level - 0.02, 0.1, 0.5 - 0.15 * i)
    c.water(level)


def street(c: City) -> None:
    """A wet street between tall houses."""
    middle, level = c.rng.uniform(0.4, 0.6), 0.6
    c.skyline(level, 0.3, 0.1, 0.05)
    c.fog(level - 0.05, 0.16, 0.6)
    for i in range(7):
        t = ((i + 1) / 7) ** 1.5
        for side in (-1, 1):
            edge = middle + side * (0.05 + 0.5 * t)
            w, h = c.wide * (0.06 + 0.2 * t), c.high * (0.22 + 0.62 * t) * c.rng.uniform(0.85, 1.2)
            x = edge * c.wide if side > 0 else edge * c.wide - w
            c.building(x, c.high * (level + 0.3 * t), w, h, mix(c.tones[2], c.tones[3], 0.3 + 0.7 * t), 0.25 + 0.6 * t)
    c.streetlamps(level, 0.95, 5, middle)
    c.water(level + 0.045)
    c.people(level + 0.05, 6)


def roofs(c: City) -> None:
    """Roofs and chimneys to the horizon."""
    for i in range(6):
        base = 0.42 + 0.12 * i
        c.skyline(base + 0.08, 0.14 + 0.03 * i, 0.1 + 0.16 * i, 0.05 + 0.022 * i)
        c.fog(base + 0.06, 0.06, 0.4 - 0.05 * i)


def harbour(c: City) -> None:
    """Masts and lamps in a harbour."""
    level = c.rng.uniform(0.52, 0.6)
    c.skyline(level, 0.2, 0.25, 0.07)
    c.fog(level, 0.08, 0.5)
    for _ in range(int(c.rng.integers(5, 10))):
        x, s = c.wide * c.rng.uniform(0.04, 0.96), c.high * c.rng.uniform(0.07, 0.15)
        c.shape(
            [
                (x - s, level * c.high - s * 0.25),
                (x + s, level * c.high - s * 0.3),
                (x + s * 0.75, level * c.high + 2),
                (x - s * 0.75, level * c.high + 2),
            ],
            c.tones[3],
        )
        for k in (-0.35, 0.3):
            top = level * c.high - s * c.rng.uniform(1.8, 3)
            cv2.line(
                c.image, (int(x + k * s), int(level * c.high)), (int(x + k * s), int(top)), c.tones[3].tolist(), 2, cv2.LINE_AA
            )
            for e in (-1, 1):
                cv2.line(
                    c.image,
                    (int(x + k * s), int(top)),
                    (int(x + e * s), int(level * c.high - s * 0.25)),
                    c.tones[3].tolist(),
                    1,
                    cv2.LINE_AA,
                )
        c.lamp(x - s * 0.1, level * c.high - s * 0.4, s * 0.09, s * 0.09, c.tones[int(c.rng.choice((4, 5)))])
    c.water(level)


def bridge(c: City) -> None:
    """An arched bridge with lamps, and its reflection."""
    level = c.rng.uniform(0.58, 0.66)
    c.skyline(level, 0.32, 0.15, 0.06)
    c.fog(level - 0.03, 0.14, 0.6)
    c.skyline(level, 0.16, 0.5, 0.09)
    deck, arches = level - 0.12, int(c.rng.integers(3, 6))
    c.box(0, deck * c.high, c.wide, level * c.high, c.tones[3])
    for i in range(arches):
        cx, r = c.wide * (i + 0.5) / arches, c.wide / arches * 0.4
        tone = mix(c.tones[1], c.tones[2], 0.5)
        cv2.ellipse(
            c.image, (int(cx), int(level * c.high)), (int(r), int(c.high * 0.095)), 0, 180, 360, tone.tolist(), -1, cv2.LINE_AA
        )
    for i in range(int(c.rng.integers(7, 12))):
        x, y = c.wide * (i + 0.5) / 10 + c.rng.normal(0, 4), deck * c.high
        cv2.line(c.image, (int(x), int(y)), (int(x), int(y - c.high * 0.06)), c.tones[3].tolist(), 2, cv2.LINE_AA)
        c.lamp(x - 3, y - c.high * 0.065, 6, 7, c.tones[4])
    c.water(level)


MOTIFS = {"river": river, "street": street, "roofs": roofs, "harbour": harbour, "bridge": bridge}
