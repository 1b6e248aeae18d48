"""How should the inverted file of local features keep a descriptor? Recall, time and memory of several codes, as JSON.

    python benchmarks/votes.py PHOTOS.csv [--codes SQ8_direct PQ32x4fs …] [--distractors N --from FOLDER … --cache DIR] [--out FILE]

Takes the published build of the instance that PINAKES_INSTANCE names. `recall_at_k` is the share of photos of known works with one
of their works among the first k by votes alone. `--distractors` adds the features of N mosaics of the pictures in the folders
(`flask simulate distractors`); they are kept in DIR, so that a larger N goes on where a smaller one ended. `query_ms` is of the
search for neighbours alone, two threads, one photo after the other; compare it within one run only.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import faiss  # noqa: E402

from app import create_app  # noqa: E402
from app.engine import segments, voting  # noqa: E402
from app.engine.images import read_image  # noqa: E402
from app.engine.local_features import root_sift  # noqa: E402
from app.engine.noise import median_if_noisy  # noqa: E402
from app.engine.types import Bytes, Ints  # noqa: E402
from app.evaluation.ground_truth import read_ground_truth  # noqa: E402
from app.evaluation.run_card import run_card, write_json  # noqa: E402
from app.training.simulation.distractors import SOURCE_SIDE, mosaic  # noqa: E402

CODES = ("SQ8_direct", "PQ64x4fs", "PQ32x4fs", "PQ16x4fs", "PQ16", "RaBitQ")
BLOCK = 500  # distractors a cache file
KS = (1, 5, 20)
ID_BYTES = 8  # FAISS keeps a 64-bit number beside every code


@dataclass(frozen=True)
class Collection:
    """descriptors (n, 128) uint8; owners (n,) number of the picture; works: source id of each real picture, in that order."""

    descriptors: Bytes
    owners: Ints
    pictures: int
    works: list[str]


@dataclass(frozen=True)
class Asked:
    descriptors: Bytes
    works: frozenset[str]


def gallery(folder: Path, source_ids: dict[int, str], fill: Sequence[Bytes]) -> Collection:
    """The local features of a build's base segment, and those of the distractors after them."""
    base = segments.read(folder / "segments" / "base")
    counts = [np.diff(base.local["sift"].offsets), np.array([len(rows) for rows in fill], np.int64)]
    owners = np.repeat(np.arange(len(base) + len(fill)), np.concatenate(counts))
    descriptors = np.concatenate([np.asarray(base.local["sift"].descriptors), *fill])
    works = [source_ids[int(pk)] for pk in base.pictures["work_id"]]
    return Collection(descriptors, owners, len(base) + len(fill), works)


def distractors(folders: Sequence[Path], count: int, cache: Path) -> list[Bytes]:
    """RootSIFT of `count` mosaics, as the default preset takes it of a catalogue picture."""
    if not count:
        return []
    sources = [read_image(path, max_side=SOURCE_SIDE) for folder in folders for path in sorted(folder.iterdir())]
    cache.mkdir(parents=True, exist_ok=True)
    found: list[Bytes] = []
    for start in range(0, count, BLOCK):
        path = cache / f"{start:06d}.npz"
        if not path.exists():
            pictures = [mosaic(sources, np.random.default_rng((0, number))) for number in range(start, start + BLOCK)]
            rows = [root_sift(picture, count=700, long_side=560).descriptors for picture in pictures]
            np.savez(path, rows=np.concatenate(rows), counts=[len(r) for r in rows])
        stored = np.load(path)
        found += np.split(stored["rows"], np.cumsum(stored["counts"])[:-1])
    return found[:count]


def photos(file: Path, works: set[str]) -> list[Asked]:
    """The local features of every photo of a known work, as the default preset takes them of a photo."""
    known = [photo for photo in read_ground_truth(file).photos if photo.artwork_ids & works]
    images = (median_if_noisy(read_image(photo.path, max_side=1600)) for photo in known)
    return [
        Asked(root_sift(image, count=1200, long_side=800).descriptors, photo.artwork_ids)
        for photo, image in zip(known, images, strict=True)
    ]


def measure(codes: str, collection: Collection, asked: Sequence[Asked], nprobe: int) -> dict[str, Any]:
    """Build an inverted file with these codes and ask it."""
    start = time.perf_counter()
    index = voting.train(collection.descriptors, codes=codes)
    voting.add(index, collection.descriptors)
    built = time.perf_counter() - start
    ranks, times = [], []
    for one in asked:
        start = time.perf_counter()
        distances, ids = voting.nearest(index, one.descriptors, nprobe=nprobe)
        times.append(1000 * (time.perf_counter() - start))
        owners = np.where(ids >= 0, collection.owners[np.maximum(ids, 0)], -1)
        ranks.append(rank(voting.votes(distances, owners, collection.pictures), collection.works, one.works))
    recall = {str(k): round(float(np.mean([r <= k for r in ranks])), 4) for k in KS}
    size = (index.code_size + ID_BYTES) * len(collection.descriptors)
    return {
        "codes": codes, "lists": index.nlist, "bytes_a_descriptor": index.code_size + ID_BYTES, "mib": round(size / 2**20, 1),
        "recall_at": recall, "worst_ranks": sorted(ranks)[-3:], "build_s": round(built, 1),
        "query_ms": {"p50": round(float(np.median(times)), 1), "p95": round(float(np.percentile(times, 95)), 1)},
    }


def rank(votes: np.ndarray[Any, Any], works: list[str], right: frozenset[str]) -> int:
    """Rank (from 1) of the first right work by votes; distractors count as works of their own."""
    seen: dict[str, None] = {}
    for position in np.argsort(-votes, kind="stable"):
        name = works[position] if position < len(works) else f"#{position}"
        if name in right:
            return len(seen) + 1
        seen.setdefault(name)
    return len(seen) + 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--codes", nargs="+", default=list(CODES))
    parser.add_argument("--nprobe", type=int, default=12)
    parser.add_argument("--distractors", type=int, default=0)
    parser.add_argument("--from", dest="folders", nargs="*", type=Path, default=[])
    parser.add_argument("--cache", type=Path, default=Path("distractors"))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    faiss.omp_set_num_threads(2)
    with create_app().app_context():
        from app import services

        shelf = services.builds()
        fill = distractors(options.folders, options.distractors, options.cache)
        collection = gallery(shelf.folder / shelf.current(), services.source_ids(), fill)
    asked = photos(options.photos, set(collection.works))
    rows = []
    for codes in options.codes:
        rows.append(measure(codes, collection, asked, options.nprobe))
        print(rows[-1], file=sys.stderr, flush=True)
    result = {
        "photos": len(asked), "pictures": collection.pictures, "distractors": len(fill),
        "descriptors": len(collection.descriptors), "nprobe": options.nprobe, "rows": rows,
    }
    if options.out:
        write_json(options.out, run_card(result, f"benchmarks/votes.py {options.photos.name} --distractors {len(fill)}"))


if __name__ == "__main__":
    main()
