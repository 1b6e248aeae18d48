"""Which encoding a text file is in: BOM, UTF-8, or the single-byte Windows-1252."""

from __future__ import annotations

import codecs
from pathlib import Path

_BOMS = [(codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")]


def detect_encoding(path: Path) -> str:
    """Name of the Python codec. A file with more lines in good UTF-8 beyond ASCII than in broken UTF-8 is UTF-8 with damage;
    otherwise bytes above 127 are Windows-1252, the superset of Latin-1's letters that spreadsheets write."""
    with path.open("rb") as file:
        start = file.read(4)
        for bom, name in _BOMS:
            if start.startswith(bom):
                return name
        file.seek(0)
        good = broken = 0
        for line in file:
            if line.isascii():
                continue
            if _is_utf8(line):
                good += 1
            else:
                broken += 1
    return "utf-8" if good >= broken else "cp1252"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def undecodable(text: str) -> str | None:
    """The first byte without a letter in the encoding, as `0x81`, or None. `text` is decoded with `surrogateescape`."""
    if text.isascii():
        return "0x00" if "\0" in text else None
    for letter in text:
        if "\udc80" <= letter <= "\udcff":
            return f"0x{ord(letter) - 0xDC00:02X}"
    return "0x00" if "\0" in text else None
