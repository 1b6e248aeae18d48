"""Which works or pictures stand in a batch together: pure functions on descriptors and labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from app.engine.types import Floats, Ints

Mining = Literal["hard", "random"]
Labels = npt.NDArray[np.int64]
GROUP = 4  # works that are easily taken for one another, put into a batch together


def batches(photos: Floats, pictures: Floats, size: int, mining: Mining, rng: np.random.Generator) -> Ints:
    """Every work once: (batches, size) positions of works; the last ones that do not fill a batch are left out.

    photos, pictures: (n, D) of unit length by the current weights, row i of the same work. With "hard" a batch is made of
    groups: a work drawn at random and the works left whose pictures are nearest to its photo.
    """
    order = np.asarray(rng.permutation(len(pictures)), np.int64)
    if mining == "hard":
        order = grouped(photos @ pictures.T, order, min(GROUP, size))
    return in_batches(order, size)


def grouped(cosines: Floats, order: Ints, group: int) -> Ints:
    """A permutation of `order`: a work, its `group` − 1 hardest wrong works that are still free, the next free work, …"""
    free = np.ones(len(cosines), bool)
    found: list[int] = []
    for work in order.tolist():
        if not free[work]:
            continue
        free[work] = False
        hardest = [int(other) for other in np.argsort(-cosines[work], kind="stable") if free[other]][: group - 1]
        free[hardest] = False
        found += [work, *hardest]
    return np.asarray(found, np.int64)


def ranks(photos: Floats, pictures: Floats, right: Ints) -> Ints:
    """(n,) rank from 1 of each photo's own picture among all (m, D) pictures; ties count against it."""
    cosines = photos @ pictures.T
    own = cosines[np.arange(len(right)), right]
    return np.asarray((cosines >= own[:, None]).sum(axis=1), np.int64)  # its own is one of them


def positive_pairs(labels: Labels, listed: Sequence[tuple[int, int]], count: int, rng: np.random.Generator) -> Ints:
    """(at most `count`, 2): a query and one that belongs to it, drawn from those that are listed; else from pictures of one label.

    No picture is a query twice.
    """
    partners: dict[int, list[int]] = defaultdict(list)
    for query, positive in listed:
        partners[query].append(positive)
    if not listed:  # itself among them: one list for all of a label
        partners |= {row: rows for rows in _by_label(labels) for row in rows if len(rows) > 1}
    found = []
    for query in rng.permutation(sorted(partners))[:count].tolist():
        others = partners[query]
        positive = others[int(rng.integers(len(others)))]
        while positive == query:
            positive = others[int(rng.integers(len(others)))]
        found.append((query, positive))
    return np.array(found, np.int64).reshape(-1, 2)


def hard_negatives(closeness: Floats, queries: Labels, pool: Labels, count: int) -> Ints:
    """(q, count) positions in the pool: for each query the closest pictures of other labels, at most one of each.

    closeness: (q, m); queries (q,), pool (m,): labels, of which the pool needs `count` besides the query's. Radenović, Tolias &
    Chum, "Fine-tuning CNN image retrieval with no human annotation", TPAMI 2019: hard negatives, from as many clusters.
    """
    found = np.empty((len(queries), count), np.int64)
    for row, (own, order) in enumerate(zip(queries, np.argsort(-closeness, axis=1, kind="stable"), strict=True)):
        others = order[pool[order] != own]
        first = np.sort(np.unique(pool[others], return_index=True)[1])  # of each label, where it comes first
        found[row] = others[first[:count]]
    return found


def label_batches(labels: Labels, size: int, per_label: int, rng: np.random.Generator) -> Ints:
    """(batches, size): groups of `per_label` pictures of one label, the groups in any order, for all pairs of a batch.

    Pictures that do not fill a group, and groups that do not fill a batch, wait for another epoch.
    """
    groups: list[Ints] = []
    for rows in _by_label(labels):
        order = rng.permutation(rows)
        groups += list(order[: len(order) // per_label * per_label].reshape(-1, per_label))
    chosen = [groups[number] for number in rng.permutation(len(groups))]
    return in_batches(np.concatenate(chosen) if chosen else np.zeros(0, np.int64), size // per_label * per_label)


def in_batches(order: Ints, size: int) -> Ints:
    """(n, …) → (batches, size, …); what does not fill a batch is left out."""
    count = len(order) // size
    return np.asarray(order[: count * size].reshape(count, size, *order.shape[1:]), np.int64)


def _by_label(labels: Labels) -> list[list[int]]:
    rows: dict[int, list[int]] = defaultdict(list)
    for row, label in enumerate(labels.tolist()):
        rows[label].append(row)
    return [rows[label] for label in sorted(rows)]
