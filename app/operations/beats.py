"""Who lives: each process beside the web server writes a small file in `health/` every few seconds, and removes it when it ends.

Files and not rows, because a worker's parent must open no database before it forks, and a database that is down must not
look like dead workers. A file that falls silent is a process that was killed.
"""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

BEAT_SECONDS = 10.0
SILENT_SECONDS = {"worker": 60.0, "scheduler": 180.0, "web": 120.0}  # the last two beat every 30 s
FORGOTTEN_SECONDS = {"web": 600.0}  # of others a week: a web process has a new name each time
WEEK_SECONDS = 7 * 86400.0
FOLDER = "health"


@dataclass(frozen=True)
class Beat:
    """What a process last said of itself. `at` and `started` are seconds since 1970."""

    name: str  # worker:celery@host, scheduler
    at: float
    started: float
    pid: int
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return self.name.partition(":")[0]

    @property
    def here(self) -> bool:
        """Whether it is this process' own, of which the present is known."""
        return self.kind == "web" and self.pid == os.getpid()

    @property
    def silent(self) -> bool:
        """Whether it should have been heard of."""
        return time.time() - self.at > SILENT_SECONDS.get(self.kind, 60.0)


def write(instance: Path, name: str, started: float, **facts: Any) -> None:
    """Say that this process lives. A disk that is full costs the beat, never the process."""
    path = _path(instance, name)
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps({"name": name, "at": time.time(), "started": started, "pid": os.getpid(), "facts": facts}))
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)


def remove(instance: Path, name: str) -> None:
    """Say that this process ends as it should."""
    _path(instance, name).unlink(missing_ok=True)


def read(instance: Path) -> list[Beat]:
    """Every process that was heard of lately, by name."""
    found = [beat for path in sorted((instance / FOLDER).glob("*.json")) if (beat := _read(path))]
    return [beat for beat in found if time.time() - beat.at < FORGOTTEN_SECONDS.get(beat.kind, WEEK_SECONDS)]


def _read(path: Path) -> Beat | None:
    try:
        said = json.loads(path.read_text())
        return Beat(str(said["name"]), float(said["at"]), float(said["started"]), int(said["pid"]), dict(said["facts"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _path(instance: Path, name: str) -> Path:
    return instance / FOLDER / (re.sub(r"[^A-Za-z0-9@._-]", "-", name) + ".json")


def memory_of(pid: int) -> int:
    """Bytes of memory that a process and its children hold (proportional share where the kernel says it, else resident)."""
    try:
        parent = psutil.Process(pid)
        return sum(_share(process) for process in [parent, *parent.children(recursive=True)])
    except psutil.Error:
        return 0


def _share(process: psutil.Process) -> int:
    try:
        return int(getattr(process.memory_full_info(), "pss", 0) or process.memory_info().rss)
    except psutil.Error:
        return 0
