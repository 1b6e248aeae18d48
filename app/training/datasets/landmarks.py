"""Google Landmarks v2: pictures of landmarks; the cleaned list where it is there, else the whole one.

Weyand et al., "Google Landmarks Dataset v2", CVPR 2020. The cleaned list is that of Yokoo et al. (first of the 2019 challenge).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from app.training.datasets.loader import Options, Table, of_labels
from app.training.datasets.types import DatasetError, LabelledPicture, TrainingSet

LISTS = ("train_clean.csv", "train.csv")
LAYOUT = "train_clean.csv (landmark_id, images) or train.csv (id, url, landmark_id), and train/a/b/c/<id>.jpg for ids abc…"
SOURCE = "github.com/cvdfoundation/google-landmark: 4.1 million pictures, 1.6 million of 81,313 landmarks in the cleaned list"
held_out = of_labels
OPTIONS = {"list": "which of the two lists"}
csv.field_size_limit(4_000_000)  # train_clean.csv has a landmark's pictures in one cell


def read(folder: Path, options: Options, table: Table | None = None) -> TrainingSet:
    """Raises DatasetError where the list is missing or not as published."""
    found = [name for name in LISTS if (folder / name).is_file()] or [LISTS[0]]
    name = options.text("list", found[0], LISTS)
    if not (folder / name).is_file():
        raise DatasetError(f"landmarks: {folder / name} is missing. The data comes from {SOURCE}; the folder must hold {LAYOUT}.")
    pictures = [LabelledPicture(place(folder, picture), landmark) for picture, landmark in _rows(folder / name)]
    return TrainingSet("landmarks", tuple(pictures), notes=(f"listed by {name}",))


def place(folder: Path, name: str) -> Path:
    return folder / "train" / name[0] / name[1] / name[2] / f"{name}.jpg"


def _rows(path: Path) -> Iterator[tuple[str, str]]:
    """(picture, landmark) of every row, whichever of the two lists it is."""
    column = "images" if path.name == LISTS[0] else "id"
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if not {column, "landmark_id"} <= set(reader.fieldnames or ()):
            told = ", ".join(reader.fieldnames or ["nothing"])
            raise DatasetError(f"landmarks: {path.name} must have the columns {column} and landmark_id, not {told}.")
        for row in reader:
            landmark, names = (row["landmark_id"] or "").strip(), (row[column] or "").split()
            if not landmark or not names or any(len(name) < 3 for name in names):
                line = reader.line_num
                raise DatasetError(f"landmarks: line {line} of {path.name} has no landmark or no picture; fetch the list again.")
            yield from ((name, landmark) for name in names)
