"""Salt-and-pepper noise: is it there, and if so, take it out."""

from __future__ import annotations

import cv2
import numpy as np

from app.engine.types import Image

IMPULSE_STEP = 32  # grey levels by which an impulse stands out from all of its eight neighbours
EVEN_RANGE = 32  # grey levels: eight neighbours whose range stays below it are even ground, not texture
IMPULSE_SHARE = 0.00075  # from here a photo is noisy; where noise and texture part (docs/pictures.md)
_RING = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], np.uint8)


def impulse_share(image: Image) -> float:
    """Share (0…1) of channel values that are single-pixel impulses on even ground.

    image: uint8 RGB (H, W, 3) at the size it was taken: shrinking blurs the impulses away. A value counts if, in its
    channel, it stands out from all eight neighbours by more than `IMPULSE_STEP` while these lie within `EVEN_RANGE` of
    each other. Edges and lines have a like neighbour along them; straw, hatching and half-tone dots are no even ground.
    """
    highest, lowest = cv2.dilate(image, _RING), cv2.erode(image, _RING)
    step = cv2.max(cv2.subtract(image, highest), cv2.subtract(lowest, image))  # subtraction saturates at 0
    even = cv2.subtract(highest, lowest) < EVEN_RANGE
    return float(np.count_nonzero((step > IMPULSE_STEP) & even)) / max(image.size, 1)


def median_if_noisy(image: Image) -> Image:
    """The image after a 3×3 median per channel if it shows salt-and-pepper noise, else the image itself."""
    if impulse_share(image) < IMPULSE_SHARE:
        return image
    return np.asarray(cv2.medianBlur(image, 3), dtype=np.uint8)
