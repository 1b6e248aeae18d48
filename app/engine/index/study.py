"""Looking into an index: how its cells are filled, how far they are from a query, and the layers of a graph over its vectors."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import faiss
import numpy as np

from app.engine.index import lopq
from app.engine.index.faiss_index import BUILD_EFFORT, one_thread
from app.engine.types import Floats, Ints

GRAPH_ROWS = 5000  # that a graph is linked over to be looked at: some seconds on one core
LINKS = 32


class Cells(Protocol):
    """An inverted file taken apart."""

    def __len__(self) -> int: ...

    def sizes(self) -> Ints:
        """(cells,) how many rows lie in each."""

    def rows(self, cell: int) -> Ints:
        """Numbers of the rows in a cell."""

    def nearest(self, queries: Floats) -> tuple[Floats, Ints]:
        """Cosines (n, cells) of each query with the centres, in the order in which cells are looked into, and the cells in it."""


@dataclass(frozen=True)
class FaissCells:
    """Those of one of FAISS' inverted files."""

    index: faiss.Index  # perhaps a rotation before the inverted file

    @property
    def inner(self) -> faiss.IndexIVF:
        return faiss.downcast_index(self.index.index) if isinstance(self.index, faiss.IndexPreTransform) else self.index

    def __len__(self) -> int:
        return int(self.inner.nlist)

    def sizes(self) -> Ints:
        return np.array([self.inner.invlists.list_size(cell) for cell in range(len(self))], np.int64)

    def rows(self, cell: int) -> Ints:
        size = self.inner.invlists.list_size(cell)
        if not size:
            return np.empty(0, np.int64)
        return np.array(faiss.rev_swig_ptr(self.inner.invlists.get_ids(cell), size), np.int64)

    def nearest(self, queries: Floats) -> tuple[Floats, Ints]:
        turned = self._turned(queries)
        centres = np.asarray(self.inner.quantizer.reconstruct_n(0, len(self)), np.float32)
        return _cosines(turned, centres, self.inner.quantizer.search(turned, len(self))[1])

    def _turned(self, rows: Floats) -> Floats:
        turned = np.ascontiguousarray(rows, np.float32)
        if self.inner is not self.index:
            for place in range(self.index.chain.size()):
                turned = faiss.downcast_VectorTransform(self.index.chain.at(place)).apply(turned)
        return turned


@dataclass(frozen=True)
class LocalCells:
    """Those of locally optimised product codes: `centres` (cells, D) and the rows of each."""

    centres: Floats
    held: list[Ints]

    def __len__(self) -> int:
        return len(self.centres)

    def sizes(self) -> Ints:
        return np.array([len(rows) for rows in self.held], np.int64)

    def rows(self, cell: int) -> Ints:
        return self.held[cell]

    def nearest(self, queries: Floats) -> tuple[Floats, Ints]:
        return _cosines(queries, self.centres, lopq.nearest(self.centres, queries, len(self)))


def _cosines(queries: Floats, centres: Floats, order: Ints) -> tuple[Floats, Ints]:
    """The order is the engine's own, by distance; the cosine is what is easy to read."""
    cosines = queries @ (centres / np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-12)).T
    return np.take_along_axis(cosines, order, axis=1), order


def read_cells(path: Path) -> Cells | None:
    """The cells of the engine in a file, mapped from disk where that can be; None where it has none."""
    if path.suffix == ".npz":
        found = lopq.read_cells(path)
        return LocalCells(*found) if found else None
    return cells_of(faiss.read_index(str(path), faiss.IO_FLAG_MMAP))


def cells_of(index: faiss.Index) -> FaissCells | None:
    """The cells of an index; None where it has none."""
    inner = faiss.downcast_index(index.index) if isinstance(index, faiss.IndexPreTransform) else index
    return FaissCells(index) if isinstance(inner, faiss.IndexIVF) else None


@dataclass(frozen=True)
class Layers:
    """A graph of hierarchical layers, counted."""

    rows: int
    nodes: Ints  # (layers,) nodes in each, the lowest layer first
    degrees: Ints  # (2·links + 1,) how many nodes of the lowest layer have so many links
    seconds: float


def layers(vectors: Floats, *, links: int = LINKS, seed: int = 0) -> Layers:
    """Link a graph over at most GRAPH_ROWS of the rows and count it. Malkov & Yashunin, PAMI 2020, algorithm 1."""
    chosen = np.random.default_rng(seed).choice(len(vectors), min(GRAPH_ROWS, len(vectors)), replace=False)
    started = time.perf_counter()
    graph = faiss.IndexHNSWFlat(vectors.shape[1], links)
    graph.hnsw.efConstruction = BUILD_EFFORT
    with one_thread():
        graph.add(np.ascontiguousarray(vectors[np.sort(chosen)], np.float32))
    heights = faiss.vector_to_array(graph.hnsw.levels)  # of each node, how many layers it is in
    nodes = np.array([(heights > layer).sum() for layer in range(int(heights.max()))], np.int64)
    neighbours = faiss.vector_to_array(graph.hnsw.neighbors)
    starts = faiss.vector_to_array(graph.hnsw.offsets)[:-1].astype(np.int64)
    lowest = neighbours[starts[:, None] + np.arange(2 * links)]  # the first 2·links places of a node are of the lowest layer
    degrees = np.bincount((lowest >= 0).sum(axis=1), minlength=2 * links + 1)
    return Layers(len(chosen), nodes, degrees.astype(np.int64), time.perf_counter() - started)
