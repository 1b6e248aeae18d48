"""The example photos of the home page: `examples.json` of the demo collection."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from app.engine.images import image_size
from app.language import gettext


@dataclass(frozen=True)
class Example:
    """A photo to click."""

    number: int
    path: Path
    caption: str

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels, so that a page can keep its place."""
        return _size(self.path, self.path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _size(path: Path, _changed_ns: int) -> tuple[int, int]:
    return image_size(path)


def examples(folder: Path) -> list[Example]:
    """The examples in `folder` whose photos are there; none where there is no demo collection."""
    listing = folder / "examples.json"
    if not listing.is_file():
        return []
    entries = json.loads(listing.read_text())
    found = [Example(number, folder / entry["file"], _words(entry.get("caption", ""))) for number, entry in enumerate(entries)]
    return [example for example in found if example.path.is_file()]


def _words(caption: str) -> str:
    """A caption of the demo collection in the language of the page; another one as it is."""
    return gettext(caption) if caption else ""


def find(folder: Path, number: int) -> Example | None:
    """The example of that number, or None."""
    return next((example for example in examples(folder) if example.number == number), None)
