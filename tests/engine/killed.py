"""What is left when a process is killed in the middle: `python -m tests.engine.killed OPERATION FOLDER` prints it as JSON.

The operation runs again and again in a process forked for it, which an audit hook ends by SIGKILL at its first, second, third …
touch of the index folder, until it comes to its end. After each, another forked process says what can be found.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.engine import gallery
from app.engine.errors import BuildError
from app.engine.pipeline import Indexer, indexed_pictures
from tests.engine.small_builds import indexer, pictures

AGAIN = 5  # after every so many steps the operation is repeated, as that takes its time
STRIDE = {"build": 3}  # a build touches its folder a hundred times
TOUCHES = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree"}


def build(one: Indexer) -> None:
    one.build(pictures(1, 2, 3, 4, 5))


def publish(one: Indexer) -> None:
    one.builds.publish(one.builds.names()[0])


def add(one: Indexer) -> None:
    one.add(pictures(6))


def remove(one: Indexer) -> None:
    one.builds.change(one.builds.current(), removed=frozenset({2}))


def prune(one: Indexer) -> None:
    one.builds.prune(1)


OPERATIONS: dict[str, Callable[[Indexer], None]] = {
    "build": build, "publish": publish, "add": add, "remove": remove, "prune": prune,
}  # fmt: skip


def prepare(folder: Path) -> None:
    """Two builds: the older of pictures 1 … 3, the published one of 1 … 4."""
    one = indexer(folder)
    one.build(pictures(1, 2, 3))
    one.build(pictures(1, 2, 3, 4))


def kill_at(touch: int, folder: Path) -> None:
    left = touch

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        if event in TOUCHES and str(arguments[0]).startswith(str(folder)):
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


def forked(work: Callable[[], Any]) -> tuple[int, Any]:
    """(wait status, what the work returned) of a process forked for it."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        answer = json.dumps(work()).encode()
        os.write(writing, answer)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    return os.waitpid(pid, 0)[1], json.loads(answer) if answer else None


def state(folder: Path) -> dict[str, Any]:
    """What a new process sees."""
    one = indexer(folder)
    builds = one.builds
    current = builds.current()
    builds.check(current)
    found = gallery.load(builds, current)
    healthy = 0
    for name in builds.names():
        try:
            builds.check(name)
            healthy += 1
        except BuildError:
            pass
    return {
        "pictures": sorted(indexed_pictures(builds, current)), "loaded": len(found.pictures) - len(found.removed),
        "names": len(builds.names()), "healthy": healthy,
    }


def again(folder: Path, name: str) -> dict[str, Any]:
    """The operation once more, as the next process does it; and what is left over."""
    one = indexer(folder)
    OPERATIONS[name](one)
    one.builds.discard_drafts()
    left = [str(path.relative_to(folder)) for path in (folder / "indexes").rglob("*") if path.name.startswith(".")]
    return {**state(folder), "left": left}


def main(name: str, folder: Path) -> list[dict[str, Any]]:
    forked(lambda: prepare(folder / "start"))
    steps: list[dict[str, Any]] = []
    while True:
        world = folder / f"step-{len(steps) + 1}"
        shutil.copytree(folder / "start", world)

        def attempt(world: Path = world, touch: int = STRIDE.get(name, 1) * len(steps) + 1) -> None:
            one = indexer(world)
            kill_at(touch, world / "indexes")
            OPERATIONS[name](one)

        killed = os.WIFSIGNALED(forked(attempt)[0])
        after = forked(lambda world=world: state(world))[1]
        repeated = forked(lambda world=world: again(world, name))[1] if not len(steps) % AGAIN else None
        steps.append({"killed": killed, "after": after, "again": repeated})
        shutil.rmtree(world)
        if not killed:
            return steps


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]))))
