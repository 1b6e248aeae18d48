"""Oxford5k and Paris6k: mAP by trapezoids; "good" and "ok" are right, "junk" is ignored.

Philbin et al., "Object retrieval with large vocabularies and fast spatial matching", CVPR 2007; "Lost in quantization", CVPR 2008.
"""

from __future__ import annotations

from collections.abc import Container
from functools import partial
from pathlib import Path

from app.engine.types import Floats, Ints
from app.evaluation.protocols.ranking import places, trapezoidal_ap
from app.evaluation.protocols.task import Item, Measures, ProtocolError, Task, marks_of, over_queries

LAYOUT = "*.jpg, at any depth, and gt/ with <landmark>_<n>_{query,good,ok,junk}.txt"
SOURCE = "Oxford VGG, Oxford Buildings and Paris: 5,063 and 6,412 pictures, 55 queries each"
PREFIX = "oxc1_"  # before the names of queries in Oxford's lists, and nowhere else


def read(folder: Path) -> Task:
    """Raises ProtocolError where lists are missing or name pictures that are not there."""
    asked, pictures = lists(folder), named(folder)
    database = [Item(name, path) for name, path in pictures.items()]
    position = {name: number for number, name in enumerate(pictures)}
    queries = [_query(path, pictures) for path in asked]
    right = [_positions(path, ("good", "ok"), position) for path in asked]
    junk = [_positions(path, ("junk",), position) for path in asked]
    return Task("oxford", database, queries, partial(judge, right, junk), marks_of(right, junk))


def judge(right: list[frozenset[int]], junk: list[frozenset[int]], rankings: Ints, scores: Floats) -> Measures:
    def one(query: int, ranking: Ints) -> float:
        return trapezoidal_ap(places(ranking, right[query], junk[query]), len(right[query]))

    return {"map_trapezoidal": over_queries(one, rankings)}


def lists(folder: Path) -> list[Path]:
    """The ground truth's query files. Raises ProtocolError where there is none."""
    found = sorted(folder.rglob("*_query.txt"))
    if not found:
        raise ProtocolError(f"oxford: no *_query.txt below {folder}; the folder must hold {LAYOUT}.")
    return found


def named(folder: Path) -> dict[str, Path]:
    """The pictures by their names, in the order of their paths."""
    return {path.stem: path for path in sorted(folder.rglob("*.jpg"))}


def listed(query: Path, kind: str, pictures: Container[str]) -> list[str]:
    """The names in the list `kind` beside a query's file. Raises ProtocolError for a name that is no picture's."""
    path = query.with_name(query.name.replace("_query", f"_{kind}"))
    if not path.exists():
        raise ProtocolError(f"oxford: {path.name} is missing beside {query.name}.")
    names = path.read_text("utf-8").split()
    missing = [name for name in names if name not in pictures]
    if missing:
        raise ProtocolError(f"oxford: {path.name} names {len(missing)} pictures that are not there, the first {missing[0]}.")
    return names


def _query(path: Path, pictures: dict[str, Path]) -> Item:
    words = path.read_text("utf-8").split()
    if len(words) != 5:
        raise ProtocolError(f"oxford: {path.name} must hold a name and four numbers, not {' '.join(words)[:60]!r}.")
    name = words[0].removeprefix(PREFIX)
    if name not in pictures:
        raise ProtocolError(f"oxford: the query {name} of {path.name} is not among the {len(pictures)} pictures.")
    left, top, right, bottom = (float(word) for word in words[1:])
    return Item(path.stem.removesuffix("_query"), pictures[name], (left, top, right, bottom))


def _positions(query: Path, kinds: tuple[str, ...], position: dict[str, int]) -> frozenset[int]:
    return frozenset(position[name] for kind in kinds for name in listed(query, kind, position))
