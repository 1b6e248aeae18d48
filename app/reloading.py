"""A large build is loaded beside the one that serves, so that nobody waits for it: until it is there, the old one answers."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

log = logging.getLogger(__name__)

FEATURES = 2_000_000  # local features, of some 3,000 works: a smaller build is there within half a second and is waited for
AGAIN_SECONDS = 60.0  # after a load that failed
T = TypeVar("T")
Target = tuple[str, int]  # build id, and how often it has changed


class Beside(Generic[T]):
    """Loads one thing at a time in a thread. Callers hold the lock of what it is loaded for."""

    def __init__(self) -> None:
        self._target: Target | None = None
        self._thread: threading.Thread | None = None
        self._found: T | None = None
        self._failed_at: float | None = None

    def newer(self, known: T, target: Target, load: Callable[[], T]) -> T:
        """What `load` gives for the target as soon as it is there, `known` until then, and for good where loading fails."""
        if self._thread is not None and self._thread.is_alive():
            return known  # of this target or of the one before: the next that asks looks again
        if self._target == target and self._found is not None:
            found, self._found, self._thread = self._found, None, None  # kept by the caller alone, so that memory is given back
            return found
        if self._target == target and self._failed_at is not None and time.monotonic() - self._failed_at < AGAIN_SECONDS:
            return known
        self._target, self._found, self._failed_at = target, None, None
        self._thread = threading.Thread(target=self._run, args=(target, load), name=f"load {target[0]}", daemon=True)
        self._thread.start()
        return known

    def _run(self, target: Target, load: Callable[[], T]) -> None:
        try:
            self._found = load()
        except Exception:
            self._failed_at = time.monotonic()
            log.exception("build %s could not be loaded; the one before goes on answering", target[0])

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is being loaded; False if that takes longer."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)
        return thread is None or not thread.is_alive()
