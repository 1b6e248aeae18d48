"""Workers and the scheduler say that they live (`app.operations.beats`), by signals of Celery; no database is opened."""

from __future__ import annotations

import atexit
import os
import time
from typing import Any

from celery.signals import after_task_publish, beat_init, worker_ready

from app.operations import beats
from app.settings import Settings, load_settings

_here: dict[str, Any] = {}  # of this process: its settings and since when it runs


@worker_ready.connect  # type: ignore[untyped-decorator]
def worker_began(sender: Any = None, **_: Any) -> None:
    """Beat by the worker's own timer: where its loop stands still, so do the beats."""
    name = f"worker:{sender.hostname}"
    _here.update(settings=load_settings(), started=time.time(), name=name, processes=getattr(sender.pool, "num_processes", 1))
    _beat_of_worker()
    _leave_at_the_end(name)
    sender.timer.call_repeatedly(beats.BEAT_SECONDS, _beat_of_worker)


def _beat_of_worker() -> None:
    from celery.worker import state

    running = sorted(request.name for request in state.active_requests)
    beats.write(
        _settings().instance, _here["name"], _here["started"], processes=_here["processes"], running=running,
        done=sum(state.total_count.values()) - len(running), memory=beats.memory_of(os.getpid()),
    )  # fmt: skip


@beat_init.connect  # type: ignore[untyped-decorator]
def scheduler_began(**_: Any) -> None:
    """The scheduler beats whenever it has sent something, which it does every half minute."""
    _here.update(settings=load_settings(), started=time.time())
    _beat_of_scheduler()
    after_task_publish.connect(_beat_of_scheduler)
    _leave_at_the_end("scheduler")


def _beat_of_scheduler(**_: Any) -> None:
    beats.write(_settings().instance, "scheduler", _here["started"], memory=beats.memory_of(os.getpid()))


def _leave_at_the_end(name: str) -> None:
    """Take the file away when this process ends as it should; its children, forked later, leave it alone."""
    instance, pid = _settings().instance, os.getpid()
    atexit.register(lambda: beats.remove(instance, name) if os.getpid() == pid else None)


def _settings() -> Settings:
    found: Settings = _here["settings"]
    return found
