"""What a training set is to the training: pictures with a label each and a part; for some, the pairs that belong together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Part = Literal["train", "validation"]


class DatasetError(Exception):
    """A folder does not hold the data set: one sentence with what was found, the layout, and where the data comes from."""


@dataclass(frozen=True)
class LabelledPicture:
    """A picture file. `label`: what it shows (a landmark, a car's model, an artist, a work); equal labels belong together."""

    path: Path
    label: str
    part: Part = "train"


@dataclass(frozen=True)
class TrainingSet:
    """One data set, ready to be learned from.

    pairs: positions (query, positive) in `pictures` where the data set lists them, as SfM-120k does; empty: any two pictures of
    a label are a positive pair, and any two of different labels a negative one. notes: what was left out, and why.
    """

    name: str
    pictures: tuple[LabelledPicture, ...]
    pairs: tuple[tuple[int, int], ...] = ()
    notes: tuple[str, ...] = ()

    def of(self, part: Part) -> tuple[LabelledPicture, ...]:
        return tuple(picture for picture in self.pictures if picture.part == part)
