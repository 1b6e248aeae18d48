"""What importers produce, and what one import came to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from app.catalogue.importers.reading import Table

COUNTS = ("added", "updated", "unchanged", "rejected", "pictures_added", "pictures_missing")


@dataclass(frozen=True, slots=True)
class Maker:
    """One artist of a work as the source has it: `sort_name` and `born_died` are the source's own words."""

    sort_name: str
    born_died: str = ""
    role: str = ""
    born_year: int | None = None  # from columns of their own; else they are read from `born_died`
    died_year: int | None = None


@dataclass(slots=True)
class Record:
    """One row that can be imported. `fields` holds only what the source has a column for: other fields stay as they are.

    `makers` is None where the source has no column for artists. `pictures` are paths relative to the images folder.
    """

    line: int
    source_id: str
    fields: dict[str, Any]
    makers: list[Maker] | None = None
    pictures: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Person:
    """A row of a table of artists alone: nobody credits them yet."""

    line: int
    maker: Maker


@dataclass(frozen=True, slots=True)
class Reject:
    """A row, or a picture of a row, that is not imported: its line in the file (from 1) and why."""

    line: int
    reason: str


class Importer(Protocol):
    """One source format. A new one is a new file with these three, and a line in `IMPORTERS`."""

    name: str
    expected: str  # the columns that it needs, in words, for the message about an unknown file

    def sniff(self, header: list[str], sample: list[list[str]]) -> float:
        """How surely the file is of this format, 0 (no) to 1, by its header and its first rows."""
        ...

    def rows(self, table: Table) -> Iterator[Record | Person | Reject]:
        """Every row after the header, in the file's order."""
        ...


@dataclass(slots=True)
class Change:
    """What an import does to one work: `added`, `changed`, or `unchanged` (told of only where pictures are missing).

    `before` and `after` hold the fields that differ, `artists` and `pictures` among them, as JSON; enough to go back.
    `likes` are works of the catalogue that look like it: {artwork_id, source_id, title, probability, how}.
    """

    kind: str
    line: int
    source_id: str
    title: str
    artwork_id: int | None = None
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    likes: list[dict[str, Any]] = field(default_factory=list)
    file: Path | None = None  # its first picture, as it lies where it came from


@dataclass
class ImportReport:
    """What an import came to. `rejects` are {line, reason}, by line; `run_id` is None for a dry run.

    `tables` are those that were joined, {name, found, rows, rejected}; `notes` what else a curator should know.
    """

    collection: str
    format: str
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    rejects: list[dict[str, Any]] = field(default_factory=list)
    run_id: int | None = None
    dry_run: bool = False
    tables: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The JSON contract of `flask catalogue import --json`."""
        return {
            "collection": self.collection,
            "format": self.format,
            "dry_run": self.dry_run,
            "run_id": self.run_id,
            **self.counts,
            "tables": self.tables,
            "notes": self.notes,
            "rejects": self.rejects,
        }
