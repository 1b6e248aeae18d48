"""Google Landmarks v2, retrieval: mAP@100, public and private.

Weyand et al., "Google Landmarks Dataset v2: a large-scale benchmark for instance-level recognition and retrieval", CVPR 2020.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from app.engine.types import Floats, Ints
from app.evaluation.protocols.ranking import average_precision_at, places
from app.evaluation.protocols.task import Item, Measures, ProtocolError, Task, marks_of, need, over_queries

LAYOUT = "retrieval_solution_v2.1.csv (id, images, Usage), index/a/b/c/<id>.jpg and test/a/b/c/<id>.jpg"
SOURCE = "github.com/cvdfoundation/google-landmark: 762,000 pictures of the index, 118,000 queries"
DEPTH = 100
USAGES = ("public", "private")


def read(folder: Path) -> Task:
    """Raises ProtocolError where files are missing or the table is not as published. Usage "Ignored" is left out."""
    tables = sorted(folder.glob("retrieval_solution*.csv"))
    table = need(tables[0] if tables else folder / "retrieval_solution_v2.1.csv", "landmarks", LAYOUT)
    with table.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if not {"id", "images", "Usage"} <= set(reader.fieldnames or ()):
            raise ProtocolError(f"landmarks: {table.name} must have the columns id, images and Usage, not {reader.fieldnames}.")
        rows = [row for row in reader if row["Usage"].lower() in USAGES]
    database = [Item(path.stem, path) for path in sorted(need(folder / "index", "landmarks", LAYOUT).rglob("*.jpg"))]
    position = {item.name: number for number, item in enumerate(database)}
    queries = [Item(row["id"], _picture(folder, row["id"])) for row in rows]
    right = [frozenset(position[name] for name in row["images"].split() if name in position) for row in rows]
    asked = sum(len(row["images"].split()) for row in rows)
    there = sum(map(len, right))
    notes = [] if there == asked else [f"{asked - there} of {asked} pictures of the table are not in index/; they cannot be found"]
    totals = [len(row["images"].split()) for row in rows]
    usages = [row["Usage"].lower() for row in rows]
    return Task("landmarks", database, queries, partial(judge, right, totals, usages), marks_of(right), DEPTH, notes)


def judge(right: list[frozenset[int]], totals: list[int], usages: Sequence[str], rankings: Ints, scores: Floats) -> Measures:
    def one(query: int, ranking: Ints, usage: str) -> float:
        if usages[query] != usage:
            return float("nan")
        return average_precision_at(places(ranking, right[query]), totals[query], DEPTH)

    return {f"map@{DEPTH}_landmarks_{usage}": over_queries(partial(one, usage=usage), rankings) for usage in USAGES}


def _picture(folder: Path, name: str) -> Path:
    return need(folder / "test" / name[0] / name[1] / name[2] / f"{name}.jpg", "landmarks", LAYOUT)
