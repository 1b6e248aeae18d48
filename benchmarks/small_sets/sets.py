"""All small sets of one catalogue: album and visitors' photos in, a folder for each data set out."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from app.evaluation.ground_truth import LabelledPhoto
from benchmarks.small_sets import layouts
from benchmarks.small_sets.album import Album, photograph

EXHIBITS, QUERIES = 300, 120  # at most, of the Met's set
LEFT_OUT = 4  # every fourth of the works in the photos is no exhibit: its photos are the "other" queries
Pictures = Sequence[tuple[str, Path]]  # of each work its name and its first picture


def write_sets(
    folder: Path, pictures: Pictures, photos: Sequence[LabelledPhoto], **sizes: int
) -> tuple[Album, dict[str, Path]]:
    """The album, and of each layout its folder below `folder`, which are written anew. Photos that are there are kept.

    sizes: as `photograph` takes them.
    """
    album = photograph([path for _, path in pictures], folder / "album", **sizes)
    sets = folder / "sets"
    shutil.rmtree(sets, ignore_errors=True)
    found = {}
    for write in (layouts.oxford, layouts.revisited, layouts.landmarks, layouts.cars, layouts.classes, layouts.sfm120k):
        found[write.__name__] = made(sets / write.__name__)
        write(found[write.__name__], album)
    asked = list(photos[:: -(-len(photos) // QUERIES)])
    found["met"] = layouts.met(made(sets / "met"), pictures, asked, exhibits(pictures, asked))
    return album, found


def exhibits(pictures: Pictures, photos: Sequence[LabelledPhoto]) -> frozenset[str]:
    """The works that can be found: those in the photos but every fourth, and others until there are enough."""
    shown = sorted(frozenset().union(*(photo.artwork_ids for photo in photos)))
    wanted = [work for number, work in enumerate(shown) if number % LEFT_OUT]
    others = [work for work, _ in pictures if work not in shown]
    return frozenset((wanted + others)[:EXHIBITS])


def made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder
