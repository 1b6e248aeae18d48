"""The supervisor as a process: it answers, stops cleanly on every signal, and leaves nobody behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.settings import ROOT
from app.supervisor.lock import read_note
from app.supervisor.ports import free_port

# The instance is prepared by the fixture, without the demo collection, which would take a minute.
WITHOUT_DEMO = (
    "import subprocess, sys; from app.supervisor import __main__ as supervisor\n"
    "supervisor.prepare = lambda environment: subprocess.CompletedProcess([], 0, '  visitor  vera@example.org  secret\\n')\n"
    "sys.exit(supervisor.main())"
)
UNDER_MAKE = "run:\n\t@exec {python} -c \"$$CODE\"\n"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    instance = tmp_path_factory.mktemp("supervised") / "instance"
    found = {**os.environ, "PINAKES_INSTANCE": str(instance), "PINAKES_PORT": str(free_port("127.0.0.1", 18500))}
    found["CODE"] = WITHOUT_DEMO
    subprocess.run([sys.executable, "-m", "flask", "db", "upgrade"], env=found, cwd=ROOT, check=True, capture_output=True)
    return found


class Running:
    """A supervisor, in a session of its own as a terminal would have it."""

    def __init__(self, environment: dict[str, str], command: list[str], log: Path) -> None:
        self.instance, self.log = Path(environment["PINAKES_INSTANCE"]), log
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=log.open("wb"), stderr=subprocess.STDOUT, start_new_session=True
        )
        self.url = str(self.wait(lambda: self.note().get("url"), "the address"))
        self.family = descendants(self.process.pid)

    def note(self) -> dict[str, Any]:
        return read_note(self.instance)

    def wait(self, condition: Callable[[], Any], what: str, seconds: float = 60.0) -> Any:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := condition():
                return found
            time.sleep(0.05)
        raise AssertionError(f"{what} did not come; the log says:\n{self.log.read_text()}")

    def pid_of(self, words: str) -> int:
        return next(pid for pid in self.family if words in command_line(pid))

    def everybody_has_gone(self) -> None:
        self.wait(lambda: not any(alive(pid) for pid in self.family), "the end of every process", seconds=30)


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def descendants(pid: int) -> list[int]:
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            waiting += [int(child) for child in task.read_text().split()]
    return found


Start = Callable[..., Running]


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    started: list[Running] = []

    def begin(command: list[str] | None = None, **more: str) -> Running:
        log = tmp_path / f"run-{len(started)}.log"
        started.append(Running({**environment, **more}, command or [sys.executable, "-c", WITHOUT_DEMO], log))
        return started[-1]

    yield begin
    for running in started:
        for pid in running.family:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
        running.process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_ends_everything_with_exit_code_0(start: Start, number: signal.Signals) -> None:
    running = start()
    with urllib.request.urlopen(f"{running.url}/login") as page:
        assert page.status == 200
    printed = running.log.read_text()
    assert f"Pinakes answers at {running.url}" in printed
    assert "vera@example.org  secret" in printed
    running.process.send_signal(number)
    assert running.process.wait(30) == 0
    running.everybody_has_gone()
    assert running.note() == {}
    assert not (running.instance / "broker" / "valkey.sock").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_whole_group_of_make_ends_everything(
    start: Start, environment: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    (tmp_path / "Makefile").write_text(UNDER_MAKE.format(python=sys.executable))
    running = start(["make", "-f", str(tmp_path / "Makefile"), "run"])
    os.killpg(running.process.pid, number)
    running.process.wait(30)
    running.everybody_has_gone()
    assert running.note() == {}


def test_a_signal_to_make_alone_ends_everything(start: Start, tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text(UNDER_MAKE.format(python=sys.executable))
    running = start(["make", "-f", str(tmp_path / "Makefile"), "run"])
    running.process.terminate()
    running.process.wait(30)
    running.everybody_has_gone()


@pytest.mark.parametrize("part", ["gunicorn", "beat", "worker", "valkey-server"])
def test_a_part_that_dies_stops_the_rest_with_its_exit_code(start: Start, part: str) -> None:
    running = start()
    os.kill(running.pid_of(part), signal.SIGKILL)
    assert running.process.wait(30) == 128 + signal.SIGKILL
    running.everybody_has_gone()


def test_a_killed_supervisor_leaves_no_orphans(start: Start) -> None:
    running = start()
    supervisor = running.note()["pid"]
    os.kill(supervisor, signal.SIGKILL)
    running.process.wait(30)
    running.everybody_has_gone()
    again = start()
    assert again.url


def test_a_second_start_says_where_the_first_serves(start: Start, environment: dict[str, str]) -> None:
    running = start()
    second = subprocess.run(
        [sys.executable, "-c", WITHOUT_DEMO], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert second.returncode == 1
    assert f"Pinakes is already running at {running.url}" in second.stderr
    assert second.stdout == ""


def test_a_port_in_use_is_passed_over_and_said(start: Start, environment: dict[str, str], tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        running = start(PINAKES_PORT=str(port))
        assert not running.url.endswith(f":{port}")
        assert f"Port {port} is in use; taking {running.url.rpartition(':')[2]}." in running.log.read_text()
