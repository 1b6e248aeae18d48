"""A forest of random projection trees: the method of Annoy (Bernhardsson, github.com/spotify/annoy), here in NumPy.

Each node halves its rows by the plane between two of their centres; a query goes down all trees at once, nearest planes first,
until it has met enough rows, and ranks those exactly. Annoy itself comes as source only and needs a compiler where it is installed.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from app.engine.types import Bytes, Floats, Ints

LEAF = 100  # rows that are not divided further
ROUNDS = 12  # of the two-means that finds a plane; Annoy has 200 over single rows, these are over a hundred at a time
LOPSIDED = 0.95  # a plane that leaves less than a twentieth on one side divides nothing


@dataclass
class Forest:
    """Inner node i has a plane `normals[i]` and `children[i]`: inner nodes as they are, leaf j as −1 − j."""

    name: str
    vectors: Floats  # (n, D) unit rows; those added later are at the end, in no tree, and looked at by every query
    normals: Floats  # (nodes, D)
    children: Ints  # (nodes, 2) where the product with the normal is < 0, and ≥ 0
    roots: Ints  # (trees,)
    leaves: list[Ints]  # rows of each leaf
    effort: int  # rows that a query meets before it stops
    planted: int = field(default=-1)  # rows that are in the trees
    lists = 0

    def __post_init__(self) -> None:
        self.planted = len(self.vectors) if self.planted < 0 else self.planted

    def __len__(self) -> int:
        return len(self.vectors)

    def add(self, vectors: Floats) -> None:
        self.vectors = np.concatenate([self.vectors, np.asarray(vectors, np.float32)])

    def search(self, queries: Floats, k: int, allowed: Bytes | None = None) -> tuple[Floats, Ints]:
        may = None if allowed is None else np.unpackbits(allowed, bitorder="little", count=len(self)).astype(bool)
        scores = np.full((len(queries), k), -np.inf, np.float32)
        rows = np.full((len(queries), k), -1, np.int64)
        for place, (query, margins) in enumerate(zip(queries, queries @ self.normals.T, strict=True)):
            met = np.concatenate([self._met(margins, max(self.effort, k)), np.arange(self.planted, len(self))])
            met = met if may is None else met[may[met]]
            cosines = self.vectors[met] @ query
            best = np.argsort(-cosines, kind="stable")[:k]
            scores[place, : len(best)], rows[place, : len(best)] = cosines[best], met[best]
        return scores, rows

    def _met(self, margins: Floats, wanted: int) -> Ints:
        """Rows of the leaves whose planes lie nearest, until so many are met; ascending, each once."""
        heap = [(-np.inf, int(root)) for root in self.roots]  # (−the smallest margin on the way, node): the widest way goes first
        found: list[Ints] = [np.empty(0, np.int64)]
        count = 0
        while heap and count < wanted:
            reached, node = heapq.heappop(heap)
            if node < 0:
                found.append(self.leaves[-1 - node])
                count += len(found[-1])
                continue
            for side, margin in enumerate((-margins[node], margins[node])):
                heapq.heappush(heap, (max(reached, -float(margin)), int(self.children[node, side])))
        return np.unique(np.concatenate(found))

    def write(self, path: Path) -> None:
        with path.open("wb") as file:
            np.savez(
                file, vectors=self.vectors, normals=self.normals, children=self.children, roots=self.roots,
                rows=np.concatenate(self.leaves), ends=np.cumsum([len(leaf) for leaf in self.leaves]), planted=self.planted,
            )  # fmt: skip


def read(path: Path, name: str, effort: int) -> Forest:
    with np.load(path) as kept:
        leaves, planted = np.split(kept["rows"], kept["ends"][:-1]), kept["planted"]
        vectors, normals, children, roots = (kept[part] for part in ("vectors", "normals", "children", "roots"))
    return Forest(name, vectors, normals, children, roots, leaves, effort, int(planted))


def build(name: str, vectors: Floats, trees: int, *, seed: int = 0) -> Forest:
    """So many trees over (n, D) float32 unit rows; its effort is still to be chosen."""
    planter = _Planter(np.ascontiguousarray(vectors, np.float32), np.random.default_rng(seed))
    roots = np.array([planter.plant(np.arange(len(vectors))) for _ in range(trees)])
    normals = np.array(planter.normals, np.float32).reshape(-1, vectors.shape[1])
    children = np.array(planter.children, np.int64).reshape(-1, 2)
    return Forest(name, planter.vectors, normals, children, roots, planter.leaves, trees * LEAF)


@dataclass
class _Planter:
    vectors: Floats
    rng: np.random.Generator
    normals: list[Floats] = field(default_factory=list)
    children: list[tuple[int, int]] = field(default_factory=list)
    leaves: list[Ints] = field(default_factory=list)

    def plant(self, rows: Ints) -> int:
        """The node over these rows: its number, or −1 − the leaf's."""
        if len(rows) <= LEAF:
            self.leaves.append(rows)
            return -len(self.leaves)
        normal = self._plane(rows)
        right = self.vectors[rows] @ normal >= 0
        if not 1 - LOPSIDED < right.mean() < LOPSIDED:  # many equal pictures: any halves do
            right = self.rng.permutation(len(rows)) % 2 == 0
        node = len(self.normals)
        self.normals.append(normal)
        self.children.append((0, 0))
        self.children[node] = (self.plant(rows[~right]), self.plant(rows[right]))
        return node

    def _plane(self, rows: Ints) -> Floats:
        """(D,) normal of the plane through the origin between the centres of two means, as two of a hundred rows begin them."""
        sample = self.vectors[self.rng.choice(rows, min(len(rows), 100), replace=False)]
        centres = sample[:2]
        for _ in range(ROUNDS):
            nearer = (sample @ (centres[1] - centres[0])) >= 0
            if nearer.all() or not nearer.any():
                break
            means = np.stack([sample[~nearer].mean(axis=0), sample[nearer].mean(axis=0)])
            centres = means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
        normal = centres[1] - centres[0]
        return np.asarray(normal / max(float(np.linalg.norm(normal)), 1e-12), np.float32)
