"""Small catalogue files and pictures in the true layouts, made by the tests."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from PIL import Image

WGA_HEADER = ["AUTHOR", "BORN-DIED", "TITLE", "DATE", "TECHNIQUE", "LOCATION", "URL", "FORM", "TYPE", "SCHOOL", "TIMEFRAME"]
WGA_ROW = [
    "AACHEN, Hans von", "(b. 1552, Köln, d. 1615, Praha)", "Venus and Adonis", "1574-88", "Oil on copper, 21 x 17 cm",
    "Kunsthistorisches Museum, Vienna", "https://www.wga.hu/html/a/aachen/adonis.html",
    "painting", "mythological", "German", "1551-1600",
]  # fmt: skip


def delimited(rows: list[list[str]], separator: str = ",", end: str = "\n") -> str:
    """Rows as CSV text, quoted where needed."""
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator=end).writerows(rows)
    return text.getvalue()


def write(path: Path, content: str | bytes, encoding: str = "utf-8") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def wga_row(**changes: str) -> list[str]:
    """A row of the Web Gallery of Art with some columns changed; `page` stands for the path within its URL."""
    if "page" in changes:
        changes["URL"] = f"https://www.wga.hu/html/{changes.pop('page')}.html"
    return [changes.get(column, value) for column, value in zip(WGA_HEADER, WGA_ROW, strict=True)]


def picture(path: Path, size: tuple[int, int] = (40, 30), colour: str = "teal", orientation: int | None = None) -> Path:
    """A picture of one colour, in the format of its suffix; `orientation` is EXIF's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", size, colour)
    exif = Image.Exif()
    if orientation:
        exif[0x0112] = orientation
    image.save(path, exif=exif)
    return path
