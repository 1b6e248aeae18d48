"""A catalogue on which a verdict is hard: works in frames of one moulding, and drawings made after paintings.

Real museums have both, and pictures taken from books have neither; a calibration that never met them takes a shared frame for a
shared work.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from app.engine.images import read_image, save_jpeg
from app.engine.types import Image
from app.training.simulation.frames import framed

SIDE = 800  # pixels; as large as the references of the evaluation catalogues
MOULDINGS = 8  # one in so many framed works shares its frame with another
FRAMED_SHARE, DRAWN_SHARE = 1 / 3, 1 / 16


def write_catalogue(pictures: Sequence[Path], folder: Path, *, seed: int = 0) -> int:
    """Write `catalogue.csv` (artwork_id, file, title) and `works/` for the pictures; returns the number of works.

    A third gets a frame, one in sixteen a drawn version that is a work of its own. Deterministic for a seed.
    """
    rng = np.random.default_rng(seed)
    rows: list[tuple[str, str, str]] = []
    for number, path in enumerate(pictures):
        image = read_image(path, max_side=SIDE)
        framed_too, drawn_too = rng.random() < FRAMED_SHARE, rng.random() < DRAWN_SHARE
        shown = in_frame(image, int(rng.integers(MOULDINGS))) if framed_too else image
        rows.append(_write(folder, f"w{number:04d}", shown, path.stem))
        if drawn_too:
            rows.append(_write(folder, f"w{number:04d}-drawn", drawing(image), f"Drawing after {path.stem}"))
    with (folder / "catalogue.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("artwork_id", "file", "title"), *rows])
    return len(rows)


def in_frame(image: Image, moulding: int) -> Image:
    """The picture in one of the mouldings; the same number carves the same ornament."""
    style = ("gilt", "plain", "passe-partout")[moulding % 3]
    border = max(24, round(0.11 * max(image.shape[:2])))
    ring = framed(image.astype(np.float32), style, border, np.random.default_rng(1000 + moulding))
    return np.asarray(np.clip(ring, 0, 255), np.uint8)


def drawing(image: Image) -> Image:
    """A pencil drawing after the picture: its outlines where they were, without its tones (division by the blurred negative)."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    blurred = cv2.GaussianBlur(255 - grey, (0, 0), 6)
    lines = np.clip(grey * 256 / (256 - blurred), 0, 255)
    return np.asarray(cv2.cvtColor(lines.astype(np.uint8), cv2.COLOR_GRAY2RGB), np.uint8)


def _write(folder: Path, artwork_id: str, image: Image, title: str) -> tuple[str, str, str]:
    save_jpeg(image, folder / "works" / f"{artwork_id}.jpg")
    return artwork_id, f"works/{artwork_id}.jpg", title
