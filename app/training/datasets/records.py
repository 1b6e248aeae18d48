"""Pictures of a catalogue's records, by one of their fields. What reads the records is handed in: this room knows no database."""

from __future__ import annotations

from pathlib import Path

from app.training.datasets.loader import HeldOut, Options, Table
from app.training.datasets.types import DatasetError, LabelledPicture, TrainingSet

WORK = "work"  # every work is a label of its own


def held_out(options: Options) -> HeldOut:
    """Works are told apart, or kinds of works are learned."""
    return "labels" if options.text("label", WORK) == WORK else "pictures"


def labelled(name: str, folder: Path, options: Options, table: Table | None, field: str, way_out: str) -> TrainingSet:
    """Each picture with its record's field, or the work itself. Raises DatasetError where no record has both."""
    if table is None:
        raise DatasetError(f"{name}: the application reads its records; ask for it by `flask train`.")
    records, notes = table(folder, options)
    pictures, empty, bare = [], 0, 0
    for record in records:
        label = record.name if field == WORK else record.fields.get(field, "")
        bare += not record.pictures
        empty += bool(record.pictures) and not label
        pictures += [LabelledPicture(path, label) for path in record.pictures if label]
    if not pictures:
        told = f"{bare} of {len(records)} works have no picture, {empty} of the others no {field}"
        raise DatasetError(f"{name}: there is nothing to learn from; {told}. {way_out}")
    counted = ((bare, "have no picture"), (empty, f"have no {field}"))
    left_out = [f"{count} of {len(records)} works {what}: left out" for count, what in counted if count]
    return TrainingSet(name, tuple(pictures), notes=(*notes, *left_out))
