"""Which works the demo collection holds: read from `holdings.toml`, without painting anything."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from app.demo.art.subject import Subject

HOLDINGS = Path(__file__).with_name("holdings.toml")
EDITION = 1  # a new number paints every work anew
STRANGERS = 2  # works of each holding that the catalogue does not have
LONG_SIDE = 900  # of every picture, in pixels


@dataclass(frozen=True)
class Holding:
    """The works of one manner, as `holdings.toml` has them."""

    number: int
    manner: str
    room: str
    form: str
    type: str
    techniques: tuple[str, ...]
    shapes: tuple[str, ...]  # width:height
    long_cm: tuple[int, int]  # range of the longer side
    note: str
    artists: tuple[dict[str, Any], ...]  # name, born_died, school, active (from, to)
    motifs: dict[str, str]  # word → what is to be seen
    moods: dict[str, str]  # word → in what light or colours
    works: tuple[Subject, ...]


@dataclass(frozen=True)
class Work:
    """One work, in the catalogue or not."""

    artwork_id: str
    holding: Holding
    number: int  # within the holding, from 1
    subject: Subject

    def rng(self, purpose: int) -> np.random.Generator:
        """The work's own generator, so that the order of painting does not matter; purpose 0: the picture, 1: the record."""
        return np.random.default_rng([EDITION, self.holding.number, self.number, purpose])

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        shape = self.holding.shapes[(self.number * 5 + self.number // 3) % len(self.holding.shapes)]
        wide, high = (float(part) for part in shape.split(":"))
        scale = LONG_SIDE / max(wide, high)
        return round(high * scale), round(wide * scale)


@cache
def holdings() -> tuple[Holding, ...]:
    """Every holding, in the order of the rooms."""
    with HOLDINGS.open("rb") as file:
        tables = tomllib.load(file)["holding"]
    return tuple(holding(number, table) for number, table in enumerate(tables, 1))


def holding(number: int, table: dict[str, Any]) -> Holding:
    """A holding from its table; a work is written `title | motif | mood`."""
    works = tuple(Subject(*(part.strip() for part in text.split("|"))) for text in table["works"])
    return Holding(
        number, table["manner"], table["room"], table["form"], table["type"], tuple(table["techniques"]), tuple(table["shapes"]),
        (table["long_cm"][0], table["long_cm"][1]), table["note"], tuple(table["artists"]), table["motifs"], table["moods"], works,
    )  # fmt: skip


def works() -> list[Work]:
    """The works of the catalogue."""
    return [Work(f"P{h.number:02d}{n:02d}", h, n, subject) for h in holdings() for n, subject in enumerate(h.works, 1)]


def strangers() -> list[Work]:
    """Works of the same hands that the catalogue does not have."""
    found = []
    for h in holdings():
        for n in range(STRANGERS):
            subject = h.works[(5 * n + 3 * h.number) % len(h.works)]
            found.append(Work(f"X{h.number:02d}{n + 1:02d}", h, 90 + n, subject))
    return found
