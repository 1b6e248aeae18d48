"""Looking into an index: how its cells are filled, how far they are from a query, and the layers of a graph over its vectors."""

from __future__ import annotations

import time
from dataclasses import dataclass

import faiss
import numpy as np

from app.engine.index.faiss_index import BUILD_EFFORT, one_thread
from app.engine.types import Floats, Ints

GRAPH_ROWS = 5000  # that a graph is linked over to be looked at: some seconds on one core
LINKS = 32


@dataclass(frozen=True)
class Cells:
    """An inverted file taken apart. Only FAISS' inverted files have cells."""

    index: faiss.Index  # perhaps a rotation before the inverted file

    @property
    def inner(self) -> faiss.IndexIVF:
        return faiss.downcast_index(self.index.index) if isinstance(self.index, faiss.IndexPreTransform) else self.index

    def __len__(self) -> int:
        return int(self.inner.nlist)

    def sizes(self) -> Ints:
        """(cells,) how many rows lie in each."""
        return np.array([self.inner.invlists.list_size(cell) for cell in range(len(self))], np.int64)

    def rows(self, cell: int) -> Ints:
        """Numbers of the rows in a cell."""
        size = self.inner.invlists.list_size(cell)
        if not size:
            return np.empty(0, np.int64)
        return np.array(faiss.rev_swig_ptr(self.inner.invlists.get_ids(cell), size), np.int64)

    def nearest(self, queries: Floats) -> tuple[Floats, Ints]:
        """Cosines (n, cells) of each query with the centres, descending, and the cells in that order."""
        turned = self._turned(queries)
        centres = np.asarray(self.inner.quantizer.reconstruct_n(0, len(self)), np.float32)
        cosines = turned @ (centres / np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-12)).T
        # the order is FAISS' own, by which cells are looked into; the cosine is what is easy to read
        order = self.inner.quantizer.search(turned, len(self))[1]
        return np.take_along_axis(cosines, order, axis=1), order

    def _turned(self, rows: Floats) -> Floats:
        turned = np.ascontiguousarray(rows, np.float32)
        if self.inner is not self.index:
            for place in range(self.index.chain.size()):
                turned = faiss.downcast_VectorTransform(self.index.chain.at(place)).apply(turned)
        return turned


def cells_of(index: faiss.Index) -> Cells | None:
    """The cells of an index; None where it has none."""
    inner = faiss.downcast_index(index.index) if isinstance(index, faiss.IndexPreTransform) else index
    return Cells(index) if isinstance(inner, faiss.IndexIVF) else None


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
