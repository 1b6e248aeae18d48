"""Which pooling of which layer finds a work by a visitor's photo? Writes benchmarks/results/pooling_table.json.

    python benchmarks/pooling_table.py DATA [--cache DIR] [--long-side-px 512]

DATA holds folders with `catalogue.csv` (artwork_id, file) and one of them `photos.csv` (photo, artwork_ids, kind). Every
photo with at least one known work asks the whole catalogue with its whole picture: recall_at_k is the share of photos
with one of their works among the first k works, with a 95 % bootstrap interval over photos. Whitening is fitted on the
catalogue. The network runs once per picture; all poolings are derived from the three layers' maps. `verified_at_1` is the same
share after the first 20 works of each list were verified by their local features (see reranking.py).
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(variable, "1")  # the matrices are small: more threads only wait for each other

import cv2  # noqa: E402
import numpy as np  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app.engine import calibration  # noqa: E402
from app.engine.encoders import pooling  # noqa: E402
from app.engine.encoders.class_head import cam_features, class_logits  # noqa: E402
from app.engine.encoders.serving import Network, exported  # noqa: E402
from app.engine.encoders.vgg16 import OUTPUTS  # noqa: E402
from app.engine.encoders.vgg16_encoder import fit, network_size  # noqa: E402
from app.engine.encoders.whitening import RELATIVE_FLOOR, fit_whitening  # noqa: E402
from app.engine.images import median_if_noisy, read_image, sha256_of  # noqa: E402
from app.engine.presets import search_preset  # noqa: E402
from app.engine.types import Floats, Ints  # noqa: E402
from app.engine.weights import WeightStore, arrays_digest, load_arrays, read_npz  # noqa: E402
from app.training.cam_head import HEAD_NAME  # noqa: E402
from benchmarks.reranking import checker, first_by_cosine, references, verified_firsts  # noqa: E402

COLLECTIONS = ("museum", "paintings", "estense")
CAM_MAPS = (1, 8, 32, 64)
KS = (1, 5, 10, 50)
VERIFIED = 20  # works of each list; as many as the product takes of the global stage
RESAMPLES = 2000
SEED = 20_260_101


@dataclass(frozen=True)
class Query:
    photo: Path
    works: frozenset[str]
    kind: str


def read_catalogue(data: Path) -> list[tuple[str, Path]]:
    """(artwork_id, picture) of every work of the three collections, in order."""
    works: list[tuple[str, Path]] = []
    for name in COLLECTIONS:
        with (data / name / "catalogue.csv").open(encoding="utf-8-sig", newline="") as file:
            works += [(row["artwork_id"], data / name / row["file"]) for row in csv.DictReader(file)]
    return works


def read_queries(data: Path) -> list[Query]:
    """The photos of at least one known work."""
    folder = data / "museum"
    with (folder / "photos.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [
            Query(folder / row["photo"], frozenset(filter(None, row["artwork_ids"].split("|"))), row["kind"])
            for row in csv.DictReader(file)
        ]
    return [row for row in rows if row.works]


class Maps:
    """The three layers' maps of a picture, from the network or from the cache folder (float16)."""

    def __init__(self, weights: str, long_side_px: int, cache: Path) -> None:
        store = WeightStore()
        key = arrays_digest(load_arrays(weights, store))
        self.long_side_px = long_side_px
        self.folder = cache / f"{weights}-{key[:8]}-{long_side_px}"
        self.folder.mkdir(parents=True, exist_ok=True)
        preprocessing = store.entry(weights).preprocessing
        self.network = Network(exported(store.path(weights), preprocessing, None, f"trunk-{key}"), OUTPUTS, threads=2)

    def __call__(self, picture: Path) -> dict[str, Floats]:
        path = self.folder / f"{sha256_of(picture)}.npz"
        if not path.exists():
            image = median_if_noisy(read_image(picture))
            height, width = image.shape[:2]
            maps = self.network([fit(image, *network_size(height, width, self.long_side_px))])[0]
            draft = path.with_suffix(".part")
            with draft.open("wb") as file:
                np.savez(file, **{name: value.astype(np.float16) for name, value in maps.items()})  # type: ignore[arg-type]
            draft.replace(path)
        with np.load(path) as file:
            return {name: file[name].astype(np.float32) for name in OUTPUTS}


def poolings(maps: dict[str, Floats], head: dict[str, Floats] | None) -> Iterator[tuple[str, str, Floats]]:
    """(layer, pooling, (M, C) rows of unit length) of one picture, every variant."""
    ranked: Floats | None = None
    if head is not None:
        cam = cam_features(maps["block5_conv3"], head)
        classes = pooling.most_probable(class_logits(cam, head), max(CAM_MAPS))
        ranked = pooling.class_activation_maps(cam, head["classes/kernel"], classes)
    for layer in OUTPUTS:
        features = maps[layer]
        yield layer, "crow", pooling.unit_rows(pooling.crow(features)[None])
        yield layer, "gem", pooling.unit_rows(pooling.gem(features)[None])
        yield layer, "mac", pooling.unit_rows(pooling.mac(features)[None])
        yield layer, "rmac", pooling.rmac(features)[None]
        yield layer, "spoc", pooling.unit_rows(pooling.spoc(features)[None])
        if ranked is not None:
            rows = pooling.cam_pool(features, ranked)
            yield from ((layer, f"cam-{count}", rows[:count]) for count in CAM_MAPS)


def describe(maps: Maps, pictures: list[Path], head: dict[str, Floats] | None, label: str) -> dict[tuple[str, str], Floats]:
    """(layer, pooling) → (N, M, C)."""
    found: dict[tuple[str, str], list[Floats]] = {}
    for number, picture in enumerate(pictures, 1):
        for layer, name, rows in poolings(maps(picture), head):
            found.setdefault((layer, name), []).append(rows)
        progress(label, number, len(pictures))
    return {key: np.stack(rows) for key, rows in found.items()}


def progress(label: str, done: int, total: int) -> None:
    if done % 50 == 0 or done == total:
        print(f"{label}: {done}/{total}", file=sys.stderr, flush=True)


def without_whitening(rows: Floats) -> Floats:
    """(N, M, C) → (N, C): the sum over the classes, l2."""
    return pooling.unit_rows(rows.sum(axis=1))


def whitened(works: Floats, photos: Floats) -> tuple[Floats, Floats]:
    """PCA-whitening fitted on the works' first rows (the most probable class), applied to both."""
    fitted = fit_whitening(works[:, 0], works.shape[2])
    return np.stack([fitted.apply(rows) for rows in works]), np.stack([fitted.apply(rows) for rows in photos])


def right_positions(ids: list[str], queries: list[Query]) -> list[list[int]]:
    """Where the right works of each photo stand in the catalogue."""
    index = {work: column for column, work in enumerate(ids)}
    return [[index[work] for work in query.works if work in index] for query in queries]


def first_ranks(scores: Floats, right: list[list[int]]) -> Ints:
    """(n,) rank from 1 of the first right work of each photo by (n, W) cosines; ties count against it."""
    return np.asarray([
        1 + int(np.sum(np.delete(row, columns) >= row[columns].max())) for row, columns in zip(scores, right, strict=True)
    ])


def share(hits: np.ndarray) -> dict[str, float]:
    """The mean of (n,) hits with its 95 % bootstrap interval."""
    samples = np.random.default_rng(SEED).integers(0, len(hits), (RESAMPLES, len(hits)))
    low, high = np.percentile(hits[samples].mean(axis=1), [2.5, 97.5])
    return {"value": float(hits.mean()), "low": float(low), "high": float(high), "n": len(hits)}


def verified_hits(
    works: list[tuple[str, Path]], queries: list[Query], lists: list[tuple[Ints, Floats]], right: list[list[int]]
) -> np.ndarray:
    """(lists, n) bool: is a right work first after verification? A list is ((n, VERIFIED) positions, their cosines)."""
    preset, fitted = search_preset("default"), calibration.load()
    known = references([picture for _, picture in works], preset, lambda done: progress("features", done, len(works)))
    hits = np.zeros((len(lists), len(queries)), bool)
    for number, query in enumerate(queries):
        asked = [(positions[number], cosines[number]) for positions, cosines in lists]
        firsts = verified_firsts(checker(query.photo, known, preset, fitted), asked)
        hits[:, number] = [first in right[number] for first in firsts]
        progress("verify", number + 1, len(queries))
    return hits


def table(
    works: list[tuple[str, Path]], queries: list[Query], maps: Maps, head: dict[str, Floats] | None
) -> list[dict[str, object]]:
    of_works = describe(maps, [picture for _, picture in works], head, "works")
    of_photos = describe(maps, [query.photo for query in queries], head, "photos")
    right = right_positions([work for work, _ in works], queries)
    rows: list[dict[str, object]] = []
    lists: list[tuple[Ints, Floats]] = []
    for layer, name in of_works:
        pair = of_works[layer, name], of_photos[layer, name]
        for white, (left, asked) in ((False, tuple(map(without_whitening, pair))), (True, whitened(*pair))):
            scores = asked @ left.T
            first = first_by_cosine(scores, VERIFIED)
            lists.append((first, np.take_along_axis(scores, first, axis=1)))
            variant = {"layer": layer, "pooling": name, "whitening": white, "dim": left.shape[1]}
            rows.append({**variant, **recalls(scores, right, queries)})
    for row, hits in zip(rows, verified_hits(works, queries, lists, right), strict=True):
        row["verified_at_1"] = share(hits)
    return rows


def recalls(scores: Floats, right: list[list[int]], queries: list[Query]) -> dict[str, object]:
    """Recall of the cosines alone."""
    ranks = first_ranks(scores, right)
    kinds = np.asarray([query.kind for query in queries])
    by_kind = {kind: float(np.mean(ranks[kinds == kind] == 1)) for kind in sorted(set(kinds))}
    return {"recall_at": {str(k): share(ranks <= k) for k in KS}, "recall_at_1_by_kind": by_kind}


def data_hash(works: list[tuple[str, Path]], queries: list[Query]) -> str:
    digest = hashlib.sha256()
    for name, picture in works:
        digest.update(f"{name} {sha256_of(picture)}\n".encode())
    for query in queries:
        digest.update(f"{sha256_of(query.photo)} {sorted(query.works)}\n".encode())
    return digest.hexdigest()


def revision() -> str:
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def show(rows: list[dict[str, object]]) -> None:
    for row in sorted(rows, key=lambda row: -row["recall_at"]["1"]["value"]):  # type: ignore[index]
        recall = row["recall_at"]
        cells = "  ".join(f"{recall[str(k)]['value']:.3f}" for k in KS)  # type: ignore[index]
        verified = row["verified_at_1"]["value"]  # type: ignore[index]
        print(f"{row['layer']}  {row['pooling']:<7} {'whitened' if row['whitening'] else '':<9} {cells}  verified {verified:.3f}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    cache = Path(tempfile.gettempdir()) / "pinakes-maps"
    parser.add_argument("--cache", type=Path, default=cache, help="feature maps, about 5 MB a picture")
    parser.add_argument("--long-side-px", type=int, default=512)
    parser.add_argument("--weights", default="vgg16-imagenet")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "pooling_table.json")
    arguments = parser.parse_args()
    if missing := [name for name in COLLECTIONS if not (arguments.data / name / "catalogue.csv").exists()]:
        print(f"{arguments.data} has no {missing[0]}/catalogue.csv: give the folder of the evaluation data.", file=sys.stderr)
        return 1
    cv2.setNumThreads(1)
    started = time.time()
    works, queries = read_catalogue(arguments.data), read_queries(arguments.data)
    head_path = WeightStore().heads / f"{HEAD_NAME}.npz"
    head = read_npz(head_path) if head_path.exists() and arguments.weights == "vgg16-imagenet" else None
    maps = Maps(arguments.weights, arguments.long_side_px, arguments.cache)
    rows = table(works, queries, maps, head)
    result = {
        "config": {"weights": arguments.weights, "long_side_px": arguments.long_side_px, "head": HEAD_NAME if head else None,
                   "works": len(works), "photos": len(queries), "query": "whole photo, median if noisy",
                   "whitening": "PCA fitted on the catalogue", "whitening_floor": RELATIVE_FLOOR,
                   "verified": f"first {VERIFIED} by cosine, RootSIFT of the default preset, local evidence alone",
                   "resamples": RESAMPLES, "seed": SEED},
        "data_sha256": data_hash(works, queries), "head_sha256": arrays_digest(head) if head else None,
        "revision": revision(), "seconds": round(time.time() - started, 1), "cpu_seconds": round(time.process_time(), 1),
        "rows": rows,
    }
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    draft = arguments.out.with_suffix(".tmp")
    draft.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    draft.replace(arguments.out)
    show(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
