"""How should the inverted file of local features keep a descriptor, and what should a vote weigh? Recall, time, memory as JSON.

    python benchmarks/votes.py PHOTOS.csv … [--codes SQ8_direct PQ32x4fs … | --weights] [--distractors N --from FOLDER …]
                               [--cache DIR] [--out FILE]

`--weights` compares the ways of benchmarks/vote_weights.py on the default codes instead of the codes. Several files of photos are
asked one after the other, and have their own figures.

Takes the published build of the instance that PINAKES_INSTANCE names. `recall_at_k` is the share of photos of known works with one
of their works among the first k by votes alone. `--distractors` adds the features of N mosaics of the pictures in the folders
(`flask simulate distractors`); they are kept in DIR, so that a larger N goes on where a smaller one ended. `query_ms` is of the
search for neighbours alone, two threads, one photo after the other; compare it within one run only.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import faiss  # noqa: E402

from app import create_app  # noqa: E402
from app.engine import segments, voting  # noqa: E402
from app.engine.images import read_image  # noqa: E402
from app.engine.local_features import LocalFeatures, root_sift  # noqa: E402
from app.engine.presets import search_preset  # noqa: E402
from app.engine.types import Bytes, Floats, Ints  # noqa: E402
from app.evaluation.ground_truth import read_ground_truth  # noqa: E402
from app.evaluation.run_card import run_card, write_json  # noqa: E402
from app.training.simulation.distractors import SOURCE_SIDE, mosaic  # noqa: E402
from benchmarks.seen import Features, photo_name, read  # noqa: E402
from benchmarks.vote_weights import WAYS, Neighbours, difference, normalised  # noqa: E402

CODES = ("SQ8_direct", "PQ64x4fs", "PQ32x4fs", "PQ16x4fs", "PQ16", "RaBitQ")
BLOCK = 250  # distractors a cache file
KS = (1, 5, 20)
ID_BYTES = 8  # FAISS keeps a 64-bit number beside every code


@dataclass(frozen=True)
class Collection:
    """descriptors (n, 128) uint8; poses (n, 2) uint8, `voting.poses`; owners (n,) number of the picture; works: source id of each
    real picture, in that order."""

    descriptors: Bytes
    poses: Bytes
    owners: Ints
    pictures: int
    works: list[str]


@dataclass(frozen=True)
class Asked:
    local: LocalFeatures
    works: frozenset[str]
    kind: str


def gallery(folder: Path, source_ids: dict[int, str], fill: Sequence[LocalFeatures]) -> Collection:
    """The local features of a build's base segment, and those of the distractors after them."""
    base = segments.read(folder / "segments" / "base")
    local = base.local["sift"]
    counts = [np.diff(local.offsets), np.array([len(one) for one in fill], np.int64)]
    owners = np.repeat(np.arange(len(base) + len(fill)), np.concatenate(counts))
    descriptors = np.concatenate([np.asarray(local.descriptors), *(one.descriptors for one in fill)])
    poses = np.concatenate([voting.poses(rows) for rows in (np.asarray(local.keypoints), *(one.keypoints for one in fill))])
    works = [source_ids[int(pk)] for pk in base.pictures["work_id"]]
    return Collection(descriptors, poses, owners, len(base) + len(fill), works)


def distractors(folders: Sequence[Path], count: int, cache: Path) -> list[LocalFeatures]:
    """RootSIFT of `count` mosaics, as the default preset takes it of a catalogue picture."""
    if not count:
        return []
    sources = [read_image(path, max_side=SOURCE_SIDE) for folder in folders for path in sorted(folder.iterdir())]
    cache.mkdir(parents=True, exist_ok=True)
    found: list[LocalFeatures] = []
    for start in range(0, count, BLOCK):
        path = cache / f"features-{start:06d}.npz"
        if not path.exists():
            pictures = [mosaic(sources, np.random.default_rng((0, number))) for number in range(start, start + BLOCK)]
            made = [root_sift(picture, count=700, long_side=560) for picture in pictures]
            arrays = {"descriptors": [one.descriptors for one in made], "keypoints": [one.keypoints for one in made]}
            joined = {name: np.concatenate(rows) for name, rows in arrays.items()}
            np.savez(path, counts=[len(one) for one in made], **joined)
        stored = np.load(path)
        ends = np.cumsum(stored["counts"])[:-1]
        pairs = zip(np.split(stored["keypoints"], ends), np.split(stored["descriptors"], ends), strict=True)
        found += [LocalFeatures(*pair) for pair in pairs]
    return found[:count]


def photos(file: Path, works: set[str], features: Features) -> list[Asked]:
    """The local features of every photo of a known work, as a search takes them of a photo."""
    known = [photo for photo in read_ground_truth(file).photos if photo.artwork_ids & works]
    return [
        Asked(features.of(photo_name(photo.path), partial(read, photo.path)), photo.artwork_ids, photo.kind) for photo in known
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
        distances, ids = voting.nearest(index, one.local.descriptors, nprobe=nprobe)
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


def weigh(collection: Collection, series: Mapping[str, Sequence[Asked]], nprobe: int) -> list[dict[str, Any]]:
    """Every way of vote_weights on one search for neighbours, by series of photos."""
    index = voting.train(collection.descriptors)
    voting.add(index, collection.descriptors)
    idf = list_idf(index, collection)
    sizes = np.bincount(collection.owners, minlength=collection.pictures)
    ways = {**WAYS, "difference, by picture size": (difference, normalised(sizes))}
    rows: list[dict[str, Any]] = [{"weights": name} for name in ways]
    for name, asked in series.items():
        found = [neighbours(index, one.local, collection, idf, nprobe) for one in asked]
        for row, (way, score) in zip(rows, ways.values(), strict=True):
            ranks, times = [], []
            for one, each in zip(asked, found, strict=True):
                start = time.perf_counter()
                votes = score(each, way(each))
                times.append(1000 * (time.perf_counter() - start))
                ranks.append(rank(votes, collection.works, one.works))
            row[name] = {
                "recall_at": {str(k): round(float(np.mean([r <= k for r in ranks])), 4) for k in KS},
                "mean_reciprocal_rank": round(float(np.mean([1 / r for r in ranks])), 4), "worst_ranks": sorted(ranks)[-5:],
                "ms": round(float(np.median(times)), 2),
            }
    return rows


def neighbours(index: faiss.IndexIVF, local: LocalFeatures, collection: Collection, idf: Floats, nprobe: int) -> Neighbours:
    """What the photo's features have near them, and how each neighbour is turned and scaled against it."""
    distances, ids = voting.nearest(index, local.descriptors, nprobe=nprobe)
    safe = np.maximum(ids, 0)
    away = voting.poses(local.keypoints)[:, None].astype(np.int64) - collection.poses[safe]
    owners = np.where(ids >= 0, collection.owners[safe], -1)
    return Neighbours(distances, ids, owners, idf[safe], away[..., 0], away[..., 1], collection.pictures)


def list_idf(index: faiss.IndexIVF, collection: Collection) -> Floats:
    """(n,) log of pictures over pictures with a feature in the list, of each gallery feature."""
    idf = np.zeros(len(collection.descriptors), np.float32)
    for number in range(index.nlist):
        size = index.invlists.list_size(number)
        if size:
            ids = faiss.rev_swig_ptr(index.invlists.get_ids(number), size)
            idf[ids] = np.log(collection.pictures / len(np.unique(collection.owners[ids])))
    return idf


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
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--codes", nargs="+", default=list(CODES))
    parser.add_argument("--weights", action="store_true")
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
    works = set(collection.works)
    features = Features(search_preset("default"), options.cache / "photos")
    series = {f"{file.parent.name}/{file.name}": photos(file, works, features) for file in options.photos}
    if options.weights:
        rows = weigh(collection, series, options.nprobe)
    else:
        rows = [measure(codes, collection, next(iter(series.values())), options.nprobe) for codes in options.codes]
    for row in rows:
        print(row, file=sys.stderr, flush=True)
    result = {
        "photos": {name: len(asked) for name, asked in series.items()}, "pictures": collection.pictures, "distractors": len(fill),
        "descriptors": len(collection.descriptors), "nprobe": options.nprobe, "rows": rows,
    }
    if options.out:
        command = f"benchmarks/votes.py {' '.join(series)}{' --weights' * options.weights} --distractors {len(fill)}"
        write_json(options.out, run_card(result, command))


if __name__ == "__main__":
    main()
