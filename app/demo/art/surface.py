"""What a picture is painted on, and what time does to it. No texture repeats: every thread and crack is drawn anew."""

from __future__ import annotations

import cv2
import numpy as np

from app.demo.art.colour import mix, rgb, smoothstep, soften
from app.demo.art.noise import Size, borders, cells, fractal, sample, scatter, streaks, value
from app.demo.art.noise import grid as places
from app.demo.art.types import Array


def relief(image: Array, height: Array, strength: float) -> Array:
    """The picture lit from the upper left over a height field (H, W)."""
    slope = (height - np.roll(height, 1, axis=1)) + (height - np.roll(height, 1, axis=0))
    slope[0], slope[:, 0] = 0, 0
    lit = image * (1 + strength * slope)[..., None]
    return np.asarray(np.clip(lit + 0.25 * strength * np.maximum(slope - 1.2, 0)[..., None], 0, 1), np.float32)


def oil(image: Array, angle: Array, rng: np.random.Generator, strength: float = 0.07, length: int = 16) -> Array:
    """Impasto: bristle traces along `angle`, and ridges where the strokes' tones meet."""
    tone = image.mean(axis=2)
    height = streaks(rng, angle, length) * 0.9 + 5 * (tone - soften(tone, 4))
    return relief(image, height, strength)


def canvas(image: Array, rng: np.random.Generator, strength: float = 0.03) -> Array:
    """Linen: threads of uneven strength, never straight, that show through thin paint."""
    size = (image.shape[0], image.shape[1])
    y, x = places(size)
    wander = value(rng, size, 60) * 1.5
    warp = value(rng, (1, size[1] + 8), (1, 1.8))[0]
    weft = value(rng, (size[0] + 8, 1), (1.8, 1))[:, 0]
    threads = warp[np.clip((x + wander).astype(int), 0, size[1] - 1)] + weft[np.clip((y + wander).astype(int), 0, size[0] - 1)]
    return np.asarray(np.clip(image * (1 + strength * (threads * 0.7 + 0.5 * value(rng, size, 1.5)))[..., None], 0, 1), np.float32)


def paper(rng: np.random.Generator, size: Size, tone: str = "efe6d2", age: float = 0.5) -> Array:
    """Old paper: fibres, foxing, darker edges."""
    base = np.ones((*size, 3), np.float32) * rgb(tone)
    cloud = fractal(rng, size, 140, 4)
    fibres = streaks(rng, fractal(rng, size, 50, 2) * 3, 10, 1.4)
    base *= (1 + 0.016 * cloud + 0.017 * fibres + 0.012 * value(rng, size, 1.3))[..., None]
    y, x = places(size)
    edge = np.minimum(np.minimum(x, size[1] - 1 - x), np.minimum(y, size[0] - 1 - y)) / min(size)
    brown = np.clip(age * (smoothstep(0.16, 0.0, edge + 0.03 * cloud) * 0.55 + 0.16 * smoothstep(0.4, 2.2, cloud)), 0, 1)
    base = mix(base, rgb("b08a54"), brown * 0.6)
    for _ in range(int(age * 60)):  # foxing
        cx, cy, radius = rng.uniform(0, size[1]), rng.uniform(0, size[0]), rng.uniform(0.8, 4.5)
        x0, y0 = max(int(cx) - 9, 0), max(int(cy) - 9, 0)
        patch = base[y0 : y0 + 18, x0 : x0 + 18]
        py, px = np.mgrid[y0 : y0 + patch.shape[0], x0 : x0 + patch.shape[1]].astype(np.float32)
        spot = np.exp(-((px - cx) ** 2 + (py - cy) ** 2) / radius**2) * rng.uniform(0.08, 0.3)
        patch[:] = mix(patch, rgb("9a6b3c"), spot)
    return np.clip(base, 0, 1)


def crackle(
    image: Array, rng: np.random.Generator, spacing: float = 26, strength: float = 0.35, where: Array | None = None
) -> Array:
    """Craquelure: cracks between cells of uneven size, finer ones within them, interrupted and wandering."""
    size = (image.shape[0], image.shape[1])
    y, x = places(size)
    wx, wy = value(rng, size, spacing / 2) * spacing * 0.12, value(rng, size, spacing / 2) * spacing * 0.12
    cracks = np.zeros(size, np.float32)
    for scale, weight in ((1.0, 1.0), (0.45, 0.55)):
        labels, _ = cells(scatter(rng, size, spacing * scale, 1.3), size)
        present = smoothstep(-0.5, 0.6, value(rng, size, spacing * 2.5))
        cracks = np.maximum(cracks, sample(soften(borders(labels), 0.7), x + wx, y + wy) * present * weight)
    if where is not None:
        cracks = cracks * where
    shade = np.clip(cracks * 1.6, 0, 1)
    rim = np.roll(np.roll(shade, 1, 0), 1, 1) - shade  # the edge that catches the light
    return np.asarray(
        np.clip(image * (1 - strength * shade)[..., None] + 0.1 * strength * np.maximum(rim, 0)[..., None], 0, 1), np.float32
    )


def varnish(image: Array, rng: np.random.Generator, amount: float = 0.2) -> Array:
    """Old varnish: warm, uneven, darker to the edges."""
    size = (image.shape[0], image.shape[1])
    y, x = places(size)
    far = np.hypot((x / size[1] - 0.5) * 1.3, (y / size[0] - 0.5) * 1.3)
    tone = 1 - amount * (0.9 * far**2 + 0.06 * fractal(rng, size, 120, 3))
    warm = image * (1 - amount * np.array([0.0, 0.12, 0.42], np.float32))
    return np.asarray(np.clip(warm * tone[..., None], 0, 1), np.float32)


def seal(image: Array, rng: np.random.Generator, x: int, y: int, side: int) -> None:
    """Stamp a red seal with carved strokes that stand for no script. In place."""
    colour = rgb("b3261e")
    mask = np.zeros((side, side), np.float32)
    cv2.rectangle(mask, (1, 1), (side - 2, side - 2), 1.0, -1)
    for _ in range(7):
        a, b = rng.integers(2, side - 2, 2), rng.integers(2, side - 2, 2)
        b = np.array([b[0], a[1]]) if rng.random() < 0.5 else np.array([a[0], b[1]])
        cv2.line(mask, (int(a[0]), int(a[1])), (int(b[0]), int(b[1])), 0.0, max(side // 12, 1), cv2.LINE_AA)
    mask *= 0.75 + 0.25 * np.clip(value(rng, (side, side), 2), -1, 1)
    patch = image[y : y + side, x : x + side]
    patch[:] = mix(patch, colour, np.clip(mask[: patch.shape[0], : patch.shape[1]], 0, 1) * 0.9)
