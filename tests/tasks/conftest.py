"""A real Valkey and real worker processes on a temporary instance."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from app.extensions import db
from app.settings import ROOT, Settings
from app.supervisor.broker import EmbeddedBroker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker(tmp_path / "instance" / "broker")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def served(tmp_path: Path, broker: EmbeddedBroker) -> Iterator[Flask]:
    """The application as the web process has it: tasks go to the broker."""
    app = create_app(Settings(instance=tmp_path / "instance", broker_url=broker.url))
    with app.app_context():
        db.create_all()
        yield app
        db.session.remove()
        db.engine.dispose()


class Worker:
    """A worker process on the instance of `served`."""

    def __init__(self, instance: Path, broker_url: str, log: Path, module: str = "slow", **more: str) -> None:
        environment = {**os.environ, **more, "PINAKES_INSTANCE": str(instance), "PINAKES_BROKER_URL": broker_url}
        environment["REMAP_SIGTERM"] = "SIGQUIT"
        command = [sys.executable, "-m", "celery", "--quiet", "-A", f"tests.tasks.{module}", "worker", "--concurrency=1"]
        self.process = subprocess.Popen(
            [*command, "--loglevel=INFO", "--without-gossip", "--without-mingle"],
            cwd=ROOT, env=environment, stdout=log.open("ab"), stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def children(self) -> list[int]:
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def kill(self) -> None:
        """End the worker and its children as a power cut would."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@pytest.fixture
def start_worker(served: Flask, broker: EmbeddedBroker, tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    workers: list[Worker] = []

    def start(module: str = "slow", **environment: str) -> Worker:
        workers.append(Worker(Path(served.instance_path), broker.url, tmp_path / "worker.log", module, **environment))
        return workers[-1]

    yield start
    for worker in workers:
        worker.kill()


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 40.0) -> None:
    """Wait until the condition holds; fail naming `what` if it never does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        db.session.rollback()  # a new look at the database
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {seconds:.0f} s")
