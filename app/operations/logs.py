"""The instance's own log: `logs/pinakes.log`, turned over at 5 MB, five old ones kept; web and worker processes share it.

Python's rotating handlers are for one process. Here each line is written under a lock of the kernel's, and a process that
finds another file at the path opens that one.
"""

from __future__ import annotations

import fcntl
import logging
import os
import time
from pathlib import Path

from flask import Flask, current_app, g, has_app_context, has_request_context

NAME = "pinakes.log"
MOST_BYTES = 5 << 20
OLD_FILES = 5
LOGGERS = ("app", "tasks")  # of which `app.services` and the like are part


class InstanceLog(logging.Handler):
    """Writes warnings and errors to the log of the application whose context they come from; without a context, nowhere."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.setFormatter(Lines("%(asctime)s %(levelname)s %(process)d%(reference)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        if not has_app_context():
            return
        record.reference = f" [{said}]" if (said := reference_here()) else ""
        try:
            append(path_of(current_app), self.format(record) + "\n")
        except OSError:  # a full disk must not end the request that it is told of
            self.handleError(record)


class Lines(logging.Formatter):
    """Times in UTC, as everywhere else."""

    converter = staticmethod(time.gmtime)


def reference_here() -> str:
    """The number of this request's failure, if it has one."""
    return str(g.get("failure_reference", "")) if has_request_context() else ""


def path_of(app: Flask) -> Path:
    return Path(app.instance_path) / "logs" / NAME


def append(path: Path, text: str) -> None:
    """Add to the file; one that would grow too large is put aside first: `pinakes.log.1` is the newest of the old ones."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with (path.parent / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        data = text.encode("utf-8", "replace")
        if path.exists() and path.stat().st_size + len(data) > MOST_BYTES:
            turn_over(path)
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, data)
        finally:
            os.close(handle)


def turn_over(path: Path) -> None:
    for number in range(OLD_FILES, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        newer = path.with_name(f"{path.name}.{number - 1}") if number > 1 else path
        if newer.exists():
            newer.replace(older)


def register(app: Flask) -> None:
    """Let this application's loggers write to its instance too, beside what they write to standard error."""
    _ = app.logger  # Flask gives it its handler for standard error only where it has none yet
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(handler, InstanceLog) for handler in logger.handlers):
            logger.addHandler(InstanceLog())
