"""Compositions of discs, beams and wedges, printed and sprayed on paper."""

from __future__ import annotations

import cv2
import numpy as np

from app.demo.art import surface
from app.demo.art.colour import lay, mix, palette, smoothstep, to_bytes
from app.demo.art.noise import Size, fractal, grid, streaks, value
from app.demo.art.subject import Subject
from app.demo.art.types import Array, Image, fixed

PALETTES = {
    "red": "ece2cc b8281f 1c1b1d d9a23a 6d7b83",
    "blue": "e6e2d6 1f4e8c 161a22 d8452e e0b84c",
    "ochre": "e9dcc0 c07a2a 26221f 8a2f24 4f6a6a",
    "night": "1a1d26 d9402e ece4d0 e2ab3a 4a6d8c",
    "rose": "efe3d8 c9655e 2a2730 2f5d62 e3b466",
}


def paint(rng: np.random.Generator, size: Size, subject: Subject) -> Image:
    """uint8 RGB of `size` (height, width); motifs: disc, wedge, bridge, towers, orbit."""
    tones = palette(PALETTES[subject.mood])
    dark = tones[0].mean() < 0.4
    image = mix(
        tones[0] * np.ones((*size, 3), np.float32),
        surface.paper(rng, size, "f0e8d6", 0.6),
        np.full(size, 0.0 if dark else 0.65, np.float32),
    )
    sheet = Sheet(image, tones[1:], rng)
    MOTIFS[subject.motif](sheet)
    sheet.lines(int(rng.integers(10, 20)))
    for _ in range(int(rng.integers(5, 10))):
        sheet.small()
    grain = (
        1
        + 0.035 * value(rng, size, 1.3)
        + 0.03 * fractal(rng, size, 60, 4)
        + 0.02 * streaks(rng, np.full(size, rng.uniform(0, 3), np.float32), 12)
    )
    worn = smoothstep(1.55, 2.3, fractal(rng, size, 7, 3)) * 0.4
    return to_bytes(mix(sheet.image * grain[..., None], tones[0], worn))


class Sheet:
    """A sheet with an axis along which most shapes are laid."""

    def __init__(self, image: Array, tones: Array, rng: np.random.Generator) -> None:
        self.image, self.tones, self.rng = image, tones, rng
        self.high, self.wide = image.shape[:2]
        self.unit = min(self.high, self.wide)
        self.axis = rng.choice((-1, 1)) * rng.uniform(0.45, 0.95)
        self.y, self.x = grid((self.high, self.wide))

    def tone(self) -> Array:
        return np.asarray(self.tones[int(self.rng.choice(len(self.tones), p=(0.36, 0.3, 0.2, 0.14)))])

    def spot(self, spread: float = 0.3) -> tuple[float, float]:
        return self.wide * (0.5 + self.rng.uniform(-spread, spread)), self.high * (0.5 + self.rng.uniform(-spread, spread))

    def lay(self, cover: Array, tone: Array, spray: float | None = None) -> None:
        """Colour what `cover` (H, W) shows; `spray` is the direction in which the colour thins out into grains."""
        x, y, wide, high = cv2.boundingRect((cover > 0.002).view(np.uint8))
        if not wide:
            return
        box = (slice(y, y + high), slice(x, x + wide))
        part = cover[box]
        if spray is not None:
            along = self.x[box] * np.cos(spray) + self.y[box] * np.sin(spray)
            inside = along[part > 0.5]
            if inside.size < 9:
                return
            fade = (along - inside.min()) / (np.ptp(inside) + 1)
            part = part * smoothstep(-0.5, 0.5, fade * 2.2 - 0.75 + 0.55 * value(self.rng, part.shape, 1.5))
        lay(self.image[box], tone, part * 0.96)

    def quad(self, points: list[tuple[float, float]]) -> Array:
        mask = np.zeros((self.high, self.wide), np.float32)
        cv2.fillPoly(mask, [fixed(points)], 1.0, cv2.LINE_AA, 3)
        return mask

    def beam(self, x: float, y: float, length: float, width: float, angle: float, taper: float = 1.0) -> Array:
        c, s = np.cos(angle), np.sin(angle)
        half, a, b = length / 2, width / 2, width / 2 * taper
        corners = ((-half, -a), (half, -b), (half, b), (-half, a))
        return self.quad([(x + c * u - s * v, y + s * u + c * v) for u, v in corners])

    def disc(self, x: float, y: float, radius: float, inner: float = 0.0) -> Array:
        mask = np.zeros((self.high, self.wide), np.float32)
        cv2.circle(mask, (int(x * 8), int(y * 8)), int(radius * 8), 1.0, -1, cv2.LINE_AA, 3)
        if inner:
            cv2.circle(mask, (int(x * 8), int(y * 8)), int(inner * 8), 0.0, -1, cv2.LINE_AA, 3)
        return mask

    def lines(self, count: int) -> None:
        """Fine ruled lines, most along the axis or across it."""
        for _ in range(count):
            x, y = self.spot(0.5)
            angle = self.axis + self.rng.choice((0, np.pi / 2, self.rng.uniform(0, 3)), p=(0.5, 0.35, 0.15))
            self.lay(self.beam(x, y, self.unit * self.rng.uniform(0.2, 1.3), self.rng.uniform(1.2, 3.5), angle), self.tone())

    def small(self) -> None:
        """A small figure: ring, square, half disc, ladder, fan of rays."""
        x, y = self.spot(0.42)
        kind, side = int(self.rng.integers(5)), self.unit * self.rng.uniform(0.02, 0.07)
        if kind == 0:
            self.lay(self.disc(x, y, side, side * self.rng.uniform(0.5, 0.85)), self.tone())
        elif kind == 1:
            self.lay(self.beam(x, y, side * 2, side * self.rng.uniform(0.6, 2), self.axis), self.tone(), self.rng.uniform(0, 6))
        elif kind == 2:
            self.lay(
                self.disc(x, y, side * 1.6) * (((self.x - x) * np.cos(self.axis) + (self.y - y) * np.sin(self.axis)) > 0),
                self.tone(),
            )
        elif kind == 3:
            pitch = side * self.rng.uniform(0.3, 0.6)
            for i in range(int(self.rng.integers(4, 9))):
                self.lay(
                    self.beam(
                        x + i * pitch * np.cos(self.axis),
                        y + i * pitch * np.sin(self.axis),
                        side * self.rng.uniform(0.7, 2),
                        pitch * 0.4,
                        self.axis + np.pi / 2,
                    ),
                    self.tones[1],
                )
        else:
            for i in range(int(self.rng.integers(4, 8))):
                angle = self.axis + 0.16 * i
                reach = side * self.rng.uniform(1.5, 3)
                self.lay(self.beam(x + np.cos(angle) * reach / 2, y + np.sin(angle) * reach / 2, reach, 2.2, angle), self.tones[0])


def disc(sheet: Sheet) -> None:
    """A great disc crossed by beams."""
    x, y = sheet.spot(0.12)
    sheet.lay(sheet.disc(x, y, sheet.unit * 0.33), sheet.tones[0], sheet.axis)
    sheet.lay(sheet.disc(x, y, sheet.unit * 0.42, sheet.unit * 0.39), sheet.tones[1])
    for _ in range(5):
        px, py = sheet.spot(0.2)
        sheet.lay(
            sheet.beam(
                px,
                py,
                sheet.unit * sheet.rng.uniform(0.5, 1.2),
                sheet.unit * sheet.rng.uniform(0.02, 0.1),
                sheet.axis,
                sheet.rng.uniform(0.3, 1),
            ),
            sheet.tone(),
            sheet.axis + 1.57 if sheet.rng.random() < 0.5 else None,
        )


def wedge(sheet: Sheet) -> None:
    """A wedge drives into a disc."""
    x, y, reach = sheet.wide * 0.6, sheet.high * 0.45, sheet.unit * 0.3
    half = sheet.quad(
        [(0, 0), (sheet.wide, 0), (sheet.wide, sheet.high * sheet.rng.uniform(0, 0.5)), (0, sheet.high * sheet.rng.uniform(0.6, 1))]
    )
    sheet.lay(half, sheet.tones[3], 0.8)
    sheet.lay(sheet.disc(x, y, reach), sheet.tones[1], sheet.rng.uniform(0, 6))
    c, s = np.cos(sheet.axis), np.sin(sheet.axis)
    tip, back, side = (x - 0.1 * reach, y), sheet.unit * 0.6, sheet.unit * 0.2
    sheet.lay(
        sheet.quad(
            [
                tip,
                (tip[0] - c * back - s * side, tip[1] - s * back + c * side),
                (tip[0] - c * back + s * side, tip[1] - s * back - c * side),
            ]
        ),
        sheet.tones[0],
        sheet.axis,
    )
    for i in range(7):
        sheet.lay(
            sheet.beam(
                x + reach * sheet.rng.normal(0, 0.7),
                y + reach * sheet.rng.normal(0, 0.8),
                reach * sheet.rng.uniform(0.2, 0.7),
                reach * 0.06,
                sheet.axis + 1.57 * (i % 2),
            ),
            sheet.tone(),
        )


def bridge(sheet: Sheet) -> None:
    """Arcs and struts."""
    for i in range(3):
        x, y = sheet.spot(0.25)
        radius = sheet.unit * sheet.rng.uniform(0.3, 0.65)
        ring = sheet.disc(x, y + radius * 0.5, radius, radius * sheet.rng.uniform(0.8, 0.93))
        sheet.lay(ring * (sheet.y < y + radius * 0.5), sheet.tones[i % 3], None if i else 0.3)
        for t in np.linspace(-0.85, 0.85, int(sheet.rng.integers(5, 10))):
            top = y + radius * 0.5 - radius * np.sqrt(1 - t * t) * 0.9
            sheet.lay(
                sheet.quad(
                    [
                        (x + t * radius - 2, top),
                        (x + t * radius + 2, top),
                        (x + t * radius * 0.9 + 3, y + radius * 0.55),
                        (x + t * radius * 0.9 - 2, y + radius * 0.55),
                    ]
                ),
                sheet.tones[1],
            )
        sheet.lay(
            sheet.beam(
                x, y + radius * 0.53, sheet.unit * 1.4, sheet.unit * sheet.rng.uniform(0.02, 0.06), sheet.rng.uniform(-0.06, 0.06)
            ),
            sheet.tone(),
            1.57,
        )


def towers(sheet: Sheet) -> None:
    """Blocks that climb along the axis."""
    for i in range(15):
        t = i / 14
        x, y = (
            sheet.wide * (0.15 + 0.7 * t) + sheet.rng.normal(0, 30),
            sheet.high * (0.8 - 0.5 * t * np.sign(-sheet.axis) * 0.6) + sheet.rng.normal(0, 60),
        )
        tall, wide = sheet.unit * sheet.rng.uniform(0.15, 0.55), sheet.unit * sheet.rng.uniform(0.04, 0.13)
        lean = sheet.axis * 0.3
        sheet.lay(
            sheet.beam(x, y - tall / 3, tall, wide, lean - 1.57),
            sheet.tone(),
            sheet.rng.uniform(0, 6) if sheet.rng.random() < 0.6 else None,
        )
        sheet.lay(sheet.beam(x + wide * 0.65, y - tall / 3, tall * 0.98, wide * 0.25, lean - 1.57), sheet.tones[1])
    x, y = sheet.spot(0.35)
    sheet.lay(sheet.disc(x, sheet.high * 0.25, sheet.unit * 0.12), sheet.tones[0], 2.0)


def orbit(sheet: Sheet) -> None:
    """Rings about a centre with discs on them."""
    x, y = sheet.spot(0.1)
    for i in range(int(sheet.rng.integers(5, 8))):
        radius = sheet.unit * (0.1 + 0.075 * i) * sheet.rng.uniform(0.9, 1.1)
        width = sheet.unit * sheet.rng.choice((0.004, 0.008, 0.035), p=(0.5, 0.3, 0.2))
        start, span = sheet.rng.uniform(-3, 3), sheet.rng.uniform(1.5, 6.3)
        turn = np.mod(np.arctan2(sheet.y - y, sheet.x - x) - start, 2 * np.pi)
        sheet.lay(sheet.disc(x, y, radius + width, radius) * (turn < span), sheet.tone())
        angle = start + span
        sheet.lay(
            sheet.disc(x + radius * np.cos(angle), y + radius * np.sin(angle), sheet.unit * sheet.rng.uniform(0.015, 0.07)),
            sheet.tone(),
            sheet.rng.uniform(0, 6),
        )
    sheet.lay(sheet.disc(x, y, sheet.unit * 0.085), sheet.tones[0], sheet.axis)
    for _ in range(3):
        px, py = sheet.spot(0.25)
        sheet.lay(
            sheet.beam(px, py, sheet.unit * sheet.rng.uniform(0.6, 1.2), sheet.unit * sheet.rng.uniform(0.015, 0.05), sheet.axis),
            sheet.tone(),
            sheet.axis,
        )


MOTIFS = {"disc": disc, "wedge": wedge, "bridge": bridge, "towers": towers, "orbit": orbit}
