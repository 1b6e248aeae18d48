"""Encoders beside each other: the global descriptor alone, asked as a search asks it, exact search, whitened by the catalogue.

    .venv/bin/python -m benchmarks.backbones ../shared/data vgg16-gem-block5_conv3@384 resnet50-gem@384 [--out FILE]

Recall@1, @10 and @50 with 95 % intervals, the difference to the first encoder photo by photo, CPU time of a picture, reading it
included. Encoders that pool the same maps share their time. A name may end in several sizes (resnet50-gem@512,362,256). DATA is
that of benchmarks/pooling_table.py.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app.engine.encoders import encoder_preset, load_encoder  # noqa: E402
from app.engine.encoders.backbone import backbone  # noqa: E402
from app.engine.encoders.pooling import unit_rows  # noqa: E402
from app.engine.encoders.vgg16_encoder import described as pooled  # noqa: E402
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


def groups(names: Sequence[str]) -> list[list[str]]:
    """Encoders that pool the same maps stand together: these are reckoned once."""
    found: dict[tuple[object, ...], list[str]] = {}
    for name in names:
        preset = encoder_preset(name)
        found.setdefault((preset.weights, preset.layer, preset.sides_px, preset.head), []).append(name)
    return list(found.values())


def described(encoders: Sequence[Any], images: Sequence[Image]) -> list[Floats]:
    """Per encoder (n, C) raw rows of n pictures; the classes of CAM summed."""
    first = encoders[0]
    stride = backbone(first.preset.family).STRIDE

    def pool(maps: dict[str, Floats]) -> Any:
        return [one.pool(maps).sum(axis=0) for one in encoders]

    def join(sizes: Sequence[Any]) -> Any:
        return [one.join(rows) for one, rows in zip(encoders, zip(*sizes, strict=True), strict=True)]

    rows: list[Any] = pooled(images, first.preset.sides_px, stride, first._network, pool, join)
    return [unit_rows(np.stack(found)) for found in zip(*rows, strict=True)]


def vectors(encoders: Sequence[Any], works: Sequence[Path], photos: Sequence[Path]) -> tuple[list[Vectors], float]:
    """Of each encoder: works, queries and whose queries they are; and milliseconds of processor time a work for all."""
    started, rows = time.process_time(), []
    for start in range(0, len(works), WINDOW):
        rows.append(described(encoders, [read_image(path, max_side=1600) for path in works[start : start + WINDOW]]))
        tell("works", min(start + WINDOW, len(works)), len(works))
    spent = 1000 * (time.process_time() - started) / len(works)
    asked, owners = [], []
    for number, path in enumerate(photos):
        asked.append(described(encoders, questions(read_image(path, max_side=1600))))
        owners += [number] * len(asked[-1][0])
        tell("photos", number + 1, len(photos))
    joined = [
        {"works": np.concatenate(of_works), "queries": np.concatenate(of_photos), "owners": np.asarray(owners)}
        for of_works, of_photos in zip(zip(*rows, strict=True), zip(*asked, strict=True), strict=True)
    ]
    return joined, spent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("encoders", nargs="+")
    parser.add_argument("--photos", type=int, help="So many of the photos, evenly taken.")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    works, queries = read_catalogue(arguments.data), read_queries(arguments.data)
    if arguments.photos:
        queries = queries[:: max(len(queries) // arguments.photos, 1)][: arguments.photos]
    right = right_works(works, queries)
    table: dict[str, dict[str, object]] = {}
    first = None
    for names in groups(arguments.encoders):
        encoders = [load_encoder(name, threads=2) for name in names]
        found, spent = vectors(encoders, [path for _, path in works], [query.photo for query in queries])
        for name, one in zip(names, found, strict=True):
            ranked = ranks(one, right, catalogue_whitening(one))
            first = ranked if first is None else first
            table[name] = {f"recall_at_{k}": recall(ranked, k) for k in KS} | {f"gain_at_{k}": gain(ranked, first, k) for k in KS}
            table[name] |= {"channels": int(one["works"].shape[1]), "cpu_ms": round(spent, 1), "shared_by": len(names)}
            print(name, table[name], flush=True)
        if arguments.out:  # after each network: a run that is stopped has told what it found
            facts = {"works": len(works), "photos": len(queries), "rows": table}
            write_json(arguments.out, run_card(facts, "benchmarks/backbones.py"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
