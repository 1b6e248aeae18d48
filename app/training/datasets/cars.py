"""CompCars: the training list of the classification split; a label is a model of a make. The test list is left for evaluation.

Yang et al., "A large-scale car dataset for fine-grained categorization and verification", CVPR 2015.
"""

from __future__ import annotations

from pathlib import Path

from app.evaluation.protocols.cars import LAYOUT, SOURCE, listed, model
from app.training.datasets.loader import Options, Table, of_pictures
from app.training.datasets.types import LabelledPicture, TrainingSet

held_out = of_pictures
__all__ = ["LAYOUT", "SOURCE", "held_out", "read"]


def read(folder: Path, options: Options, table: Table | None = None) -> TrainingSet:
    """Raises ProtocolError where the list is missing or not as published."""
    names = listed(folder, "train")
    asked = len(listed(folder, "test"))
    pictures = [LabelledPicture(folder / "image" / name, model(name)) for name in names]
    note = f"{asked} pictures of test.txt are left for `flask evaluate protocol cars`"
    return TrainingSet("cars", tuple(pictures), notes=(note,))
