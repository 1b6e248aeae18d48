"""How far a search has come, for the page that waits for it.

A dictionary of this process is enough: the web server is one gunicorn process with threads, so the request that searches
and the requests that ask for its progress share it.
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

# What the engine calls its stages → the step that the visitor sees.
STEPS = {"decode": 0, "detect": 0, "encode": 1, "search": 1, "vote": 1, "verify": 2}
KEEP_S = 120
KEEP_MAX = 1000
TOKEN = re.compile(r"[0-9a-f]{32}")


class Board:
    """Token → step, bounded in number and age; the token is made by the page and cannot be guessed."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._steps: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._lock = threading.Lock()

    def reporter(self, token: str) -> Callable[[str, int, int], None] | None:
        """A progress function for one search; None where the page gave no proper token."""
        if not TOKEN.fullmatch(token):
            return None
        self._put(token, 0)
        return lambda stage, _done, _total: self._put(token, STEPS.get(stage))

    def step(self, token: str) -> int | None:
        """The step reached, 0…2; None where nothing is known of the token."""
        with self._lock:
            found = self._steps.get(token)
            return found[0] if found else None

    def _put(self, token: str, step: int | None) -> None:
        with self._lock:
            before = self._steps.pop(token, (0, 0.0))[0]
            # steps never go back: the engine may detect once more while it encodes
            self._steps[token] = (max(before, step or 0), self.clock())
            self._prune()

    def _prune(self) -> None:
        while self._steps:
            oldest = next(iter(self._steps.values()))
            if len(self._steps) <= KEEP_MAX and oldest[1] > self.clock() - KEEP_S:
                return
            self._steps.popitem(last=False)


board = Board()
