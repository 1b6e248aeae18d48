"""The Met: GAP over all queries, GAP⁻ over those that show an exhibit, ACC; each query predicts the exhibit of its nearest picture.

Ypsilantis et al., "The Met Dataset: instance-level recognition for artworks", NeurIPS Datasets and Benchmarks 2021, section 4.
Departure: one nearest neighbour with its cosine as confidence, instead of k neighbours with k and a temperature tuned.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from app.engine.types import Floats, Ints
from app.evaluation.metrics import global_average_precision
from app.evaluation.protocols.task import Item, Measure, Measures, ProtocolError, Task, marks_of, mean_of, need

LAYOUT = "ground_truth/MET_database.json (or mini_MET_database.json) and testset.json, images/<path>"
SOURCE = "cmp.felk.cvut.cz/met: 397,000 pictures of 224,000 exhibits, 1,003 exhibit and 18,316 other queries"


def read(folder: Path) -> Task:
    """Raises ProtocolError where files are missing or not as published."""
    truth = folder / "ground_truth"
    whole, small = truth / "MET_database.json", truth / "mini_MET_database.json"
    rows = _rows(whole if whole.exists() else small, {"id", "path"})
    asked = _rows(truth / "testset.json", {"path"})
    images = folder / "images"
    database = [Item(row["path"], need(images / row["path"], "met", LAYOUT)) for row in rows]
    queries = [Item(row["path"], need(images / row["path"], "met", LAYOUT)) for row in asked]
    labels = np.array([int(row["id"]) for row in rows])
    wanted = np.array([int(row.get("MET_id", -1)) for row in asked])
    right = [frozenset(np.flatnonzero(labels == label).tolist()) if label >= 0 else frozenset() for label in wanted]
    return Task("met", database, queries, partial(judge, labels, wanted), marks_of(right), depth=10)


def judge(labels: Ints, wanted: Ints, rankings: Ints, scores: Floats) -> Measures:
    """labels: (N,) exhibit of each picture; wanted: (Q,) exhibit of each query, −1 for none."""
    predicted = np.where(rankings[:, 0] >= 0, labels[rankings[:, 0]], -1)  # an engine may find nothing
    confidence = scores[:, 0].astype(np.float64)
    known = wanted >= 0
    correct, all_predict = known & (predicted == wanted), np.ones(len(wanted), bool)
    alone = partial(global_average_precision, confidence, correct, known, known)  # only queries of exhibits predict
    return {
        "gap_met": Measure(partial(global_average_precision, confidence, correct, all_predict, known), len(wanted)),
        "gap_minus_met": Measure(alone, int(known.sum())),
        "acc_met": mean_of(np.where(known, correct.astype(np.float64), np.nan)),
    }


def _rows(path: Path, columns: set[str]) -> list[dict[str, Any]]:
    try:
        rows = json.loads(need(path, "met", LAYOUT).read_text("utf-8"))
    except ValueError as error:
        raise ProtocolError(f"met: {path.name} is not JSON ({error}).") from error
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) and columns <= set(row) for row in rows):
        raise ProtocolError(f"met: {path.name} must be a list of objects with {', '.join(sorted(columns))}.")
    return rows
