"""Which files are taken for pictures where a folder or a ZIP is looked through, by their endings; reading shows what they are."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePath

SUFFIXES = frozenset((".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif", ".avif", ".tif", ".tiff", ".gif", ".bmp"))


def is_picture(path: PurePath) -> bool:
    return path.suffix.lower() in SUFFIXES


def among(paths: Iterable[Path]) -> list[Path]:
    """The pictures of these files, in the order of their paths."""
    return sorted(path for path in paths if is_picture(path))
