"""Light in the gallery: lamps, daylight from a side, and what glass throws back."""

from __future__ import annotations

import cv2
import numpy as np

from app.engine.types import Floats
from app.training.simulation.camera import Matrix, project


def lamps(size: tuple[int, int], rng: np.random.Generator, unevenness: float) -> Floats:
    """(H, W, 3) factors of the light that falls on the wall, about 1: a fall-off, one or two lamp pools, each with its own tint."""
    width, height = size
    y, x = np.mgrid[0:60, 0:80].astype(np.float32)  # smooth: drawn small, enlarged
    x, y = x / 79, y / 59
    angle = rng.uniform(0, 2 * np.pi)
    slope = (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle)
    field = np.repeat((1 - 0.75 * unevenness + 0.75 * unevenness * slope)[..., None], 3, axis=2)
    for _ in range(int(rng.integers(1, 3))):
        cx, cy = rng.uniform(0.1, 0.9), rng.uniform(-0.1, 0.6)
        wide, tall = rng.uniform(0.2, 0.5), rng.uniform(0.4, 0.9)
        pool = np.exp(-(((x - cx) / wide) ** 2) - ((y - cy) / tall) ** 2)
        tint = np.array([1.0, rng.uniform(0.88, 1.0), rng.uniform(0.7, 1.0)], np.float32)
        field += 0.8 * unevenness * pool[..., None] * tint
    return np.asarray(cv2.resize(field.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def white_balance(rng: np.random.Generator, amount: float) -> Floats:
    """(3,) factors of red, green, blue: too warm or too cold, a little green or magenta."""
    warm = amount * rng.choice([-1, 1], p=[0.35, 0.65])
    green = amount * rng.uniform(-0.4, 0.4)
    return np.array([1 + warm, 1 + green, 1 - 1.3 * warm], np.float32)


def glare(region: Matrix, size: tuple[int, int], rng: np.random.Generator, strength: float) -> Floats:
    """(H, W, 1) light in 0…1 that the glass before the picture at `region` (4, 2) throws back: a window or spotlights."""
    width, height = size
    mask = np.zeros((height, width), np.float32)
    cv2.fillConvexPoly(mask, np.round(region).astype(np.int32), 1.0)
    draw = window if rng.random() < 0.55 else spots
    layer = draw(region, size, rng)
    veil = cv2.GaussianBlur(cv2.resize(layer, (width // 8, height // 8)), (0, 0), width / 8 / 14)
    veil = cv2.resize(veil, (width, height))
    return np.asarray(((layer + 0.35 * veil) * mask * strength)[..., None], np.float32)


def sheet(region: Matrix, size: tuple[int, int], rng: np.random.Generator, share: float) -> Floats:
    """(H, W, 1) light in 0…1 of one bright pane that covers `share` of the picture at `region` (4, 2) from side to side."""
    layer = np.zeros(size[::-1], np.float32)
    start, lean = rng.uniform(0, 1 - share), rng.uniform(-0.2, 0.2)
    band = [(start - lean, -0.02), (start + share - lean, -0.02), (start + share + lean, 1.02), (start + lean, 1.02)]
    if rng.random() < 0.5:
        band = [(v, u) for u, v in band]
    cv2.fillConvexPoly(layer, np.round(project(plane(region), band)).astype(np.int32), float(rng.uniform(0.88, 0.98)))
    mask = np.zeros(size[::-1], np.float32)
    cv2.fillConvexPoly(mask, np.round(region).astype(np.int32), 1.0)
    soft = cv2.GaussianBlur(layer, (0, 0), max(size) * rng.uniform(0.004, 0.012))
    return np.asarray((soft * mask)[..., None], np.float32)


def window(region: Matrix, size: tuple[int, int], rng: np.random.Generator) -> Floats:
    """The reflection of a window with glazing bars, somewhere on the picture."""
    layer = np.zeros(size[::-1], np.float32)
    columns, rows = int(rng.integers(2, 4)), int(rng.integers(2, 5))
    left, top = rng.uniform(0.0, 0.5), rng.uniform(-0.1, 0.35)
    wide, tall, lean = rng.uniform(0.25, 0.5), rng.uniform(0.4, 0.8), rng.uniform(-0.15, 0.15)
    unit = plane(region)
    for row in range(rows):
        for column in range(columns):
            u0, u1 = (left + wide * (column + edge) / columns for edge in (0.05, 0.95))
            v0, v1 = (top + tall * (row + edge) / rows for edge in (0.04, 0.96))
            pane = [(u0 + lean * v0, v0), (u1 + lean * v0, v0), (u1 + lean * v1, v1), (u0 + lean * v1, v1)]
            cv2.fillConvexPoly(layer, np.round(project(unit, pane)).astype(np.int32), float(rng.uniform(0.75, 1)))
    return np.asarray(cv2.GaussianBlur(layer, (0, 0), size[0] * rng.uniform(0.003, 0.008)), np.float32)


def spots(region: Matrix, size: tuple[int, int], rng: np.random.Generator) -> Floats:
    """The reflections of one to three lamps: bright cores with a soft halo."""
    width, height = size
    layer = np.zeros((height // 4, width // 4), np.float32)
    y, x = np.mgrid[0 : layer.shape[0], 0 : layer.shape[1]].astype(np.float32) * 4
    unit = plane(region)
    for _ in range(int(rng.integers(1, 4))):
        (cx, cy), radius = project(unit, [(rng.uniform(0.15, 0.85), rng.uniform(0.08, 0.6))])[0], width * rng.uniform(0.02, 0.05)
        distance = ((x - cx) / rng.uniform(1, 1.8)) ** 2 + (y - cy) ** 2
        layer += 1.0 * np.exp(-distance / radius**2) + 0.28 * np.exp(-distance / (2.8 * radius) ** 2)
    return np.asarray(np.minimum(cv2.resize(layer, (width, height)), 1.0), np.float32)


def plane(region: Matrix) -> Matrix:
    """Homography from the unit square to a quadrilateral (4, 2)."""
    square = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)
    return np.asarray(cv2.getPerspectiveTransform(square, region.astype(np.float32)), np.float64)
