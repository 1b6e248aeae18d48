"""How good, quick and large is the inverted file of local features of a whole collection? Asks the published build as it is. JSON.

    PINAKES_INSTANCE=… python benchmarks/at_size.py PHOTOS.csv [--cache DIR] [--out FILE]

`recall_at` is the share of photos of known works with one of their works among the first k by votes alone; `query_ms` is of the
whole vote for one photo (neighbours, weights, geometry), two threads, one photo after the other. `memory_mb` is what the process
gained by opening the build, and what it holds after all photos; `files_mb` is what lies on disk.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import faiss
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app import create_app  # noqa: E402
from app.engine import gallery  # noqa: E402
from app.engine.builds import Builds  # noqa: E402
from app.engine.gallery import EVERYTHING, Gallery  # noqa: E402
from app.engine.presets import SearchPreset, search_preset  # noqa: E402
from app.evaluation.run_card import run_card, write_json  # noqa: E402
from benchmarks.seen import Features  # noqa: E402
from benchmarks.votes import Asked, photos  # noqa: E402

KS = (1, 5, 20)
DEPTH = 50  # works that are ranked


def ask(opened: Gallery, preset: SearchPreset, asked: list[Asked], source_ids: dict[int, str]) -> dict[str, Any]:
    """Recall and times of the votes, one photo after the other."""
    ranks, times = [], []
    for one in asked:
        start = time.perf_counter()
        found = opened.by_votes(one.local, DEPTH, preset.vote_nprobe, EVERYTHING, consistent=preset.vote_geometry)
        times.append(1000 * (time.perf_counter() - start))
        names = [source_ids[int(opened.pictures["work_id"][position])] for position, _ in found]
        ranks.append(next((rank for rank, name in enumerate(names, 1) if name in one.works), DEPTH + 1))
    return {
        "photos": len(asked), "recall_at": {str(k): round(float(np.mean([rank <= k for rank in ranks])), 4) for k in KS},
        "worst_ranks": sorted(ranks)[-5:],
        "query_ms": {"p50": round(float(np.median(times)), 1), "p95": round(float(np.percentile(times, 95)), 1)},
    }


def size(builds: Builds, opened: Gallery) -> dict[str, Any]:
    folder = builds.folder / opened.build_id
    code = opened.voters.code_size + 8  # FAISS keeps a 64-bit number beside every code
    files = {path.name: round(path.stat().st_size / 1e6, 1) for path in sorted(folder.iterdir()) if path.is_file()}
    files["segments"] = round(sum(path.stat().st_size for path in (folder / "segments").rglob("*") if path.is_file()) / 1e6, 1)
    return {
        "pictures": len(opened.pictures), "descriptors": int(opened.voters.ntotal), "lists": opened.voters.nlist,
        "bytes_a_descriptor": code, "inverted_file_mb": round(code * opened.voters.ntotal / 1e6, 1), "files_mb": files,
    }


def resident_mb() -> float:
    """Memory of this process that is its own: files that are only mapped do not count."""
    status = Path("/proc/self/status").read_text("ascii")
    return round(int(status.split("RssAnon:")[1].split()[0]) / 1000, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("kept"))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    faiss.omp_set_num_threads(2)
    (options.cache / "photos").mkdir(parents=True, exist_ok=True)
    with create_app().app_context():
        from app import services

        builds, source_ids = services.builds(), services.source_ids()
    preset = search_preset(builds.manifest(builds.current())["preset"])
    before = resident_mb()
    start = time.perf_counter()
    opened = gallery.load(builds, builds.current())
    memory = {"opened": round(resident_mb() - before, 1)}
    seconds = round(time.perf_counter() - start, 1)
    asked = photos(options.photos, set(source_ids.values()), Features(preset, options.cache / "photos"))
    before = resident_mb()
    votes = ask(opened, preset, asked, source_ids)
    memory["gained by asking"] = round(resident_mb() - before, 1)
    result = {**size(builds, opened), "open_s": seconds, "memory_mb": memory, **votes}
    print(result)
    if options.out:
        write_json(options.out, run_card(result, f"benchmarks/at_size.py {options.photos.name}"))


if __name__ == "__main__":
    main()
