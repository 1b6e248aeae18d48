"""Any folder of classes."""

from __future__ import annotations

from pathlib import Path

from app.evaluation.protocols.classes import folders
from app.training.datasets.loader import Options, Table, of_pictures
from app.training.datasets.types import DatasetError, LabelledPicture, Part, TrainingSet

LAYOUT = "<label>/<picture>, or train/<label>/<picture> and validation/<label>/<picture>"
SOURCE = "you"
held_out = of_pictures
PARTS: tuple[tuple[Part, tuple[str, ...]], ...] = (("train", ("train",)), ("validation", ("validation", "val")))


def read(folder: Path, options: Options, table: Table | None = None) -> TrainingSet:
    """Raises DatasetError where there are not two labels."""
    found = [picture for part, root in _roots(folder) for picture in _part(root, part)]
    labels = {picture.label for picture in found}
    if len(labels) < 2:
        raise DatasetError(f"folder: {folder} has {len(labels)} labels with pictures; it must hold {LAYOUT}.")
    return TrainingSet("folder", tuple(found))


def _roots(folder: Path) -> list[tuple[Part, Path]]:
    """One folder for each part where the set is divided already, else the folder itself."""
    own = [(part, folder / name) for part, names in PARTS for name in names if (folder / name).is_dir()]
    return own if {part for part, _root in own} == {"train", "validation"} else [("train", folder)]


def _part(root: Path, part: Part) -> list[LabelledPicture]:
    return [LabelledPicture(path, label, part) for label, paths in folders(root).items() for path in paths]
