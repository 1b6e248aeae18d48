"""FAISS inverted file with full vectors (IVF-Flat): Sivic & Zisserman, "Video Google", ICCV 2003.

The number of lists follows from the collection's size, and nprobe is measured, not guessed: the smallest that finds at least
99 % of the exact ten nearest.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np

from app.engine.index import recall_at_k
from app.engine.index.exact import ExactIndex
from app.engine.types import Bytes, Floats, Ints

TARGET_RECALL = 0.99
SAMPLE = 1000  # queries that nprobe is measured on; the 95 % interval of a recall of 0.99 is then ± 0.002 (10,000 neighbours)


@dataclass
class InvertedFile:
    index: faiss.IndexIVFFlat
    nprobe: int
    name = "IVF-Flat"

    @property
    def effort(self) -> int:
        return self.nprobe

    @property
    def lists(self) -> int:
        return int(self.index.nlist)

    def __len__(self) -> int:
        return int(self.index.ntotal)

    def add(self, vectors: Floats) -> None:
        self.index.add(vectors)

    def search(self, queries: Floats, k: int, allowed: Bytes | None = None) -> tuple[Floats, Ints]:
        selector = None if allowed is None else faiss.IDSelectorBitmap(allowed)
        parameters = faiss.SearchParametersIVF(nprobe=self.nprobe, sel=selector)
        return self.index.search(queries, k, params=parameters)  # type: ignore[no-any-return]

    def write(self, path: Path) -> None:
        faiss.write_index(self.index, str(path))


def read(path: Path, nprobe: int) -> InvertedFile:
    return InvertedFile(faiss.read_index(str(path)), nprobe)


def list_count(rows: int) -> int:
    """4√n lists (FAISS' guideline for IVF below a million rows), but at least 39 rows a list to train them, and at least one."""
    return int(max(1, min(4 * round(rows**0.5), rows // 39)))


def build(vectors: Floats, *, seed: int = 0) -> tuple[InvertedFile, float]:
    """An inverted file over (n, D) float32 unit rows with the smallest sufficient nprobe, and its recall@10 against exact."""
    index = faiss.index_factory(vectors.shape[1], f"IVF{list_count(len(vectors))},Flat", faiss.METRIC_INNER_PRODUCT)
    index.cp.seed = seed
    index.cp.min_points_per_centroid = 1  # a list of a handful is trained all the same, without a warning
    index.train(vectors)
    index.add(vectors)
    inverted = InvertedFile(index, 1)
    return inverted, tune(inverted, vectors, seed=seed)


def tune(inverted: InvertedFile, vectors: Floats, *, target: float = TARGET_RECALL, seed: int = 0) -> float:
    """Set the smallest nprobe whose recall@10 reaches the target; returns that recall.

    Queries are rows of the index itself, each asked for ten others: a row always finds itself, which would flatter the figure.
    """
    rows = np.random.default_rng(seed).choice(len(vectors), min(SAMPLE, len(vectors)), replace=False)
    exact = ExactIndex(vectors.shape[1])
    exact.add(vectors)
    truth = others(exact.search(vectors[rows], 11)[1], rows)
    recall = 0.0
    for nprobe in _steps(inverted.index.nlist):
        inverted.nprobe = nprobe
        recall = recall_at_k(others(inverted.search(vectors[rows], 11)[1], rows), truth)
        if recall >= target:
            break
    return recall


def _steps(lists: int) -> list[int]:
    """1, 2, 3, 4, 6, 8, 12, 16, … and the number of lists, which is exact search."""
    steps = sorted({round(2 ** (e / 2)) for e in range(0, 24)})
    return [s for s in steps if s < lists] + [lists]


def others(found: Ints, rows: Ints) -> Ints:
    """(n, 11) found rows → (n, 10) without the query's own row."""
    kept = [[r for r in line if r != own][:10] for line, own in zip(found.tolist(), rows.tolist(), strict=True)]
    return np.array([line + [-1] * (10 - len(line)) for line in kept], np.int64)
