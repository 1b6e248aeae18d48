"""What a picture shows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Subject:
    """The title under which a work is catalogued, its motif (a word that its painter knows) and mood (an hour or a palette)."""

    title: str
    motif: str
    mood: str
