"""Whitenings learned from pairs of simulated photo and picture, against the catalogue's own, for the global descriptor alone.

    .venv/bin/python -m benchmarks.learned_whitening ../shared/data TRAINING-FOLDER… [--photos 1] [--out result.json]

The pairs come from the training folders (never from the museum), the catalogue's part from the works searched, as in a build. The
best variant on the half `choose` is reported on the half `report`, beside the whitening of today; see benchmarks/global_alone.py.
With `--unseen` so many further training pictures are kept from the fit, and their simulated photos asked in all pictures.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app.engine.encoders import load_encoder  # noqa: E402
from app.engine.encoders.whitening import Whitening, fit_whitening  # noqa: E402
from app.engine.images import sha256_of  # noqa: E402
from app.engine.types import Floats, Ints  # noqa: E402
from app.training.encoder import mining, whitening  # noqa: E402
from app.training.encoder.pairs import Pairs  # noqa: E402
from app.training.encoder.pairs import pairs as training_pairs  # noqa: E402
from app.training.encoder.run import default_scratch  # noqa: E402
from benchmarks import global_alone as alone  # noqa: E402
from benchmarks.pooling_table import Query, read_catalogue, read_queries  # noqa: E402

SHRINKAGES = (0.05, 0.1, 0.2, 0.4, 0.7)
SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)
FLOORS = (0.01, 0.03, 0.1)
DIMS = (512, 256, 128)


def variants(pairs: Pairs, works: Floats) -> Iterator[tuple[str, Whitening]]:
    """(name, whitening) of each variant; `works` are the raw vectors of the catalogue that is searched."""
    for dim in DIMS:
        for shrinkage in SHRINKAGES:
            learned = whitening.discriminative(pairs.photos, pairs.pictures, dim, shrinkage=shrinkage)
            yield f"Lw, shrinkage {shrinkage}, {dim} dims", learned
    for floor in FLOORS:
        yield f"catalogue alone, floor {floor}", fit_whitening(works, works.shape[1], floor=floor)
        for share in SHARES:
            mixed = whitening.mixed(pairs.photos, pairs.pictures, works, works.shape[1], share=share, floor=floor)
            yield f"catalogue and pairs, share {share}, floor {floor}", mixed


def halves(queries: Sequence[Query]) -> dict[str, np.ndarray]:
    named = np.array([alone.half_of(query.photo.name) for query in queries])
    return {half: named == half for half in ("choose", "report")}


def unseen_rows(fitted: Pairs, rest: Pairs, works: Sequence[tuple[str, Path]], vectors: Floats) -> dict[str, dict[str, object]]:
    """Simulated photos of works that nothing was fitted on, asked in the works searched and all training pictures."""
    known = {source.sha256 for source in (*fitted.sources, *rest.sources)}
    others = vectors[[sha256_of(picture) not in known for _, picture in works]]
    gallery = np.concatenate([rest.pictures, fitted.pictures, others])

    def ranked(white: Whitening | None) -> Ints:
        right = np.arange(len(rest.photos))
        return mining.ranks(alone.applied(white, rest.photos), alone.applied(white, gallery), right)

    before, everything = ranked(fit_whitening(vectors, vectors.shape[1])), np.ones(len(rest.photos), bool)
    rows = {"today": row_of(before, before, everything), "no whitening": row_of(ranked(None), before, everything)}
    return rows | {name: row_of(ranked(white), before, everything) for name, white in variants(fitted, vectors)}


def parted(found: Pairs, first: int, photos: int) -> tuple[Pairs, Pairs]:
    """The pairs of the first sources, and the others. Of the others one photo each is asked."""
    at = first * photos
    rest = slice(at, None, photos)
    return (
        Pairs(found.photos[:at], found.pictures[:at], found.sources[:first]),
        Pairs(found.photos[rest], found.pictures[rest], found.sources[first:]),
    )


def row_of(ranked: Ints, before: Ints, chosen: np.ndarray) -> dict[str, object]:
    found = {f"recall_at_{k}": alone.recall(ranked[chosen], k) for k in alone.KS}
    return {**found, **{f"gain_at_{k}": alone.gain(ranked[chosen], before[chosen], k) for k in alone.KS}}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--photos", type=int, default=1, help="simulated of each training picture")
    parser.add_argument("--most", type=int, help="so many training pictures at most")
    parser.add_argument("--unseen", type=int, default=0, help="so many of them, the last, are asked and not learned from")
    parser.add_argument("--long-side-px", type=int, default=384)
    parser.add_argument("--cache", type=Path, default=alone.default_folder())
    parser.add_argument("--scratch", type=Path, default=default_scratch())
    parser.add_argument("--out", type=Path, help="the figures as JSON")
    arguments = parser.parse_args()
    works, queries = read_catalogue(arguments.data), read_queries(arguments.data)
    lower, right = alone.Lower(arguments.long_side_px, arguments.cache), alone.right_works(works, queries)
    found = alone.default_vectors(alone.prepare(works, queries, lower))
    encoder = load_encoder(f"vgg16-gem-block5_conv3@{arguments.long_side_px}", threads=2)
    pairs = training_pairs(arguments.folders, arguments.photos, encoder, arguments.scratch, most=arguments.most)
    pairs, rest = parted(pairs, len(pairs.sources) - arguments.unseen, arguments.photos)
    before, split = alone.ranks(found, right, alone.catalogue_whitening(found)), halves(queries)
    rows: dict[str, dict[str, dict[str, object]]] = {half: {} for half in split}
    scores: dict[str, tuple[float, ...]] = {}
    for name, white in variants(pairs, found["works"]):
        ranked = alone.ranks(found, right, white)
        for half, chosen in split.items():
            rows[half][name] = row_of(ranked, before, chosen)
        on = ranked[split["choose"]]
        scores[name] = (float(np.mean(on <= 1)), float(np.mean(on <= 50)), float(np.mean(1 / on)))
        alone.show(name, rows["choose"][name])
    best = max(scores, key=lambda name: scores[name])
    print(f"best on `choose`: {best}; on `report`:")
    alone.show("today", row_of(before, before, split["report"]))
    alone.show(best, rows["report"][best])
    simulated = unseen_rows(pairs, rest, works, found["works"]) if arguments.unseen else {}
    for name, row in simulated.items():
        alone.show(f"unseen: {name}", row)
    if arguments.out:
        today = row_of(before, before, split["report"])
        result = {"pairs": len(pairs.photos), "works": len(works), "best": best, "today": today, **rows, "unseen": simulated}
        arguments.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
