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
from dataclasses import dataclass, field

from app.engine.types import Image
from app.web import parts
from app.web.parts import Quad

# What the engine calls its stages → the step that the visitor sees.
STEPS = {"decode": 0, "detect": 0, "encode": 1, "search": 1, "vote": 1, "verify": 2}
KEEP_S = 120
KEEP_MAX = 1000
TOKEN = re.compile(r"[0-9a-f]{32}")



@dataclass
class State:
    """What is known of a running search: the step reached, the pictures seen in the photo, when it was last heard of."""

    step: int = 0
    outlines: list[Quad] = field(default_factory=list)
    at: float = 0.0


class Board:
    """Token → state, bounded in number and age; the token is made by the page and cannot be guessed."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._states: OrderedDict[str, State] = OrderedDict()
        self._lock = threading.Lock()

    def reporter(self, token: str) -> Callable[[str, int, int], None] | None:
        """A progress function for one search; None where the page gave no proper token."""
        if not TOKEN.fullmatch(token):
            return None
        self._put(token)
        return lambda stage, _done, _total: self._put(token, step=STEPS.get(stage, 0))

    def outliner(self, token: str) -> Callable[[Image], None] | None:
        """What looks for the pictures in the photo of one search; None where the page gave no proper token."""
        return (lambda photo: self._put(token, outlines=parts.seen_in(photo))) if TOKEN.fullmatch(token) else None

    def step(self, token: str) -> int | None:
        """The step reached, 0…2; None where nothing is known of the token."""
        with self._lock:
            found = self._states.get(token)
            return found.step if found else None

    def outlines(self, token: str) -> list[Quad]:
        """The pictures seen in the photo; none before they are known."""
        with self._lock:
            found = self._states.get(token)
            return found.outlines if found else []

    def _put(self, token: str, *, step: int = 0, outlines: list[Quad] | None = None) -> None:
        with self._lock:
            before = self._states.pop(token, State())
            known = before.outlines if outlines is None else outlines
            # steps never go back: the engine may detect once more while it encodes
            self._states[token] = State(max(before.step, step), known, self.clock())
            self._prune()

    def _prune(self) -> None:
        while self._states:
            oldest = next(iter(self._states.values()))
            if len(self._states) <= KEEP_MAX and oldest.at > self.clock() - KEEP_S:
                return
            self._states.popitem(last=False)


board = Board()
