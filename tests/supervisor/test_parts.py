"""Lock, ports and broker of the supervisor."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app.settings import Settings
from app.supervisor.__main__ import environment_of
from app.supervisor.broker import BrokerError, EmbeddedBroker, answers
from app.supervisor.lock import AlreadyRunningError, instance_lock, read_note, write_note
from app.supervisor.ports import free_port, page_address
from app.supervisor.processes import exit_code


def test_a_second_supervisor_is_told_where_the_first_serves(tmp_path: Path) -> None:
    with instance_lock(tmp_path):
        with pytest.raises(AlreadyRunningError, match="already starting"), instance_lock(tmp_path):
            pass
        write_note(tmp_path, pid=os.getpid(), url="http://127.0.0.1:8123")
        with pytest.raises(AlreadyRunningError, match=rf"running at http://127.0.0.1:8123 \(process {os.getpid()}"):  # noqa: SIM117
            with instance_lock(tmp_path):
                pass
    assert read_note(tmp_path) == {}
    with instance_lock(tmp_path):
        assert read_note(tmp_path) == {"pid": os.getpid()}


def test_a_killed_supervisor_leaves_no_lock(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from app.supervisor.lock import instance_lock\n"
        "with instance_lock(Path(sys.argv[1])): os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False).returncode == -9
    left = (tmp_path / "run.json").read_text()  # it had no time to remove it
    assert read_note(tmp_path) == {}
    with instance_lock(tmp_path):
        (tmp_path / "run.json").write_text(left)  # as it is for a moment before the next one writes its own
        assert read_note(tmp_path) == {}
    with instance_lock(tmp_path):
        assert read_note(tmp_path)["pid"] == os.getpid()


def test_a_port_in_use_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert port < free_port("127.0.0.1", port) <= port + 100


@pytest.mark.parametrize(
    ("host", "shown"),
    [("127.0.0.1", "http://127.0.0.1:80"), ("0.0.0.0", "http://127.0.0.1:80"), ("::1", "http://[::1]:80")],
)
def test_the_address_is_one_that_a_browser_takes(host: str, shown: str) -> None:
    assert page_address(host, 80) == shown


@pytest.mark.parametrize(("returncode", "code"), [(130, 0), (143, 0), (None, 0), (3, 3), (-9, 137), (0, 0)])
def test_exit_code(returncode: int | None, code: int) -> None:
    assert exit_code(returncode) == code


def test_every_process_computes_with_one_thread_of_openblas_unless_told_otherwise(tmp_path: Path) -> None:
    settings = Settings(instance=tmp_path)
    found = environment_of(settings, {"PATH": "/bin", "PINAKES_INSTANCE": "elsewhere"})
    assert found["OPENBLAS_NUM_THREADS"] == "1" and found["PATH"] == "/bin" and found["PINAKES_INSTANCE"] == str(tmp_path)
    assert environment_of(settings, {"OPENBLAS_NUM_THREADS": "4"})["OPENBLAS_NUM_THREADS"] == "4"


def test_the_broker_answers_and_ends(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path / "broker")
    assert broker.start() == f"redis+socket://{tmp_path}/broker/valkey.sock"
    assert answers(broker.socket)
    assert broker.failure() is None
    broker.stop()
    assert not answers(broker.socket)
    assert not broker.socket.exists()
    assert broker.failure() is None


def test_a_long_instance_path_gets_a_short_socket(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path / ("long" * 30) / "broker")
    broker.start()
    try:
        assert len(str(broker.socket)) < 100
        assert answers(broker.socket)
        assert broker.socket.parent.stat().st_mode & 0o077 == 0
    finally:
        broker.stop()
    assert not broker.socket.parent.exists()


def test_a_broker_that_cannot_start_names_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broker = EmbeddedBroker(tmp_path / "broker")
    command = broker._command()
    monkeypatch.setattr(broker, "_command", lambda: [*command, "--maxmemory", "nonsense"])
    with pytest.raises(BrokerError, match=r"valkey\.log"):
        broker.start()


def test_a_broker_that_ends_by_itself_is_a_failure(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path / "broker")
    broker.start()
    try:
        assert broker.process is not None
        broker.process.kill()
        broker.process.wait()
        assert broker.failure() == -9
    finally:
        broker.stop()
