"""What a running job writes while its own transaction is open: progress and heartbeat, on connections of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import current_app
from sqlalchemy import Engine, create_engine, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from app.catalogue.models import now
from app.extensions import db
from app.usage.models import Job

BEAT_SECONDS = 3.0
WRITE_SECONDS = 0.5
LOOK_SECONDS = 1.0
PATIENCE_SECONDS = 0.1  # SQLite has one writer: while the job itself writes, a beat is left out, not waited for
LOCKED_SECONDS = 2.0  # then the job is left in peace for a while


@dataclass
class _Stage:
    """Of one job in this process: its stage, when that began, and when it was last written and looked at."""

    name: str = ""
    began: float = 0.0
    first: int = 0  # done when it began: descriptors that were stored before cost nothing
    written: float = 0.0
    looked: float = 0.0
    cancelled: bool = False


@dataclass
class Pulse:
    """The writer of one application."""

    engine: Engine
    stages: dict[str, _Stage] = field(default_factory=dict)

    def progress(self, job_id: str, stage: str, done: int, total: int) -> None:
        """Write the progress, unless the last one of this stage was written a moment ago."""
        state, at = self.stages.setdefault(job_id, _Stage()), time.monotonic()
        if stage != state.name:
            state.name, state.began, state.first, state.written = stage, at, done, 0.0
        if at - state.written < WRITE_SECONDS:
            return
        pace = rate(done - state.first, total - state.first, at - state.began)
        written = self._write(job_id, stage=stage[:80], done=done, total=total, result=pace, heartbeat_at=now())
        state.written = at if written else at + LOCKED_SECONDS

    def beat(self, job_id: str) -> None:
        """Say that the worker lives."""
        self._write(job_id, heartbeat_at=now())

    def is_cancelled(self, job_id: str) -> bool:
        """Whether a stop was asked for."""
        state, at = self.stages.setdefault(job_id, _Stage()), time.monotonic()
        if not state.cancelled and at - state.looked >= LOOK_SECONDS:
            state.looked = at
            with self.engine.connect() as connection:
                state.cancelled = bool(connection.scalar(select(Job.cancel_requested).where(Job.id == job_id)))
        return state.cancelled

    def forget(self, job_id: str) -> None:
        """The job has ended here."""
        self.stages.pop(job_id, None)

    def _write(self, job_id: str, **values: Any) -> bool:
        """Write, unless the database is locked by the job's own transaction: then the next beat is seconds away."""
        try:
            with self.engine.begin() as connection:
                connection.execute(update(Job).where(Job.id == job_id, Job.state == "running").values(**values))
        except OperationalError:
            return False
        return True


def rate(done: int, total: int, seconds: float) -> dict[str, float]:
    """`per_second` and `seconds_left` of a stage; empty while nothing is done or the total is not known."""
    if done <= 0 or total <= 0 or seconds <= 0:
        return {}
    return {"per_second": done / seconds, "seconds_left": max(total - done, 0) * seconds / done}


def pulse() -> Pulse:
    """The Pulse of the current application, made at first use."""
    known = current_app.extensions.get("pinakes.pulse")
    if not isinstance(known, Pulse):
        known = current_app.extensions["pinakes.pulse"] = Pulse(_side_engine())
    return known


def _side_engine() -> Engine:
    # Few and short: a connection each, closed at once, so that none outlives a fork.
    options = {"timeout": PATIENCE_SECONDS} if db.engine.dialect.name == "sqlite" else {}
    return create_engine(db.engine.url, poolclass=NullPool, connect_args=options)


@contextmanager
def beating(job_id: str) -> Iterator[None]:
    """While the block runs, a thread says every few seconds that the worker lives."""
    writer, ended = pulse(), threading.Event()

    def beat() -> None:
        while not ended.wait(BEAT_SECONDS):
            writer.beat(job_id)

    thread = threading.Thread(target=beat, name=f"heartbeat of {job_id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        writer.forget(job_id)
