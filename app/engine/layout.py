"""Vectors as a map: near ones near, on a plane. t-SNE of van der Maaten & Hinton, JMLR 9 (2008), on at most LANDMARKS rows.

The others lie where their nearest landmarks lie. Written here because UMAP's package brings 210 MB and scikit-learn 60 MB to
every installation, for one picture; the exact algorithm on 1,500 rows is a minute's work for two matrices.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from app.engine.types import Floats, Ints

LANDMARKS = 1500
PERPLEXITY = 30.0
ROUNDS = 500
EARLY = 100  # rounds in which what belongs together is drawn together (section 3.4: early exaggeration, 4 there, 12 since)
NEAREST = 3  # landmarks that place another row
Doubles = npt.NDArray[np.float64]
Tell = Callable[[int, int], None]


def layout(vectors: Floats, *, seed: int = 0, tell: Tell = lambda done, total: None) -> tuple[Floats, Ints]:
    """(n, 2) float32 places in the unit square, and the rows that were landmarks. vectors: (n, D) unit rows, n ≥ 1."""
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.choice(len(vectors), min(LANDMARKS, len(vectors)), replace=False))
    marks = np.asarray(vectors[chosen], np.float32)
    placed = into_square(t_sne(marks, tell=tell))
    if len(chosen) == len(vectors):
        return placed, chosen
    places = np.empty((len(vectors), 2), np.float32)
    for start in range(0, len(vectors), 2000):
        places[start : start + 2000] = among(np.asarray(vectors[start : start + 2000], np.float32) @ marks.T, placed)
    places[chosen] = placed
    return places, chosen


def t_sne(rows: Floats, *, tell: Tell = lambda done, total: None) -> Floats:
    """(n, 2) for (n, D) unit rows, begun at their two main components, so that the same rows give the same map."""
    count = len(rows)
    if count < 5:  # too few for neighbours: on a line
        return np.column_stack([np.arange(count), np.zeros(count)]).astype(np.float32)
    wanted = joint(rows, min(PERPLEXITY, (count - 1) / 3))
    centred = rows - rows.mean(axis=0)
    places = centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T
    places = (1e-2 * places / max(float(places.std()), 1e-9)).astype(np.float32)
    step, gains, rate = np.zeros_like(places), np.ones_like(places), max(50.0, count / 12)
    for turn in range(ROUNDS):
        gradient = _gradient(wanted * (12 if turn < EARLY else 1), places)
        gains = np.where(np.sign(gradient) == np.sign(step), np.maximum(0.8 * gains, 0.01), gains + 0.2)
        step = (0.5 if turn < EARLY else 0.8) * step - rate * gains * gradient
        places = places + step
        places -= places.mean(axis=0)
        if turn % 25 == 0:
            tell(turn, ROUNDS)
    return np.asarray(places, np.float32)


def joint(rows: Floats, perplexity: float) -> Floats:
    """(n, n) float32 of how much two rows belong together, summing to 1 (equation 1, made symmetric by section 3.1)."""
    squared = np.maximum(2 - 2 * rows @ rows.T, 0).astype(np.float64)
    np.fill_diagonal(squared, np.inf)
    given = _given(squared, np.log(perplexity))
    return np.asarray((given + given.T) / (2 * len(rows)), np.float32)


def _given(squared: Doubles, entropy: float) -> Doubles:
    """(n, n) p(j | i): Gaussians as wide as their entropy asks for, by halving, all rows at once."""
    low, high = np.zeros(len(squared)), np.full(len(squared), np.inf)
    beta = np.full(len(squared), 1.0)
    nearest = squared.min(axis=1, keepdims=True)
    for _ in range(50):
        weights = np.exp(-(squared - nearest) * beta[:, None])
        weights /= weights.sum(axis=1, keepdims=True)
        spread = -(weights * np.log(np.maximum(weights, 1e-300))).sum(axis=1)
        wide = spread > entropy
        low, high = np.where(wide, beta, low), np.where(wide, high, beta)
        beta = np.where(np.isinf(high), beta * 2, (low + high) / 2)
        if np.abs(spread - entropy).max() < 1e-4:
            break
    return np.asarray(weights)


def _gradient(wanted: Floats, places: Floats) -> Floats:
    """(n, 2): equation 5, with the heavy tails of Student's t between places."""
    norms = (places**2).sum(axis=1)
    near = 1 / (1 + np.maximum(norms[:, None] + norms[None, :] - 2 * places @ places.T, 0))
    np.fill_diagonal(near, 0)
    pull = (wanted - near / near.sum()) * near
    return np.asarray(4 * (pull.sum(axis=1)[:, None] * places - pull @ places), np.float32)


def among(cosines: Floats, placed: Floats) -> Floats:
    """(n, 2): the mean place of the nearest landmarks, nearer ones counting more. cosines: (n, landmarks)."""
    nearest = np.argsort(-cosines, axis=1)[:, :NEAREST]
    weights = np.maximum(np.take_along_axis(cosines, nearest, axis=1), 1e-3) ** 4
    return np.asarray(np.einsum("nk,nkd->nd", weights / weights.sum(axis=1, keepdims=True), placed[nearest]), np.float32)


def into_square(places: Floats) -> Floats:
    """The places moved and scaled into the unit square, both axes alike."""
    low, high = places.min(axis=0), places.max(axis=0)
    side = max(float((high - low).max()), 1e-9)
    return np.asarray(0.5 + (places - (low + high) / 2) / side, np.float32)
