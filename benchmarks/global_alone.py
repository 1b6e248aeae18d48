"""The global descriptor alone, asked as a search asks it: the whole photo and each picture found in it, exact search.

    .venv/bin/python -m benchmarks.global_alone ../shared/data [--tail trained.npz …] [--whitening NAME …] [--half report]

Recall@1 and @50 over the works of the evaluation catalogue, with 95 % intervals. Choose on `--half choose`, report on
`--half report`: the photos are split by a hash of their name, copies of one photo together. Blocks 1 to 4 of VGG16 are reckoned
once per picture and kept, as are the vectors of the default encoder: another whitening takes seconds, another block 5 a minute.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app.engine import detection  # noqa: E402
from app.engine.encoders import pooling  # noqa: E402
from app.engine.encoders.vgg16_encoder import fit, network_size  # noqa: E402
from app.engine.encoders.whitening import Whitening, fit_whitening  # noqa: E402
from app.engine.images import median_if_noisy, read_image, sha256_of  # noqa: E402
from app.engine.picture_detector import shipped  # noqa: E402
from app.engine.pipeline import CROP_SIDE, MOST_CROPS  # noqa: E402
from app.engine.types import Floats, Image, Ints  # noqa: E402
from app.engine.weights import WeightStore, arrays_digest, read_npz  # noqa: E402
from app.evaluation.bootstrap import Doubles, Figure, interval, photo_weights  # noqa: E402
from app.training.encoder import cache, model  # noqa: E402
from app.training.encoder.run import lower_network  # noqa: E402
from benchmarks.pooling_table import Query, read_catalogue, read_queries  # noqa: E402

KS = (1, 50)
Vectors = dict[str, Floats]  # works (W, C), queries (Q, C), owners (Q,): the photo of each query


@dataclass(frozen=True)
class Views:
    """Kept maps: one a work, and of each photo the whole and what is found in it (`owners`: the photo's number)."""

    works: list[Path]
    queries: list[Path]
    owners: Ints


def half_of(photo: str) -> str:
    """`choose` or `report`: by a hash of the name, in which a copy with noise counts as the photo that it was made of."""
    name = photo.replace("_clean_", "_").replace("_aug_", "_")
    return "choose" if hashlib.sha256(name.encode()).digest()[0] % 2 else "report"


def questions(photo: Image) -> list[Image]:
    """What a search describes of a photo: the whole, and each picture found in it, rectified."""
    clean = median_if_noisy(photo)
    quads = [quad for quads in shipped().works(clean) for quad in quads][:MOST_CROPS]
    return [clean, *(detection.rectify(clean, quad, long_side=CROP_SIDE) for quad in quads)]


class Lower:
    """A picture's views: the maps of blocks 1 to 4 and the default encoder's vector, from the folder or from the network."""

    def __init__(self, long_side_px: int, folder: Path) -> None:
        self.network, key = lower_network(WeightStore(), 2, ("block4_conv3", "block5_conv3"))
        self.long_side_px, self.folder = long_side_px, folder / f"{key[:8]}-{long_side_px}"
        self.folder.mkdir(parents=True, exist_ok=True)

    def __call__(self, picture: Path, ask: Callable[[Image], list[Image]]) -> list[Path]:
        stem = f"{sha256_of(picture)[:16]}-{getattr(ask, '__name__', '')}"
        mark = self.folder / f"{stem}.count"
        if not mark.exists():
            images = ask(read_image(picture, max_side=1600))
            for number, image in enumerate(images):
                size = network_size(image.shape[0], image.shape[1], self.long_side_px)
                maps = self.network([fit(image, *size)])[0]
                cache.write(self.folder / f"{stem}-{number}.npy", cache.pooled(maps["block4_conv3"]))
                np.save(self.folder / f"{stem}-{number}.raw.npy", pooling.unit_rows(pooling.gem(maps["block5_conv3"])))
            mark.write_text(str(len(images)))
        return [self.folder / f"{stem}-{number}.npy" for number in range(int(mark.read_text()))]


def whole(image: Image) -> list[Image]:
    return [image]


def prepare(works: Sequence[tuple[str, Path]], queries: Sequence[Query], lower: Lower) -> Views:
    asked: list[Path] = []
    owners: list[int] = []
    for number, query in enumerate(queries):
        found = lower(query.photo, questions)
        asked += found
        owners += [number] * len(found)
        tell("photos", number + 1, len(queries))
    kept = []
    for number, (_, picture) in enumerate(works):
        kept += lower(picture, whole)
        tell("works", number + 1, len(works))
    return Views(kept, asked, np.asarray(owners))


def tell(label: str, done: int, total: int) -> None:
    if done % 100 == 0 or done == total:
        print(f"{label}: {done}/{total}", file=sys.stderr, flush=True)


def default_vectors(views: Views) -> Vectors:
    """As the default encoder gave them when the views were prepared."""
    works, queries = (np.stack([np.load(path.with_suffix(".raw.npy")) for path in paths]) for paths in (views.works, views.queries))
    return {"works": works, "queries": queries, "owners": views.owners}


def vectors(parameters: Mapping[str, Floats], views: Views, folder: Path, output: str) -> Vectors:
    """The views' vectors by these parameters, reckoned once."""
    kept = hashlib.sha256("".join(map(str, (*views.works, *views.queries))).encode()).hexdigest()[:8]
    path = folder / f"vectors-{arrays_digest(dict(parameters))[:16]}-{output}-{kept}.npz"
    if not path.exists():
        tail = model.build(parameters)
        np.savez(path, works=model.describe(tail, views.works)[output], queries=model.describe(tail, views.queries)[output])
    with np.load(path) as file:
        return {"works": file["works"], "queries": file["queries"], "owners": views.owners}


def applied(whitening: Whitening | None, rows: Floats) -> Floats:
    return rows if whitening is None else np.stack([whitening.apply(row[None]) for row in rows])


def ranks(found: Vectors, right: Sequence[Sequence[int]], whitening: Whitening | None) -> Ints:
    """(photos,) rank from 1 of the first right work by the best cosine of a photo's queries; ties count against it."""
    cosines = applied(whitening, found["queries"]) @ applied(whitening, found["works"]).T
    ranked = []
    for photo, columns in enumerate(right):
        best = cosines[found["owners"] == photo].max(axis=0)
        ranked.append(1 + int(np.sum(np.delete(best, columns) >= best[list(columns)].max())))
    return np.asarray(ranked)


def recall(ranked: Ints, k: int) -> Figure:
    hits = (ranked <= k).astype(np.float64)
    return interval(partial(_mean, hits), photo_weights(np.arange(len(hits))), len(hits))


def gain(ranked: Ints, before: Ints, k: int) -> Figure:
    """How much more than before, photo by photo."""
    difference = (ranked <= k).astype(np.float64) - (before <= k)
    return interval(partial(_mean, difference), photo_weights(np.arange(len(difference))), len(difference))


def _mean(values: Doubles, weights: Doubles) -> Doubles:
    return np.asarray(weights @ values / weights.sum(axis=1))


def catalogue_whitening(found: Vectors) -> Whitening:
    """As a build makes it today."""
    return fit_whitening(found["works"], found["works"].shape[1])


def figures(ranked: Ints, before: Ints, queries: Sequence[Query], half: str) -> dict[str, object]:
    chosen = np.array([half in ("all", half_of(query.photo.name)) for query in queries])
    named = {f"recall_at_{k}": recall(ranked[chosen], k) for k in KS}
    return {**named, **{f"gain_at_{k}": gain(ranked[chosen], before[chosen], k) for k in KS}}


def show(name: str, row: Mapping[str, object]) -> None:
    cells = [f"{key} {f['value']:+.3f} [{f['low']:+.3f}, {f['high']:+.3f}]" for key, f in row.items()]  # type: ignore[index]
    print(f"{name:<40} {'  '.join(cells)}", flush=True)


def right_works(works: Sequence[tuple[str, Path]], queries: Sequence[Query]) -> list[list[int]]:
    index = {work: column for column, (work, _) in enumerate(works)}
    return [[index[work] for work in query.works if work in index] for query in queries]


def default_folder() -> Path:
    return Path(tempfile.gettempdir()) / "pinakes-global-alone"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--tail", type=Path, action="append", default=[], help="parameters that flask train encoder wrote")
    parser.add_argument("--whitening", type=Path, action="append", default=[], help="one to use in place of the catalogue's")
    parser.add_argument("--half", choices=("choose", "report", "all"), default="choose")
    parser.add_argument("--long-side-px", type=int, default=384)
    parser.add_argument("--cache", type=Path, default=default_folder(), help="0.4 MB a picture")
    parser.add_argument("--out", type=Path, help="the figures as JSON")
    arguments = parser.parse_args()
    works, queries = read_catalogue(arguments.data), read_queries(arguments.data)
    lower, right = Lower(arguments.long_side_px, arguments.cache), right_works(works, queries)
    views = prepare(works, queries, lower)
    plain = default_vectors(views)
    before = ranks(plain, right, catalogue_whitening(plain))
    rows = {"default": figures(before, before, queries, arguments.half)}
    rows["default, no whitening"] = figures(ranks(plain, right, None), before, queries, arguments.half)
    for path in arguments.whitening:
        rows[f"default, {path.stem}"] = figures(ranks(plain, right, Whitening.load(path)), before, queries, arguments.half)
    for path in arguments.tail:
        parameters = read_npz(path)
        raw, final = (vectors(parameters, views, lower.folder, output) for output in ("raw", "final"))
        rows[f"{path.stem}, catalogue whitening"] = figures(
            ranks(raw, right, catalogue_whitening(raw)), before, queries, arguments.half
        )
        rows[f"{path.stem}, learned projection"] = figures(ranks(final, right, None), before, queries, arguments.half)
    for name, row in rows.items():
        show(name, row)
    if arguments.out:
        arguments.out.write_text(json.dumps({"half": arguments.half, "works": len(works), "rows": rows}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
