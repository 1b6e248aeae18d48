"""This instance's own catalogue; a label is a work with its pictures, or its artist, school, type, form or period."""

from __future__ import annotations

from pathlib import Path

from app.training.datasets.loader import Options, Table
from app.training.datasets.records import WORK, held_out, labelled
from app.training.datasets.types import TrainingSet

__all__ = ["LAYOUT", "OPTIONS", "SOURCE", "held_out", "read"]
LAYOUT = ""  # no folder: pictures are where the instance keeps them
SOURCE = "the works that were imported (`flask catalogue import`); hidden ones are left out"
WAY_OUT = "Import works with pictures: flask catalogue import FILE --images DIR"
FIELDS = ("artist", "school", "type", "form", "timeframe")
OPTIONS = {"label": f"{WORK}, or one of {', '.join(FIELDS)}", "collection": "of one collection alone, by its name"}


def read(folder: Path, options: Options, table: Table | None = None) -> TrainingSet:
    """Raises DatasetError where no work has a picture and a label."""
    return labelled("catalogue", folder, options, table, options.text("label", WORK, (WORK, *FIELDS)), WAY_OUT)
