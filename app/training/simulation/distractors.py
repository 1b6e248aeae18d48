"""Pictures that are in nobody's photo, to fill a catalogue with: mosaics of mirrored and warped patches of real pictures.

Their local statistics are real (brush, canvas, varnish, faces, foliage), their compositions are new. A patch is turned, scaled,
sheared, mirrored and shifted in colour, so that no feature of it is a copy of the source's; patches meet along soft Voronoi
borders, so that no straight seam becomes a feature of its own.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from app.engine.images import read_image, save_jpeg
from app.engine.types import Floats, Image

SIDE = 560  # pixels of the long side: what local features of a catalogue picture are found at
SOURCE_SIDE = 800
PATCHES = (4, 9)  # a picture is made of 4 to 9 patches
SOFT = 3.0  # standard deviation in pixels of the border between two patches
SCALE, SHEAR, SHADE = (0.7, 1.6), 0.25, 18.0


def mosaic(sources: Sequence[Image], rng: np.random.Generator, *, side: int = SIDE) -> Image:
    """A new picture of patches of the sources (uint8 RGB), `side` pixels long, its proportions between 1:1 and 1:1.6."""
    short = round(side / rng.uniform(1.0, 1.6))
    size = (side, short) if rng.random() < 0.5 else (short, side)
    number = int(rng.integers(PATCHES[0], PATCHES[1] + 1))
    canvas = np.zeros((size[1], size[0], 3), np.float32)
    for window, share in _shares(number, size, rng):
        source = sources[int(rng.integers(len(sources)))]
        canvas[window] += share[..., None] * _warped(source, size, window, rng)
    return np.asarray(np.clip(canvas, 0, 255), np.uint8)


Window = tuple[slice, slice]  # rows and columns of the canvas


def _shares(number: int, size: tuple[int, int], rng: np.random.Generator) -> list[tuple[Window, Floats]]:
    """Masks that sum to 1: the Voronoi cells of random places, softened; each as its window and the float32 values there."""
    places = rng.uniform((0, 0), size, (number, 2)).astype(np.float32)
    x, y = np.meshgrid(np.arange(size[0], dtype=np.float32), np.arange(size[1], dtype=np.float32))
    nearest = np.argmin([(x - px) ** 2 + (y - py) ** 2 for px, py in places], axis=0)
    shares = []
    for i in range(number):
        cell = (nearest == i).astype(np.float32)
        left, top, width, height = cv2.boundingRect((nearest == i).astype(np.uint8))
        edge = round(5 * SOFT)  # what a blurred border still reaches
        window = slice(max(0, top - edge), top + height + edge), slice(max(0, left - edge), left + width + edge)
        shares.append((window, np.asarray(cv2.GaussianBlur(cell[window], (0, 0), SOFT), np.float32)))
    return shares


def _warped(source: Image, size: tuple[int, int], window: Window, rng: np.random.Generator) -> Floats:
    """That window of the source laid over the whole canvas by a random affine map, mirrored half the time, its colour shifted."""
    height, width = source.shape[:2]
    angle, scale = rng.uniform(0, 2 * np.pi), rng.uniform(*SCALE)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shear = np.array([[rng.choice((-1.0, 1.0)), rng.uniform(-SHEAR, SHEAR)], [0.0, 1.0]])
    linear = turn @ shear
    middle = rng.uniform((0.25 * width, 0.25 * height), (0.75 * width, 0.75 * height))
    rows, columns = (range(*part.indices(length)) for part, length in zip(window, (size[1], size[0]), strict=True))
    shift = np.array(size) / 2 - linear @ middle - (columns.start, rows.start)
    matrix, extent = np.column_stack([linear, shift]), (len(columns), len(rows))
    laid = cv2.warpAffine(source, matrix, extent, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return laid.astype(np.float32) * np.float32(rng.uniform(0.8, 1.15)) + rng.uniform(-SHADE, SHADE, 3).astype(np.float32)


def write_distractors(
    pictures: Sequence[Path], folder: Path, count: int, *, first: int = 0, seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write `catalogue.csv` (artwork_id, file, title) and `works/000/d000000.jpg` …, numbered from `first`.

    A picture depends on seed and number, so that a large set may be made in parts.

    Raises ValueError when there is no picture to take patches from.
    """
    if not pictures:
        raise ValueError("There is no picture to take patches from; give a folder of JPEG, PNG or WebP files.")
    sources = [read_image(path, max_side=SOURCE_SIDE) for path in pictures]
    names = [f"d{number:06d}" for number in range(first, first + count)]
    for done, name in enumerate(names):
        save_jpeg(mosaic(sources, np.random.default_rng((seed, first + done))), folder / _file(name))
        if progress is not None:
            progress(done + 1, count)
    with (folder / "catalogue.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("artwork_id", "file", "title"), *((n, _file(n), f"Mosaic {n[1:]}") for n in names)])


def _file(name: str) -> str:
    return f"works/{name[1:4]}/{name}.jpg"
