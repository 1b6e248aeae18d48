"""The real Celery application, whose worker is killed once at each stage of `DIE_AT` (`unpacking:1 storing:3`: stage and how far),
as a power cut would: `DIE_AT=… DEATHS=folder celery -A tests.tasks.deadly worker`.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from app.catalogue import unpacking
from app.usage import jobs, pulse
from tasks.application import celery

jobs.SILENT_SECONDS = 2.0  # quicker than in earnest
pulse.BEAT_SECONDS = 0.3
unpacking.STEP = 1

__all__ = ["celery"]

tell = jobs.progress


def progress(job_id: str, stage: str, done: int, total: int) -> None:
    tell(job_id, stage, done, total)
    died = Path(os.environ["DEATHS"], stage)
    if f"{stage}:{done}" in os.environ["DIE_AT"].split() and not died.exists():
        died.touch()
        os.kill(os.getpid(), signal.SIGKILL)


jobs.progress = progress
