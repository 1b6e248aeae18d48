"""What the encoder learns from: each picture as the catalogue has it, and as visitors' photos show it, drawn by a seed."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from app.engine import detection
from app.engine.images import median_if_noisy, read_image
from app.engine.types import Floats, Image
from app.training.distillation import Source
from app.training.encoder.lettering import caption
from app.training.simulation import Conditions, simulate

READ_PX = 900
PHOTO_PX = (480, 800)  # the encoder shrinks them to its own size anyway
CROP_PX = 512  # of a rectified picture, as in a search
KINDS = (
    "framed", "perspective", "uneven light", "glare", "blur", "noise", "partly hidden", "cropped", "cut", "rotated", "far", "hard",
)  # fmt: skip
WHOLE_CHANCE = 0.4  # else the picture is rectified, as a search does with what it finds in a photo
CAPTION_CHANCE = 0.25
REVISION = 1  # raised whenever the same seed would draw other photos


def reference(picture: Source) -> Image:
    """The picture as the catalogue has it. Raises ImageError."""
    return read_image(picture.path, max_side=READ_PX)


def photo(image: Image, rng: np.random.Generator) -> Image:
    """A picture → what a search would describe of a visitor's photo of it: the whole photo, or the picture rectified."""
    kind = KINDS[int(rng.integers(len(KINDS)))]
    drawn = simulate([image], rng, replace(Conditions.of(kind), long_side=PHOTO_PX))
    seen = caption(drawn.image, rng) if rng.random() < CAPTION_CHANCE else drawn.image
    seen = median_if_noisy(seen)
    whole = kind == "cropped" or (kind != "far" and rng.random() < WHOLE_CHANCE)
    return seen if whole else detection.rectify(seen, roughly(drawn.regions[0], rng), long_side=CROP_PX)


def roughly(region: Floats, rng: np.random.Generator) -> Floats:
    """(4, 2) corners as a detector finds them: with some of the frame or a little too tight, each corner a little off."""
    middle = region.mean(axis=0)
    side = float(np.sqrt(cv2.contourArea(region.astype(np.float32))))
    grown = middle + (region - middle) * (1 + rng.uniform(-0.04, 0.16))
    return np.asarray(grown + rng.normal(scale=0.012 * side, size=(4, 2)), np.float32)


def views(picture: Source, count: int, seed: int, first: int = 0) -> list[Image]:
    """A picture's photos number `first` … `count` − 1, each drawn from seed, picture and its number alone. Raises ImageError."""
    image = reference(picture)
    return [photo(image, np.random.default_rng([seed, int(picture.sha256[:12], 16), number])) for number in range(first, count)]
