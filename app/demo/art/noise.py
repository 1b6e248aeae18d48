"""Smooth random fields and the partition of the plane into cells."""

from __future__ import annotations

import cv2
import numpy as np

from app.demo.art.types import Array

Size = tuple[int, int]  # height, width


def value(rng: np.random.Generator, size: Size, cell: float | tuple[float, float]) -> Array:
    """(H, W) smooth noise, mean 0, standard deviation about 1; features of `cell` pixels (or `(down, across)`)."""
    down, across = cell if isinstance(cell, tuple) else (cell, cell)
    rows, columns = int(np.ceil(size[0] / down)) + 3, int(np.ceil(size[1] / across)) + 3
    grid = rng.standard_normal((rows, columns), np.float32)
    high, wide = int(rows * down), int(columns * across)
    field = cv2.resize(grid, (max(wide, size[1]), max(high, size[0])), interpolation=cv2.INTER_CUBIC)
    top, left = (field.shape[0] - size[0]) // 2, (field.shape[1] - size[1]) // 2
    return np.asarray(field[top : top + size[0], left : left + size[1]] * 1.35, np.float32)


def fractal(rng: np.random.Generator, size: Size, cell: float, octaves: int = 4, gain: float = 0.5, stretch: float = 1.0) -> Array:
    """(H, W) sum of octaves of noise, standard deviation about 1; `stretch` > 1 draws the features out sideways."""
    total, weight, norm = np.zeros(size, np.float32), 1.0, 0.0
    for octave in range(octaves):
        down = max(cell / 2**octave, 1.0)
        total += weight * value(rng, size, (down, down * stretch))
        norm += weight * weight
        weight *= gain
    return np.asarray(total / np.sqrt(norm), np.float32)


def line(rng: np.random.Generator, length: int, cell: float, octaves: int = 5, gain: float = 0.5) -> Array:
    """(length,) fractal noise on a line, standard deviation about 1."""
    x, total, weight, norm = np.arange(length, dtype=np.float32), np.zeros(length, np.float32), 1.0, 0.0
    for octave in range(octaves):
        step = max(cell / 2**octave, 1.0)
        knots = rng.standard_normal(int(length / step) + 5).astype(np.float32)
        place = x / step + 1
        low = place.astype(int)
        t = place - low
        t = t * t * (3 - 2 * t)
        total += weight * (knots[low] * (1 - t) + knots[low + 1] * t)
        norm += weight * weight
        weight *= gain
    return np.asarray(total / np.sqrt(norm) * 1.2, np.float32)


def grid(size: Size) -> tuple[Array, Array]:
    """(H, W) y and x of every pixel."""
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32)
    return y, x


def sample(image: Array, x: Array, y: Array) -> Array:
    """`image` at the places (x, y), linear, reflected at the edges."""
    mapped = cv2.remap(image, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(mapped, np.float32)


def streaks(rng: np.random.Generator, angle: Array, length: int = 14, cell: float = 1.6) -> Array:
    """(H, W) noise smeared along `angle` (radians), standard deviation 1: the traces of bristles.

    Line integral convolution by doubling: each pass averages two copies shifted along the field
    (after Cabral & Leedom, Imaging Vector Fields Using Line Integral Convolution, SIGGRAPH 1993).
    """
    y, x = grid((angle.shape[0], angle.shape[1]))
    dx, dy = np.cos(angle), np.sin(angle)
    field, step = value(rng, (angle.shape[0], angle.shape[1]), cell), 1.0
    while step < length:
        field = (sample(field, x + step * dx / 2, y + step * dy / 2) + sample(field, x - step * dx / 2, y - step * dy / 2)) / 2
        step *= 2
    return np.asarray((field - field.mean()) / (field.std() + 1e-6), np.float32)


def cells(points: Array, size: Size) -> tuple[Array, Array]:
    """Nearest of the points (n, 2: x, y) at every pixel: (H, W) index, and (H, W) distance to it in pixels."""
    blank = np.full(size, 255, np.uint8)
    place = np.round(points).astype(int)
    place[:, 0] = np.clip(place[:, 0], 0, size[1] - 1)
    place[:, 1] = np.clip(place[:, 1], 0, size[0] - 1)
    blank[place[:, 1], place[:, 0]] = 0
    distance, labels = cv2.distanceTransformWithLabels(blank, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL)
    index = np.zeros(labels.max() + 1, np.int64)
    index[labels[place[:, 1], place[:, 0]]] = np.arange(len(points))
    return index[labels], np.asarray(distance, np.float32)


def borders(labels: Array) -> Array:
    """(H, W) 1 where the label differs from the right or lower neighbour's, else 0."""
    edge = np.zeros(labels.shape, np.float32)
    edge[:, :-1] = labels[:, :-1] != labels[:, 1:]
    edge[:-1] = np.maximum(edge[:-1], labels[:-1] != labels[1:])
    return edge


def scatter(rng: np.random.Generator, size: Size, spacing: float, jitter: float = 0.9) -> Array:
    """(n, 2) points (x, y) on a jittered honeycomb that covers the picture, in random order."""
    rows = np.arange(-spacing / 2, size[0] + spacing, spacing * 0.866)
    columns = np.arange(-spacing / 2, size[1] + spacing, spacing)
    x, y = np.meshgrid(columns, rows)
    x[::2] += spacing / 2
    points = np.stack([x.ravel(), y.ravel()], axis=1) + (rng.random((x.size, 2)) - 0.5) * spacing * jitter
    return np.asarray(points[rng.permutation(len(points))], np.float32)
