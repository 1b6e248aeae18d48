"""What landscapes are made of: sky, ridges, water, trees, flowers, houses, boats, and the direction that a brush would take."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from app.demo.art.colour import mix, palette, ramp, smoothstep, soften
from app.demo.art.noise import Size, fractal, grid, line, value
from app.demo.art.types import Array, fixed


@dataclass(frozen=True)
class Mood:
    """Colours of an hour: sky from zenith to horizon, clouds (shadow, light), land far to near, leaf (dark, light), accents."""

    sky: Array
    cloud: Array
    land: Array
    leaf: Array
    accent: Array
    sun: float  # height of the light above the horizon, as a share of the sky; negative: unseen
    glow: float


def mood(sky: str, cloud: str, land: str, leaf: str, accent: str, sun: float, glow: float) -> Mood:
    return Mood(palette(sky), palette(cloud), palette(land), palette(leaf), palette(accent), sun, glow)


MOODS = {
    "dawn": mood(
        "7fa3c7 b9c4d6 f3d3c0 fbe3b4",
        "a9a2bd fdeede",
        "9fb0c4 8ca68e a9b36a 6d7f46",
        "3d5a3e a8b95c",
        "e8a0a0 f6e7b0 d97b6c fff4e0",
        0.12,
        0.8,
    ),
    "noon": mood(
        "3f7fc4 6fa8dc a9cfe8 dcecf0",
        "a9bdd2 ffffff",
        "86a9c4 7fae74 b4bf58 5f8a3c",
        "27522f a3c24a",
        "e0453a f7d13d ffffff e98fb0",
        -1,
        0.15,
    ),
    "spring": mood(
        "6aa6d8 a7cdea dbe9ee f4efe0",
        "b6c3d6 fffaf2",
        "9db8d0 93c08c c6d47a 7fae52",
        "3f7a4a c5dc78",
        "f6b7c8 ffffff f4d95a c66fa8",
        -1,
        0.25,
    ),
    "evening": mood(
        "4a5f96 8b7fb0 e39a83 f8c873",
        "6d5a80 fbb98a",
        "7a7ca4 6f7f76 a08a4c 4f5030",
        "2b3528 8c8a3e",
        "f08a3c d6483e f7dd8a b7567f",
        0.1,
        1.0,
    ),
    "storm": mood(
        "3a4656 5b6a78 93a09c c8c5ae",
        "38404c c3c8c2",
        "5f7480 5d7560 8a8a54 454f34",
        "232f26 76824a",
        "d9d3b4 a7553e e6e0c8 7c94a0",
        -1,
        0.2,
    ),
    "autumn": mood(
        "6d97bd a7bccb dccfb4 f1d9a2",
        "9a9aa6 fbf0dc",
        "8f9db2 a68f62 cf9a3e 8a5a2c",
        "6e3a1e e09a30",
        "d5512a f2b632 8e2f2a f7e2a4",
        0.3,
        0.5,
    ),
    "snow": mood(
        "7d93b0 a9b7c8 d5d6d8 f3e4d0",
        "97a3b6 f7f3ee",
        "a3b1c6 c3cddb e6e9ee d3dbe8",
        "38444c 8d9aa0",
        "b5533c f2c079 5a6c86 ffffff",
        0.15,
        0.5,
    ),
    "moonlight": mood(
        "0f1a3c 1e3562 34598a 7a9bb4",
        "1d2c52 9fb4c8",
        "2b4468 23454e 2c4a40 16261f",
        "0b1a1c 3f6450",
        "f6dc8a f2f0d0 e9a64a 8fb0d0",
        0.55,
        0.6,
    ),
}


@dataclass
class Scene:
    """A landscape in the making: image (H, W, 3), direction of the brush (H, W) in radians, both drawn in place."""

    image: Array
    angle: Array
    mood: Mood
    horizon: int

    @property
    def size(self) -> Size:
        return (self.image.shape[0], self.image.shape[1])


def sky(rng: np.random.Generator, size: Size, tones: Mood, horizon: int) -> Scene:
    """Sky over the whole picture, with clouds lit from the sun's side and flattened towards the horizon."""
    y, x = grid(size)
    height = y / max(horizon, 1)
    image = ramp(tones.sky, height + 0.05 * value(rng, size, (size[0] / 6, size[1] / 2)))
    sun_x, sun_y = rng.uniform(0.2, 0.8) * size[1], horizon * (1 - max(tones.sun, 0.05))
    far = np.hypot(x - sun_x, (y - sun_y) * 1.4) / size[1]
    image = mix(image, tones.accent[1], tones.glow * 0.75 * np.exp(-((far / 0.28) ** 2)))
    bank = fractal(rng, size, size[0] / 4, 5, 0.55, 2.2) + 0.4 * np.sin(height * np.pi)
    amount = rng.uniform(-0.1, 0.7)
    body = smoothstep(amount, amount + 1.0, bank)
    lit = smoothstep(-0.6, 0.8, bank - np.roll(bank, int(size[0] * 0.035), 0) + 0.5 * np.exp(-((far / 0.35) ** 2)))
    image = mix(image, ramp(tones.cloud, lit), body * 0.85)
    if tones.sun > 0:
        radius = size[0] * (0.034 if tones.sun < 0.5 else 0.045)
        image = mix(image, np.minimum(tones.accent[1] * 1.15, 1), smoothstep(radius * 1.15, radius * 0.85, far * size[1]))
    swirl = fractal(rng, size, size[1] / 3, 2) * 0.35
    return Scene(image, swirl, tones, horizon)


def ridge(
    rng: np.random.Generator, scene: Scene, base: float, height: float, depth: float, rough: float = 0.5, cell: float = 0.4
) -> Array:
    """Draw hills whose crest runs `height` pixels about row `base`; depth 0 far … 1 near. Returns the crest (W,)."""
    rows, columns = scene.size
    crest = (
        base - height * np.abs(line(rng, columns, columns * cell, 6, rough))
        if rough > 0.55
        else base - height * 0.6 * line(rng, columns, columns * cell, 5, rough)
    )
    y, x = grid(scene.size)
    below = y - crest[None, :]
    tone = ramp(scene.mood.land, depth + 0.09 * fractal(rng, scene.size, rows / 7, 4, 0.6, 3) + 0.10 * below / rows)
    slope = np.gradient(soften(crest[None, :].astype(np.float32), 4)[0])
    light = (
        1
        + np.clip(-slope, -1, 1)[None, :] * 0.25 * np.exp(-np.maximum(below, 0) / (0.5 * height + 8))
        - 0.1 * smoothstep(0, 0.4 * rows, below)
    )
    tone = mix(tone * light[..., None], scene.mood.sky[-1], (1 - depth) * 0.35 * np.ones(scene.size, np.float32))
    cover = smoothstep(-0.7, 0.7, below)
    scene.image = mix(scene.image, tone, cover)
    lie = np.arctan(slope)[None, :] * np.exp(-np.maximum(below, 0) / (height + 20)) + 0.2 * value(rng, scene.size, rows / 4)
    scene.angle = np.where(below > 0, lie, scene.angle).astype(np.float32)
    return np.asarray(crest, np.float32)


def water(rng: np.random.Generator, scene: Scene, top: int, rough: float = 0.5) -> None:
    """Water from row `top` down: the mirrored scene, drawn out by waves that grow towards the viewer, with glints."""
    rows, columns = scene.size
    if top >= rows - 2:
        return
    y, x = grid((rows - top, columns))
    near = y / (rows - top)
    ripple = fractal(rng, (rows - top, columns), 14, 3, 0.6, 5) * (0.3 + near)
    source_y = np.clip(top - y * 0.9 + ripple * 9 * rough, 0, rows - 1)
    mirror = cv2.remap(
        scene.image, x + ripple * 7 * rough, source_y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
    )
    deep = ramp(scene.mood.sky[:3] * np.array([0.6, 0.75, 0.8], np.float32), 1 - near)
    body = mix(mirror * 0.94, deep, np.clip(0.18 + 0.3 * near + 0.28 * rough * ripple, 0, 0.9))
    glint = smoothstep(1.2, 2.0, ripple + 0.7 * np.exp(-(((x - columns * 0.5) / (columns * 0.22)) ** 2)))
    scene.image[top:] = mix(body, np.minimum(scene.mood.accent[1] * 1.1, 1), glint * 0.65)
    scene.angle[top:] = 0.12 * ripple * rough


def foliage(rng: np.random.Generator, scene: Scene, x: float, base: float, wide: float, tall: float, shade: float = 0.0) -> None:
    """A tree or bush: a few boughs of leaves, each dark below and light towards the sun, and the shadow on the ground."""
    shadow(scene, x + 0.15 * wide, base, wide * 0.6, max(tall * 0.07, 2.0))
    boughs = 1 if wide * tall < 500 or wide < 0.4 * tall else int(rng.integers(5, 9))
    places = (
        np.stack([rng.uniform(-0.33, 0.33, boughs), rng.uniform(-0.34, 0.36, boughs)], axis=1) if boughs > 1 else np.zeros((1, 2))
    )
    size = 1.0 if boughs == 1 else 0.52
    for u, v in places[np.argsort(places[:, 1])]:
        middle = base - tall / 2 - v * tall * -1
        clump(
            rng,
            scene,
            x + u * wide,
            middle,
            wide * size * rng.uniform(0.8, 1.2),
            tall * size * rng.uniform(0.75, 1.1),
            shade + 0.22 * v,
        )
    rows, columns = scene.size
    y0, y1 = (int(np.clip(a, 0, rows)) for a in (base - tall, base))
    x0, x1 = (int(np.clip(a, 0, columns)) for a in (x - wide / 2, x + wide / 2))
    scene.angle[y0:y1, x0:x1] = (
        np.pi / 2 + 0.9 * rng.standard_normal() + 0.8 * value(rng, (y1 - y0, x1 - x0), max(wide / 4, 3))
        if y1 > y0 and x1 > x0
        else 0
    )


def clump(rng: np.random.Generator, scene: Scene, x: float, y: float, wide: float, tall: float, shade: float) -> None:
    """One mass of leaves about (x, y)."""
    count = int(np.clip(wide * tall / 18, 12, 220))
    turn, far = rng.uniform(0, 2 * np.pi, count), np.sqrt(rng.random(count)) * rng.uniform(0.85, 1.12, count)
    u, v = far * np.cos(turn), far * np.sin(turn)
    lightness = np.clip(0.4 - 0.52 * v - 0.26 * u + rng.normal(0, 0.15, count) - shade, 0, 1)
    colours = ramp(scene.mood.leaf, lightness)
    size = max(min(wide, tall) * 0.12, 1.4)
    for i in np.argsort(lightness).tolist():
        radius = size * rng.uniform(0.6, 1.4)
        middle = (int(x + u[i] * wide / 2), int(y + v[i] * tall / 2))
        axes = (int(radius) + 1, int(radius * 0.7) + 1)
        cv2.ellipse(scene.image, middle, axes, rng.uniform(0, 180), 0, 360, colours[i].tolist(), -1, cv2.LINE_AA)


def shadow(scene: Scene, x: float, y: float, wide: float, tall: float) -> None:
    """A cool shadow on the ground, to the right of what throws it."""
    rows, columns = scene.size
    x0, x1 = (int(np.clip(a, 0, columns)) for a in (x - 1.5 * wide, x + 1.5 * wide))
    y0, y1 = (int(np.clip(a, 0, rows)) for a in (y - 2 * tall, y + 3 * tall))
    if x1 <= x0 or y1 <= y0:
        return
    gy, gx = np.mgrid[y0:y1, x0:x1].astype(np.float32)
    dark = 0.45 * np.exp(-(((gx - x) / wide) ** 2) - ((gy - y) / tall) ** 2)
    part = scene.image[y0:y1, x0:x1]
    part[:] = mix(part, part * np.array([0.45, 0.5, 0.7], np.float32), dark)


def trunk(rng: np.random.Generator, scene: Scene, x: float, base: float, tall: float, width: float) -> None:
    """A trunk with a few boughs."""
    dark, lit = scene.mood.leaf[0] * 0.7, mix(scene.mood.leaf[0], scene.mood.accent[3], 0.25)
    path = np.array([(x + rng.normal(0, width * 0.5) * t, base - tall * t) for t in np.linspace(0, 1, 5)])
    for colour, shift, thick in ((dark, 0.0, width), (lit, -width * 0.25, width * 0.35)):
        cv2.polylines(scene.image, [fixed(path + (shift, 0))], False, colour.tolist(), max(int(thick), 1), cv2.LINE_AA, 3)
    for _ in range(4):
        y = base - tall * rng.uniform(0.4, 0.95)
        end = (int((x + rng.normal(0, tall * 0.2)) * 8), int((y - tall * rng.uniform(0.05, 0.25)) * 8))
        cv2.line(scene.image, (int(x * 8), int(y * 8)), end, dark.tolist(), max(int(width * 0.4), 1), cv2.LINE_AA, 3)


def flowers(rng: np.random.Generator, scene: Scene, top: float, density: float = 1.0) -> None:
    """Blossoms and grass from row `top` down, larger and sparser towards the viewer."""
    rows, columns = scene.size
    drift = fractal(rng, scene.size, columns / 5, 3)
    for _ in range(int(900 * density)):
        t = rng.random() ** 0.7
        y, x = top + (rows - top) * t, rng.uniform(0, columns)
        here = drift[min(int(y), rows - 1), min(int(x), columns - 1)]
        if here < rng.normal(-0.2, 0.6):
            continue
        if rng.random() < 0.45:
            colour = ramp(scene.mood.leaf, rng.uniform(0.2, 1.0))
        else:
            colour = scene.mood.accent[int(np.clip(here * 1.3 + rng.normal(1, 0.6), 0, 3))]
        radius = 0.7 + 3.4 * t * rng.uniform(0.5, 1.1)
        cv2.ellipse(
            scene.image,
            (int(x * 8), int(y * 8)),
            (int(radius * 8), int(radius * 6)),
            rng.uniform(0, 180),
            0,
            360,
            colour.tolist(),
            -1,
            cv2.LINE_AA,
            3,
        )


def house(rng: np.random.Generator, scene: Scene, x: float, base: float, side: float) -> None:
    """A house: lit and shaded wall, roof, windows, chimney."""
    wall = (
        mix(scene.mood.accent[3], scene.mood.cloud[1], rng.uniform(0.6, 1))
        * rng.uniform(0.85, 1)
        * np.array([1, 0.97, 0.88], np.float32)
    )
    roof = mix(scene.mood.accent[0], scene.mood.accent[2], rng.uniform(0, 1)) * rng.uniform(0.6, 0.9)
    wide, deep, tall, peak = side, side * rng.uniform(0.4, 0.9), side * rng.uniform(0.5, 0.8), side * rng.uniform(0.35, 0.6)
    poly(scene, [(x, base), (x + wide, base), (x + wide, base - tall), (x + wide / 2, base - tall - peak), (x, base - tall)], wall)
    poly(scene, [(x + wide, base), (x + wide + deep, base), (x + wide + deep, base - tall), (x + wide, base - tall)], wall * 0.62)
    eave = side * 0.06
    poly(
        scene,
        [
            (x + wide + eave, base - tall + eave),
            (x + wide / 2, base - tall - peak),
            (x + wide / 2 + deep, base - tall - peak),
            (x + wide + deep + eave, base - tall + eave),
        ],
        roof,
    )
    for i in range(2):
        wx, wy = x + wide * (0.2 + 0.42 * i), base - tall * rng.uniform(0.45, 0.65)
        poly(
            scene,
            [(wx, wy), (wx + side * 0.11, wy), (wx + side * 0.11, wy - side * 0.18), (wx, wy - side * 0.2)],
            scene.mood.leaf[0] * 0.8 if scene.mood.sun < 0.5 else scene.mood.accent[0],
        )
    cx = x + wide / 2 + deep * 0.5
    poly(
        scene,
        [
            (cx, base - tall - peak),
            (cx + side * 0.1, base - tall - peak),
            (cx + side * 0.1, base - tall - peak * 1.5),
            (cx, base - tall - peak * 1.5),
        ],
        roof * 0.8,
    )


def poly(scene: Scene, points: list[tuple[float, float]], colour: Array) -> None:
    """A filled polygon."""
    cv2.fillPoly(scene.image, [fixed(points)], [float(c) for c in np.clip(colour, 0, 1)], cv2.LINE_AA, 3)


def boat(rng: np.random.Generator, scene: Scene, x: float, y: float, side: float) -> None:
    """A sailing boat with its reflection."""
    sail = mix(scene.mood.accent[int(rng.integers(4))], scene.mood.cloud[1], 0.35)
    lean = rng.uniform(-0.12, 0.12) * side
    poly(
        scene,
        [(x - side * 0.5, y - side * 0.12), (x + side * 0.55, y - side * 0.16), (x + side * 0.38, y), (x - side * 0.38, y)],
        scene.mood.leaf[0] * 0.6,
    )
    poly(scene, [(x + lean, y - side * 1.3), (x + side * 0.48, y - side * 0.2), (x, y - side * 0.18)], sail)
    poly(scene, [(x + lean, y - side * 1.2), (x - side * 0.36, y - side * 0.2), (x - side * 0.04, y - side * 0.18)], sail * 0.8)
    for i in range(6):
        ry, rx = y + side * (0.08 + 0.13 * i), x + rng.normal(0, side * 0.06)
        half = side * 0.34 * (1 - i / 8)
        cv2.line(
            scene.image,
            (int((rx - half) * 8), int(ry * 8)),
            (int((rx + half) * 8), int(ry * 8)),
            (sail * 0.85).tolist(),
            max(int(side * 0.05), 1),
            cv2.LINE_AA,
            3,
        )
