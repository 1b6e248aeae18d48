"""Encoders beside each other: the global descriptor alone, asked as a search asks it, exact search, whitened by the catalogue.

    .venv/bin/python -m benchmarks.backbones ../shared/data vgg16-gem-block5_conv3@384 resnet50-gem@384 [--out FILE]

Recall@1, @10 and @50 with 95 % intervals, the difference to the first encoder photo by photo, CPU time of a picture. DATA is
that of benchmarks/pooling_table.py.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app.engine.encoders import Encoder, load_encoder  # noqa: E402
from app.engine.images import read_image  # noqa: E402
from app.engine.types import Floats, Image  # noqa: E402
from app.evaluation.run_card import run_card, write_json  # noqa: E402
from benchmarks.global_alone import (  # noqa: E402
    Vectors,
    catalogue_whitening,
    gain,
    questions,
    ranks,
    read_catalogue,
    read_queries,
    recall,
    right_works,
    tell,
)

KS = (1, 10, 50)
WINDOW = 16


def described(encoder: Encoder, images: Sequence[Image]) -> Floats:
    """(n, C) raw rows."""
    return np.concatenate(encoder.describe(images))


def vectors(encoder: Encoder, works: Sequence[Path], photos: Sequence[Path]) -> tuple[Vectors, float]:
    """Works, queries and whose queries they are; milliseconds of processor time a work."""
    started, rows = time.process_time(), []
    for start in range(0, len(works), WINDOW):
        rows.append(described(encoder, [read_image(path, max_side=1600) for path in works[start : start + WINDOW]]))
        tell("works", min(start + WINDOW, len(works)), len(works))
    spent = 1000 * (time.process_time() - started) / len(works)
    asked, owners = [], []
    for number, path in enumerate(photos):
        found = described(encoder, questions(read_image(path, max_side=1600)))
        asked.append(found)
        owners += [number] * len(found)
        tell("photos", number + 1, len(photos))
    return {"works": np.concatenate(rows), "queries": np.concatenate(asked), "owners": np.asarray(owners)}, spent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("encoders", nargs="+")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    works, queries = read_catalogue(arguments.data), read_queries(arguments.data)
    right = right_works(works, queries)
    table: dict[str, dict[str, object]] = {}
    first = None
    for name in arguments.encoders:
        found, spent = vectors(load_encoder(name, threads=2), [path for _, path in works], [query.photo for query in queries])
        ranked = ranks(found, right, catalogue_whitening(found))
        first = ranked if first is None else first
        table[name] = {f"recall_at_{k}": recall(ranked, k) for k in KS} | {f"gain_at_{k}": gain(ranked, first, k) for k in KS}
        table[name] |= {"channels": int(found["works"].shape[1]), "cpu_ms": round(spent, 1)}
        print(name, table[name], flush=True)
    if arguments.out:
        write_json(arguments.out, run_card({"works": len(works), "photos": len(queries), "rows": table}, "benchmarks/backbones.py"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
