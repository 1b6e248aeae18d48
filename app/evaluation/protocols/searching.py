"""How a protocol's database is searched: exactly or by an engine of the product, its first answers then in a better order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from app.engine.errors import PresetError
from app.engine.index import VectorIndex, engines, recall_at_k
from app.engine.index.factory import Spec, check_size, parse
from app.engine.presets import search_preset
from app.engine.reranking import ALPHA, FIRST, Method, expanded, rescored
from app.engine.types import Floats, Ints

BATCH = 256  # queries ranked together: their cosines with a million pictures fill 1 GB
DEEPEST = 10_000  # answers that an engine is asked for; beyond them it looks at no more, and what it does not find counts as missed
EXPANSIONS = {"average-expansion": 0.0, "alpha-expansion": ALPHA}  # their exponents
RECALL_OF = 1000  # queries that an engine's recall is reckoned on
Ask = Callable[[Floats, int], tuple[Ints, Floats]]  # queries (Q, D), k → positions (Q, k), −1 for none, and scores


@dataclass(frozen=True)
class Search:
    """`engine`: a factory string, empty for exact search; `second_pass`: over full vectors, where it keeps codes.

    `online`: every picture is pooled by each query's classes (`online.py`), which neither engine nor re-ranking goes with.
    `verify`: so many first answers are put in order by their local features (`verifying.py`), the global score weighing `v`.
    `preset`: the product's own search by a preset (`product.py`), which nothing else goes with.
    """

    engine: str = ""
    second_pass: bool = True
    rerank: Method | None = None
    online: bool = False
    verify: int = 0
    v: float = 0.0
    preset: str = ""

    def check(self) -> None:
        """Raises PresetError where there is no such engine or preset, or the parts do not go together."""
        if self.preset:
            search_preset(self.preset)
            if replace(self, preset="") != Search():
                raise PresetError(f"The preset {self.preset} says how is searched and re-ranked; leave the other options out.")
        if self.engine:
            parse(self.engine)
        if self.online and (self.engine or self.rerank):
            raise PresetError("Online aggregation compares each query with every picture anew; leave engine and re-ranking out.")
        if self.v and not self.verify:
            raise PresetError(f"The global score's weight, {self.v:g}, needs local features beside it; say of how many answers.")

    @property
    def repairs(self) -> bool:
        """Whether full vectors decide among what codes propose. Raises PresetError."""
        return bool(self.engine and parse(self.engine).codes and self.second_pass)

    @property
    def suffix(self) -> str:
        """What a figure's name says of it, `+IVF100,PQ8+random-walk+verify20`; nothing of exact search. Raises PresetError."""
        coded = self.engine and parse(self.engine).codes and not self.second_pass
        parts = [self.engine, "codes-alone" if coded else "", self.rerank or "", "online" if self.online else ""]
        parts += [self.preset, f"verify{self.verify}" if self.verify else "", f"fused{self.v:g}" if self.v else ""]
        return "".join(f"+{part}" for part in parts if part)


@dataclass(frozen=True)
class Found:
    """(Q, K) positions, best first, −1 where there are fewer, and their scores; `facts` about the engine."""

    positions: Ints
    scores: Floats
    facts: dict[str, Any] = field(default_factory=dict)


def run(search: Search, queries: Floats, database: Floats, depth: int, own: Sequence[int] | None = None) -> Found:
    """Ask (N, D) unit rows with (Q, D) ones. own: of each query its position in the database, −1 where it is not there.

    Raises PresetError where there is no such engine, or the rows are too few for it.
    """
    ask, facts = opened(search, queries, database)
    depth = min(depth, DEEPEST) if search.engine else depth
    if search.rerank is None:
        return Found(*ask(queries, depth), facts)
    positions, scores = reranked(search.rerank, ask, queries, database, depth, own or [-1] * len(queries))
    return Found(positions, scores, facts)


def opened(search: Search, queries: Floats, database: Floats) -> tuple[Ask, dict[str, Any]]:
    """What answers, and what there is to say of it: its effort, and its recall@10 on these very queries."""
    if not search.engine:
        return lambda asked, k: nearest(asked, database, k), {}
    spec = parse(search.engine)
    if spec.server:
        raise PresetError(f"{spec.name} keeps vectors on a server; a protocol needs an engine in this process, such as IVF,Flat.")
    index = _built(spec, np.ascontiguousarray(database), second_pass=search.second_pass)

    def ask(asked: Floats, k: int) -> tuple[Ints, Floats]:
        scores, rows = index.search(np.ascontiguousarray(asked), min(k, len(index)))
        return rows, scores

    few = queries[:RECALL_OF]
    k = min(10, len(database))
    recall = recall_at_k(ask(few, k)[0], nearest(few, database, k)[0])
    return ask, {"engine": spec.name, "effort": index.effort, "lists": index.lists, "recall_at_10": round(recall, 4)}


def _built(spec: Spec, database: Floats, *, second_pass: bool) -> VectorIndex:
    if second_pass:
        return engines.build(spec.name, database)[0]
    check_size(spec, *database.shape)
    return engines.bare(spec, database)


def nearest(queries: Floats, database: Floats, depth: int) -> tuple[Ints, Floats]:
    """(Q, depth) positions and cosines, best first; of equal ones the earlier position first."""
    positions, scores = [], []
    for start in range(0, len(queries), BATCH):
        cosines = queries[start : start + BATCH] @ database.T
        order = np.argsort(-cosines, axis=1, kind="stable")[:, :depth]
        positions.append(order)
        scores.append(np.take_along_axis(cosines, order, axis=1))
    return np.concatenate(positions), np.concatenate(scores)


def reranked(
    method: Method, ask: Ask, queries: Floats, database: Floats, depth: int, own: Sequence[int]
) -> tuple[Ints, Floats]:
    """The first answers of each query by `engine.reranking`, as a search preset has them; those beyond FIRST keep their places.

    An expanded query asks the whole database again (Chum et al. 2007). A query that is in the database is no neighbour of its own.
    """
    rows, scores = ask(queries, min(max(depth, FIRST), len(database)))
    if method in EXPANSIONS:
        wider = [
            expanded(query[None], database[_others(row, itself)], alpha=EXPANSIONS[method])
            for query, row, itself in zip(queries, rows, own, strict=True)
        ]
        return ask(np.concatenate(wider), depth)
    ordered = [_ordered(method, *one, database) for one in zip(queries, rows, scores, own, strict=True)]
    return np.stack([row for row, _ in ordered])[:, :depth], np.stack([score for _, score in ordered])[:, :depth]


def _ordered(method: Method, query: Floats, row: Ints, scores: Floats, itself: int, database: Floats) -> tuple[Ints, Floats]:
    """One ranking with its first rows by the method; the query's own picture, where it was found, stays first."""
    first = _others(row, itself)
    if not len(first):
        return row, scores
    values = rescored(method, query[None], database[first])
    best = np.argsort(-values, kind="stable")
    moved = np.concatenate([first[best], row[~np.isin(row, first)]])
    by_position = dict(zip(row.tolist(), scores.tolist(), strict=True)) | dict(zip(first.tolist(), values.tolist(), strict=True))
    if itself in row and itself >= 0:
        moved = np.concatenate([[itself], moved[moved != itself]])
    return moved.astype(np.int64), np.array([by_position[position] for position in moved.tolist()], np.float32)


def _others(row: Ints, itself: int) -> Ints:
    """The first rows of a ranking that were found and are not the query's own."""
    return np.asarray(row[(row >= 0) & (row != itself)][:FIRST], np.int64)
