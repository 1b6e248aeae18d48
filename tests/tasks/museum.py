"""The real Celery application on the tiny museum's narrow encoder, each batch of pictures delayed, for the tests that kill
workers in the middle of a re-index: `TINY_WEIGHTS=… SLOW_SECONDS=… celery -A tests.tasks.museum worker`.
"""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask import Flask

from app import create_app
from app.engine import describing
from app.engine.weights import WeightStore
from app.usage import jobs, pulse
from tasks import application
from tasks.application import celery
from tests.tiny import give_encoders, load_encoders

jobs.SILENT_SECONDS = 2.0  # quicker than in earnest
pulse.BEAT_SECONDS = 0.3
pulse.WRITE_SECONDS = 0.1
describing.WINDOW = 4

__all__ = ["celery"]


class Slow:
    """An encoder that takes its time."""

    def __init__(self, encoder: Any, seconds: float) -> None:
        self._encoder, self._seconds = encoder, seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def describe(self, images: Sequence[Any]) -> Any:
        time.sleep(self._seconds * len(images))
        return self._encoder.describe(images)


@functools.cache
def museum() -> Flask:
    app = create_app()
    seconds = float(os.environ["SLOW_SECONDS"])
    encoders = load_encoders(WeightStore(Path(os.environ["TINY_WEIGHTS"])))
    give_encoders(app, {name: Slow(encoder, seconds) for name, encoder in encoders.items()})
    return app


application.flask_application = museum
