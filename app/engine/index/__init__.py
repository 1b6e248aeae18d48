"""Vector engines, one file each, behind one protocol; exact search is the reference that the others are measured against."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from app.engine.types import Bytes, Floats, Ints


class VectorIndex(Protocol):
    """Rows of unit L2 norm, numbered from 0 in the order they were added; scores are cosines."""

    @property
    def name(self) -> str:
        """The factory string that it came of."""
        ...

    @property
    def lists(self) -> int:
        """Cells that it divides the rows into; 0: it has none."""
        ...

    @property
    def effort(self) -> int:
        """Lists, nodes or rows that a query looks at; 0: all there is."""
        ...

    def __len__(self) -> int: ...

    def add(self, vectors: Floats) -> None:
        """Append (n, D) float32 rows."""

    def search(self, queries: Floats, k: int, allowed: Bytes | None = None) -> tuple[Floats, Ints]:
        """The k nearest rows of each query: scores (n, k) float32 descending, rows (n, k) int64; −1 where there are fewer.

        `allowed`: bit field over rows, (⌈N/8⌉,) uint8, little-endian (`np.packbits(…, bitorder="little")`); None: all.
        """
        ...

    def write(self, path: Path) -> None:
        """Write to a file that `read` of the same module understands."""


def recall_at_k(found: Ints, exact: Ints) -> float:
    """Share of the exact k nearest that were found: |found ∩ exact| / |exact|, mean over the queries that have any.

    found, exact: (n, k) int64, −1 is none. 1.0 where no query has a neighbour, as nothing was missed.
    """
    hits = [len(set(f[f >= 0]) & set(e[e >= 0])) / (e >= 0).sum() for f, e in zip(found, exact, strict=True) if (e >= 0).any()]
    return float(sum(hits) / len(hits)) if hits else 1.0
