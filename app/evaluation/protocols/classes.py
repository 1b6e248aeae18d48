"""Pictures of classes: precision@5. A folder of classes (Caltech-101), or VOC2012 by its lists.

Caltech-101: every picture asks all others. VOC2012: the validation pictures ask the training pictures; an answer is right
that shares a class with the query. "Difficult" objects (0 in the lists) count neither way.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from pathlib import Path

from app import picture_files
from app.engine.types import Floats, Ints
from app.evaluation.protocols.ranking import places, precision_at
from app.evaluation.protocols.task import Item, Measures, ProtocolError, Task, marks_of, need, over_queries

INSIDE = "101_ObjectCategories"  # of Caltech-101's archive
LAYOUT = "<class>/*.jpg or 101_ObjectCategories/<class>/*.jpg, or VOC's JPEGImages/ and ImageSets/Main/<class>_{train,val}.txt"
SOURCE = "Caltech-101 (data.caltech.edu, 9,144 pictures) or VOC2012 (host.robots.ox.ac.uk/pascal, 11,540 pictures)"
BACKGROUND = "BACKGROUND_Google"  # Caltech's pictures of nothing: no class
VOC_STATES = ("1", "0", "-1")
K = 5


def read(folder: Path) -> Task:
    """Raises ProtocolError where there are not two classes."""
    return _voc(folder) if (folder / "JPEGImages").is_dir() else _folders(folder)


def judge(right: list[frozenset[int]], junk: list[frozenset[int]], rankings: Ints, scores: Floats) -> Measures:
    asked = rankings.shape[1]  # answers; those that an engine did not find are wrong ones

    def one(query: int, ranking: Ints) -> float:
        if not right[query]:
            return float("nan")
        return precision_at(places(ranking, right[query], junk[query]), K, asked - len(junk[query]))

    return {f"precision@{K}_classes": over_queries(one, rankings)}


def folders(folder: Path) -> dict[str, list[Path]]:
    """Class → its pictures, of every folder that has some, inside Caltech's own where that is there; the background is none."""
    folder = folder / INSIDE if (folder / INSIDE).is_dir() else folder
    classes = sorted(path for path in folder.iterdir() if path.is_dir() and path.name != BACKGROUND) if folder.is_dir() else []
    found = {one.name: picture_files.among(one.iterdir()) for one in classes}
    return {name: paths for name, paths in found.items() if paths}


def _folders(folder: Path) -> Task:
    pictures = folders(folder)
    if len(pictures) < 2:
        raise ProtocolError(f"classes: {folder} has {len(pictures)} classes with pictures; the folder must hold {LAYOUT}.")
    items = [Item(f"{name}/{path.name}", path) for name, paths in pictures.items() for path in paths]
    members: dict[str, set[int]] = defaultdict(set)
    for position, item in enumerate(items):
        members[item.name.split("/")[0]].add(position)
    junk = [frozenset({position}) for position in range(len(items))]
    right = [frozenset(members[item.name.split("/")[0]] - {position}) for position, item in enumerate(items)]
    return Task("classes", items, items, partial(judge, right, junk), marks_of(right, junk))


def _voc(folder: Path) -> Task:
    database, train = _voc_part(folder, "train")
    queries, val = _voc_part(folder, "val")
    shown: dict[str, set[int]] = defaultdict(set)
    hard: dict[str, set[int]] = defaultdict(set)
    for position, item in enumerate(database):
        for name, state in train[item.name].items():
            (shown if state == 1 else hard)[name].add(position)
    wanted = [[name for name, state in val[item.name].items() if state == 1] for item in queries]
    right = [frozenset().union(*(shown[name] for name in names)) for names in wanted]
    junk = [frozenset().union(*(hard[name] for name in names)) - own for names, own in zip(wanted, right, strict=True)]
    return Task("classes", database, queries, partial(judge, right, junk), marks_of(right, junk))


def _voc_part(folder: Path, part: str) -> tuple[list[Item], dict[str, dict[str, int]]]:
    """The pictures of a part, and of each its classes: 1 shown, 0 difficult."""
    states = shown(folder, part)
    names = sorted(states)
    return [Item(name, need(folder / "JPEGImages" / f"{name}.jpg", "classes", LAYOUT)) for name in names], states


def shown(folder: Path, part: str) -> dict[str, dict[str, int]]:
    """VOC's pictures of a part (train or val), and of each its classes: 1 shown, 0 difficult. Raises ProtocolError."""
    lists = sorted((folder / "ImageSets" / "Main").glob(f"*_{part}.txt"))
    if len(lists) < 2:
        raise ProtocolError(f"classes: {folder} has {len(lists)} lists *_{part}.txt; the folder must hold {LAYOUT}.")
    states: dict[str, dict[str, int]] = defaultdict(dict)
    for path in lists:
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            words = line.split()
            if words and (len(words) != 2 or words[1] not in VOC_STATES):
                raise ProtocolError(f"classes: line {number} of {path.name} must be a name and 1, 0 or -1, not {line[:60]!r}.")
            if words:
                states[words[0]] |= {path.stem.removesuffix(f"_{part}"): int(words[1])} if words[1] != "-1" else {}
    return states
