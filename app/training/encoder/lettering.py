"""Words laid over a photo, as stories, watermarks and slides have them: a line of text, with or without a bar behind it."""

from __future__ import annotations

import cv2
import numpy as np

from app.engine.types import Image

FACES = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX)
LETTERS = "aaabcdeeefghiiilmnnooprrsttuvz"
BAR_CHANCE = 0.7


def caption(photo: Image, rng: np.random.Generator) -> Image:
    """The photo, uint8 RGB (H, W, 3), with two invented words on it; the same generator writes the same."""
    height, width = photo.shape[:2]
    text, face = words(rng), FACES[int(rng.integers(len(FACES)))]
    wide = rng.uniform(0.25, 0.75) * width
    (unit, _), _ = cv2.getTextSize(text, face, 1.0, 1)
    scale = float(np.clip(wide / unit, 0.3, height / 120))
    thick = max(1, round(scale * 1.5))
    (wide_px, high_px), below = cv2.getTextSize(text, face, scale, thick)
    x = int(rng.uniform(0, max(width - wide_px, 1)))
    y = high_px + int(rng.uniform(0, max(height - high_px - below, 1)))
    lettered, dark = photo.copy(), bool(rng.random() < 0.5)
    if rng.random() < BAR_CHANCE:
        margin = max(2, high_px // 3)
        bar = tuple(int(v) for v in (rng.integers(0, 40, 3) if not dark else rng.integers(215, 256, 3)))
        cv2.rectangle(lettered, (x - margin, y - high_px - margin), (x + wide_px + margin, y + below + margin), bar, -1)
    ink = tuple(int(v) for v in (rng.integers(0, 60, 3) if dark else rng.integers(190, 256, 3)))
    cv2.putText(lettered, text, (x, y), face, scale, ink, thick, cv2.LINE_AA)
    return lettered


def words(rng: np.random.Generator) -> str:
    """Two words that nobody has written."""
    return " ".join("".join(rng.choice(list(LETTERS), int(rng.integers(3, 9)))).capitalize() for _ in range(2))
