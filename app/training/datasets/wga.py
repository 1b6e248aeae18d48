"""The Web Gallery of Art: its catalogue with a folder of its pictures; a label is an artist, school, type, form or period."""

from __future__ import annotations

from pathlib import Path

from app.training.datasets.loader import Options, Table
from app.training.datasets.records import WORK, held_out, labelled
from app.training.datasets.types import TrainingSet

__all__ = ["LAYOUT", "LISTS", "OPTIONS", "SOURCE", "held_out", "read"]
LISTS = ("catalog.csv", "wga_catalog.csv")
LAYOUT = "catalog.csv (AUTHOR;BORN-DIED;TITLE;…;TIMEFRAME) and art/a/aachen/adonis.jpg for the page …/html/a/aachen/adonis.html"
SOURCE = "www.wga.hu: its catalogue under Database, Download; the pictures at the addresses of their pages"
COLUMNS = ("AUTHOR", "SCHOOL", "TYPE", "FORM", "TIMEFRAME")
OPTIONS = {"label": f"one of {', '.join(COLUMNS)}, or {WORK}"}


def read(folder: Path, options: Options, table: Table | None = None) -> TrainingSet:
    """Rows without a picture in the folder are counted. Raises DatasetError where the catalogue is missing or none has one."""
    way_out = f"The folder must hold {LAYOUT}."
    return labelled("wga", folder, options, table, options.text("label", WORK, (*COLUMNS, WORK)), way_out)
