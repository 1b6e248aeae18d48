"""An inverted file with product codes, readable: what FAISS' `IVF100,PQ8` does, in plain NumPy, to be studied beside it.

Jégou, Douze, Schmid, "Product quantization for nearest neighbor search", PAMI 33 (2011), IVFADC of section IV:

    vector y  →  its cell, the nearest coarse centroid q_c(y)                                (section IV-A)
              →  the residual r(y) = y − q_c(y)                                              (eq. 28)
              →  cut into m pieces, each replaced by its nearest of 256 centroids: m bytes   (eq. 8)
    query x   →  the w nearest cells; in each, the residual x − q_c
              →  a table of squared distances from each of its pieces to the 256 centroids
              →  distance to y ≈ Σ over the pieces of what the table has for y's byte        (eq. 13, asymmetric)

Given the same centroids and code books, ids and distances are FAISS' own: tests/benchmarks/test_readable_ivfpq.py holds that.
Run it: .venv/bin/python benchmarks/readable_ivfpq.py [vectors.npy]
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
BOOK = 256  # centroids of a piece: what a byte can name


def squared_distances(a: Floats, b: Floats) -> Floats:
    """(n, D), (m, D) → (n, m): |a|² − 2ab + |b|²."""
    return np.asarray((a**2).sum(axis=1)[:, None] - 2 * a @ b.T + (b**2).sum(axis=1)[None, :], np.float32)


def k_means(rows: Floats, count: int, *, rounds: int = 25, seed: int = 0) -> Floats:
    """(count, D) centroids of (n ≥ count, D) rows by Lloyd's rounds; one that nobody is nearest to begins anew at a row."""
    rng = np.random.default_rng(seed)
    centroids = rows[rng.choice(len(rows), count, replace=False)].copy()
    for _ in range(rounds):
        nearest = squared_distances(rows, centroids).argmin(axis=1)
        sizes = np.bincount(nearest, minlength=count)
        sums = np.zeros_like(centroids)
        np.add.at(sums, nearest, rows)
        centroids = sums / np.maximum(sizes, 1)[:, None]
        centroids[sizes == 0] = rows[rng.choice(len(rows), int((sizes == 0).sum()))]
    return centroids


@dataclass
class ReadableIVFPQ:
    """centroids: (cells, D) of the coarse quantizer; books: (m, 256, D / m) of the pieces."""

    centroids: Floats
    books: Floats
    ids: list[Ints] = field(init=False)  # of each cell
    codes: list[Bytes] = field(init=False)  # of each cell, (n, m)
    count: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.ids = [np.empty(0, np.int64) for _ in self.centroids]
        self.codes = [np.empty((0, len(self.books)), np.uint8) for _ in self.centroids]

    @classmethod
    def train(cls, rows: Floats, cells: int, pieces: int, *, seed: int = 0) -> ReadableIVFPQ:
        """Coarse centroids first, then a book for each piece of the residuals. Needs 256 rows, and one for each cell."""
        centroids = k_means(rows, cells, seed=seed)
        residuals = rows - centroids[squared_distances(rows, centroids).argmin(axis=1)]
        cut = residuals.reshape(len(rows), pieces, -1)
        return cls(centroids, np.stack([k_means(cut[:, piece], BOOK, seed=seed) for piece in range(pieces)]))

    def add(self, rows: Floats) -> None:
        """Each row as a number and m bytes into the cell that it lies in."""
        cells = squared_distances(rows, self.centroids).argmin(axis=1)
        codes = self.encode(rows - self.centroids[cells])
        for cell in np.unique(cells):
            mine = np.flatnonzero(cells == cell)
            self.ids[cell] = np.concatenate([self.ids[cell], self.count + mine])
            self.codes[cell] = np.concatenate([self.codes[cell], codes[mine]])
        self.count += len(rows)

    def encode(self, residuals: Floats) -> Bytes:
        """(n, D) → (n, m): of each piece the number of its nearest centroid."""
        cut = residuals.reshape(len(residuals), len(self.books), -1)
        nearest = [squared_distances(cut[:, piece], book).argmin(axis=1) for piece, book in enumerate(self.books)]
        return np.stack(nearest, axis=1).astype(np.uint8)

    def table(self, residual: Floats) -> Floats:
        """(D,) → (m, 256): squared distance of each piece of the query to each centroid of its book."""
        cut = residual.reshape(len(self.books), 1, -1)
        return np.asarray(((cut - self.books) ** 2).sum(axis=2), np.float32)

    def search(self, queries: Floats, k: int, *, probes: int = 1) -> tuple[Floats, Ints]:
        """Squared distances (n, k) ascending, and ids (n, k); inf and −1 where the cells that were looked into hold fewer."""
        distances = np.full((len(queries), k), np.inf, np.float32)
        found = np.full((len(queries), k), -1, np.int64)
        order = squared_distances(queries, self.centroids).argsort(axis=1, kind="stable")[:, :probes]
        for place, (query, cells) in enumerate(zip(queries, order, strict=True)):
            sums = [self._in_cell(query - self.centroids[cell], int(cell)) for cell in cells]
            met, ids = np.concatenate(sums), np.concatenate([self.ids[cell] for cell in cells])
            best = met.argsort(kind="stable")[:k]
            distances[place, : len(best)], found[place, : len(best)] = met[best], ids[best]
        return distances, found

    def _in_cell(self, residual: Floats, cell: int) -> Floats:
        """(n,) distances of all that lies in a cell: m look-ups and m − 1 additions each."""
        table, codes = self.table(residual), self.codes[cell]
        return np.asarray(table[np.arange(len(self.books)), codes].sum(axis=1), np.float32)


def main() -> None:
    """Share of the exact ten that 8 bytes find, and the time of a query, by the number of cells that it looks into."""
    if len(sys.argv) > 1:
        rows = np.load(sys.argv[1]).astype(np.float32)[:20_000]
        rows = rows[:, : rows.shape[1] // 8 * 8]
    else:
        rows = np.random.default_rng(0).normal(size=(5000, 64)).astype(np.float32)
    queries, rows = rows[:100], rows[100:]
    index = ReadableIVFPQ.train(rows, cells=min(100, len(rows) // 10), pieces=8)
    index.add(rows)
    truth = squared_distances(queries, rows).argsort(axis=1)[:, :10]
    for probes in (1, 4, 16, len(index.centroids)):
        started = time.perf_counter()
        found = index.search(queries, 10, probes=probes)[1]
        each_ms = (time.perf_counter() - started) * 1000 / len(queries)
        recall = np.mean([len(set(f) & set(t)) / 10 for f, t in zip(found.tolist(), truth.tolist(), strict=True)])
        print(f"{probes:4d} of {len(index.centroids)} cells: recall@10 {recall:.3f}, {each_ms:.2f} ms a query")


if __name__ == "__main__":
    main()
