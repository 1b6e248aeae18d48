"""Holds off guessing of passwords, making of accounts in bulk and flooding of letter boxes.

The counters live in the web process (there is one; docs/pages.md).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import TooManyRequests

WINDOW_S = 15 * 60
PER_ACCOUNT = 10  # failures for one e-mail address from one network address
PER_ADDRESS = 50  # failures from one network address: a whole school class may sit behind it
REGISTRATIONS = 50  # tries from one network address, made or refused: each tells whether an e-mail address has an account
MAILS = 10  # messages that forms may cause to one e-mail address, from wherever they are asked for
WRITING = ("register", "forgot_password", "send_confirmation", "change_email")  # forms that write to somebody
KEYS_MAX = 10_000


class Throttle:
    """Counts failures per key within a sliding window of seconds; `clock` returns seconds."""

    def __init__(self, window_s: float = WINDOW_S, clock: Callable[[], float] = time.monotonic) -> None:
        self.window_s, self.clock = window_s, clock
        self._failures: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def count(self, key: str) -> int:
        """Failures of the key within the window."""
        with self._lock:
            return len(self._recent(key))

    def wait_s(self, key: str) -> int:
        """Seconds until the oldest failure of the key leaves the window."""
        with self._lock:
            recent = self._recent(key)
            return max(1, round(recent[0] + self.window_s - self.clock())) if recent else 0

    def fail(self, key: str) -> None:
        """Note a failure."""
        with self._lock:
            if len(self._failures) >= KEYS_MAX and key not in self._failures:
                self._failures.pop(next(iter(self._failures)))  # the oldest key: memory stays bounded
            self._failures.setdefault(key, deque()).append(self.clock())

    def forget(self, key: str) -> None:
        """A success clears the key."""
        with self._lock:
            self._failures.pop(key, None)

    def _recent(self, key: str) -> deque[float]:
        times = self._failures.get(key, deque())
        while times and times[0] <= self.clock() - self.window_s:
            times.popleft()
        if not times:
            self._failures.pop(key, None)
        return times


def register(app: Flask) -> None:
    """Refuse log-ins and registrations over the limit with 429, and count them."""
    app.extensions["pinakes.throttle"] = Throttle()
    app.before_request(refuse_if_too_many)
    app.after_request(note_outcome)


def guarded(key: str, limit: int = PER_ACCOUNT) -> Throttle:
    """The counter, for a view that counts its own failures. Raises TooManyRequests once the key is at the limit."""
    throttle: Throttle = current_app.extensions["pinakes.throttle"]
    if throttle.count(key) >= limit:
        raise TooManyRequests(retry_after=throttle.wait_s(key))
    return throttle


def refuse_if_too_many() -> None:
    """429 with Retry-After once a limit is reached."""
    throttle: Throttle = current_app.extensions["pinakes.throttle"]
    for key, limit in _keys():
        if throttle.count(key) >= limit:
            raise TooManyRequests(retry_after=throttle.wait_s(key))


def note_outcome(response: Response) -> Response:
    """A log-in that is answered by its form again has failed; one that redirects has not. A form that writes counts either way."""
    if response.status_code not in (200, 400, 302):
        return response
    throttle: Throttle = current_app.extensions["pinakes.throttle"]
    keys = [key for key, _limit in _keys()]
    if _is("login") and response.status_code == 302:
        throttle.forget(keys[0])
    else:
        for key in keys:
            throttle.fail(key)
    return response


def _is(name: str) -> bool:
    return request.method == "POST" and request.endpoint == f"security.{name}"


def _keys() -> list[tuple[str, int]]:
    """The keys that this request counts for, with their limits; none where nothing is counted."""
    address, writing = request.remote_addr or "", any(_is(name) for name in WRITING)
    if not writing and not _is("login"):
        return []
    given = request.get_json(silent=True) if request.is_json else request.form
    email = str((given or {}).get("email", "") if isinstance(given, Mapping) else "").strip().lower()[:255]
    if writing:
        return [(f"register {address}", REGISTRATIONS), *([(f"mail {email}", MAILS)] if email else [])]
    return [(f"{address} {email}", PER_ACCOUNT), (address, PER_ADDRESS)]
