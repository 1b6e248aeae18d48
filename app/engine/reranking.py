"""The first rows of the global stage in a better order, and global and local scores in one: what the literature offers.

Pure functions over unit rows; `queries` (n, D) are the photo as a whole and each rectified picture, `vectors` (V, D) the rows
that are re-ranked. Each is a search preset; what it brings is in docs/ablation.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from app.engine.calibration import Evidence
from app.engine.types import Floats, Match, Verdict

Doubles = npt.NDArray[np.float64]
Method = Literal["average-expansion", "alpha-expansion", "diffusion", "refinement"]
FIRST = 400  # rows that are re-ranked (Shao et al.); the rest is no candidate anyway
COUNT = 3  # neighbours of an expansion; works have one or two pictures, not the papers' dozens: more do harm (docs/ablation.md)
ALPHA = 3.0  # Radenović et al.


def rescored(method: Method, queries: Floats, vectors: Floats) -> Floats:
    """New scores (V,) of the rows, higher is better, each by its best query."""
    if method == "diffusion":
        return diffused(queries, vectors)
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
    cosines = np.maximum(queries.astype(np.float64) @ vectors.T, 0) ** gamma
    least = -np.sort(-cosines, axis=1)[:, min(query_neighbours, len(vectors)) - 1]
    start = np.where(cosines >= least[:, None], cosines, 0).sum(axis=0)
    walked = (1 - alpha) * np.linalg.solve(np.eye(len(vectors)) - alpha * smoothed, start)
    return np.asarray(walked, np.float32)


def mutual_graph(vectors: Floats, neighbours: int, gamma: float) -> Doubles:
    """(V, V): cos^γ of rows that are each among the other's nearest `neighbours`, 0 elsewhere and on the diagonal."""
    cosines = np.maximum(vectors.astype(np.float64) @ vectors.T, 0)
    np.fill_diagonal(cosines, 0)
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :neighbours]
    near = np.zeros(cosines.shape, np.bool_)
    np.put_along_axis(near, nearest, True, axis=1)
    return np.where(near & near.T, cosines**gamma, 0.0)


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


@dataclass(frozen=True)
class Fusion:
    """`v · global + (1 − v) · local` in place of the calibrated probability: a score between 0 and 1, not a probability.

    Late fusion as in landmark recognition (arXiv 2208.04201). The local score is inliers / (inliers + 15): ½ at the 15 inliers
    that a plain count would accept.
    """

    v: float
    identified_at: float
    possible_at: float

    def probability(self, evidence: Evidence) -> float:
        return fused(evidence.global_score, evidence.inliers, self.v)

    def verdict(self, matches: list[Match]) -> Verdict:
        """By the best verified match, else by the best score, as `Calibration.verdict` does."""
        if any(match.verified and match.probability >= self.identified_at for match in matches):
            return "identified"
        return "uncertain" if any(match.probability >= self.possible_at for match in matches) else "not_in_catalogue"


HALF_INLIERS = 15


def fused(cosine: float, inliers: int, v: float) -> float:
    """v · cosine + (1 − v) · inliers / (inliers + 15), 0…1; a negative cosine counts as 0."""
    return v * max(cosine, 0.0) + (1 - v) * inliers / (inliers + HALF_INLIERS)
