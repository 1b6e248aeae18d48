"""Colours as the painters mix them."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from app.demo.art.types import Array, Image


def rgb(code: str) -> Array:
    """(3,) of `1a2b3c`."""
    return np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)], np.float32) / 255


def palette(codes: str) -> Array:
    """(n, 3) of codes parted by spaces."""
    return np.stack([rgb(code) for code in codes.split()])


def ramp(colours: Array, t: npt.ArrayLike, stops: npt.ArrayLike | None = None) -> Array:
    """Colours (…, 3) along the palette (n, 3) at `t` in 0…1; mixed in squared light, so that they stay clean."""
    place = np.linspace(0, 1, len(colours)) if stops is None else np.asarray(stops)
    fine = np.linspace(0, 1, 512)
    table = np.sqrt(np.stack([np.interp(fine, place, colours[:, c] ** 2) for c in range(3)], axis=1)).astype(np.float32)
    index = (np.clip(np.asarray(t, np.float32), 0, 1) * 511).astype(np.int32)
    return np.asarray(table[index], np.float32)


def mix(a: npt.ArrayLike, b: npt.ArrayLike, t: npt.ArrayLike) -> Array:
    """a at t = 0, b at t = 1; a (H, W) t is spread over the colours."""
    share = np.asarray(t, np.float32)
    if share.ndim == 2 and np.ndim(a) != 2:  # a list of colours (n, 3) takes shares (n, 1) as they are
        share = share[..., None]
    start = np.asarray(a, np.float32)
    out = np.subtract(np.asarray(b, np.float32), start)
    out = np.multiply(out, share, out=out if out.ndim >= share.ndim and out.size >= share.size else None)
    return np.asarray(out + start, np.float32)


def lay(image: Array, tone: npt.ArrayLike, cover: Array) -> None:
    """Cover the image (H, W, 3) with a tone (3,) where `cover` (H, W) says so, in place and only there."""
    x, y, wide, high = cv2.boundingRect((cover > 0.002).view(np.uint8))
    if wide:
        part = image[y : y + high, x : x + wide]
        part += (np.asarray(tone, np.float32) - part) * np.clip(cover[y : y + high, x : x + wide, None], 0, 1)


def vary(rng: np.random.Generator, colours: Array, light: float, tint: float) -> Array:
    """Colours (n, 3) with random brightness (a factor) and hue (a shift), by standard deviations."""
    n = len(colours)
    shift = rng.standard_normal((n, 3), np.float32) * tint
    shift -= shift.mean(axis=1, keepdims=True)
    return np.asarray(np.clip(colours * (1 + rng.standard_normal((n, 1), np.float32) * light) + shift, 0, 1), np.float32)


def saturate(image: Array, factor: float) -> Array:
    """Colours drawn away from (factor > 1) or to grey."""
    grey = image @ np.array([0.3, 0.59, 0.11], np.float32)
    return np.asarray(np.clip(grey[..., None] + (image - grey[..., None]) * factor, 0, 1), np.float32)


def smoothstep(low: float | Array, high: float | Array, t: npt.ArrayLike) -> Array:
    """0 below `low`, 1 above `high`, smooth between (either order)."""
    s = np.clip((np.asarray(t, np.float32) - low) / (high - low), 0, 1)
    return np.asarray(s * s * (3 - 2 * s), np.float32)


def to_bytes(image: Array) -> Image:
    """uint8 RGB."""
    return np.asarray(np.clip(image * 255 + 0.5, 0, 255), np.uint8)


def to_floats(image: Image) -> Array:
    """Float RGB in 0…1."""
    return np.asarray(image, np.float32) / 255


def enlarge(image: Array, size: tuple[int, int]) -> Array:
    """To (height, width), cubic."""
    return np.asarray(cv2.resize(image, (size[1], size[0]), interpolation=cv2.INTER_CUBIC), np.float32)


def soften(image: Array, sigma: float) -> Array:
    """Gaussian blur."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), max(sigma, 0.3)), np.float32)
