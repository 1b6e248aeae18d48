"""A folder of simulated photographs with its ground truth: a benchmark that anyone can make again from the same works and seed."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from app.engine.images import read_image, save_jpeg
from app.training.simulation import simulate
from app.training.simulation.conditions import Conditions

PICTURE_SIDE = 1200  # pixels; finer than any photo shows it
COLUMNS = ("photo", "artwork_ids", "kind")


def write_series(
    works: Sequence[tuple[str, Path]], folder: Path, photos: int, kinds: Sequence[str], *, seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write `photos.csv` (photo, artwork_ids, kind) and `photos/0000.jpg` …, kinds in turn, works (id, picture) drawn at random.

    Every photo depends on the seed and its own number alone, so that a longer series begins with the shorter one.
    Raises ValueError without works or with an unknown kind.
    """
    if not works:
        raise ValueError("There are no works with a picture to take photographs of; import a collection first.")
    conditions = [Conditions.of(kind) for kind in kinds]
    rows = []
    for number in range(photos):
        rng = np.random.default_rng((seed, number))
        artwork_id, path = works[int(rng.integers(len(works)))]
        name = f"photos/{number:04d}.jpg"
        photo = simulate([read_image(path, max_side=PICTURE_SIDE)], rng, conditions[number % len(kinds)])
        save_jpeg(photo.image, folder / name)
        rows.append((name, artwork_id, kinds[number % len(kinds)]))
        if progress is not None:
            progress(number + 1, photos)
    with (folder / "photos.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
