"""Keeping results: what was run, on which code, data and machine."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import tempfile
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

LIBRARIES = ("faiss-cpu", "keras", "numpy", "opencv-python-headless", "openvino", "pillow")


def revision(root: Path, default: str) -> str:
    """`git describe --always --dirty` of the code in `root`; `default` (the version) where there is no repository."""
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--tags"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return default
    return done.stdout.strip() or default


def run_card(result: dict[str, Any], command: str) -> dict[str, Any]:
    """The result with the command, the time (UTC), the machine and the versions of the libraries that decide it."""
    return {
        "command": command,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"processor": _processor(), "cores": len(os.sched_getaffinity(0)), "system": platform.system()},
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
        "result": result,
    }


def write_json(path: Path, value: Any) -> None:
    """Write aside, then rename: a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8") as file:
        draft = Path(file.name)
        try:
            json.dump(value, file, ensure_ascii=False, indent=1)
            file.write("\n")
        except BaseException:
            draft.unlink()
            raise
    draft.chmod(0o644)
    draft.replace(path)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor())


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
