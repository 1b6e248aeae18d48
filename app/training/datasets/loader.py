"""What a loader is, and the options of a data set's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import parse_qsl

from app.training.datasets.types import DatasetError, TrainingSet

HeldOut = Literal["labels", "pictures"]


class Record(NamedTuple):
    """A work of a catalogue: its name there, the files of its pictures, its fields by the catalogue's own names."""

    name: str
    pictures: Sequence[Path]
    fields: Mapping[str, str]


def of_labels(options: Options) -> HeldOut:
    """For labels that are single things: does the encoder tell apart things that it never saw?"""
    return "labels"


def of_pictures(options: Options) -> HeldOut:
    """For labels that are kinds of things: a kind that was never seen can be nobody's answer."""
    return "pictures"


@dataclass(frozen=True)
class Options:
    """What follows the `?` of a data set's name."""

    of: str
    values: Mapping[str, str]

    @classmethod
    def parsed(cls, of: str, text: str, known: Mapping[str, str]) -> Options:
        """`label=SCHOOL&seed=2`. Raises DatasetError for a name that is not among the known ones."""
        values = dict(parse_qsl(text, keep_blank_values=True))
        if unknown := sorted(values.keys() - known.keys()) or ([text] if text and not values else []):
            raise DatasetError(f"{of}: there is no option {unknown[0]!r}; known: {', '.join(known)}.")
        return cls(of, values)

    def text(self, name: str, default: str, allowed: Sequence[str] = ()) -> str:
        value = self.values.get(name, default)
        if allowed and value not in allowed:
            raise DatasetError(f"{self.of}: {name} must be one of {', '.join(allowed)}, not {value!r}.")
        return value

    def number(self, name: str, default: int) -> int:
        """A whole number from 0 on."""
        value = self.values.get(name, str(default))
        if not value.isdecimal():
            raise DatasetError(f"{self.of}: {name} must be a whole number, not {value!r}.")
        return int(value)


# The records of a catalogue, and what was left out of it
Table = Callable[[Path, Options], tuple[Sequence[Record], Sequence[str]]]


@dataclass(frozen=True)
class Loader:
    """source: where the data comes from; layout: what the folder must hold, empty where there is none; held_out: what a tenth is
    taken of where the data set has no validation part of its own."""

    name: str
    about: str
    source: str
    layout: str
    read: Callable[[Path, Options, Table | None], TrainingSet]
    held_out: Callable[[Options], HeldOut]
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        holds = f"; the folder must hold {self.layout}" if self.layout else ""
        return f"The data comes from {self.source}{holds}."
