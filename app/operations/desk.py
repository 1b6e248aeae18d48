"""Who waits for an answer just now: places and turns, counted by the process that gives them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass
class Desk:
    """Searches of this process: `asking` hold one of the `places`, `running` of them have the encoder, the rest were refused."""

    places: int
    asking: int = 0
    running: int = 0
    refused: int = 0
    refused_at: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def waiting(self) -> int:
        return max(0, self.asking - self.running)

    @contextmanager
    def place(self) -> Iterator[bool]:
        """Hold a place while the block runs. False: all are taken, and this one was refused."""
        with self._lock:
            free = self.asking < self.places
            if free:
                self.asking += 1
            else:
                self.refused, self.refused_at = self.refused + 1, datetime.now(UTC).replace(tzinfo=None)
        try:
            yield free
        finally:
            with self._lock:
                self.asking -= free

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Have the encoder while the block runs."""
        with self._lock:
            self.running += 1
        try:
            yield
        finally:
            with self._lock:
                self.running -= 1
