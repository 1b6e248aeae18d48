"""One engine in a process of its own, so that its memory is its own: `build` writes it, `search` opens it and asks.

    python -m app.evaluation.engine_child build  'IVF100,PQ8' FOLDER
    python -m app.evaluation.engine_child search 'IVF100,PQ8' FOLDER EFFORT K

FOLDER holds base.npy and queries.npy; what was measured is one line of JSON, what was found lies in FOLDER.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from app.engine.index import VectorIndex, engines
from app.engine.index.factory import Spec, parse
from app.engine.types import Floats, Ints

WARM_UP = 5
MEGABYTE = 1e6


def build(spec: Spec, folder: Path) -> dict[str, Any]:
    """Train and fill the engine, choose its effort, write it."""
    vectors = np.load(folder / "base.npy")
    before = peak_mb()
    started, worked = time.perf_counter(), time.process_time()
    index = engines.filled(spec, vectors)
    seconds, worked, peak = time.perf_counter() - started, time.process_time() - worked, peak_mb()
    engines.settle(index, spec, vectors)
    path = folder / engines.file_of(spec.name)
    index.write(path)
    size = path.stat().st_size / MEGABYTE
    return {
        "build_s": seconds, "build_cpu_s": worked, "build_mb": peak - before, "disk_mb": size,
        "lists": index.lists, "effort": index.effort,
    }


def search(spec: Spec, folder: Path, effort: int, k: int) -> dict[str, Any]:
    """Open what was written and ask one query after another; with a second pass over the mapped vectors where there are codes."""
    queries, base = np.load(folder / "queries.npy"), np.load(folder / "base.npy", mmap_mode="r")
    before = present_mb()
    started = time.perf_counter()
    index = engines.read_bare(folder / engines.file_of(spec.name), spec, effort)
    opened = time.perf_counter() - started
    told: dict[str, Any] = {"open_ms": 1000 * opened, "alone": _asked(index, queries, k, folder / "alone.npy", before)}
    if spec.codes:
        both = engines.over_full(index, spec, base)
        told["full"] = _asked(both, queries, k, folder / "full.npy", before)
    return told


def _asked(index: VectorIndex, queries: Floats, k: int, path: Path, before: float) -> dict[str, float]:
    times, worked, found = _timed(lambda query: index.search(query, k)[1], queries)
    np.save(path, found)
    p50, p95 = np.percentile(times, [50, 95])
    return {"p50_ms": float(p50), "p95_ms": float(p95), "cpu_ms": worked / len(queries), "memory_mb": present_mb() - before}


def _timed(ask: Callable[[Floats], Ints], queries: Floats) -> tuple[list[float], float, Ints]:
    """Milliseconds by the clock of each query; of the processor for all, which a busy machine does not lengthen; what was found."""
    for query in queries[:WARM_UP]:
        ask(query[None])
    times, found = [], []
    worked = time.process_time()
    for query in queries:
        started = time.perf_counter()
        found.append(ask(query[None])[0])
        times.append(1000 * (time.perf_counter() - started))
    return times, 1000 * (time.process_time() - worked), np.stack(found)


def peak_mb() -> float:
    """The most memory that the process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE


def present_mb() -> float:
    """What the process has in memory now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / MEGABYTE


def main() -> None:
    faiss.omp_set_num_threads(1)  # times are those of one core
    verb, name, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    spec = parse(name)
    told = build(spec, folder) if verb == "build" else search(spec, folder, int(sys.argv[4]), int(sys.argv[5]))
    print(json.dumps(told))


if __name__ == "__main__":
    main()
