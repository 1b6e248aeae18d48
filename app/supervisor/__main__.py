"""`python -m app.supervisor`: what `make run` starts. Prepares the instance, then runs everything until Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack
from types import FrameType
from typing import NoReturn

from app.settings import ROOT, Settings, SettingsError, load_settings
from app.supervisor.broker import BrokerError, EmbeddedBroker
from app.supervisor.lock import AlreadyRunningError, instance_lock, write_note
from app.supervisor.parents import die_with_parent
from app.supervisor.ports import free_port, page_address
from app.supervisor.processes import Supervisor, commands, exit_code

POLL_SECONDS = 0.1


def main() -> int:
    """Run until a stop is asked for or a process fails. Returns the exit code."""
    signal.signal(signal.SIGTERM, _stop_early)
    try:
        settings = load_settings()
        with instance_lock(settings.instance):
            return run(settings)
    except (SettingsError, AlreadyRunningError, BrokerError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def run(settings: Settings) -> int:
    """Prepare the instance, then start its processes and wait for them."""
    environment = environment_of(settings, os.environ)
    prepared = prepare(environment)
    return prepared.returncode or serve(settings, environment, accounts=prepared.stdout)


def environment_of(settings: Settings, given: Mapping[str, str]) -> dict[str, str]:
    """What every process starts with: the environment given, the instance, and what the libraries must know."""
    ours = {"PINAKES_INSTANCE": str(settings.instance), "PYTHONUNBUFFERED": "1"}
    ours["REMAP_SIGTERM"] = "SIGQUIT"  # the worker hands a running job back instead of waiting for its end
    # Two threads of OpenBLAS wait for each other on busy processors: a CAM pooling then took 7 times the processor time.
    return {"OPENBLAS_NUM_THREADS": "1", **given, **ours}


def serve(settings: Settings, environment: dict[str, str], accounts: str = "") -> int:
    """Run broker, worker, scheduler and web server until a stop is asked for or one of them ends."""
    with ExitStack() as stack:
        broker = None if settings.broker_url else start_broker(settings, stack)
        environment["PINAKES_BROKER_URL"] = broker.url if broker else settings.broker_url
        port = choose_port(settings)
        supervisor = Supervisor(environment)
        for name, command in commands(settings, port).items():
            supervisor.add(name, command)
        url = page_address(settings.host, port)
        write_note(settings.instance, pid=os.getpid(), broker=environment["PINAKES_BROKER_URL"])
        supervisor.watchers.append(lambda: announce(settings, url, environment["PINAKES_BROKER_URL"], accounts))
        if broker:
            supervisor.watchers.append(lambda: watch(broker))
        supervisor.loop()
        return exit_code(broker.failure() if broker and broker.failure() is not None else supervisor.returncode)


def prepare(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Bring the instance up to date in a process of its own, which takes its memory with it; it prints the accounts."""
    command = [sys.executable, "-m", "flask", "prepare"]
    return subprocess.run(
        command, env=environment, cwd=ROOT, preexec_fn=die_with_parent, check=False, stdout=subprocess.PIPE, text=True
    )


def start_broker(settings: Settings, stack: ExitStack) -> EmbeddedBroker:
    broker = EmbeddedBroker(settings.instance / "broker")
    stack.callback(broker.stop)  # last of all, so that the worker can hand its job back
    broker.start()
    return broker


def choose_port(settings: Settings) -> int:
    port = free_port(settings.host, settings.port)
    if port != settings.port:
        print(f"Port {settings.port} is in use; taking {port}.", flush=True)
    return port


def announce(settings: Settings, url: str, broker: str, accounts: str) -> None:
    """Once the web server answers: say where, and who may log in."""
    while not answers(url):
        time.sleep(POLL_SECONDS)
    write_note(settings.instance, pid=os.getpid(), url=url, broker=broker)
    known = f"  Demo accounts, with the passwords made at the first run:\n{accounts}\n" if accounts else ""
    print(f"\n  Pinakes answers at {url}\n\n{known}  Ctrl-C stops everything.\n", flush=True)


def answers(url: str) -> bool:
    """Whether a web server answers there, with whatever page."""
    try:
        urllib.request.urlopen(url, timeout=30).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def watch(broker: EmbeddedBroker) -> None:
    """Stop everything if the broker ends by itself."""
    assert broker.process is not None
    code = broker.process.wait()
    if broker.stopping:
        return
    print(f"The embedded broker ended (exit code {code}); its log is {broker.log}.", file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGTERM)


def _stop_early(_number: int, _frame: FrameType | None) -> NoReturn:
    """SIGTERM before the processes run: leave as on Ctrl-C, through every `finally`."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
