"""Reading delimited text so that no damage stops it: every row comes with its line, every bad row with its reason."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from app.catalogue.errors import CatalogueFileError
from app.catalogue.importers.encoding import detect_encoding, undecodable
from app.catalogue.importers.records import Reject

if TYPE_CHECKING:
    from app.catalogue.importers.sides import Side

SAMPLE_ROWS = 200
SEPARATORS = (",", ";", "\t", "|")
LINES_IN_A_ROW = 500  # a quoted field that runs over more lines was never closed
_NOT_TEXT = (b"PK\3\4", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"\xff\xd8\xff", b"%PDF", b"\x1f\x8b", b"SQLite format 3")  # xlsx, xls, …
csv.field_size_limit(4_000_000)


@dataclass(frozen=True, slots=True)
class Row:
    """The fields of one row and the physical line (from 1) on which it starts."""

    line: int
    fields: list[str]


@dataclass(frozen=True)
class Table:
    """A delimited file, understood so far that its rows can be read."""

    path: Path
    encoding: str
    separator: str
    header: list[str]
    sample: list[list[str]]
    lines: int  # physical lines, the header's included
    sides: list[Side] = field(default_factory=list)  # tables beside it that an importer joined, told of in the report

    def rows(self) -> Iterator[Row | Reject]:
        """Every row after the header that has as many fields as it; the others as rejects. Empty lines are passed over."""
        return _rows(self.path, self.encoding, self.separator, len(self.header))


def open_table(path: Path) -> Table:
    """Detect encoding and separator and read the header. Raises CatalogueFileError for a missing, empty or binary file."""
    if not path.is_file():
        raise CatalogueFileError(f"{path}: there is no such file; give the path of a catalogue file.")
    with path.open("rb") as file:
        if file.read(16).startswith(_NOT_TEXT):
            raise CatalogueFileError(f"{path.name}: this is no text file; save the catalogue as CSV in UTF-8.")
    encoding = detect_encoding(path)
    lines = _count_lines(path, encoding)
    candidates = [_sampled(path, encoding, separator) for separator in SEPARATORS]
    separator, rows = max(zip(SEPARATORS, candidates, strict=True), key=lambda pair: _consistency(pair[1]))
    if not rows:
        raise CatalogueFileError(f"{path.name}: the file is empty; a catalogue starts with a line of column names.")
    header = [name.strip() for name in rows[0]]
    return Table(path, encoding, separator, header, rows[1:], lines)


def _count_lines(path: Path, encoding: str) -> int:
    with path.open(encoding=encoding, errors=_errors(encoding), newline="") as file:
        return sum(1 for _line in file)


def _errors(encoding: str) -> str:
    return "replace" if encoding == "utf-16" else "surrogateescape"


def _sampled(path: Path, encoding: str, separator: str) -> list[list[str]]:
    """The first rows, the header's first."""
    rows: list[list[str]] = []
    for row in _rows(path, encoding, separator):
        if isinstance(row, Row):
            rows.append(row.fields)
        if len(rows) > SAMPLE_ROWS:
            break
    return rows


def _consistency(rows: list[list[str]]) -> tuple[float, int]:
    """How well a separator explains the rows: the share as wide as the header, times whether there are columns at all."""
    if not rows or len(rows[0]) < 2:
        return (0.0, 0)
    width = len(rows[0])
    return (sum(len(row) == width for row in rows) / len(rows), width)


class _Lines:
    """Physical lines with their numbers; lines that were read ahead can be given back."""

    def __init__(self, source: Iterator[str]) -> None:
        self.source = source
        self.number = 0  # of the line handed out last
        self.ended = False
        self.taken: list[str] = []
        self.waiting: deque[str] = deque()

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= LINES_IN_A_ROW:
            self.ended = True
        line = None if self.ended else (self.waiting.popleft() if self.waiting else next(self.source, None))
        if line is None:
            self.ended = True
            raise StopIteration
        self.number += 1
        self.taken.append(line)
        return line

    def start_row(self) -> int:
        self.taken = []
        self.ended = False
        return self.number + 1

    def at_end(self) -> bool:
        """Whether no line follows the one handed out last."""
        if not self.waiting:
            self.waiting.extend(line for line in [next(self.source, None)] if line is not None)
        return not self.waiting

    def give_back(self, lines: list[str]) -> None:
        self.waiting.extendleft(reversed(lines))
        self.number -= len(lines)
        self.ended = False


def _rows(path: Path, encoding: str, separator: str, width: int | None = None) -> Iterator[Row | Reject]:
    """All rows; with `width`, the first is skipped as the header and the others are checked."""
    with path.open(encoding=encoding, errors=_errors(encoding), newline="") as file:
        lines = _Lines(iter(file))
        header_seen = width is None
        while True:
            line = lines.start_row()
            fields = next(csv.reader(lines, delimiter=separator), None)
            if fields is None:
                return
            if not any(field.strip() for field in fields) and len(fields) <= 1:
                continue
            if not header_seen:
                header_seen = True
                continue
            yield _checked(Row(line, fields), width, lines, separator) if width else Row(line, fields)


def _checked(row: Row, width: int, lines: _Lines, separator: str) -> Row | Reject:
    """The row, or why it is none. After a quote that was never closed, reading goes on at the next line that is a row by itself."""
    fields = row.fields
    while len(fields) > width and not fields[-1].strip():
        fields.pop()  # spreadsheets write separators after the last column
    open_quote = lines.ended
    if len(lines.taken) > 1 and (open_quote or len(fields) != width or not _is_well_quoted(lines.taken, separator)):
        far = len(lines.taken) >= LINES_IN_A_ROW
        if _give_back_rows(lines, width, separator) or far:
            return Reject(row.line, "a quotation mark is opened and never closed")
    if open_quote:
        return Reject(row.line, _cut(fields, width))
    if len(fields) != width:
        last = len(fields) < width and lines.at_end()
        return Reject(row.line, _cut(fields, width) if last else f"has {len(fields)} fields, the header {width}")
    if bad := undecodable("".join(fields)):
        return Reject(row.line, f"holds the byte {bad}, which is no letter in the file's encoding")
    return row


def _give_back_rows(lines: _Lines, width: int, separator: str) -> bool:
    """Give back the lines from the first, after the row's own, that is a row by itself; whether there was one."""
    ahead = lines.taken[1:]
    for index, line in enumerate(ahead):
        if _is_row(line, width, separator):
            lines.give_back(ahead[index:])
            return True
    return False


def _cut(fields: list[str], width: int) -> str:
    return f"is cut: the file ends after {len(fields)} of {width} fields"


def _is_well_quoted(lines: list[str], separator: str) -> bool:
    """Whether every closing quote is followed by a separator: else it was meant to open the field of a later row."""
    try:
        next(csv.reader(lines, delimiter=separator, strict=True))
    except csv.Error:
        return False
    return True


def _is_row(line: str, width: int, separator: str) -> bool:
    lines = _Lines(iter([line]))
    fields = next(csv.reader(lines, delimiter=separator), [])
    return len(fields) == width and not lines.ended
