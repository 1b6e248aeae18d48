"""What a protocol asks: pictures to be found, pictures that ask, and how a ranking is judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.engine.types import Floats, Image, Ints
from app.evaluation.bootstrap import Doubles, Statistic
from app.evaluation.metrics import Ratio

Flags = npt.NDArray[np.bool_]
Change = Callable[[Image], Image]
Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels


class ProtocolError(Exception):
    """A data set is not what its protocol expects: one sentence with what was found and what to do."""


@dataclass(frozen=True)
class Item:
    """A picture of a data set. A query may ask with a part (`box`), or with a changed picture (`change`)."""

    name: str
    path: Path
    box: Box | None = None
    change: Change | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Measure:
    """A figure of all queries, re-weighted by a bootstrap: weights (B, Q) → (B,). n: queries that it is about."""

    statistic: Statistic
    n: int


Measures = Mapping[str, Measure]  # name, which carries the protocol → figure
# (Q, K) positions in the database, best first, −1 beyond the end; (Q, K) their cosines
Judge = Callable[[Ints, Floats], Measures]
Marks = Callable[[int], tuple[frozenset[int], frozenset[int]]]  # query → positions that are right, that do not count


@dataclass(frozen=True)
class Task:
    """One data set, ready to be asked."""

    name: str
    database: Sequence[Item]
    queries: Sequence[Item]
    judge: Judge
    marks: Marks
    depth: int | None = None  # how far a ranking is judged; None: to its end
    notes: Sequence[str] = ()  # what of the data set was left out, and why


def mean_of(values: Doubles) -> Measure:
    """The mean of one value a query; NaN for queries that it is not about."""
    there = ~np.isnan(values)
    ratio = Ratio(np.where(there, values, 0.0), there.astype(np.float64))
    return Measure(ratio.weighted, int(there.sum()))


def over_queries(judge: Callable[[int, Ints], float], rankings: Ints) -> Measure:
    """The mean of what `judge` says of each query's ranking, its end cut off."""
    return mean_of(np.array([judge(query, row[row >= 0]) for query, row in enumerate(rankings)], dtype=np.float64))


def marks_of(right: Sequence[frozenset[int]], junk: Sequence[frozenset[int]] | None = None) -> Marks:
    """Marks of queries whose right answers, and those that do not count, are listed."""
    return partial(_marks, right, junk or [frozenset()] * len(right))


def _marks(
    right: Sequence[frozenset[int]], junk: Sequence[frozenset[int]], query: int
) -> tuple[frozenset[int], frozenset[int]]:
    return right[query], junk[query]


def need(path: Path, protocol: str, layout: str) -> Path:
    """The path if it is there. Raises ProtocolError, which tells the layout."""
    if not path.exists():
        raise ProtocolError(f"{protocol}: {path} is missing; the folder must hold {layout}.")
    return path
