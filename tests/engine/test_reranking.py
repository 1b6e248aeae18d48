"""Re-ranking against the obvious slow loops."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from app.engine import reranking
from app.engine.types import Floats


def rows(seed: int, count: int, dim: int = 16) -> Floats:
    """Unit rows with some likeness among them, as whitened descriptors have."""
    rng = np.random.default_rng(seed)
    found = rng.normal(size=(count, dim)) + 1.5 * rng.normal(size=(6, dim))[rng.integers(6, size=count)]
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def nearest(query: Floats, vectors: Floats, count: int) -> list[int]:
    return sorted(range(len(vectors)), key=lambda i: -float(query @ vectors[i]))[:count]


@pytest.mark.parametrize("alpha", [0.0, 1.0, 3.0])
@pytest.mark.parametrize("seed", range(3))
def test_expansion_is_the_weighted_sum_of_the_query_and_its_neighbours(seed: int, alpha: float) -> None:
    queries, vectors = rows(seed, 3), rows(seed + 50, 40)
    found = reranking.expanded(queries, vectors, count=5, alpha=alpha)
    for query, expanded in zip(queries, found, strict=True):
        total = query.astype(np.float64).copy()
        for i in nearest(query, vectors, 5):
            total += max(float(query @ vectors[i]), 0.0) ** alpha * vectors[i]
        np.testing.assert_allclose(expanded, total / np.linalg.norm(total), atol=1e-5)


def test_a_high_power_leaves_the_query_with_its_own_likeness() -> None:
    """α → ∞: only a row that is the query itself has a weight, so that nothing changes."""
    queries, vectors = rows(1, 2), rows(2, 30)
    np.testing.assert_allclose(reranking.expanded(queries, vectors, alpha=200.0), queries, atol=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_the_graph_joins_mutual_neighbours_only(seed: int) -> None:
    vectors = rows(seed, 25)
    graph = reranking.mutual_graph(vectors, 4, 3.0)
    for i in range(25):
        for j in range(25):
            others_of = [[k for k in nearest(vectors[a], vectors, 25) if k != a][:4] for a in (i, j)]
            joined = i != j and j in others_of[0] and i in others_of[1]
            expected = max(float(vectors[i] @ vectors[j]), 0.0) ** 3 if joined else 0.0
            assert graph[i, j] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_diffusion_is_where_the_walk_comes_to_rest(seed: int) -> None:
    queries, vectors = rows(seed, 2), rows(seed + 9, 40)
    found = reranking.diffused(queries, vectors, query_neighbours=6, neighbours=5, gamma=3.0, alpha=0.8)
    graph = reranking.mutual_graph(vectors, 5, 3.0)
    degrees = [max(sum(row), 1e-12) for row in graph.tolist()]
    start = np.zeros(40)
    for query in queries:
        for i in nearest(query, vectors, 6):
            start[i] += max(float(query @ vectors[i]), 0.0) ** 3
    walk = start.copy()
    for _ in range(400):  # one step at a time until nothing moves
        steps = [sum(graph[i, j] / (degrees[i] * degrees[j]) ** 0.5 * walk[j] for j in np.flatnonzero(graph[i])) for i in range(40)]
        walk = 0.8 * np.array(steps) + 0.2 * start
    np.testing.assert_allclose(found, walk, atol=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_the_walk_ends_where_the_linear_system_says(seed: int) -> None:
    """p = c·y + (1 − c)·Pᵀp, solved directly; P and y written out row by row."""
    queries, vectors = rows(seed, 2), rows(seed + 9, 40)
    found = reranking.walked(queries, vectors, query_neighbours=6, neighbours=5, gamma=3.0, restart=0.3)
    moves, start = np.zeros((40, 40)), np.zeros(40)
    for i in range(40):
        for j in [k for k in nearest(vectors[i], vectors, 40) if k != i][:5]:
            moves[i, j] = max(float(vectors[i] @ vectors[j]), 0.0) ** 3
        moves[i] /= moves[i].sum()
    for query in queries:
        for i in nearest(query, vectors, 6):
            start[i] += max(float(query @ vectors[i]), 0.0) ** 3
    expected = 0.3 * np.linalg.solve(np.eye(40) - 0.7 * moves.T, start / start.sum())
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert found.sum() == pytest.approx(1, abs=1e-5)


def test_a_walk_that_never_comes_back_is_led_everywhere_and_one_that_always_does_stays() -> None:
    """A row without neighbours keeps what arrives; with restart 1 the walk is the queries' own rows."""
    vectors = np.eye(3, dtype=np.float32)
    np.testing.assert_allclose(reranking.walked(vectors[:1], vectors, restart=0.2), [1, 0, 0], atol=1e-6)
    chain = np.array([[1, 0], [0.8, 0.6], [0.28, 0.96]], np.float32)  # cosines 0.8, 0.28 and 0.8
    asked = reranking.walked(chain[:1], chain, query_neighbours=1, neighbours=1, restart=1.0)
    np.testing.assert_allclose(asked, [1, 0, 0], atol=1e-6)
    led = reranking.walked(chain[:1], chain, query_neighbours=1, neighbours=2, restart=0.5)
    assert led[0] > led[1] > led[2] > 0  # the third is no neighbour of the query: only the walk gets there


@pytest.mark.parametrize("seed", range(3))
def test_refinement_is_that_of_the_slow_loop(seed: int) -> None:
    queries, vectors = rows(seed, 2), rows(seed + 20, 30)
    found = reranking.refined(queries, vectors, neighbours=4, beta=0.2)
    better = []
    for own in vectors:
        others = nearest(own, vectors, 5)[1:]  # the first is the row itself
        weights = [0.2 * float(own @ vectors[i]) for i in others]
        total = own.astype(np.float64) + sum(w * vectors[i] for w, i in zip(weights, others, strict=True))
        better.append(total / (1 + sum(weights)))
    refined = np.array(better)
    expected = np.full(30, -np.inf)
    for query in queries:
        first = refined @ query
        leading = np.argsort(-first)[:5]
        second = refined @ np.max([refined[i] for i in leading], axis=0)
        expected = np.maximum(expected, (first + second) / 2)
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("method", get_args(reranking.Method))
@pytest.mark.parametrize("count", [1, 2, 30])
def test_any_number_of_rows_is_ranked(method: reranking.Method, count: int) -> None:
    vectors = rows(3, count)
    scores = reranking.rescored(method, vectors[-1:], vectors)
    assert scores.shape == (count,) and np.isfinite(scores).all()
    if count == 30 and method != "refinement":
        assert int(scores.argmax()) == 29  # a picture finds itself


def test_a_neighbour_of_a_neighbour_is_reached_by_diffusion_alone() -> None:
    """Rows on an arc, 25° apart: the query sees the first two, the graph leads on; a row elsewhere is never reached."""
    angles = np.radians([0, 25, 50, 75])
    arc = np.column_stack([np.cos(angles), np.sin(angles), np.zeros(4)])
    vectors = np.vstack([arc, [0, 0, 1.0]]).astype(np.float32)
    scores = reranking.diffused(vectors[:1], vectors, query_neighbours=1, neighbours=2)
    assert (np.diff(scores[:4]) < 0).all() and scores[3] > 0 and scores[4] == 0
