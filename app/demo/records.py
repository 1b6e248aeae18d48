"""The catalogue record of each work, invented but plausible, and the file that holds them."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from app.demo.plan import Work

HEADER = (
    "artwork_id", "file", "title", "artist", "born_died", "date", "technique", "dimensions", "location", "school", "form", "type",
    "timeframe", "description",
)  # fmt: skip
MUSEUM = "Pinakes Gallery"


def record(work: Work) -> dict[str, str]:
    """The row of one work; the same work has the same row every time."""
    rng, holding = work.rng(1), work.holding
    artist = holding.artists[int(rng.integers(len(holding.artists)))]
    year = int(rng.integers(artist["active"][0], artist["active"][1] + 1))
    return {
        "artwork_id": work.artwork_id,
        "file": f"works/{work.artwork_id}.jpg",
        "title": work.subject.title,
        "artist": artist["name"],
        "born_died": artist["born_died"],
        "date": date(rng, year),
        "technique": str(rng.choice(holding.techniques)),
        "dimensions": dimensions(rng, work),
        "location": f"{MUSEUM}, {holding.room}",
        "school": artist["school"],
        "form": holding.form,
        "type": holding.type,
        "timeframe": timeframe(year),
        "description": description(work),
    }


def date(rng: np.random.Generator, year: int) -> str:
    """A date as catalogues write it: plain, approximate, or a span of years."""
    way = rng.random()
    if way < 0.2:
        return f"c. {year - year % 5}"
    if way < 0.35:
        later = year + int(rng.integers(1, 4))
        return f"{year}-{later % 100:02d}" if later // 100 == year // 100 else f"{year}-{later}"
    return str(year)


def dimensions(rng: np.random.Generator, work: Work) -> str:
    """Height × width in whole or half centimetres, of the picture's own proportions."""
    height, width = work.size
    scale = rng.uniform(*work.holding.long_cm) / max(height, width)
    return f"{half(height * scale)} × {half(width * scale)} cm"


def half(value: float) -> str:
    """To the next half: 54, 54.5."""
    return f"{round(value * 2) / 2:g}"


def timeframe(year: int) -> str:
    """The half century of a year: 1851-1900."""
    start = (year - 1) // 50 * 50 + 1
    return f"{start}-{start + 49}"


def description(work: Work) -> str:
    """What is to be seen, and a sentence on the manner."""
    holding, subject = work.holding, work.subject
    seen = f"{holding.motifs[subject.motif]}, {holding.moods[subject.mood]}"
    return f"{seen[0].upper()}{seen[1:]}. {holding.note}"


def write_csv(path: Path, header: Iterable[str], rows: Iterable[dict[str, str]]) -> None:
    """UTF-8 with a header row."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(header), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
