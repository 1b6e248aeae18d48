"""The blocks of a colour woodcut: flat tones with gradation, a key line, paper and seal."""

from __future__ import annotations

import cv2
import numpy as np

from app.demo.art import surface
from app.demo.art.colour import lay, mix, ramp, smoothstep, to_bytes
from app.demo.art.noise import Size, fractal, grid, line, streaks, value
from app.demo.art.types import Array, Image, fixed, spot


class Print:
    """The blocks of one print, laid over one another."""

    def __init__(self, rng: np.random.Generator, size: Size, tones: Array) -> None:
        self.rng, self.size, self.tones = rng, size, tones
        self.high, self.wide = size
        self.y, self.x = grid(size)
        t = self.y / self.high + 0.02 * value(rng, size, (90, 300))
        pale = mix(tones[1], np.ones(3), 0.15)
        self.image = ramp(np.stack([tones[0], mix(tones[0], pale, 0.6), pale, tones[1]]), t * 1.6, (0, 0.16, 0.55, 1))
        self.key = np.zeros(size, np.float32)

    def land(
        self, base: float, height: float, tone: Array, cell: float, gain: float = 0.5, peak: float | None = None, fade: float = 0.5
    ) -> Array:
        """A ridge in one tone that fades downwards into mist, with a key line along its crest. Returns the crest (W,)."""
        crest = base * self.high - height * self.high * 0.5 * line(self.rng, self.wide, cell * self.wide, 6, gain)
        if peak is not None:
            far = np.abs(np.arange(self.wide) - peak * self.wide) / self.wide
            crest = crest * 0.25 + 0.75 * (
                base * self.high - height * self.high * 2.4 * np.exp(-far * 5.2) * (1 + 0.03 * line(self.rng, self.wide, 60))
            )
        below = self.y - crest[None, :]
        mist = smoothstep(0, fade * self.high, below) * 0.75
        self.image = mix(
            self.image, mix(tone * np.ones((*self.size, 3), np.float32), self.tones[1], mist), smoothstep(-0.6, 0.6, below)
        )
        self.key = np.where(below > 1, 0, self.key)
        self.outline(np.stack([np.arange(self.wide), crest], axis=1), self.rng.uniform(1.2, 2.2))
        return np.asarray(crest, np.float32)

    def outline(self, points: Array, width: float, closed: bool = False) -> None:
        """A cut line that swells and thins: drawn in pieces."""
        pieces = fixed(points)
        for i in range(0, max(len(pieces) - 1, 1), 6):
            piece = pieces[i : i + 8]
            cv2.polylines(self.key, [piece], False, 1.0, max(int(round(width * self.rng.uniform(0.6, 1.5))), 1), cv2.LINE_AA, 3)
        if closed:
            cv2.line(self.key, pieces[-1].tolist(), pieces[0].tolist(), 1.0, max(int(width), 1), cv2.LINE_AA, 3)

    def fill(self, points: Array, tone: Array, line_width: float = 1.6) -> None:
        """A shape in one tone with its key line; it hides key lines behind it."""
        shape = [fixed(points)]
        cv2.fillPoly(self.image, shape, np.asarray(tone, np.float32).tolist(), cv2.LINE_AA, 3)
        cv2.fillPoly(self.key, shape, 0.0, cv2.LINE_AA, 3)
        if line_width:
            self.outline(np.concatenate([points, points[:1]]), line_width)

    def disc(self, x: float, y: float, radius: float, tone: Array, ring: bool = False) -> None:
        far = np.hypot(self.x - x, self.y - y)
        lay(self.image, tone, smoothstep(radius + 0.8, radius - 0.8, far) * (0.85 + 0.15 * (self.y - y) / radius).clip(0, 1))
        if ring:
            lay(self.image, tone, np.exp(-(((far - radius * 1.3) / radius * 3) ** 2)) * 0.2)

    def clouds(self, count: int) -> None:
        """Bands of cloud with rounded ends, as stencilled."""
        for _ in range(count):
            x, y, long, thick = (
                self.rng.uniform(0, self.wide),
                self.rng.uniform(0.08, 0.6) * self.high,
                self.wide * self.rng.uniform(0.15, 0.5),
                self.high * self.rng.uniform(0.008, 0.02),
            )
            cover = np.zeros(self.size, np.float32)
            for i in range(int(self.rng.integers(2, 5))):
                px, py, reach = x + self.rng.normal(0, long / 3), y + i * thick * 1.7, long / 2 * self.rng.uniform(0.4, 1)
                ends = [(int((px + side * reach) * 8), int(py * 8)) for side in (-1, 1)]
                cv2.line(cover, ends[0], ends[1], 0.8, max(int(thick * 2), 2), cv2.LINE_AA, 3)
            lay(self.image, mix(self.tones[1], np.ones(3), 0.4), cover)

    def birds(self, count: int) -> None:
        x0, y0 = self.rng.uniform(0.2, 0.7) * self.wide, self.rng.uniform(0.12, 0.35) * self.high
        for _ in range(count):
            x, y, s = x0 + self.rng.normal(0, 70), y0 + self.rng.normal(0, 32), self.rng.uniform(7, 15)
            lift = self.rng.uniform(0.3, 0.9)
            t = np.linspace(-1, 1, 9)
            self.outline(np.stack([x + t * s, y - s * lift * np.abs(np.sin(t * 2.2)) + s * 0.3 * t], axis=1), 2)

    def strokes(self, crest: Array, count: int, tone: Array, reach: float) -> None:
        """Cuts that model a slope, running down from its crest."""
        for _ in range(count):
            x = int(self.rng.uniform(0, self.wide - 1))
            y, long = crest[x] + self.high * self.rng.uniform(0, reach), self.high * self.rng.uniform(0.02, 0.09)
            slope = (crest[min(x + 12, self.wide - 1)] - crest[max(x - 12, 0)]) / 24
            t = np.linspace(0, 1, 6)
            bend = self.rng.normal(0, 6)
            path = np.stack([x - np.sign(slope + 0.01) * -long * 0.45 * t + bend * t * (1 - t), y + long * t], axis=1)
            cv2.polylines(self.image, [fixed(path)], False, tone.tolist(), int(self.rng.integers(1, 4)), cv2.LINE_AA, 3)

    def water(self, top: float) -> None:
        """Water with rows of cut ripples."""
        y0 = int(top * self.high)
        t = (self.y - y0) / (self.high - y0)
        tone = ramp(np.stack([self.tones[2], self.tones[3], self.tones[4]]), t + 0.05 * value(self.rng, self.size, (30, 200)))
        self.image = np.where((self.y >= y0)[..., None], tone, self.image)
        self.key[y0:] = 0
        for _ in range(220):
            v = self.rng.random() ** 0.8
            y, x, long = (
                y0 + v * (self.high - y0),
                self.rng.uniform(0, self.wide),
                self.wide * (0.02 + 0.12 * v) * self.rng.uniform(0.4, 1.2),
            )
            u = np.linspace(0, 1, 12)
            path = np.stack(
                [x + long * u, y + (1 + 3.5 * v) * np.sin(u * self.rng.uniform(4, 12) + self.rng.uniform(0, 6))], axis=1
            )
            shade = self.tones[1] if self.rng.random() < 0.55 else self.tones[5]
            cv2.polylines(self.image, [fixed(path)], False, shade.tolist(), 1 + int(2 * v * self.rng.random()), cv2.LINE_AA, 3)

    def pine(self, x: float, y: float, scale: float, lean: float) -> None:
        """A wind-bent pine with needle clouds."""
        u = np.linspace(0, 1, 16)
        spine = np.stack(
            [x + lean * scale * (u**1.5) + scale * 0.07 * np.sin(u * 7 + self.rng.uniform(0, 6)), y - scale * u], axis=1
        )
        for i in range(15):
            width = max(int(scale * 0.07 * (1 - i / 17)), 2)
            cv2.line(self.image, spot(spine[i]), spot(spine[i + 1]), (self.tones[5] * 1.5).tolist(), width, cv2.LINE_AA, 3)
        for _ in range(int(self.rng.integers(8, 13))):
            start = spine[int(self.rng.integers(5, 16))]
            side = self.rng.choice((-1, 1))
            end = start + (side * scale * self.rng.uniform(0.15, 0.5), -scale * self.rng.uniform(-0.06, 0.12))
            cv2.line(self.image, spot(start), spot(end), (self.tones[5] * 1.4).tolist(), max(int(scale * 0.018), 1), cv2.LINE_AA, 3)
            self.needles(end, scale * self.rng.uniform(0.12, 0.24))

    def needles(self, centre: Array, radius: float) -> None:
        leaf = mix(self.tones[4], np.array([0.16, 0.32, 0.22]), 0.55)
        u = np.linspace(0, 2 * np.pi, 40)
        shape = radius * (1 + 0.12 * np.sin(u * 9 + self.rng.uniform(0, 6)) + 0.05 * self.rng.standard_normal(40))
        self.fill(np.stack([centre[0] + 1.5 * shape * np.cos(u), centre[1] + 0.42 * shape * np.sin(u)], axis=1), leaf, 0)
        for _ in range(34):
            a, r = self.rng.uniform(0, 2 * np.pi), radius * np.sqrt(self.rng.random())
            px, py = centre[0] + 1.4 * r * np.cos(a), centre[1] + 0.4 * r * np.sin(a)
            end = (int((px + self.rng.normal(0, radius * 0.12)) * 8), int((py - radius * self.rng.uniform(0.06, 0.26)) * 8))
            cv2.line(
                self.image,
                (int(px * 8), int(py * 8)),
                end,
                (leaf * self.rng.choice((0.5, 1.35))).clip(0, 1).tolist(),
                1,
                cv2.LINE_AA,
                3,
            )

    def boat(self, x: float, y: float, s: float) -> None:
        u = np.linspace(0, 1, 10)
        hull = np.concatenate(
            [
                np.stack([x - s + 2 * s * u, y - s * 0.35 * (2 * u - 1) ** 2], axis=1),
                np.stack([x + s * 0.8 - 1.6 * s * u, y + s * 0.22 * np.ones(10)], axis=1),
            ]
        )
        self.fill(hull, self.tones[6] * 0.75)
        belly = np.stack([x + s * 0.1 + s * 0.7 * np.sin(u * np.pi), y - s * 0.25 - s * 1.5 * u], axis=1)
        self.fill(
            np.concatenate([belly, np.array([[x - s * 0.35, y - s * 1.6], [x - s * 0.45, y - s * 0.3]])]),
            mix(self.tones[1], np.ones(3), 0.45),
        )

    def pull(self) -> Image:
        """Print: grain of the wood in the flat tones, key block, paper, cartouche and seal."""
        bent = fractal(self.rng, self.size, 170, 3) * 1.4
        rings = np.sin(self.y / self.high * self.rng.uniform(50, 80) + bent * 3.5) * 0.012
        grain = 1 + rings + 0.018 * streaks(self.rng, bent * 0.12, 24) + 0.014 * value(self.rng, self.size, 1.4)
        ink = mix(self.image * grain[..., None], self.tones[5], np.clip(self.key, 0, 1) * 0.9)
        sheet = surface.paper(self.rng, self.size, "f1e7cf", 0.5)
        out = np.clip(ink * (0.12 + 0.88 * sheet / sheet.mean()), 0, 1)
        margin = int(min(self.size) * 0.022)
        frame = np.ones(self.size, np.float32)
        frame[margin:-margin, margin:-margin] = 0
        out = mix(out, sheet, frame)
        self.title(out, margin)
        return to_bytes(out)

    def title(self, out: Array, margin: int) -> None:
        """A cartouche with brush signs that stand for no script, and the seal below."""
        wide, high = int(self.wide * 0.05) + 8, int(self.high * self.rng.uniform(0.16, 0.26))
        x = margin * 2 if self.rng.random() < 0.5 else self.wide - margin * 2 - wide
        y = margin * 2 + 4
        out[y : y + high, x : x + wide] = mix(out[y : y + high, x : x + wide], mix(self.tones[1], self.tones[6], 0.15), 0.85)
        cv2.rectangle(out, (x, y), (x + wide, y + high), self.tones[5].tolist(), 1, cv2.LINE_AA)
        signs(out, self.rng, x + wide * 0.2, y + 6, wide * 0.6, high - 12, self.tones[5])
        surface.seal(out, self.rng, x + wide // 4, y + high + 6, max(wide // 2, 12))


def signs(image: Array, rng: np.random.Generator, x: float, y: float, wide: float, high: float, tone: Array) -> None:
    """A column of invented brush signs, each drawn anew. In place."""
    for row in range(int(high / (wide * 1.15))):
        top = y + row * wide * 1.15
        for _ in range(int(rng.integers(4, 8))):
            u, v = x + rng.uniform(0, wide), top + rng.uniform(0, wide * 0.9)
            if rng.random() < 0.75:
                end = (
                    (u + rng.choice((-1, 1)) * wide * rng.uniform(0.1, 0.6), v + rng.normal(0, 1.5))
                    if rng.random() < 0.55
                    else (u + rng.normal(0, 2), v + wide * rng.uniform(0.1, 0.5))
                )
            else:
                end = (u + rng.normal(0, wide * 0.3), v + wide * rng.uniform(0.1, 0.4))
            end = (float(np.clip(end[0], x, x + wide)), float(np.clip(end[1], top, top + wide * 0.95)))
            cv2.line(
                image,
                (int(u * 8), int(v * 8)),
                (int(end[0] * 8), int(end[1] * 8)),
                tone.tolist(),
                max(int(wide * rng.uniform(0.05, 0.13)), 1),
                cv2.LINE_AA,
                3,
            )
