"""A second pass over full vectors: engines that keep codes propose, exact cosines decide.

Codes of 8 bytes put a neighbour somewhere among the first hundred rather than first; ranking those hundred exactly brings it back
(Jégou et al., "Searching in one billion vectors: re-rank with source coding", ICASSP 2011, with the vectors themselves as source).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.engine.index import VectorIndex
from app.engine.types import Bytes, Floats, Ints

DEPTH = 10  # rows that are proposed for each that is wanted
LEAST = 200


@dataclass
class SecondPass:
    """`index` proposes; `blocks` are the full rows that it holds, in its order, wherever they lie (memory or disk)."""

    index: VectorIndex
    blocks: list[Floats]

    @property
    def name(self) -> str:
        return self.index.name

    @property
    def effort(self) -> int:
        return self.index.effort

    @property
    def lists(self) -> int:
        return self.index.lists

    def __len__(self) -> int:
        return len(self.index)

    def add(self, vectors: Floats) -> None:
        self.index.add(vectors)
        self.blocks.append(vectors)

    def search(self, queries: Floats, k: int, allowed: Bytes | None = None) -> tuple[Floats, Ints]:
        proposed = self.index.search(queries, min(len(self), max(LEAST, DEPTH * k)), allowed)[1]
        scores = np.full((len(queries), k), -np.inf, np.float32)
        rows = np.full((len(queries), k), -1, np.int64)
        for place, (query, found) in enumerate(zip(queries, proposed, strict=True)):
            found = np.sort(found[found >= 0])  # in the order of the disk
            cosines = self._rows(found) @ query
            best = np.argsort(-cosines, kind="stable")[:k]
            scores[place, : len(best)], rows[place, : len(best)] = cosines[best], found[best]
        return scores, rows

    def _rows(self, rows: Ints) -> Floats:
        """(n, D) full vectors of ascending numbers."""
        ends = np.cumsum([len(block) for block in self.blocks])
        cuts = np.searchsorted(rows, ends)
        starts = np.concatenate([[0], cuts[:-1]])
        parts = [
            block[rows[start:cut] - (end - len(block))]
            for block, start, cut, end in zip(self.blocks, starts, cuts, ends, strict=True)
        ]
        return np.concatenate(parts)

    def write(self, path: Path) -> None:
        self.index.write(path)
