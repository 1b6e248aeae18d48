"""Caltech-101: pictures of 101 kinds of things; the background is no class.

Fei-Fei et al., "Learning generative visual models from few training examples", CVPR workshops 2004.
"""

from __future__ import annotations

from pathlib import Path

from app.evaluation.protocols.classes import INSIDE, folders
from app.training.datasets.loader import Options, Table, of_pictures
from app.training.datasets.types import DatasetError, LabelledPicture, TrainingSet

CLASSES = 101
LAYOUT = f"{INSIDE}/<class>/image_0001.jpg, or the classes themselves"
SOURCE = "data.caltech.edu/records/mzrjq-6wc02: 8,677 pictures of 101 classes, 467 of the background"
held_out = of_pictures


def read(folder: Path, options: Options, table: Table | None = None) -> TrainingSet:
    """Raises DatasetError where there are not two classes."""
    found = folders(folder)
    if len(found) < 2:
        told = f"{folder} has {len(found)} classes with pictures"
        raise DatasetError(f"caltech101: {told}; it must hold {LAYOUT}. The data comes from {SOURCE}.")
    notes = () if len(found) == CLASSES else (f"{len(found)} classes, the published set has {CLASSES}",)
    return TrainingSet("caltech101", tuple(LabelledPicture(path, label) for label in found for path in found[label]), notes=notes)
