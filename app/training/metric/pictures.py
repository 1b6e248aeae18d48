"""What the network sees of a picture: resized as in serving; when it learns, a random part of it, mirrored half of the time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.engine.encoders.vgg16_encoder import fit, network_size
from app.engine.images import read_image
from app.engine.types import Floats, Image

THREADS = 2
AHEAD = 16  # pictures read before they are asked for


@dataclass(frozen=True)
class Sight:
    """`stride`: pixels to one cell of the last maps."""

    long_side_px: int
    stride: int
    least_area: float = 1.0
    mirror: bool = False

    def whole(self, paths: Sequence[Path]) -> Iterator[Floats]:
        """(H, W, 3) float32 of 0…255 of each picture. Raises ImageError."""
        return _read_ahead([(path, self, None) for path in paths])

    def varied(self, paths: Sequence[Path], seed: Sequence[int]) -> Iterator[Floats]:
        """The same of a random part of each; equal seeds give equal parts. Raises ImageError."""
        return _read_ahead([(path, self, [*seed, place]) for place, path in enumerate(paths)])


Wanted = tuple[Path, Sight, list[int] | None]


def _read_ahead(wanted: Sequence[Wanted]) -> Iterator[Floats]:
    with ThreadPoolExecutor(THREADS) as readers:
        for first in range(0, len(wanted), AHEAD):
            yield from readers.map(_seen, wanted[first : first + AHEAD])


def _seen(wanted: Wanted) -> Floats:
    path, sight, seed = wanted
    image = read_image(path, max_side=round(sight.long_side_px / sight.least_area**0.5))
    if seed is not None:
        image = part(image, np.random.default_rng(seed), sight.least_area, mirror=sight.mirror)
    height, width = network_size(image.shape[0], image.shape[1], sight.long_side_px, sight.stride)
    return fit(image, height, width).astype(np.float32)


def part(image: Image, rng: np.random.Generator, least_area: float, *, mirror: bool) -> Image:
    """A rectangle of the picture's own shape that keeps at least that share of its area, anywhere."""
    height, width = image.shape[:2]
    side = float(np.sqrt(rng.uniform(least_area, 1.0)))
    high, wide = max(1, round(height * side)), max(1, round(width * side))
    top, left = int(rng.integers(height - high + 1)), int(rng.integers(width - wide + 1))
    cut = image[top : top + high, left : left + wide]
    return np.ascontiguousarray(cut[:, ::-1] if mirror and rng.random() < 0.5 else cut)
