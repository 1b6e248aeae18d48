"""Fields of colour, laid in many thin coats, hovering one above another; the older ones have cracked."""

from __future__ import annotations

import cv2
import numpy as np

from app.demo.art import surface
from app.demo.art.colour import lay, mix, palette, saturate, smoothstep, to_bytes
from app.demo.art.noise import Size, fractal, grid, line, streaks, value
from app.demo.art.subject import Subject
from app.demo.art.types import Array, Image, fixed

# ground, then fields from top to bottom
PALETTES = {
    "ember": "5a1a1a c8352a e8752f 8a1f24 f2b04a",
    "dusk": "2a2040 6a3a6e c8627a e8a27a 3a2a5c",
    "sea": "12324a 1f5a7a 3f8f9a a8c8b0 0e2238",
    "field": "6a5a20 d8b83a e8d88a 8a9a3a c87a2a",
    "plum": "2a1424 5c1f3f 8a3050 d88a8a 3a1a3f",
    "winter": "8a94a0 c8d0d4 e8e4da 6a7886 b0a8b8",
    "moss": "1f2a1c 3f5a2f 7a8a4a c8c08a 2a3f3a",
    "rose": "c88a8a e8b0a0 f0d8c8 b85a6a f2e4d8",
}


def paint(rng: np.random.Generator, size: Size, subject: Subject) -> Image:
    """uint8 RGB of `size` (height, width); motifs: stack, horizon, gate, veil, drift."""
    tones = palette(PALETTES[subject.mood])
    image = tones[0] * (1 + 0.08 * fractal(rng, size, size[1] / 4, 4))[..., None]
    image = np.ascontiguousarray(np.broadcast_to(image, (*size, 3)), np.float32)
    sweep = np.asarray(fractal(rng, size, size[0] / 3, 2) * 0.35, np.float32)
    if subject.motif == "gate":
        sweep = sweep + np.float32(np.pi / 2)
    bristle = streaks(rng, sweep, 40, 2.2)
    for box, tone in MOTIFS[subject.motif](rng, tones):
        image = field(rng, image, box, tone, bristle)
    image = drips(rng, image)
    image = surface.relief(np.clip(image, 0, 1), bristle + fractal(rng, size, 5, 3), 0.05)
    old = smoothstep(-0.6, 0.9, fractal(rng, size, size[1] / 3, 3))
    image = surface.crackle(image, rng, rng.uniform(22, 46), rng.uniform(0.3, 0.55), old)
    return to_bytes(surface.canvas(saturate(image, 1.08), rng, 0.02))


def field(rng: np.random.Generator, image: Array, box: tuple[float, float, float, float], tone: Array, bristle: Array) -> Array:
    """Lay one field (left, top, right, bottom as shares) with frayed edges, in three coats that do not quite cover."""
    size = (image.shape[0], image.shape[1])
    y, x = grid(size)
    left, top, right, bottom = box[0] * size[1], box[1] * size[0], box[2] * size[1], box[3] * size[0]
    soft = min(size) * rng.uniform(0.012, 0.035)
    for coat in range(2):
        fray = soft * 1.1 * broad(rng, size, 40) + soft * 0.5 * bristle
        inner = np.minimum(np.minimum(x - left, right - x), np.minimum(y - top, bottom - y)) + fray
        cover = smoothstep(-soft, soft, inner)
        cloud = broad(rng, size, size[1] / (3 + 3 * coat))
        shade = (
            tone * (1 + 0.07 * rng.standard_normal(3)) * (1 + (0.14 - 0.03 * coat) * cloud[..., None] + 0.04 * bristle[..., None])
        )
        image = mix(
            image,
            np.clip(shade, 0, 1).astype(np.float32),
            np.clip(cover * (0.6 + 0.26 * coat + 0.16 * bristle + 0.12 * cloud), 0, 0.97),
        )
    return image


def broad(rng: np.random.Generator, size: Size, cell: float) -> Array:
    """(H, W) fractal noise without its finest octaves, worked out at half the size."""
    small = fractal(rng, (size[0] // 2 + 1, size[1] // 2 + 1), cell / 2, 4, 0.6, 1.5)
    return np.asarray(cv2.resize(small, (size[1], size[0]), interpolation=cv2.INTER_LINEAR), np.float32)


def drips(rng: np.random.Generator, image: Array) -> Array:
    """A few runs of thin paint, and specks."""
    size = (image.shape[0], image.shape[1])
    for _ in range(int(rng.integers(3, 9))):
        x0, y0, long = rng.uniform(0, size[1]), rng.uniform(0.1, 0.7) * size[0], size[0] * rng.uniform(0.05, 0.3)
        rows = np.arange(int(y0), min(int(y0 + long), size[0]))
        track = np.stack([x0 + 2.2 * line(rng, size[0], 60)[rows], rows], axis=1)
        run = np.zeros(size, np.float32)
        cv2.polylines(run, [fixed(track)], False, 0.6, 3, cv2.LINE_AA, 3)
        lay(image, image[int(y0), min(int(x0), size[1] - 1)] * rng.uniform(0.6, 1.3), run)
    specks = smoothstep(2.6, 3.1, value(rng, size, 3))
    return mix(image, image * 0.55, specks * 0.7)


def stack(rng: np.random.Generator, tones: Array) -> list[tuple[tuple[float, float, float, float], Array]]:
    """Two to four fields, one above another."""
    count = int(rng.integers(2, 5))
    cuts = np.concatenate([[0.05], np.sort(rng.uniform(0.2, 0.8, count - 1)), [0.95]])
    order = rng.permutation(4) + 1
    return [((0.07, cuts[i] + 0.012, 0.93, cuts[i + 1] - 0.012), tones[order[i]]) for i in range(count)]


def horizon(rng: np.random.Generator, tones: Array) -> list[tuple[tuple[float, float, float, float], Array]]:
    """Two fields that meet at a line of light."""
    level = rng.uniform(0.35, 0.7)
    a, b, c = rng.permutation(4)[:3] + 1
    return [
        ((-0.1, -0.1, 1.1, level), tones[a]),
        ((-0.1, level, 1.1, 1.1), tones[b]),
        ((-0.1, level - 0.025, 1.1, level + 0.03), tones[c]),
    ]


def gate(rng: np.random.Generator, tones: Array) -> list[tuple[tuple[float, float, float, float], Array]]:
    """Upright bands about an opening."""
    cuts = np.concatenate([[0.03], np.sort(rng.uniform(0.15, 0.85, 3)), [0.97]])
    order = rng.permutation(4) + 1
    return [((cuts[i] + 0.01, 0.05, cuts[i + 1] - 0.01, 0.95 - 0.2 * (i % 2)), tones[order[i]]) for i in range(4)]


def veil(rng: np.random.Generator, tones: Array) -> list[tuple[tuple[float, float, float, float], Array]]:
    """Large fields laid half over one another."""
    found = []
    for i in range(5):
        x, y = rng.uniform(0.02, 0.5, 2)
        found.append(((x, y, x + rng.uniform(0.35, 0.6), y + rng.uniform(0.3, 0.55)), tones[1 + i % 4]))
    return found


def drift(rng: np.random.Generator, tones: Array) -> list[tuple[tuple[float, float, float, float], Array]]:
    """Many narrow strips, as of strata."""
    cuts = np.cumsum(rng.uniform(0.04, 0.2, 9))
    return [
        ((-0.1, cuts[i] - 0.1, 1.1, cuts[i + 1] - 0.11), mix(tones[1 + i % 4], tones[1 + (i * 3 + 1) % 4], rng.uniform(0, 0.6)))
        for i in range(8)
    ]


MOTIFS = {"stack": stack, "horizon": horizon, "gate": gate, "veil": veil, "drift": drift}
