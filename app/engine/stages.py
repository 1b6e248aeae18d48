"""Timing of the stages of a search, told as they begin."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from app.engine.types import Progress

NAMES = ("decode", "detect", "encode", "search", "verify")


class Stages:
    """`with stages("encode"): …` takes the time; `timings_ms()` has every stage, 0 for those that did not run, and the total."""

    def __init__(self, progress: Progress | None = None) -> None:
        self._progress = progress
        self._ms: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        if self._progress is not None:
            self._progress(name, NAMES.index(name), len(NAMES))
        start = time.perf_counter()
        yield
        self._ms[name] = self._ms.get(name, 0.0) + (time.perf_counter() - start) * 1000

    def timings_ms(self) -> dict[str, float]:
        timed = {name: round(self._ms.get(name, 0.0), 1) for name in NAMES}
        return {**timed, "total": round(sum(self._ms.values()), 1)}
