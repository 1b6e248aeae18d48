"""What a built demo collection holds."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any


def summary(folder: Path) -> dict[str, Any]:
    """Counts of works and photos, and where the catalogue lies."""
    return {
        "folder": str(folder), "catalogue": str(folder / "catalogue.csv"),
        "works": len(rows(folder / "catalogue.csv")), "photos": len(rows(folder / "photos.csv")),
    }  # fmt: skip


def rows(path: Path) -> list[dict[str, str]]:
    """Rows of a UTF-8 CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
