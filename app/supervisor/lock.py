"""One supervisor per instance: a lock that the kernel drops with its holder, and a note that says where it serves."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TRIES, TRY_SECONDS = 4, 0.05


class AlreadyRunningError(Exception):
    """Another supervisor holds this instance; the message says where it serves."""


@contextmanager
def instance_lock(instance: Path) -> Iterator[None]:
    """Hold `run.lock` of the instance. Raises AlreadyRunningError with the address of the one that holds it."""
    instance.mkdir(parents=True, exist_ok=True)
    with (instance / "run.lock").open("a") as handle:
        if not _taken(handle.fileno()):
            raise AlreadyRunningError(_who_runs(instance))
        try:
            write_note(instance, pid=os.getpid())
            yield
        finally:
            (instance / "run.json").unlink(missing_ok=True)


def _taken(handle: int) -> bool:
    """Take the lock; a look of `read_note` may hold it for a moment."""
    for _ in range(TRIES):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(TRY_SECONDS)
        else:
            return True
    return False


def is_held(instance: Path) -> bool:
    """Whether a supervisor of this instance is alive."""
    try:
        with (instance / "run.lock").open() as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def write_note(instance: Path, **values: Any) -> None:
    """Say in `run.json` who runs and where: `pid`, and `url` once it answers."""
    draft = instance / "run.json.tmp"
    draft.write_text(json.dumps(values))
    draft.replace(instance / "run.json")


def read_note(instance: Path) -> dict[str, Any]:
    """What `run.json` says; empty if nothing runs, whatever a supervisor that was killed left there.

    The lock alone is not enough: the next supervisor holds it for a moment before it writes its own note.
    """
    if not is_held(instance):
        return {}
    try:
        note = json.loads((instance / "run.json").read_text())
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) and _alive(note.get("pid")) else {}


def _alive(pid: Any) -> bool:
    try:
        os.kill(int(pid), 0)
    except PermissionError:
        return True
    except (ProcessLookupError, TypeError, ValueError):
        return False
    return True


def _who_runs(instance: Path) -> str:
    note = read_note(instance)
    process = f"process {note['pid']}" if "pid" in note else "another process"
    if "url" in note:
        return f"Pinakes is already running at {note['url']} ({process}, instance {instance})."
    return f"Pinakes is already starting ({process}, instance {instance}); it prints its address when it is ready."
