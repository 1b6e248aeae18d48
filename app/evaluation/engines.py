"""Engines side by side on the same vectors: what each finds of exact search, and what it costs.

Some of the vectors are held out and asked for; the others are what is searched. Each engine is built and asked in child processes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.engine.errors import EngineError, PresetError
from app.engine.index.factory import check_size, coarse, parse
from app.engine.types import Floats, Ints
from app.evaluation.bootstrap import Doubles, Figure, interval, photo_weights

DEFAULT = (
    "Flat", "IVF100,Flat", "IVF100,PQ8", "OPQ64,IVF100,PQ64", "LOPQ,PQ64", "PQ64", "HNSW32", "HNSW32_PQ64", "Forest50",
)  # fmt: skip
RECALL_AT = (1, 10, 100)
ENOUGH = 0.99  # recall@10 whose interval lies below this is warned of
ROOT = Path(__file__).resolve().parents[2]


class VectorsError(EngineError):
    """The vectors cannot be compared: no file, no numbers, or too few."""


def read_vectors(path: Path) -> Floats:
    """(n, D) float32 unit rows of an .npy file. Raises VectorsError."""
    try:
        raw = np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise VectorsError(f"There is no file {path}; write vectors with numpy.save.") from None
    except (ValueError, OSError, EOFError) as error:
        raise VectorsError(f"{path} is no array that NumPy can read ({error}); write it with numpy.save.") from error
    if not isinstance(raw, np.ndarray) or raw.ndim != 2 or raw.dtype.kind not in "fiu" or not raw.size:
        raise VectorsError(f"{path} holds no table of numbers; one row a picture is wanted, (n, D).")
    rows: Floats = raw.astype(np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(rows).all() or not lengths.all():
        raise VectorsError(f"{path} has rows of zeros or of what is no number; leave them out.")
    return np.asarray(rows / lengths, np.float32)


def compare(
    vectors: Floats, names: Sequence[str] = DEFAULT, *, queries: int = 500, seed: int = 0,
    progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
) -> dict[str, Any]:
    """Every engine's recall against exact search with its 95 % interval, times, memory and disk. Raises PresetError, VectorsError.

    An engine that these vectors are too few for has a sentence in place of figures. queries: how many vectors are held out, at most
    a fifth of them.
    """
    specs = [parse(name) for name in names]  # a wrong name is told before an hour has gone by
    if len(vectors) < 20:
        raise VectorsError(f"{len(vectors)} vectors are too few to compare engines on; 20 are the least.")
    held = np.random.default_rng(seed).permutation(len(vectors))
    count = min(queries, len(vectors) // 5)
    asked, base = vectors[np.sort(held[:count])], vectors[np.sort(held[count:])]
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="pinakes-engines-") as name:
        folder = Path(name)
        np.save(folder / "base.npy", base)
        np.save(folder / "queries.npy", asked)
        truth = _exact(base, asked)
        for place, spec in enumerate(specs):
            progress(spec.name, place, len(specs))
            if spec.server:
                rows.append({"engine": spec.name, "error": "A server is not measured beside engines that run in this process."})
                continue
            try:
                check_size(spec, *base.shape)
            except PresetError as error:
                rows.append({"engine": spec.name, "error": str(error)})
                continue
            rows += _measured(spec.name, folder, truth, base.shape)
        progress("done", len(specs), len(specs))
    return {
        "vectors": len(base), "dim": int(base.shape[1]), "queries": count, "k": int(truth.shape[1]), "engines": rows,
        "load_before": round(os.getloadavg()[0], 1), "cores": len(os.sched_getaffinity(0)),
    }


def _measured(name: str, folder: Path, truth: Ints, shape: tuple[int, ...]) -> list[dict[str, Any]]:
    """One row for the engine, and one for its second pass where it keeps codes."""
    spec = parse(name)
    built = _child("build", name, str(folder))
    asked = _child("search", name, str(folder), str(built["effort"]), str(truth.shape[1]))
    common = {"engine": name, **built, "open_ms": asked["open_ms"]}
    rows = []
    for key, second in (("alone", False), ("full", True)):
        if key in asked:
            row = {**common, "second_pass": second, **asked[key], **recalls(np.load(folder / f"{key}.npy"), truth)}
            if second:
                row["disk_mb"] += (folder / "base.npy").stat().st_size / 1e6
            rows.append({**_rounded(row), "warning": warning(row, coarse(spec, shape[1]))})
    return rows


def _child(*words: str) -> dict[str, Any]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "app.evaluation.engine_child", *words]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}, which may be for want of memory"]
        raise VectorsError(f"{words[1]} could not be measured: {last[0]}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _exact(base: Floats, asked: Floats) -> Ints:
    from app.engine.index.exact import ExactIndex

    flat = ExactIndex(base.shape[1])
    flat.add(base)
    return flat.search(asked, min(max(RECALL_AT), len(base)))[1]


def recalls(found: Ints, truth: Ints) -> dict[str, Any]:
    """Share of the exact k among the k found, and of queries whose nearest is among all that were found, with 95 % intervals."""
    weights = photo_weights(np.arange(len(found)))
    shares = {str(k): _shares(found[:, :k], truth[:, :k]) for k in RECALL_AT if k <= truth.shape[1]}
    return {
        "recall_at": {k: _figure(share, weights) for k, share in shares.items()},
        "nearest_in_100": _figure(_shares(found, truth[:, :1]), weights),
    }


def _shares(found: Ints, wanted: Ints) -> Doubles:
    """(n,) of what each query wanted, how much was found."""
    return np.array([np.isin(w, f).mean() for f, w in zip(found, wanted, strict=True)], np.float64)


def _figure(shares: Doubles, weights: Doubles) -> Figure:
    return interval(lambda w: w @ shares / w.sum(axis=1), weights, len(shares))


def warning(row: dict[str, Any], why: str) -> str:
    """What is lost, and the way out; empty where nothing is."""
    figure = row["recall_at"].get("10") or row["recall_at"]["1"]
    if figure["high"] >= ENOUGH:
        return ""
    lost = f"loses {100 * (1 - figure['value']):.0f} % of the exact ten nearest."
    if row["second_pass"]:
        further = f"{row['engine'].split('@')[0]}@{2 * row['effort']}"
        return f"Even with the second pass it {lost} Take more bytes, or look further ({further})."
    return f"It {lost} {why}".strip()


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in row.items()}
