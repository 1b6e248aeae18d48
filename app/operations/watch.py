"""The watch: a thread of the web process that sees what no worker could tell of, such as that there is none any more.

Every half minute it looks at workers, scheduler and disk, notes what is wrong as a failure, and hands on the messages that
wait: mail to the admins must not wait for the worker whose loss it tells of.
"""

from __future__ import annotations

import atexit
import fcntl
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.accounts import mail
from app.catalogue.models import now
from app.extensions import db
from app.operations import beats, health
from app.settings import Settings
from app.usage import alerts, failures
from app.usage.failures import Failure

log = logging.getLogger(__name__)

LOOK_SECONDS = 30.0
TOLD = ("worker", "scheduler")  # a web process that ends is seen by its visitors, and by this watch no more
AGAIN = timedelta(hours=1)  # what goes on being wrong is noted once an hour


def look() -> list[Failure]:
    """One look: note what is wrong, write of it, hand on what waits. Returns what was noted. Commits."""
    settings: Settings = current_app.extensions["pinakes.settings"]
    noted = [failure for kind, thing, why, facts in wrong(settings) if (failure := _note(kind, thing, why, facts))]
    db.session.commit()
    alerts.deliver_due()
    mail.deliver_due()
    return noted


def wrong(settings: Settings) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """What is wrong now: kind, thing, why, details."""
    for beat in beats.read(settings.instance):
        if beat.silent and beat.kind in TOLD:
            who = beat.name.partition(":")[2] or beat.name
            minutes = max(1, round(_silence(beat) / 60))
            why = f"{who} has not been heard of for {minutes} min, and did not say that it ends."
            yield beat.kind, beat.name, why, {"name": who}
    disk = health.disk(count=False)
    if disk.low:
        free, least = disk.free >> 20, disk.least >> 20
        why = f"{free:,} MB are free where the instance lies; below {least:,} MB it is told."
        yield "disk", "instance", why, {"free": disk.free}


def _silence(beat: beats.Beat) -> float:
    return time.time() - beat.at


def _note(kind: str, thing: str, why: str, facts: dict[str, Any]) -> Failure | None:
    noted = select(Failure.id).where(Failure.kind == kind, Failure.thing == thing[:200], Failure.at > now() - AGAIN)
    if db.session.scalar(noted.limit(1)) is not None:
        return None
    failure = failures.record(kind, thing, why, **facts)
    if failure:
        log.warning("%s: %s [%s]", kind, failure.why, failure.reference)
        alerts.tell(failure)
    return failure


class Watch:
    """The thread of one application; begun at its first request, so that no command begins one."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.name, self.began = f"web:{socket.gethostname()}-{os.getpid()}", time.time()
        self._begun = threading.Lock()
        self.ended = threading.Event()

    def begin(self) -> None:
        """Begin, if it was not yet."""
        if self._begun.acquire(blocking=False):
            atexit.register(beats.remove, Path(self.app.instance_path), self.name)
            threading.Thread(target=self._run, name="watch", daemon=True).start()

    def _run(self) -> None:
        while True:
            beats.write(Path(self.app.instance_path), self.name, self.began, memory=beats.memory_of(os.getpid()))
            if self.ended.wait(LOOK_SECONDS):
                return
            with self.app.app_context():
                self._look()

    def _look(self) -> None:
        try:
            with alone(Path(self.app.instance_path)) as mine:
                if mine:
                    look()
        except (SQLAlchemyError, OSError) as error:  # a database that is down is told of by every page
            db.session.rollback()
            log.warning("the watch could not look: %s", " ".join(str(error).split())[:300])
        except Exception:
            db.session.rollback()
            log.exception("the watch could not look")


@contextmanager
def alone(instance: Path) -> Iterator[bool]:
    """Whether no other web process of the instance is looking just now."""
    folder = instance / beats.FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "watch.lock").open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True


def register(app: Flask) -> None:
    """Begin at the first request; tests look themselves."""
    settings: Settings = app.extensions["pinakes.settings"]
    if settings.testing:
        return
    watch = app.extensions["pinakes.watch"] = Watch(app)
    app.before_request(watch.begin)
