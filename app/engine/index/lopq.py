"""Locally optimised product quantisation: an inverted file each of whose cells has a rotation and a code book of its own.

Kalantidis & Avrithis, "Locally optimized product quantization for approximate nearest neighbor search", CVPR 2014, over one
coarse quantiser (their multi-index is not here). Rotations are the parametric solution of Ge et al., "Optimized product
quantization", PAMI 2014: the principal axes of a cell's residuals, dealt out so that the pieces of a code carry alike. A cell of
fewer than LEAST_OWN residuals has too few for a code book; such cells share a rotation and a code book trained on all residuals.

Departure: to the distance from a code is added what the cell's codes lose on average, |x − code|², so that it is expected to be
that from the vector (Jégou et al., "Product quantization for nearest neighbor search", PAMI 2011, section III-C, there for every
centroid). Cells differ in it; without it those that lose most look nearest (0.42 in place of 0.52 recall@10, docs/engines.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np

from app.engine.index.factory import CODE_BOOK, Spec
from app.engine.index.faiss_index import TRAINING_ROWS, one_thread, sample_of
from app.engine.index.inverted_file import list_count
from app.engine.types import Bytes, Floats, Ints

LEAST_OWN = CODE_BOOK  # residuals without which FAISS trains no code book of one byte
ROWS_A_CELL = 1024  # where the factory string leaves the cells' number open: nearly all of them then have a code book
FLAT = 1e-9  # of the largest variance: what is below carries nothing, and has no logarithm worth the name


@dataclass(frozen=True)
class Quantiser:
    """R_i and q_i of the paper: a rotation (D, D′) with D′ − D zeros more where codes do not divide D, and a product code book."""

    rotation: Floats
    product: faiss.ProductQuantizer

    def encode(self, residuals: Floats) -> Bytes:
        """(n, D) → (n, M) codes."""
        return self.product.compute_codes(np.ascontiguousarray(residuals @ self.rotation))  # type: ignore[no-any-return]

    def table(self, residual: Floats) -> Floats:
        """(M · 256,) squared distances of each piece of a residual (D,) from each of its centroids."""
        turned = np.ascontiguousarray(residual @ self.rotation, np.float32)
        found = np.empty(self.product.M * CODE_BOOK, np.float32)
        self.product.compute_distance_tables(1, faiss.swig_ptr(turned), faiss.swig_ptr(found))
        return found

    def loss(self, residuals: Floats) -> float:
        """Mean squared distance of residuals (n, D) from their codes."""
        turned = np.ascontiguousarray(residuals @ self.rotation)
        away = turned - self.product.decode(self.product.compute_codes(turned))
        return float((away**2).sum(axis=1).mean())

    @property
    def books(self) -> Floats:
        """(M · 256 · D′/M,) the centroids, as FAISS lays them out."""
        return np.asarray(faiss.vector_to_array(self.product.centroids), np.float32)


@dataclass
class Lopq:
    """Cell i holds `rows[i]` as `codes[i]`: residuals from `centres[i]`, by `quantisers[owners[i]]`."""

    name: str
    centres: Floats  # (lists, D)
    quantisers: Sequence[Quantiser]
    owners: Ints  # (lists,) which quantiser each cell has
    losses: Floats  # (lists,) mean squared distance of a cell's rows from their codes
    codes: list[Bytes]  # of each cell (n, M)
    rows: list[Ints]  # of each cell (n,)
    effort: int = 1  # cells that a query looks into

    def __len__(self) -> int:
        return sum(map(len, self.rows))

    @property
    def lists(self) -> int:
        return len(self.centres)

    def add(self, vectors: Floats) -> None:
        vectors = np.ascontiguousarray(vectors, np.float32)
        start, home = len(self), self.nearest_cells(vectors, 1)[:, 0]
        with one_thread():
            for cell in np.unique(home):
                here = np.flatnonzero(home == cell)
                codes = self.quantisers[self.owners[cell]].encode(vectors[here] - self.centres[cell])
                self.codes[cell] = np.concatenate([self.codes[cell], codes])
                self.rows[cell] = np.concatenate([self.rows[cell], start + here])

    def nearest_cells(self, vectors: Floats, count: int) -> Ints:
        """(n, count) the cells whose centres are nearest to each vector."""
        return nearest(self.centres, vectors, count)

    def search(self, queries: Floats, k: int, allowed: Bytes | None = None) -> tuple[Floats, Ints]:
        may = None if allowed is None else np.unpackbits(allowed, bitorder="little", count=len(self)).astype(bool)
        scores = np.full((len(queries), k), -np.inf, np.float32)
        found = np.full((len(queries), k), -1, np.int64)
        cells = self.nearest_cells(queries, min(self.effort, self.lists))
        for place, query in enumerate(queries):
            squared, rows = self._met(query, cells[place], may)
            near = np.argpartition(squared, k - 1)[:k] if len(squared) > k else np.arange(len(squared))
            best = near[np.lexsort((rows[near], squared[near]))]
            scores[place, : len(best)], found[place, : len(best)] = 1 - squared[best] / 2, rows[best]  # cosines of unit rows
        return scores, found

    def _met(self, query: Floats, cells: Ints, may: Bytes | None) -> tuple[Floats, Ints]:
        """Squared distances and rows of what lies in the cells: |R_iᵀ(q − c_i) − code|² + loss_i, by a table a cell."""
        starts = CODE_BOOK * np.arange(self.codes[0].shape[1])  # where each piece begins in a table
        squared, met = [np.empty(0, np.float32)], [np.empty(0, np.int64)]
        for cell in cells:
            codes, rows = self.codes[cell], self.rows[cell]
            if may is not None:
                codes, rows = codes[may[rows]], rows[may[rows]]
            if len(rows):
                table = self.quantisers[self.owners[cell]].table(query - self.centres[cell])
                squared.append(table.take(codes + starts).sum(axis=1) + self.losses[cell])
                met.append(rows)
        return np.concatenate(squared), np.concatenate(met)

    def write(self, path: Path) -> None:
        with path.open("wb") as file:
            np.savez(
                file, centres=self.centres, owners=self.owners, losses=self.losses, codes=np.concatenate(self.codes),
                rows=np.concatenate(self.rows), ends=np.cumsum([len(rows) for rows in self.rows]),
                rotations=np.stack([one.rotation for one in self.quantisers]),
                books=np.stack([one.books for one in self.quantisers]),
            )  # fmt: skip


def read(path: Path, name: str, effort: int) -> Lopq:
    with np.load(path) as kept:
        ends, owners, losses, centres = kept["ends"][:-1], kept["owners"], kept["losses"], kept["centres"]
        codes, rows = np.split(kept["codes"], ends), np.split(kept["rows"], ends)
        pairs = zip(kept["rotations"], kept["books"], strict=True)
        quantisers = [Quantiser(rotation, _of_books(books, rotation.shape[1], codes[0].shape[1])) for rotation, books in pairs]
    return Lopq(name, centres, quantisers, owners, losses, codes, rows, effort)


def read_cells(path: Path) -> tuple[Floats, list[Ints]] | None:
    """Centres, and the rows of each cell, of a file that `Lopq.write` wrote; None of another one."""
    with np.load(path) as kept:
        return (kept["centres"], np.split(kept["rows"], kept["ends"][:-1])) if "centres" in kept else None


def _of_books(books: Floats, dim: int, pieces: int) -> faiss.ProductQuantizer:
    product = faiss.ProductQuantizer(dim, pieces, 8)
    faiss.copy_array_to_vector(books, product.centroids)
    return product


def build(spec: Spec, vectors: Floats, *, seed: int = 0) -> Lopq:
    """Trained on and filled with (n, D) float32 unit rows; its effort is still to be chosen."""
    lists = spec.lists or open_count(len(vectors))
    sample = sample_of(vectors, max(TRAINING_ROWS, ROWS_A_CELL * lists), seed)
    centres = _centres(sample, lists, seed)
    home = nearest(centres, sample, 1)[:, 0]
    residuals = sample - centres[home]
    quantisers, owners = _quantisers(residuals, home, lists, spec.codes, seed)
    losses = _losses(residuals, home, quantisers, owners)
    made = Lopq(
        spec.name, centres, quantisers, owners, losses, [np.empty((0, spec.codes), np.uint8) for _ in range(lists)],
        [np.empty(0, np.int64) for _ in range(lists)], max(1, spec.effort),
    )  # fmt: skip
    made.add(vectors)
    return made


def open_count(rows: int) -> int:
    """Cells where the factory string does not say how many: ROWS_A_CELL in each, never more than an inverted file would have."""
    return max(1, min(list_count(rows), rows // ROWS_A_CELL))


def nearest(centres: Floats, vectors: Floats, count: int) -> Ints:
    """(n, count) the centres nearest to each vector by Euclidean distance."""
    return np.asarray(faiss.knn(np.ascontiguousarray(vectors, np.float32), centres, count)[1], np.int64)


def _centres(rows: Floats, count: int, seed: int) -> Floats:
    means = faiss.Kmeans(rows.shape[1], count, seed=seed + 1, min_points_per_centroid=1)
    with one_thread():
        means.train(rows)
    return np.asarray(means.centroids, np.float32)


def _quantisers(residuals: Floats, home: Ints, lists: int, pieces: int, seed: int) -> tuple[list[Quantiser], Ints]:
    """One for each cell that has residuals enough, before them one for all others if there are any; and which each cell has."""
    own = np.flatnonzero(np.bincount(home, minlength=lists) >= LEAST_OWN)
    groups = [residuals[home == cell] for cell in own]
    if len(own) < lists:
        groups.insert(0, sample_of(residuals, TRAINING_ROWS, seed))
    owners = np.zeros(lists, np.int64)
    owners[own] = np.arange(len(groups) - len(own), len(groups))
    return [trained(group, rotation(group, pieces), pieces, seed=seed) for group in groups], owners


def _losses(residuals: Floats, home: Ints, quantisers: Sequence[Quantiser], owners: Ints) -> Floats:
    """(lists,) what each cell's codes lose; the mean of the others for a cell that is empty as yet."""
    groups = [residuals[home == cell] for cell in range(len(owners))]
    with one_thread():
        lost = [quantisers[owner].loss(group) if len(group) else np.nan for owner, group in zip(owners, groups, strict=True)]
    return np.nan_to_num(np.array(lost, np.float32), nan=float(np.nanmean(lost)))


def trained(residuals: Floats, turn: Floats, pieces: int, *, seed: int = 0) -> Quantiser:
    """A product code book for residuals (n, D), n ≥ 256, turned by (D, D′): k-means of each piece (Jégou et al., PAMI 2011)."""
    product = faiss.ProductQuantizer(turn.shape[1], pieces, 8)
    product.cp.seed, product.cp.min_points_per_centroid = seed + 1, 1
    with one_thread():
        product.train(np.ascontiguousarray(residuals @ turn))
    return Quantiser(turn, product)


def rotation(residuals: Floats, pieces: int) -> Floats:
    """(D, D′) the principal axes of the residuals, in the order in which the pieces of a code take them."""
    dim = residuals.shape[1]
    variances, axes = np.linalg.eigh(np.cov(residuals.astype(np.float64), rowvar=False))
    empty = -dim % pieces
    order = allocated(np.concatenate([variances, np.zeros(empty)]), pieces)
    return np.ascontiguousarray(np.concatenate([axes, np.zeros((dim, empty))], axis=1)[:, order], np.float32)


def allocated(variances: Floats, pieces: int) -> Ints:
    """Axes in the order of the pieces that they are dealt to, so that the products of the pieces' variances come out alike.

    Eigenvalue allocation (Ge et al.): the largest that is left goes to the piece whose product is the smallest, of
    those with room. Variances are scaled until the smallest counts 1, as one below 1 would make a product shrink as it grows.
    """
    logs = np.log(np.maximum(variances, max(FLAT * float(variances.max()), 1e-300)))
    logs -= logs.min()
    room, dealt, products = len(variances) // pieces, [list[int]() for _ in range(pieces)], np.zeros(pieces)
    for axis in np.argsort(-logs, kind="stable"):
        piece = int(products.argmin())
        dealt[piece].append(int(axis))
        products[piece] = np.inf if len(dealt[piece]) == room else products[piece] + logs[axis]
    return np.array(dealt, np.int64).ravel()
