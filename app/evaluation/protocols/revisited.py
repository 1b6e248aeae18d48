"""R-Oxford and R-Paris: mAP and mP@k, easy, medium and hard, with or without a folder of distractors.

Radenović et al., "Revisiting Oxford and Paris: large-scale image retrieval benchmarking", CVPR 2018.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from app.engine.errors import WeightsError
from app.engine.types import Floats, Ints
from app.engine.weights_formats import unpickle_arrays
from app.evaluation.protocols.ranking import places, revisited_precision_at, trapezoidal_ap
from app.evaluation.protocols.task import Box, Item, Measures, ProtocolError, Task, marks_of, over_queries

LAYOUT = "gnd_roxford5k.pkl or gnd_rparis6k.pkl, jpg/<name>.jpg and, with distractors, revisitop1m/**/*.jpg"
SOURCE = "cmp.felk.cvut.cz, revisitop: R-Oxford and R-Paris (70 queries each), one million distractors beside"
# of each setting: lists that are right, lists that do not count
SETTINGS = {
    "easy": (("easy",), ("junk", "hard")),
    "medium": (("easy", "hard"), ("junk",)),
    "hard": (("hard",), ("junk", "easy")),
}
KS = (1, 5, 10)
Lists = dict[str, frozenset[int]]


def read(folder: Path) -> Task:
    """Raises ProtocolError where a file is missing, damaged, or holds anything but arrays."""
    found = sorted(folder.glob("gnd_*.pkl"))
    if not found:
        raise ProtocolError(f"revisited: no gnd_*.pkl in {folder}; the folder must hold {LAYOUT}.")
    truth = _truth(found[0])
    database = [_item(folder, name) for name in truth["imlist"]]
    database += [Item(path.stem, path) for path in sorted((folder / "revisitop1m").rglob("*.jpg"))]
    queries = [_item(folder, name, _box(one["bbx"])) for name, one in zip(truth["qimlist"], truth["gnd"], strict=True)]
    lists = [{kind: _positions(one.get(kind)) for kind in ("easy", "hard", "junk")} for one in truth["gnd"]]
    medium = [_united(one, SETTINGS["medium"][0]) for one in lists], [_united(one, SETTINGS["medium"][1]) for one in lists]
    return Task("revisited", database, queries, partial(judge, lists), marks_of(*medium))


def judge(lists: list[Lists], rankings: Ints, scores: Floats) -> Measures:
    measures = {}
    for setting, (wanted, ignored) in SETTINGS.items():
        right, junk = [_united(one, wanted) for one in lists], [_united(one, ignored) for one in lists]

        def found(query: int, ranking: Ints, right: Any = right, junk: Any = junk) -> Ints:
            return places(ranking, right[query], junk[query])

        def ap(query: int, ranking: Ints, right: Any = right, found: Any = found) -> float:
            return trapezoidal_ap(found(query, ranking), len(right[query]))

        def precision(query: int, ranking: Ints, k: int, right: Any = right, found: Any = found) -> float:
            return revisited_precision_at(found(query, ranking), k) if right[query] else float("nan")

        measures[f"map_revisited_{setting}"] = over_queries(ap, rankings)
        for k in KS:
            measures[f"mp@{k}_revisited_{setting}"] = over_queries(partial(precision, k=k), rankings)
    return measures


def _truth(path: Path) -> dict[str, Any]:
    """The published pickle, read by an unpickler that admits arrays and nothing else."""
    try:
        truth = unpickle_arrays(path.read_bytes())
    except WeightsError as error:
        raise ProtocolError(f"revisited: {path.name}: {error}") from error
    if not isinstance(truth, dict) or not {"imlist", "qimlist", "gnd"} <= set(truth):
        raise ProtocolError(f"revisited: {path.name} lacks imlist, qimlist or gnd.")
    return truth


def _item(folder: Path, name: str, box: Box | None = None) -> Item:
    path = folder / "jpg" / f"{name}.jpg"
    if not path.exists():
        raise ProtocolError(f"revisited: {path} is missing; the folder must hold {LAYOUT}.")
    return Item(name, path, box)


def _box(numbers: Any) -> Box:
    left, top, right, bottom = (float(number) for number in np.ravel(numbers))
    return left, top, right, bottom


def _positions(numbers: Any) -> frozenset[int]:
    return frozenset() if numbers is None else frozenset(int(number) for number in np.ravel(numbers))


def _united(lists: Lists, kinds: tuple[str, ...]) -> frozenset[int]:
    return frozenset().union(*(lists[kind] for kind in kinds))
