"""Oxford5k and Paris6k: mAP by trapezoids; "good" and "ok" are right, "junk" is ignored.

Philbin et al., "Object retrieval with large vocabularies and fast spatial matching", CVPR 2007; "Lost in quantization", CVPR 2008.
"""

from __future__ import annotations

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
    lists = sorted(folder.rglob("*_query.txt"))
    if not lists:
        raise ProtocolError(f"oxford: no *_query.txt below {folder}; the folder must hold {LAYOUT}.")
    pictures = sorted(folder.rglob("*.jpg"))
    database = [Item(path.stem, path) for path in pictures]
    position = {item.name: number for number, item in enumerate(database)}
    queries = [_query(path, position, pictures) for path in lists]
    right = [_listed(path, "good", position) | _listed(path, "ok", position) for path in lists]
    junk = [_listed(path, "junk", position) for path in lists]
    return Task("oxford", database, queries, partial(judge, right, junk), marks_of(right, junk))


def judge(right: list[frozenset[int]], junk: list[frozenset[int]], rankings: Ints, scores: Floats) -> Measures:
    def one(query: int, ranking: Ints) -> float:
        return trapezoidal_ap(places(ranking, right[query], junk[query]), len(right[query]))

    return {"map_trapezoidal": over_queries(one, rankings)}


def _query(path: Path, position: dict[str, int], pictures: list[Path]) -> Item:
    words = path.read_text("utf-8").split()
    if len(words) != 5:
        raise ProtocolError(f"oxford: {path.name} must hold a name and four numbers, not {' '.join(words)[:60]!r}.")
    name = words[0].removeprefix(PREFIX)
    if name not in position:
        raise ProtocolError(f"oxford: the query {name} of {path.name} is not among the {len(pictures)} pictures.")
    left, top, right, bottom = (float(word) for word in words[1:])
    return Item(path.stem.removesuffix("_query"), pictures[position[name]], (left, top, right, bottom))


def _listed(query: Path, kind: str, position: dict[str, int]) -> frozenset[int]:
    path = query.with_name(query.name.replace("_query", f"_{kind}"))
    if not path.exists():
        raise ProtocolError(f"oxford: {path.name} is missing beside {query.name}.")
    names = path.read_text("utf-8").split()
    missing = [name for name in names if name not in position]
    if missing:
        raise ProtocolError(f"oxford: {path.name} names {len(missing)} pictures that are not there, the first {missing[0]}.")
    return frozenset(position[name] for name in names)
