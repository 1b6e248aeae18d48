"""Who stands in the way: another visitor's head and shoulders, or a finger before the lens. All out of focus."""

from __future__ import annotations

import cv2
import numpy as np

from app.engine.types import Floats
from app.training.simulation.camera import Matrix
from app.training.simulation.walls import cloud

HAIR = ((32, 24, 20), (70, 44, 26), (120, 84, 48), (168, 140, 96), (150, 148, 146), (20, 18, 20))
CLOTH = ((38, 42, 54), (90, 30, 34), (64, 74, 58), (150, 140, 124), (30, 30, 32), (176, 166, 60), (58, 84, 120))
SKIN = ((226, 176, 146), (196, 140, 108), (142, 94, 66), (98, 64, 46))


def hide(image: Floats, region: Matrix, share: float, rng: np.random.Generator) -> Floats:
    """The photo (H, W, 3) with about `share` of the quadrilateral `region` (4, 2) hidden."""
    draw = visitor if rng.random() < 0.72 else finger
    return draw(image, region, share, rng)


def visitor(image: Floats, region: Matrix, share: float, rng: np.random.Generator) -> Floats:
    """Head and shoulders from behind, growing from the lower edge of the photo."""
    height, width = image.shape[:2]
    low, high = np.maximum(region.min(axis=0), 0), np.minimum(region.max(axis=0), (width, height))
    span = high - low
    radius = max(float(np.sqrt(share * span[0] * span[1]) * 0.42), 0.075 * min(width, height))  # nobody is a doll
    cx = float(low[0] + span[0] * rng.uniform(0.12, 0.88))
    cy = float(high[1] - radius * rng.uniform(0.7, 1.1))
    y, x = np.mgrid[0:height:2, 0:width:2].astype(np.float32)
    wobble = 1 + 0.03 * cloud(rng, (x.shape[1], x.shape[0]), radius / 4)
    u, v = (x - cx) / radius * wobble, (y - cy) / radius * wobble
    head = 1.25 - np.sqrt((u / 0.86) ** 2 + (v / (1.12 + 0.1 * (v > 0))) ** 2) * 1.25
    slope = 1.3 + 0.62 * (np.abs(u) / 2.1) ** 2.4
    shoulders = np.minimum(v - slope, 2.15 + 0.05 * v - np.abs(u))  # they fall off, and end at the arms
    neck = np.minimum(0.5 - np.abs(u), v - 0.6)
    body = np.maximum(shoulders, neck)
    hair, cloth = (np.array(c[int(rng.integers(len(c)))], np.float32) for c in (HAIR, CLOTH))
    strands = cloud(rng, (x.shape[1], x.shape[0]), 5) * 0.10 + 0.12 * np.cos(u * 14 + 2 * np.sin(3 * v))
    hair_layer = (
        hair * (1 + strands - 0.25 * u - 0.3 * v)[..., None] + 40 * np.exp(-((u + 0.25) ** 2 + (v + 0.55) ** 2) * 4)[..., None]
    )
    skin = np.array(SKIN[int(rng.integers(len(SKIN)))], np.float32) * 0.7
    body_layer = np.where(
        (neck > shoulders)[..., None], skin, cloth * (1.05 + 0.08 * cloud(rng, (x.shape[1], x.shape[0]), 30) - 0.15 * u)[..., None]
    )
    colour = np.where((head > 0)[..., None], hair_layer, body_layer)
    cover = np.clip(np.maximum(head, body) * radius / 6 + 0.5, 0, 1)
    return blend(image, colour, cover, radius / 26)


def finger(image: Floats, region: Matrix, share: float, rng: np.random.Generator) -> Floats:
    """A finger over a corner of the lens: large, warm, very soft."""
    height, width = image.shape[:2]
    low, high = np.maximum(region.min(axis=0), 0), np.minimum(region.max(axis=0), (width, height))
    left, radius = rng.random() < 0.5, float(np.sqrt(share * np.prod(high - low)) * 0.62)
    cx = low[0] + 0.3 * radius if left else high[0] - 0.3 * radius
    cy = high[1] - radius * 0.35
    y, x = np.mgrid[0:height:2, 0:width:2].astype(np.float32)
    aim = np.array([cx - (0 if left else width), cy - height])
    axis = aim / max(float(np.linalg.norm(aim)), 1)
    along, across = (x - cx) * axis[0] + (y - cy) * axis[1], (x - cx) * axis[1] - (y - cy) * axis[0]
    distance = np.where(along > 0, np.hypot(along, across), np.abs(across)) / radius
    skin = np.array(SKIN[int(rng.integers(len(SKIN)))], np.float32)
    colour = skin * (1.12 - 0.5 * distance**2 + 0.03 * cloud(rng, (x.shape[1], x.shape[0]), 40))[..., None]
    return blend(image, colour, np.clip((1 - distance) * radius / 8 + 0.5, 0, 1), radius / 9)


def blend(image: Floats, colour: Floats, cover: Floats, sigma: float) -> Floats:
    """Lay a half-size layer (h, w, 3) with its cover (h, w) over the photo, blurred as what is near the lens."""
    size = (image.shape[1], image.shape[0])
    soft = cv2.resize(cv2.GaussianBlur(cover.astype(np.float32), (0, 0), max(sigma, 1)), size)[..., None]
    layer = cv2.resize(cv2.GaussianBlur(np.clip(colour, 0, 255).astype(np.float32), (0, 0), max(sigma / 3, 0.8)), size)
    return np.asarray(image * (1 - soft) + layer * soft, np.float32)
