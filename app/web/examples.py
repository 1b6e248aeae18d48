"""The example photos of the home page: `examples.json` of the demo collection."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Example:
    """A photo to click."""

    number: int
    path: Path
    caption: str


def examples(folder: Path) -> list[Example]:
    """The examples in `folder` whose photos are there; none where there is no demo collection."""
    listing = folder / "examples.json"
    if not listing.is_file():
        return []
    entries = json.loads(listing.read_text())
    found = [Example(number, folder / entry["file"], entry.get("caption", "")) for number, entry in enumerate(entries)]
    return [example for example in found if example.path.is_file()]


def find(folder: Path, number: int) -> Example | None:
    """The example of that number, or None."""
    return next((example for example in examples(folder) if example.number == number), None)
