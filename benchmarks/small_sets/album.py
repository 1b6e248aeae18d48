"""Photographs that the small sets are made of: works of a catalogue as visitors take them, easily seen, hardly, in a fragment.

Drawn by `app.training.simulation`; each photo depends on the seed, its work and its own number alone. An album that is there is
taken as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from app.engine.images import read_image, save_jpeg
from app.engine.types import Image
from app.evaluation.protocols.task import Box
from app.training.simulation import HARD_KINDS, SimulatedPhoto, simulate
from app.training.simulation.conditions import Conditions
from app.training.simulation.series import PICTURE_SIDE

Ease = Literal["easy", "hard", "fragment"]
EASY_KINDS = ("framed", "perspective", "uneven light", "glare", "blur", "noise", "partly hidden")
VIEWS: tuple[Ease, ...] = ("easy",) * 4 + ("hard",) * 3 + ("fragment",)  # of each work, in this order
FRAGMENT = 0.4  # of each side; an eighth to a sixth of the picture, less than the quarter that Oxford5k calls junk


@dataclass(frozen=True)
class View:
    """A photo of a work; `box`: left, top, right, bottom of the picture in it, as far as it is seen."""

    work: int
    path: Path
    box: Box
    ease: Ease


@dataclass(frozen=True)
class Album:
    """`works`: of each asked work its views; `training`: of other works, to learn from; `others`: pictures of yet others."""

    works: Sequence[Sequence[View]]
    training: Sequence[Sequence[View]]
    others: Sequence[Path]

    @property
    def views(self) -> list[View]:
        return [view for views in self.works for view in views]


def photograph(
    pictures: Sequence[Path], folder: Path, *, works: int = 60, training: int = 80, others: int = 200, seed: int = 1
) -> Album:
    """Photos of `works` and `training` pictures drawn at random, in `folder`; fewer, in these shares, of a smaller catalogue."""
    share = min(1.0, len(pictures) / (works + training + others))
    works, training, others = (int(count * share) for count in (works, training, others))
    order = np.random.default_rng(seed).permutation(len(pictures))[: works + training + others].tolist()
    chosen = [pictures[place] for place in order]
    views = [taken(path, number, folder, seed) for number, path in enumerate(chosen[: works + training])]
    return Album(views[:works], views[works:], chosen[works + training :])


def taken(picture: Path, work: int, folder: Path, seed: int) -> list[View]:
    """The views of one work; those whose photo is there are not drawn again."""
    image: Image | None = None
    found = []
    for number, ease in enumerate(VIEWS):
        path, place = folder / f"{work:04d}-{number}.jpg", folder / f"{work:04d}-{number}.npy"
        if not place.exists():
            image = read_image(picture, max_side=PICTURE_SIDE) if image is None else image
            photo = drawn(image, ease, np.random.default_rng((seed, work, number)))
            save_jpeg(photo.image, path)
            np.save(place, box_of(photo))
        left, top, right, bottom = np.load(place).tolist()
        found.append(View(work, path, (left, top, right, bottom), ease))
    return found


def drawn(image: Image, ease: Ease, rng: np.random.Generator) -> SimulatedPhoto:
    """One photo of a picture under conditions of that ease."""
    kinds = tuple(HARD_KINDS) if ease == "hard" else EASY_KINDS
    kind = kinds[int(rng.integers(len(kinds)))]
    return simulate([fragment(image, rng) if ease == "fragment" else image], rng, Conditions.of(kind))


def fragment(image: Image, rng: np.random.Generator) -> Image:
    """A part of the picture with FRAGMENT of each of its sides."""
    height, width = (max(1, int(FRAGMENT * side)) for side in image.shape[:2])
    top, left = int(rng.integers(image.shape[0] - height + 1)), int(rng.integers(image.shape[1] - width + 1))
    return np.ascontiguousarray(image[top : top + height, left : left + width])


def box_of(photo: SimulatedPhoto) -> np.ndarray:
    """(4,) left, top, right, bottom of the first picture, within the photo."""
    height, width = photo.image.shape[:2]
    low, high = photo.regions[0].min(axis=0), photo.regions[0].max(axis=0)
    return np.array([*np.clip(low, 0, (width - 2, height - 2)), *np.clip(high, 1, (width - 1, height - 1))])
