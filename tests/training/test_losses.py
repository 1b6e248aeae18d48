"""Every loss against loops over its formula, and which way its gradient points."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from app.engine.encoders.pooling import unit_rows
from app.engine.types import Floats
from app.training.encoder import losses

pytest.importorskip("tensorflow")
QUERIES, NEGATIVES, SIZE = 3, 2, 6
LABELS = ["a", "b", "a", "c", "b", "a", "d"]  # c and d have nothing to be paired with


def rows(count: int, seed: int) -> Floats:
    return unit_rows(np.random.default_rng(seed).normal(size=(count, SIZE)).astype(np.float32))


def batches(seed: int) -> list[tuple[Floats, Floats, Floats]]:
    """(vectors, right, wrong) in each of the three ways that rows meet."""
    tuples, pairs, facing = rows(QUERIES * (2 + NEGATIVES), seed), rows(len(LABELS), seed), rows(8, seed)
    return [
        (tuples, *losses.tuples(QUERIES, NEGATIVES)), (pairs, *losses.all_pairs(LABELS)), (facing, *losses.facing(4)),
    ]  # fmt: skip


def squared(a: Floats, b: Floats) -> float:
    return float(np.sum((a.astype(np.float64) - b) ** 2))


def pairs_of(mask: Floats) -> list[tuple[int, int]]:
    return [(a, b) for a in range(len(mask)) for b in range(len(mask)) if mask[a, b]]


def slow_infonce(vectors: Floats, right: Floats, wrong: Floats, *, temperature: float, margin: float = 0.0) -> float:
    def score(a: int, b: int, more: float = 0.0) -> float:
        angle = math.acos(float(np.clip(vectors[a] @ vectors[b], -1, 1)))
        turned = math.cos(angle + more) if angle + more < math.pi else math.cos(angle) - more * math.sin(more)
        return math.exp(turned / temperature)

    found = []
    for a, p in pairs_of(right):
        own = score(a, p, margin)
        found.append(-math.log(own / (own + sum(score(a, n) for n in range(len(vectors)) if wrong[a, n]))))
    return float(np.mean(found))


def slow_triplet(vectors: Floats, right: Floats, wrong: Floats, *, margin: float, every: bool) -> float:
    found = []
    for a, p in pairs_of(right):
        each = [margin + squared(vectors[a], vectors[p]) - squared(vectors[a], vectors[n]) for n in np.flatnonzero(wrong[a])]
        found.append(sum(max(0.0, one) for one in each) if every else max(0.0, *each))
    return float(np.mean(found))


def slow_contrastive(vectors: Floats, right: Floats, wrong: Floats, *, margin: float) -> float:
    total = sum(0.5 * squared(vectors[a], vectors[b]) for a, b in pairs_of(right))
    anchors = {a for a, _ in pairs_of(right)}
    wrong_pairs = [(a, b) for a, b in pairs_of(wrong) if a in anchors]
    total += sum(0.5 * max(0.0, margin - math.sqrt(squared(vectors[a], vectors[b]))) ** 2 for a, b in wrong_pairs)
    return total / len(anchors)


def slow_second_order(vectors: Floats, right: Floats, wrong: Floats) -> float:
    found = []
    for a, p in pairs_of(right):
        others = np.flatnonzero(wrong[a])
        apart = [(squared(vectors[a], vectors[n]) - squared(vectors[p], vectors[n])) ** 2 for n in others]
        found.append(math.sqrt(sum(apart)))
    return float(np.mean(found))


@pytest.mark.parametrize("seed", [1, 2])
def test_losses_are_what_loops_reckon(seed: int) -> None:
    for batch in batches(seed):

        def ours(loss: Callable[..., Any], masks: tuple[Floats, ...] = batch, **options: float) -> float:
            return float(loss(masks[0] @ masks[0].T, *masks[1:], **options))

        hardest = slow_triplet(*batch, margin=0.4, every=False)
        assert ours(losses.infonce, temperature=0.2) == pytest.approx(slow_infonce(*batch, temperature=0.2), rel=1e-4)
        wanted = slow_infonce(*batch, temperature=0.2, margin=0.3)
        assert ours(losses.arcface, margin=0.3, temperature=0.2) == pytest.approx(wanted, rel=1e-3)
        assert ours(losses.triplet, margin=0.4) == pytest.approx(hardest, rel=1e-4)
        assert ours(losses.triplets, margin=0.4) == pytest.approx(slow_triplet(*batch, margin=0.4, every=True), rel=1e-4)
        assert ours(losses.contrastive, margin=1.3) == pytest.approx(slow_contrastive(*batch, margin=1.3), rel=1e-3)
        assert ours(losses.second_order) == pytest.approx(slow_second_order(*batch), rel=1e-3)
        together = hardest + 2 * slow_second_order(*batch)
        assert ours(losses.chosen("triplet", 0.4, 2.0)) == pytest.approx(together, rel=1e-3)


def test_facing_rows_are_the_cross_entropy_both_ways() -> None:
    vectors, right, wrong = batches(3)[2]
    logits = (vectors[:4] @ vectors[4:].T).astype(np.float64) / 0.1

    def one_way(rows: Floats) -> float:
        return float(np.mean([math.log(np.exp(row).sum()) - row[place] for place, row in enumerate(rows)]))

    wanted = (one_way(logits) + one_way(logits.T)) / 2
    assert float(losses.infonce(vectors @ vectors.T, right, wrong, temperature=0.1)) == pytest.approx(wanted, rel=1e-4)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy_spreads_its_labels(smoothing: float) -> None:
    scores, labels = np.random.default_rng(1).normal(size=(5, 4)).astype(np.float32), [0, 3, 1, 1, 2]
    total = 0.0
    for row, label in zip(scores.astype(np.float64), labels, strict=True):
        shares = np.exp(row) / np.exp(row).sum()
        wanted = [(1 - smoothing) * (place == label) + smoothing / 4 for place in range(4)]
        total -= sum(want * math.log(share) for want, share in zip(wanted, shares, strict=True))
    found = losses.cross_entropy(scores, np.eye(4, dtype=np.float32)[labels], smoothing=smoothing)
    assert float(found) == pytest.approx(total / 5, rel=1e-5)


def test_masks_say_who_meets_whom() -> None:
    right, wrong = losses.tuples(2, 1)
    assert pairs_of(right) == [(0, 1), (3, 4)]
    assert pairs_of(wrong) == [(0, 2), (3, 5)]
    right, wrong = losses.all_pairs(["a", "b", "a"])
    assert pairs_of(right) == [(0, 2), (2, 0)]
    assert pairs_of(wrong) == [(0, 1), (1, 0), (1, 2), (2, 1)]
    right, wrong = losses.facing(2)
    assert pairs_of(right) == [(0, 2), (1, 3), (2, 0), (3, 1)]
    assert pairs_of(wrong) == [(0, 3), (1, 2), (2, 1), (3, 0)]


@pytest.mark.parametrize("name", losses.BY_NAME)
def test_a_step_down_brings_right_pairs_together_and_wrong_ones_apart(name: str) -> None:
    import tensorflow as tf

    angles = np.radians([0, 50, 40])  # the positive is farther than the negative
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    cosines = tf.constant(vectors @ vectors.T)
    with tf.GradientTape() as tape:
        tape.watch(cosines)
        loss = losses.BY_NAME[name](cosines, *losses.tuples(1, 1))
    slope = np.asarray(tape.gradient(loss, cosines))
    assert slope[0, 1] < 0 < slope[0, 2]
    assert not slope[1:].any()


def test_the_second_order_term_evens_distances_to_the_negative() -> None:
    import tensorflow as tf

    angles = np.radians([0, 20, 60])  # the positive is nearer to the negative than the anchor is
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    cosines = tf.constant(vectors @ vectors.T)
    with tf.GradientTape() as tape:
        tape.watch(cosines)
        loss = losses.second_order(cosines, *losses.tuples(1, 1))
    slope = np.asarray(tape.gradient(loss, cosines))
    assert slope[0, 2] < 0 < slope[1, 2]  # the anchor comes nearer, the positive goes away


def test_losses_by_hand() -> None:
    perfect = np.kron(np.ones((2, 2)), np.eye(4)).astype(np.float32)  # right pairs equal, wrong ones at right angles
    masks = losses.facing(4)
    assert float(losses.triplet(perfect, *masks)) == float(losses.triplets(perfect, *masks)) == 0
    assert float(losses.contrastive(perfect, *masks)) == pytest.approx(0, abs=1e-5)
    assert float(losses.infonce(np.zeros((8, 8), np.float32), *masks)) == pytest.approx(math.log(4), rel=1e-5)
    assert float(losses.arcface(-perfect, *masks)) > float(losses.infonce(-perfect, *masks))  # the angle wraps no further
