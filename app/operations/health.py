"""The state of a site: queue, jobs, disk and memory, as the staff page, `/metrics` and the watch ask for it."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil
from flask import current_app
from sqlalchemy import func, make_url, select, text
from sqlalchemy.exc import SQLAlchemyError

from app.catalogue.models import now
from app.extensions import db
from app.operations import beats
from app.settings import Settings
from app.usage.models import JOB_STATES, Job

SIZES_SECONDS = 300.0  # for so long folders are not counted again
CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Queue:
    """Jobs that wait and run, and messages in the broker (None: it does not answer)."""

    queued: int
    running: int
    oldest: datetime | None  # when the job that has waited longest was asked for
    messages: int | None
    why: str = ""  # the broker does not answer


@dataclass(frozen=True)
class Disk:
    """Bytes of the file system of the instance, and of the instance's parts by name (`None`: not counted yet)."""

    total: int
    free: int
    least: int
    parts: dict[str, int]
    counted_at: float

    @property
    def low(self) -> bool:
        return self.free < self.least


@dataclass(frozen=True)
class Memory:
    """Bytes: of the machine (or the container's limit), free for use of it, and of this web process."""

    total: int
    available: int
    web: int


def queue() -> Queue:
    """Jobs of the table and messages of the broker."""
    states = job_states()
    oldest = db.session.scalar(select(func.min(Job.created_at)).where(Job.state == "queued"))
    messages, why = broker_messages()
    return Queue(states["queued"], states["running"], oldest, messages, why)


def job_states() -> dict[str, int]:
    """How many jobs are in each state."""
    counted = dict(db.session.execute(select(Job.state, func.count()).group_by(Job.state)).all())
    return {state: counted.get(state, 0) for state in JOB_STATES}


def broker_messages() -> tuple[int | None, str]:
    """Messages that no worker has taken; None and why, where the broker does not answer within a second or two."""
    from celery import Celery
    from kombu.exceptions import KombuError, OperationalError

    from app.usage.failures import without_passwords
    from tasks.application import broker_url, transport_options

    url = broker_url(_settings())
    options = {**transport_options(url), "socket_connect_timeout": 1, "max_retries": 0}
    try:
        with Celery(broker=url).connection(transport_options=options, connect_timeout=1) as connection:
            connection.ensure_connection(max_retries=0, timeout=2)
            return int(connection.default_channel.queue_declare("celery", passive=True).message_count), ""
    except (OperationalError, KombuError, OSError) as error:
        return None, without_passwords(" ".join(str(error).split())[:200])
    except Exception as error:  # a transport's own error for a queue that nobody has declared yet
        if "NOT_FOUND" in str(error) or "no queue" in str(error).lower() or "not found" in str(error).lower():
            return 0, ""
        return None, without_passwords(" ".join(str(error).split())[:200])


def disk(*, count: bool = True) -> Disk:
    """Free space now; the sizes of the parts at most five minutes old."""
    settings = _settings()
    usage = shutil.disk_usage(settings.instance)
    at, parts = _parts(settings) if count else (0.0, {})
    return Disk(usage.total, usage.free, settings.disk_free_min_mb << 20, parts, at)


def _parts(settings: Settings) -> tuple[float, dict[str, int]]:
    known: tuple[float, dict[str, int]] = current_app.extensions.get("pinakes.sizes", (0.0, {}))
    if time.time() - known[0] > SIZES_SECONDS:
        known = time.time(), sizes(settings)
        current_app.extensions["pinakes.sizes"] = known
    return known


def sizes(settings: Settings) -> dict[str, int]:
    """Bytes of what lies in the instance, by name."""
    folders = {
        "pictures": settings.pictures_dir, "uploads": settings.uploads_dir, "builds": settings.indexes_dir,
        "thumbnails": settings.thumbnails_dir, "imports": settings.instance / "imports", "logs": settings.instance / "logs",
    }  # fmt: skip
    found = {"database": database_size(settings)} | {name: folder_size(path) for name, path in folders.items()}
    descriptors = settings.descriptors_path.parent.glob(settings.descriptors_path.name + "*")
    return found | {"descriptors": sum(_size(path) for path in descriptors)}


def database_size(settings: Settings) -> int:
    """Bytes of the database, wherever it is."""
    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite" and url.database:
        file = Path(url.database)
        return sum(_size(path) for path in file.parent.glob(file.name + "*"))
    try:
        return int(db.session.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    except SQLAlchemyError:
        db.session.rollback()
        return 0


def folder_size(folder: Path) -> int:
    """Bytes of all files below a folder; 0 where there is none."""
    total = 0
    for root, _folders, files in os.walk(folder):
        total += sum(_size(Path(root, name)) for name in files)
    return total


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def memory() -> Memory:
    """Of the machine, or of the container where that may hold less; and of this process."""
    machine = psutil.virtual_memory()
    total, available = int(machine.total), int(machine.available)
    limit, used = _cgroup("memory.max"), _cgroup("memory.current")
    if limit and limit < total:
        total, available = limit, max(0, min(available, limit - (used or 0)))
    return Memory(total, available, beats.memory_of(os.getpid()))


def _cgroup(name: str) -> int | None:
    try:
        said = (CGROUP / name).read_text().strip()
    except OSError:
        return None
    return int(said) if said.isdecimal() else None


def waited(queue: Queue, at: datetime | None = None) -> float:
    """Seconds that the oldest waiting job has waited."""
    return max(0.0, ((at or now()) - queue.oldest).total_seconds()) if queue.oldest else 0.0


def _settings() -> Settings:
    found: Settings = current_app.extensions["pinakes.settings"]
    return found
