"""The first rows of the global stage in a better order, by how they lie to each other: what the literature offers.

Pure functions over unit rows; `queries` (n, D) are the photo as a whole and each rectified picture, `vectors` (V, D) the rows
that are re-ranked. Each is a search preset; what it brings is in docs/ablation.md.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from app.engine.types import Floats

Doubles = npt.NDArray[np.float64]
Method = Literal["average-expansion", "alpha-expansion", "diffusion", "random-walk", "refinement"]
FIRST = 400  # rows that are re-ranked (Shao et al.); the rest is no candidate anyway
COUNT = 3  # neighbours of an expansion; works have one or two pictures, not the papers' dozens: more do harm (docs/ablation.md)
ALPHA = 3.0  # Radenović et al.


def rescored(method: Method, queries: Floats, vectors: Floats) -> Floats:
    """New scores (V,) of the rows, higher is better, each by its best query."""
    if method == "diffusion":
        return diffused(queries, vectors)
    if method == "random-walk":
        return walked(queries, vectors)
    if method == "refinement":
        return refined(queries, vectors)
    alpha = 0.0 if method == "average-expansion" else ALPHA
    return np.asarray((vectors @ expanded(queries, vectors, alpha=alpha).T).max(axis=1), np.float32)


def expanded(queries: Floats, vectors: Floats, *, count: int = COUNT, alpha: float = ALPHA) -> Floats:
    """Each query and its `count` nearest rows in one: q + Σ cos(q, v)^α · v, unit rows (n, D). Negative cosines count as 0.

    α = 0 is average query expansion: Chum et al., "Total recall", ICCV 2007. α > 0: Radenović et al., "Fine-tuning CNN image
    retrieval with no human annotation", PAMI 2019, section 3.5.
    """
    cosines = queries @ vectors.T
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :count]
    weights = np.maximum(np.take_along_axis(cosines, nearest, axis=1), 0) ** alpha
    return _unit(queries + np.einsum("nk,nkd->nd", weights, vectors[nearest]))


def diffused(
    queries: Floats, vectors: Floats, *, query_neighbours: int = 10, neighbours: int = 10, gamma: float = 3.0, alpha: float = 0.9
) -> Floats:
    """Scores (V,) of a random walk with restart at the queries over the rows' graph of mutual neighbours.

    f = (1 − α)(I − αS)⁻¹ y; S is the graph of cos^γ, normalised by the roots of the degrees; y the cos^γ of each query's
    nearest rows, summed over the queries. Iscen et al., "Efficient diffusion on region manifolds", CVPR 2017, sections 3 and 4;
    solved directly, since the graph is that of the first rows only (their truncation, section 4.4).
    """
    affinity = mutual_graph(vectors, neighbours, gamma)
    root = 1 / np.sqrt(np.maximum(affinity.sum(axis=1), 1e-12))
    smoothed = affinity * root[:, None] * root[None, :]
    start = entries(queries, vectors, query_neighbours, gamma)
    rest = (1 - alpha) * np.linalg.solve(np.eye(len(vectors)) - alpha * smoothed, start)
    return np.asarray(rest, np.float32)


def entries(queries: Floats, vectors: Floats, count: int, gamma: float) -> Doubles:
    """(V,) where a walk starts: the cos^γ of each query's nearest `count` rows, summed over the queries."""
    cosines = np.maximum(queries.astype(np.float64) @ vectors.T, 0) ** gamma
    least = -np.sort(-cosines, axis=1)[:, min(count, len(vectors)) - 1]
    return np.asarray(np.where(cosines >= least[:, None], cosines, 0).sum(axis=0), np.float64)


def mutual_graph(vectors: Floats, neighbours: int, gamma: float) -> Doubles:
    """(V, V): cos^γ of rows that are each among the other's nearest `neighbours`, 0 elsewhere and on the diagonal."""
    graph = nearest_graph(vectors, neighbours, gamma)
    return np.where(graph.T > 0, graph, 0.0)


def nearest_graph(vectors: Floats, neighbours: int, gamma: float) -> Doubles:
    """(V, V): cos^γ of each row and its nearest `neighbours`, 0 elsewhere and on the diagonal."""
    cosines = np.maximum(vectors.astype(np.float64) @ vectors.T, 0)
    np.fill_diagonal(cosines, 0)
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :neighbours]
    near = np.zeros(cosines.shape, np.bool_)
    np.put_along_axis(near, nearest, True, axis=1)
    return np.where(near, cosines**gamma, 0.0)


def walked(
    queries: Floats, vectors: Floats, *, query_neighbours: int = 10, neighbours: int = 10, gamma: float = 3.0,
    restart: float = 0.5, least_change: float = 1e-9, steps: int = 100,
) -> Floats:
    """Shares (V,) of its time that a random walk with restart spends at each row; they sum to 1.

    From a row it goes on to one of its nearest `neighbours`, by cos^γ, or with probability `restart` back to one of the queries'
    nearest rows: p = c·y + (1 − c)·Pᵀp, by power iterations until Σ|Δp| < `least_change`; each takes at least c of the error
    away, so that 30 are enough. Pan et al., "Automatic multimedia cross-modal correlation discovery", KDD 2004, section 3;
    over the graph of a search engine's pictures: Jing & Baluja, "VisualRank", PAMI 2008. Unlike `diffused`, the graph is directed:
    a row that many others are near to is visited often, whether it is near to them or not.
    """
    start = np.maximum(entries(queries, vectors, query_neighbours, gamma), 1e-12)
    start /= start.sum()
    moves = stochastic(nearest_graph(vectors, neighbours, gamma))
    share = start
    for _ in range(steps):
        before, share = share, restart * start + (1 - restart) * (share @ moves)
        if np.abs(share - before).sum() < least_change:
            break
    return np.asarray(share, np.float32)


def stochastic(graph: Doubles) -> Doubles:
    """Rows that sum to 1; a row without neighbours leads to itself."""
    alone = graph.sum(axis=1) <= 0
    closed = graph + np.diag(alone.astype(np.float64))
    return np.asarray(closed / closed.sum(axis=1, keepdims=True), np.float64)


def refined(queries: Floats, vectors: Floats, *, neighbours: int = 9, beta: float = 0.15) -> Floats:
    """Scores (V,) with rows and query both refined by their neighbours: half q · v′, half q′ · v′, by the best query.

    v′ is the mean of a row (weight 1) and its nearest `neighbours` (weight β · cosine); q′ the largest of each dimension among
    the first v′. Shao et al., "Global features are all you need for image retrieval and reranking", ICCV 2023, section 3.3.
    """
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, np.inf)  # a row is its own first neighbour
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, : neighbours + 1]
    weights = beta * np.take_along_axis(cosines, nearest, axis=1)
    weights[:, 0] = 1
    better = np.einsum("vk,vkd->vd", weights, vectors[nearest]) / weights.sum(axis=1, keepdims=True)
    first = queries @ better.T  # (n, V)
    leading = np.argsort(-first, axis=1, kind="stable")[:, : neighbours + 1]
    second = better[leading].max(axis=1) @ better.T
    return np.asarray(((first + second) / 2).max(axis=0), np.float32)


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12), np.float32)
