"""A folder of pictures without any catalogue: each picture a work, called after its file. A work's number is its path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app import picture_files
from app.catalogue.errors import CatalogueFileError
from app.catalogue.importers.reading import Row, Table
from app.catalogue.importers.records import Record, Reject


@dataclass(frozen=True)
class Folder(Table):
    """The pictures below a folder, at any depth, by their paths; it has no rows."""

    files: list[Path] = field(default_factory=list)  # relative to the folder

    def rows(self) -> Iterator[Row | Reject]:
        return iter(())


def open_folder(folder: Path) -> Folder:
    """Raises CatalogueFileError where there is no picture."""
    paths = (path.relative_to(folder) for path in picture_files.among(folder.rglob("*")))
    files = [path for path in paths if not any(part.startswith(".") for part in path.parts)]
    if not files:
        raise CatalogueFileError(f"{folder}: there is no picture in this folder; give a catalogue file, or a folder with pictures.")
    return Folder(folder, "utf-8", "", ["picture"], [[path.as_posix()] for path in files[:1]], len(files), files=files)


class PictureFolder:
    """One picture, one work: nothing else is known of it, and nothing is made up."""

    name = "picture_folder"
    expected = "a folder of pictures"

    def sniff(self, header: list[str], sample: list[list[str]]) -> float:
        return 0.0  # a folder is no table: nobody has to guess

    def rows(self, table: Table) -> Iterator[Record | Reject]:
        assert isinstance(table, Folder)
        stems = Counter(path.with_suffix("") for path in table.files)
        for line, path in enumerate(table.files, 1):
            bare = path.with_suffix("")
            number = bare if stems[bare] == 1 else path  # `a.jpg` beside `a.png`
            fields = {"title": path.stem, "extra": {"Folder": path.parent.as_posix()} if path.parent.name else {}}
            yield Record(line, number.as_posix(), fields, None, [path.as_posix()])
