"""Frames with a profile, lit from above, and the shadow they throw on the wall."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from app.engine.types import Floats
from app.training.simulation.walls import cloud

WOODS = ((38, 30, 26), (92, 60, 38), (150, 108, 66), (196, 166, 124), (226, 222, 214), (28, 28, 30))
GOLDS = ((196, 150, 66), (176, 132, 58), (204, 168, 96), (150, 112, 56))


@dataclass(frozen=True)
class Place:
    """Where a picture hangs on the wall, in whole wall pixels, and how it is framed."""

    x: int
    y: int
    width: int
    height: int
    style: str = "none"

    @property
    def border(self) -> int:
        """Width of frame and mount together."""
        short = min(self.width, self.height)
        return int(short * {"plain": 0.055, "gilt": 0.15, "passe-partout": 0.22, "none": 0.0}[self.style])


def hang(wall: Floats, picture: Floats, place: Place, rng: np.random.Generator) -> None:
    """Draw shadow, frame and picture (place.height, place.width, 3) onto the wall (H, W, 3), in place."""
    border = place.border
    shadow(wall, place, border)
    if border:
        paste(wall, framed(picture, place.style, border, rng), place.x - border, place.y - border)
        return
    paste(wall, picture, place.x, place.y)


def paste(wall: Floats, part: Floats, x: int, y: int) -> None:
    """Lay a part over the wall; what lies beyond the edge is cut."""
    height, width = wall.shape[:2]
    x0, y0, x1, y1 = max(x, 0), max(y, 0), min(x + part.shape[1], width), min(y + part.shape[0], height)
    if x0 < x1 and y0 < y1:
        wall[y0:y1, x0:x1] = part[y0 - y : y1 - y, x0 - x : x1 - x]


def shadow(wall: Floats, place: Place, border: int) -> None:
    """Darken the wall below and beside the frame: a tight contact shadow and a wide soft one."""
    height, width = wall.shape[:2]
    depth = max(4, int(0.018 * max(place.width, place.height)))
    small = np.zeros((height // 4 + 1, width // 4 + 1), np.float32)
    for grow, drop, dark in ((0, 1.0, 0.4), (0.6, 1.8, 0.28)):
        x0, y0 = place.x - border - grow * depth, place.y - border + drop * depth * 0.6
        x1, y1 = place.x + place.width + border + grow * depth + depth * 0.4, place.y + place.height + border + drop * depth
        layer = np.zeros_like(small)
        cv2.rectangle(layer, (int(x0 / 4), int(y0 / 4)), (int(x1 / 4), int(y1 / 4)), dark, -1)
        small = np.maximum(small, cv2.GaussianBlur(layer, (0, 0), max(1.0, depth * drop / 5)))
    wall *= 1 - cv2.resize(small, (width, height))[..., None]


def framed(picture: Floats, style: str, border: int, rng: np.random.Generator) -> Floats:
    """The picture (H, W, 3) within its frame and mount, (H + 2 border, W + 2 border, 3), in 0…255."""
    if style == "passe-partout":
        rim = max(border // 5, 4)
        picture, border = mounted(picture, border - rim, rng), rim
    ring = gilt(picture.shape, border, rng) if style == "gilt" else wooden(picture.shape, border, rng)
    ring[border:-border, border:-border] = picture
    edge = max(border // 8, 2)  # the rebate's shadow falls on the picture's upper and left edge
    fade = np.linspace(0.62, 1, edge, dtype=np.float32)
    ring[border : border + edge, border:-border] *= fade[:, None, None]
    ring[border:-border, border : border + edge] *= (0.3 + 0.7 * fade)[None, :, None]
    return ring


def mounted(picture: Floats, margin: int, rng: np.random.Generator) -> Floats:
    """The picture in a card mount with a bevelled window."""
    height, width = picture.shape[:2]
    tone = np.array([240, 236, 226], np.float32) * rng.uniform(0.93, 1.02)
    card = np.empty((height + 2 * margin, width + 2 * margin, 3), np.float32)
    card[:] = tone
    card += 1.5 * cloud(rng, (card.shape[1], card.shape[0]), 3)[..., None]
    bevel = max(margin // 30, 2)
    card[margin - bevel : height + margin + bevel, margin - bevel : width + margin + bevel] = 252
    card[margin - bevel : margin, margin - bevel : width + margin + bevel] = tone * 0.78
    card[margin : height + margin, margin : width + margin] = picture
    return np.clip(card, 0, 255)


def coordinates(shape: tuple[int, ...], border: int) -> tuple[Floats, Floats, Floats]:
    """For a ring around (H, W): depth 0 inside … 1 outside, place along the side in pixels, light on the side -1…1."""
    height, width = shape[0] + 2 * border, shape[1] + 2 * border
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    sides = np.stack([y, width - 1 - x, height - 1 - y, x])  # distance to top, right, bottom, left
    side = sides.argmin(axis=0)
    depth = 1 - np.minimum(sides.min(axis=0) / border, 1)
    along = np.where((side == 0) | (side == 2), x, y)
    lit = np.array([1.0, -0.35, -0.9, 0.45], np.float32)[side]  # the lamp hangs above and a little to the left
    return depth.astype(np.float32), along.astype(np.float32), lit


def wooden(shape: tuple[int, ...], border: int, rng: np.random.Generator) -> Floats:
    """A plain moulding: flat or rounded, with grain along each side."""
    depth, along, lit = coordinates(shape, border)
    size = (depth.shape[1], depth.shape[0])
    roundness = rng.uniform(0.1, 0.5)
    light = 1 + roundness * lit * np.cos(np.pi * (1 - depth)) * 0.6
    grain = cloud(rng, (int(along.max()) + 1, 64), 2.5)
    grain = np.asarray(cv2.GaussianBlur(grain, (0, 0), 9, sigmaY=0.7), np.float32)
    lines = cv2.remap(grain, along, depth * 63, cv2.INTER_LINEAR)
    colour = np.array(WOODS[int(rng.integers(len(WOODS)))], np.float32)
    light = light + 0.16 * lines + 0.01 * cloud(rng, size, 2)
    return np.asarray(np.clip(colour * light[..., None] + 6 * np.maximum(lit, 0)[..., None] * depth[..., None], 0, 255), np.float32)


def gilt(shape: tuple[int, ...], border: int, rng: np.random.Generator) -> Floats:
    """A gilded moulding: hollow, bead and crest, carved along its length, with worn highlights."""
    depth, along, lit = coordinates(shape, border)
    size = (depth.shape[1], depth.shape[0])
    waves = rng.uniform(0.6, 1.4, 3)
    slope = (
        waves[0] * np.sin(2 * np.pi * depth)
        + 0.7 * waves[1] * np.sin(6 * np.pi * depth + 1)
        + 0.4 * waves[2] * np.cos(14 * np.pi * depth)
    )
    pitch = border * rng.uniform(0.35, 0.8)
    carving = np.sin(2 * np.pi * along / pitch + 5 * depth) * np.exp(-(((depth - rng.uniform(0.35, 0.7)) / 0.16) ** 2))
    wear = cloud(rng, size, border / 6) * 0.12 + cloud(rng, size, 3) * 0.05
    light = 0.8 + 0.3 * lit * slope * 0.6 + 0.2 * carving + wear
    shine = np.clip(light - 1.05, 0, 1) ** 1.2 * 260
    colour = np.array(GOLDS[int(rng.integers(len(GOLDS)))], np.float32)
    return np.asarray(
        np.clip(colour * light[..., None] + shine[..., None] * np.array([1, 0.92, 0.7], np.float32), 0, 255), np.float32
    )
