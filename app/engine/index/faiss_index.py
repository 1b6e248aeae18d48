"""Every FAISS engine behind the protocol: inverted files, product codes, graphs, and their combinations.

Inverted file: Sivic & Zisserman, "Video Google", ICCV 2003. Product codes: Jégou et al., "Product quantization for nearest neighbor
search", PAMI 2011. Rotated before: Ge et al., "Optimized product quantization", PAMI 2014, which Kalantidis & Avrithis' LOPQ (CVPR
2014) does list by list. Graph: Malkov & Yashunin, "Efficient and robust approximate nearest neighbor search", PAMI 2020.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np

from app.engine.index.factory import Spec
from app.engine.index.inverted_file import list_count
from app.engine.types import Bytes, Floats, Ints

OPQ_ROUNDS = 12  # of FAISS' 50: the rotation moves little after ten, and each round trains the codes anew
TRAINING_ROWS = 65_536  # 256 a centroid of a code, FAISS' own limit
BUILD_EFFORT = 80  # efConstruction: nodes that are looked at where a new one is linked


@dataclass
class FaissIndex:
    """A FAISS index of squared distances between unit rows, told as cosines: |a − b|² = 2 − 2·cos."""

    name: str
    index: faiss.Index
    effort: int = 1  # lists that a query looks into, or nodes of a graph that it keeps in hand

    def __len__(self) -> int:
        return int(self.index.ntotal)

    @property
    def inner(self) -> faiss.Index:
        """The index behind the rotation or padding, if there is one."""
        return faiss.downcast_index(self.index.index) if isinstance(self.index, faiss.IndexPreTransform) else self.index

    @property
    def lists(self) -> int:
        return int(self.inner.nlist) if isinstance(self.inner, faiss.IndexIVF) else 0

    def add(self, vectors: Floats) -> None:
        with one_thread():  # a graph that several threads link comes out otherwise each time
            self.index.add(np.ascontiguousarray(vectors, np.float32))

    def search(self, queries: Floats, k: int, allowed: Bytes | None = None) -> tuple[Floats, Ints]:
        if allowed is not None and isinstance(self.inner, faiss.IndexPQ):  # which FAISS does not filter itself
            return self._filtered(queries, k, allowed)
        squared, rows = self.index.search(queries, k, params=self._parameters(k, allowed))
        return _cosines(squared, rows), rows

    def _parameters(self, k: int, allowed: Bytes | None) -> faiss.SearchParameters | None:
        selector = None if allowed is None else faiss.IDSelectorBitmap(allowed)
        if isinstance(self.inner, faiss.IndexIVF):
            parameters = faiss.SearchParametersIVF(nprobe=min(self.effort, self.lists), sel=selector)
        elif isinstance(self.inner, faiss.IndexHNSW):
            parameters = faiss.SearchParametersHNSW(efSearch=max(self.effort, k), sel=selector)  # fewer in hand find fewer than k
        else:
            return None
        return parameters if self.inner is self.index else faiss.SearchParametersPreTransform(index_params=parameters)

    def _filtered(self, queries: Floats, k: int, allowed: Bytes) -> tuple[Floats, Ints]:
        """As many more as are left out are asked for, so that k of the allowed are among them."""
        may = np.unpackbits(allowed, bitorder="little", count=len(self)).astype(bool)
        asked = min(len(self), k + int((~may).sum()))
        squared, rows = self.index.search(queries, asked)
        out = ~((rows >= 0) & may[rows])
        order = np.argsort(out, axis=1, kind="stable")[:, :k]  # the allowed come first, in their order
        rows = np.take_along_axis(np.where(out, -1, rows), order, axis=1)
        return _cosines(np.take_along_axis(squared, order, axis=1), rows), rows

    def write(self, path: Path) -> None:
        faiss.write_index(self.index, str(path))


def read(path: Path, name: str, effort: int) -> FaissIndex:
    return FaissIndex(name, faiss.read_index(str(path)), effort)


def build(spec: Spec, vectors: Floats, *, seed: int = 0) -> FaissIndex:
    """The index that the spec names, trained on and filled with (n, D) float32 unit rows; its effort is still to be chosen."""
    dim = vectors.shape[1]
    lists = None if spec.lists is None else spec.lists or list_count(len(vectors))
    index = faiss.index_factory(dim, _words(spec, lists, dim), faiss.METRIC_L2)
    made = FaissIndex(spec.name, index, max(1, spec.effort))
    held = _settle(index, made.inner, seed)
    with one_thread():  # on a machine that is busy with something else, threads that wait for each other take ten times as long
        index.train(sample_of(vectors, max(TRAINING_ROWS, 40 * (lists or 0)), seed))
    del held
    made.add(vectors)
    return made


def _words(spec: Spec, lists: int | None, dim: int) -> str:
    """FAISS' factory string: vectors are padded with zeros where codes do not divide them."""
    even = -(-dim // spec.codes) * spec.codes if spec.codes else dim
    front = f"OPQ{spec.codes}_{even}," if spec.rotated else ""
    padded = f"Pad{even}," if even != dim else ""  # before the rotation, which then has room to spread over
    codes = f"PQ{spec.codes}" if spec.codes else "Flat"
    if spec.links:
        return f"{padded}HNSW{spec.links}_{codes}"
    return padded + front + (f"IVF{lists}," if lists is not None else "") + codes


def _settle(index: faiss.Index, inner: faiss.Index, seed: int) -> list[faiss.ProductQuantizer]:
    """One seed for every clustering, no polysemous codes, and no warnings: `check_size` says what is too small.

    Returns what FAISS only points to: it must live until the training is over.
    """
    graph = isinstance(inner, faiss.IndexHNSW)
    if graph:
        inner.hnsw.efConstruction = BUILD_EFFORT
    for holder in (inner, faiss.downcast_index(inner.storage)) if graph else (inner,):
        if hasattr(holder, "do_polysemous_training"):
            holder.do_polysemous_training = False  # a minute of simulated annealing for a search that is not used
        for clustering in (getattr(holder, "cp", None), getattr(getattr(holder, "pq", None), "cp", None)):
            if clustering is not None:
                clustering.seed, clustering.min_points_per_centroid = seed + 1, 1
    steps = range(index.chain.size()) if index is not inner else ()
    turns = [faiss.downcast_VectorTransform(index.chain.at(step)) for step in steps]
    return [_settled(turn, seed) for turn in turns if isinstance(turn, faiss.OPQMatrix)]


def _settled(turn: faiss.OPQMatrix, seed: int) -> faiss.ProductQuantizer:
    codes = faiss.ProductQuantizer(turn.d_out, turn.M, 8)
    codes.cp.seed, codes.cp.min_points_per_centroid = seed + 1, 1
    turn.niter, turn.pq = OPQ_ROUNDS, codes
    return codes


def sample_of(vectors: Floats, most: int, seed: int) -> Floats:
    """So many of the rows, in their order; all where there are no more."""
    if len(vectors) <= most:
        return np.ascontiguousarray(vectors, np.float32)
    rows = np.random.default_rng(seed).choice(len(vectors), most, replace=False)
    return np.ascontiguousarray(vectors[np.sort(rows)], np.float32)


def _cosines(squared: Floats, rows: Ints) -> Floats:
    return np.where(rows >= 0, 1 - squared / 2, -np.inf).astype(np.float32)


@contextmanager
def one_thread() -> Iterator[None]:
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)
