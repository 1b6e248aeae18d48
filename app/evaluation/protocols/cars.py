"""CompCars: training pictures are the database, test pictures ask; with the self mask and the small-class mask.

Yang et al., "A large-scale car dataset for fine-grained categorization and verification", CVPR 2015. A class is a model
(`<make>/<model>`). Self mask: a query is not its own answer. Small-class mask: classes with fewer than SMALL pictures in the
database ask nothing.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path

from app.engine.types import Floats, Ints
from app.evaluation.protocols.ranking import average_precision, hit_at, places, precision_at
from app.evaluation.protocols.task import Item, Measures, ProtocolError, Task, marks_of, need, over_queries

LAYOUT = "image/<make>/<model>/<year>/<name>.jpg and train_test_split/classification/{train,test}.txt"
SOURCE = "mmlab.ie.cuhk.edu.hk/datasets/comp_cars: 16,016 training and 14,939 test pictures of 431 models"
SMALL = 2
KS = (1, 5, 10)


def read(folder: Path, *, small: int = SMALL) -> Task:
    """Raises ProtocolError where lists or pictures are missing."""
    database, asked = listed(folder, "train"), listed(folder, "test")
    models = [model(name) for name in database]
    counts = Counter(models)
    kept = [name for name in asked if counts[model(name)] >= small]
    members: dict[str, set[int]] = {}
    for position, one in enumerate(models):
        members.setdefault(one, set()).add(position)
    own = {name: position for position, name in enumerate(database)}
    junk = [frozenset({own[name]}) if name in own else frozenset[int]() for name in kept]
    right = [frozenset(members[model(name)]) - itself for name, itself in zip(kept, junk, strict=True)]
    notes = [f"{len(asked) - len(kept)} of {len(asked)} queries are of models with fewer than {small} pictures: left out"]
    return Task(
        "cars", [_item(folder, name) for name in database], [_item(folder, name) for name in kept],
        partial(judge, right, junk), marks_of(right, junk), notes=notes if len(kept) < len(asked) else (),
    )


def judge(right: list[frozenset[int]], junk: list[frozenset[int]], rankings: Ints, scores: Floats) -> Measures:
    asked = rankings.shape[1]  # answers; those that an engine did not find are wrong ones

    def found(query: int, ranking: Ints) -> Ints:
        return places(ranking, right[query], junk[query])

    def ap(query: int, ranking: Ints) -> float:
        return average_precision(found(query, ranking), len(right[query]))

    def recall(query: int, ranking: Ints, k: int) -> float:
        return hit_at(found(query, ranking), k, len(right[query]))

    def precision(query: int, ranking: Ints, k: int) -> float:
        return precision_at(found(query, ranking), k, asked - len(junk[query])) if right[query] else float("nan")

    measures = {"map_cars": over_queries(ap, rankings)}
    for k in KS:
        measures[f"recall@{k}_cars"] = over_queries(partial(recall, k=k), rankings)
    return {**measures, "precision@10_cars": over_queries(partial(precision, k=10), rankings)}


def listed(folder: Path, part: str) -> list[str]:
    """The names in the list of a part (train or test). Raises ProtocolError with the line of one that is no picture's."""
    path = need(folder / "train_test_split" / "classification" / f"{part}.txt", "cars", LAYOUT)
    lines = {number: line.strip() for number, line in enumerate(path.read_text("utf-8").splitlines(), 1) if line.strip()}
    for number, line in lines.items():
        if line.count("/") != 3:
            raise ProtocolError(f"cars: line {number} of {path.name} must be <make>/<model>/<year>/<name>.jpg, not {line[:60]!r}.")
    if not lines:
        raise ProtocolError(f"cars: {path.name} lists nothing; it must have lines <make>/<model>/<year>/<name>.jpg.")
    return list(lines.values())


def model(name: str) -> str:
    """The class of a picture: make and model."""
    return "/".join(name.split("/")[:2])


def _item(folder: Path, name: str) -> Item:
    return Item(name, need(folder / "image" / name, "cars", LAYOUT))
