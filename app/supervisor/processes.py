"""What runs beside the broker, and honcho's manager with the two things it lacks: an orderly stop and no orphans."""

from __future__ import annotations

import functools
import os
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import honcho.manager
from honcho.manager import Manager
from honcho.process import Popen, Process

from app.settings import ROOT, Settings
from app.supervisor.parents import die_with_parent

STOP_SECONDS = 20  # then what still runs is killed; above gunicorn's and the worker's own patience
PAGE_THREADS = 8  # beside the searches that may wait: pages answer while the encoder is busy


def commands(settings: Settings, port: int) -> dict[str, list[str]]:
    """The command line of every process, by name."""
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "tasks.application"]
    schedule = settings.instance / "broker" / "beat-schedule"
    worker = ["worker", "--concurrency=2", "--loglevel=WARNING", "--without-gossip", "--without-mingle"]
    return {
        "web": web_server(settings, port),
        "worker": ["nice", "-n", "5", *celery, *worker],  # a visitor's search goes before a re-index
        "scheduler": ["nice", "-n", "5", *celery, "beat", "--loglevel=WARNING", f"--schedule={schedule}", "--pidfile="],
    }


def web_server(settings: Settings, port: int) -> list[str]:
    """gunicorn with one worker: a second one doubles the memory of the model and brings nothing on two cores."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    options = {
        "bind": f"{host}:{port}",
        "worker-class": "gthread",
        "workers": "1",
        "threads": str(settings.search_queue + PAGE_THREADS),
        "timeout": "300",  # of the worker's own heartbeat, which the loading of a model may hold up
        "graceful-timeout": "10",
        "keep-alive": "5",
        "log-level": "warning",
    }
    command = [sys.executable, "-m", "gunicorn", "wsgi:app", "--no-control-socket"]
    return command + [f"--{name}={value}" for name, value in options.items()]


class _Child(Process):  # type: ignore[misc]
    """A process whose wrapper and itself end when the supervisor is killed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A worker that is asked to stop waits for a broker that died with the supervisor; its jobs are given back as they are.
        number = signal.SIGKILL if self.name == "worker" else signal.SIGTERM
        self._child_ctor = functools.partial(Popen, preexec_fn=functools.partial(die_with_parent, number))

    def run(self, *args: Any, **kwargs: Any) -> None:
        die_with_parent(signal.SIGKILL)  # the wrapper ignores SIGTERM; its child then gets its own SIGTERM
        super().run(*args, **kwargs)


class _Signals:
    """Stop the process alone, which then stops its children in its own order; kill its whole group."""

    def terminate(self, pid: int) -> None:
        _send(os.kill, pid, signal.SIGTERM)

    def kill(self, pid: int) -> None:
        _send(os.killpg, pid, signal.SIGKILL)


def _send(how: Callable[[int, int], None], pid: int, number: int) -> None:
    try:
        how(pid, number)
    except ProcessLookupError:
        return


class Supervisor(Manager):  # type: ignore[misc]
    """honcho's manager. `watchers` are called in threads of their own once everything has been started."""

    def __init__(self, environment: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        honcho.manager.KILL_WAIT = STOP_SECONDS
        self.environment = dict(environment)
        self.watchers: list[Callable[[], None]] = []
        self._process_ctor = _Child
        self._procmgr = _Signals()

    def add(self, name: str, command: list[str], folder: Path = ROOT) -> None:
        self.add_process(name, "exec " + shlex.join(command), env=self.environment, cwd=str(folder))

    def _system_print(self, data: str) -> None:
        """Of honcho's own lines only what someone needs: that it stops, and which process ended first."""
        if data.endswith("received\n"):
            print("Stopping …", file=sys.stderr, flush=True)
        elif "stopped (rc=" in data and not self._terminating:
            super()._system_print(data)

    def _start(self) -> None:
        super()._start()
        for watcher in self.watchers:
            threading.Thread(target=watcher, daemon=True).start()


def exit_code(returncode: int | None) -> int:
    """What the supervisor ends with: 0 after Ctrl-C or SIGTERM, 128 + n for a process that signal n ended."""
    if returncode is None or returncode in (130, 143):
        return 0
    return 128 - returncode if returncode < 0 else returncode
