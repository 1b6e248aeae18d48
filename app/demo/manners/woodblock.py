"""Colour woodcuts: mountains, waves, moons and pines in flat tones with printed gradation."""

from __future__ import annotations

import cv2
import numpy as np

from app.demo.art.colour import mix, palette, smoothstep
from app.demo.art.noise import Size, line
from app.demo.art.subject import Subject
from app.demo.art.types import Array, Image, fixed
from app.demo.art.woodcut import Print

# sky high, sky low, far, middle, near, key line, accent
PALETTES = {
    "indigo": "274a78 e8dcc0 8fa9bd 4d7397 1f3a5f 16243a c8452f",
    "dawn": "6f8fae f3cdb0 c7a6a8 8a7f9a 3f4a6b 232a40 d65a3a",
    "jade": "3f7f78 ecdfc0 a3c0a6 5d9080 27564f 17302c d0622f",
    "dusk": "52406f eeb183 b58aa0 7a628e 38305c 1d1a36 e0532f",
    "snow": "6c8299 e9e6dc c9d0d4 9cabb8 56687c 20293a b33a2c",
    "autumn": "8a9aa0 f0dcae d9a860 b8682f 6a3424 2c1a18 b8321f",
}


def paint(rng: np.random.Generator, size: Size, subject: Subject) -> Image:
    """uint8 RGB of `size` (height, width); motifs: wave, mountain, moon, pine, bridge, rain."""
    print_ = Print(rng, size, palette(PALETTES[subject.mood]))
    MOTIFS[subject.motif](print_)
    return print_.pull()


def wave(p: Print) -> None:
    """Breaking waves before a far peak."""
    p.clouds(3)
    if p.rng.random() < 0.6:
        p.disc(p.wide * p.rng.uniform(0.2, 0.8), p.high * 0.28, p.high * 0.07, p.tones[6])
    crest = p.land(0.62, 0.13, p.tones[2], 0.5, 0.45, p.rng.uniform(0.3, 0.7))
    p.strokes(crest, 40, p.tones[3], 0.06)
    p.birds(6)
    for i in range(5):
        base, tall = 0.6 + 0.09 * i, 0.07 + 0.035 * i
        swell(p, base, tall, mix(p.tones[3], p.tones[4], i / 4), i)
        if i in (1, 2) and p.rng.random() < 0.8:
            p.boat(p.wide * p.rng.uniform(0.15, 0.85), p.high * (base + 0.02), p.high * (0.03 + 0.015 * i))


def swell(p: Print, base: float, tall: float, tone: Array, row: int) -> None:
    """One row of waves: crests lean over, end in foam claws, and carry long lines."""
    u = np.arange(p.wide, dtype=np.float32)
    phase, length = p.rng.uniform(0, 6.28), p.wide / p.rng.uniform(1.4, 2.6) * (0.7 + 0.12 * row)
    swing = np.sin(u / length * 6.283 + phase + 0.5 * np.sin(u / length * 6.283 + phase))
    crest = p.high * (base - tall * (0.5 + 0.5 * swing) ** 1.6) + 3 * line(p.rng, p.wide, 40)
    shape = np.concatenate([np.stack([u, crest], axis=1)[::3], np.array([[p.wide, p.high], [0, p.high]], np.float32)])
    p.fill(shape.astype(np.float32), tone, 0)
    for k in range(1, 9):
        offset = p.high * tall * 0.16 * k**1.15
        shade = mix(p.tones[1], tone, 0.25) if k % 2 else p.tones[4]
        wobble = offset * (0.75 + 0.3 * swing) + 2 * line(p.rng, p.wide, 90)
        path = np.stack([u, crest + wobble], axis=1)[::4]
        for start in range(0, len(path), 40):
            if p.rng.random() < 0.8:
                piece = np.round(path[start : start + int(p.rng.integers(18, 40))] * 8).astype(np.int32)
                cv2.polylines(p.image, [piece], False, shade.tolist(), int(p.rng.integers(1, 4)), cv2.LINE_AA, 3)
    foam = mix(p.tones[1], np.ones(3), 0.6)
    for x in np.where((swing > 0.25) & (p.rng.random(p.wide) < 0.35))[0].tolist():
        reach = p.high * tall * 0.12 * float(swing[x])
        for _ in range(2):
            px, py, r = x + p.rng.normal(0, reach), crest[x] + p.rng.normal(0, reach * 0.8), reach * p.rng.uniform(0.1, 0.45)
            cv2.circle(p.image, (int(px * 8), int(py * 8)), int(max(r, 1) * 8), foam.tolist(), -1, cv2.LINE_AA, 3)
            if r > 4:
                cv2.ellipse(
                    p.image,
                    (int(px * 8), int(py * 8)),
                    (int(r * 8), int(r * 8)),
                    0,
                    10,
                    200,
                    p.tones[5].tolist(),
                    1,
                    cv2.LINE_AA,
                    3,
                )
    p.outline(np.stack([u, crest], axis=1)[::3], 1.6)


def mountain(p: Print) -> None:
    """A great peak above woods and mist."""
    p.clouds(4)
    peak = p.rng.uniform(0.3, 0.7)
    crest = p.land(0.74, 0.24, p.tones[3], 0.5, 0.5, peak, 0.6)
    cap = np.abs(line(p.rng, p.wide, p.wide / 14, 4, 0.6)) * p.high * 0.06 + p.high * 0.13 * np.exp(
        -np.abs(np.arange(p.wide) / p.wide - peak) * 6
    )
    inside = smoothstep(0, 2, p.y - crest[None, :]) * smoothstep(2, 0, p.y - crest[None, :] - cap[None, :])
    p.image = mix(p.image, mix(p.tones[1], np.ones(3), 0.7), inside)
    p.strokes(crest, 150, p.tones[4], 0.3)
    for i, depth in enumerate((3, 4)):
        low = p.land(0.8 + 0.09 * i, 0.05, mix(p.tones[depth], p.tones[4], 0.3 * i), 0.35, 0.5, None, 0.25)
        for _ in range(26):
            x = int(p.rng.uniform(0, p.wide - 1))
            tree(p, x, low[x] + p.high * 0.02, p.high * p.rng.uniform(0.04, 0.09) * (1 + 0.5 * i))
    p.birds(7)


def tree(p: Print, x: float, y: float, tall: float) -> None:
    """A conifer in layers."""
    leaf = mix(p.tones[4], np.array([0.14, 0.28, 0.2]), p.rng.uniform(0.2, 0.7))
    levels = 5
    points = [(x, y - tall)]
    for side in (1, -1):
        steps = range(levels) if side > 0 else range(levels - 1, -1, -1)
        for i in steps:
            t = (i + 1) / levels
            outer, inner = (
                (x + side * tall * 0.26 * t * p.rng.uniform(0.8, 1.2), y - tall * (1 - t) + tall * 0.05),
                (x + side * tall * 0.1 * t, y - tall * (1 - t)),
            )
            points += [outer, inner] if side > 0 else [inner, outer]
    p.fill(np.array(points, np.float32), leaf, 1.2)


def moon(p: Print) -> None:
    """A full moon over water, with reeds or pines."""
    p.disc(
        p.wide * p.rng.uniform(0.3, 0.7),
        p.high * p.rng.uniform(0.2, 0.32),
        min(p.size) * p.rng.uniform(0.1, 0.16),
        mix(p.tones[1], np.ones(3), 0.6),
        True,
    )
    p.clouds(4)
    p.land(0.6, 0.08, p.tones[2], 0.4)
    crest = p.land(0.64, 0.05, p.tones[3], 0.3)
    p.strokes(crest, 40, p.tones[4], 0.05)
    p.water(0.66)
    for _ in range(int(p.rng.integers(1, 4))):
        p.boat(p.wide * p.rng.uniform(0.15, 0.85), p.high * p.rng.uniform(0.7, 0.85), p.high * p.rng.uniform(0.025, 0.06))
    reeds(p)
    p.birds(6)


def reeds(p: Print) -> None:
    for _ in range(60):
        x, tall, bend = (
            p.rng.choice((0.12, 0.85)) * p.wide + p.rng.normal(0, p.wide * 0.09),
            p.high * p.rng.uniform(0.12, 0.42),
            p.rng.normal(25, 35),
        )
        u = np.linspace(0, 1, 10)
        path = np.stack([x + bend * u**2, p.high - tall * u], axis=1)
        cv2.polylines(
            p.image,
            [fixed(path)],
            False,
            mix(p.tones[4], p.tones[5], p.rng.random()).tolist(),
            int(p.rng.integers(2, 5)),
            cv2.LINE_AA,
            3,
        )
        if p.rng.random() < 0.35:
            cv2.ellipse(
                p.image,
                (int(path[-1, 0] * 8), int(path[-1, 1] * 8)),
                (20, 90),
                0,
                0,
                360,
                (p.tones[6] * 0.6).tolist(),
                -1,
                cv2.LINE_AA,
                3,
            )


def pine(p: Print) -> None:
    """A pine on a crag above the sea."""
    p.disc(p.wide * p.rng.uniform(0.2, 0.8), p.high * 0.24, min(p.size) * 0.09, p.tones[6])
    p.clouds(3)
    p.land(0.62, 0.07, p.tones[2], 0.4)
    p.water(0.66)
    p.boat(p.wide * p.rng.uniform(0.3, 0.7), p.high * 0.75, p.high * 0.045)
    side = p.rng.choice((0.16, 0.84))
    u = np.arange(p.wide)
    rock = p.high * (1.02 - 0.36 * np.exp(-(((u / p.wide - side) / 0.2) ** 2))) + 16 * line(p.rng, p.wide, 70, 5, 0.6)
    p.fill(
        np.concatenate([np.stack([u, rock], axis=1)[::3], [[p.wide, p.high], [0, p.high]]]).astype(np.float32),
        mix(p.tones[4], p.tones[5], 0.4),
        2.2,
    )
    p.strokes(rock.astype(np.float32), 110, p.tones[3], 0.2)
    x = side * p.wide
    p.pine(x, float(rock[int(x)]) + 8, p.high * 0.5, 0.35 if side < 0.5 else -0.35)
    p.birds(5)


def bridge(p: Print) -> None:
    """An arched bridge over a river between willows."""
    p.clouds(3)
    for i, tone in enumerate((2, 3)):
        p.land(0.5 + 0.07 * i, 0.1, p.tones[tone], 0.4)
    p.water(0.62)
    u = np.linspace(-0.05, 1.05, 60)
    top = p.high * (0.68 - 0.14 * np.sin(np.pi * u.clip(0, 1)))
    deck = np.concatenate([np.stack([u * p.wide, top], axis=1), np.stack([u * p.wide, top + p.high * 0.03], axis=1)[::-1]])
    for x in np.linspace(0.12, 0.88, 6):
        y = p.high * (0.68 - 0.14 * np.sin(np.pi * x))
        p.fill(
            np.array(
                [(x * p.wide - 6, y), (x * p.wide + 6, y), (x * p.wide + 7, p.high * 0.84), (x * p.wide - 7, p.high * 0.84)],
                np.float32,
            ),
            p.tones[6] * 0.6,
        )
    p.fill(deck.astype(np.float32), p.tones[6] * 0.85, 2)
    for i in range(0, 60, 3):
        p.outline(np.array([(u[i] * p.wide, top[i]), (u[i] * p.wide, top[i] - p.high * 0.035)]), 2.4)
    p.outline(np.stack([u * p.wide, top - p.high * 0.035], axis=1), 2.6)
    walkers(p, u, top)
    willow(p, p.wide * p.rng.choice((0.08, 0.92)))


def walkers(p: Print, u: Array, top: Array) -> None:
    for i in p.rng.choice(np.arange(8, 52), 6, replace=False).tolist():
        x, y, s = u[i] * p.wide, top[i], p.high * 0.05
        p.fill(
            np.array([(x - s * 0.2, y), (x + s * 0.2, y), (x + s * 0.14, y - s * 0.75), (x - s * 0.14, y - s * 0.75)], np.float32),
            p.tones[int(p.rng.integers(2, 7))],
        )
        p.fill(np.array([(x - s * 0.36, y - s * 0.72), (x + s * 0.36, y - s * 0.72), (x, y - s * 1.05)], np.float32), p.tones[1])


def willow(p: Print, x: float) -> None:
    for _ in range(150):
        tall, drift = p.high * p.rng.uniform(0.2, 0.6), p.rng.normal(0, p.wide * 0.1)
        u = np.linspace(0, 1, 12)
        path = np.stack([x + drift * np.sqrt(u) + 8 * np.sin(u * 5 + drift), p.high * p.rng.uniform(0.02, 0.25) + tall * u], axis=1)
        leaf = mix(p.tones[4], np.array([0.4, 0.52, 0.3]), p.rng.random())
        cv2.polylines(p.image, [fixed(path)], False, leaf.tolist(), int(p.rng.integers(1, 4)), cv2.LINE_AA, 3)


def rain(p: Print) -> None:
    """Slanting rain over a village by the water."""
    p.land(0.5, 0.14, p.tones[2], 0.45)
    p.land(0.57, 0.1, p.tones[3], 0.35)
    p.water(0.7)
    for i in range(9):
        x, y, s = p.wide * p.rng.uniform(0, 1), p.high * (0.64 + 0.012 * i), p.high * p.rng.uniform(0.05, 0.08)
        p.fill(
            np.array([(x - s, y), (x + s, y), (x + s, y + s * 0.7), (x - s, y + s * 0.7)], np.float32),
            mix(p.tones[1], p.tones[3], 0.3),
        )
        p.fill(
            np.array(
                [(x - s * 1.4, y + 3), (x + s * 1.4, y + 3), (x + s * 0.5, y - s * 0.9), (x - s * 0.6, y - s * 0.9)], np.float32
            ),
            mix(p.tones[5], p.tones[4], 0.5),
            2,
        )
    for _ in range(3):
        p.boat(p.wide * p.rng.uniform(0.1, 0.9), p.high * p.rng.uniform(0.78, 0.93), p.high * 0.05)
    x = p.wide * p.rng.choice((0.1, 0.9))
    p.pine(x, p.high * 1.0, p.high * 0.62, 0.2 if x < p.wide / 2 else -0.2)
    slant = p.rng.uniform(0.15, 0.35)
    for _ in range(330):
        x, y, long = p.rng.uniform(-60, p.wide), p.rng.uniform(-40, p.high), p.high * p.rng.uniform(0.06, 0.28)
        tone = p.tones[5] if p.rng.random() < 0.6 else mix(p.tones[1], np.ones(3), 0.5)
        cv2.line(
            p.image, (int(x * 8), int(y * 8)), (int((x + slant * long) * 8), int((y + long) * 8)), tone.tolist(), 1, cv2.LINE_AA, 3
        )


MOTIFS = {"wave": wave, "mountain": mountain, "moon": moon, "pine": pine, "bridge": bridge, "rain": rain}
