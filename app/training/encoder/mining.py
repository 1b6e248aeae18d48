"""Which works stand in a batch together: pure functions on descriptors."""

from __future__ import annotations

from typing import Literal

import numpy as np

from app.engine.types import Floats, Ints

Mining = Literal["hard", "random"]
GROUP = 4  # works that are easily taken for one another, put into a batch together


def batches(photos: Floats, pictures: Floats, size: int, mining: Mining, rng: np.random.Generator) -> Ints:
    """Every work once: (batches, size) positions of works; the last ones that do not fill a batch are left out.

    photos, pictures: (n, D) of unit length by the current weights, row i of the same work. With "hard" a batch is made of
    groups: a work drawn at random and the works left whose pictures are nearest to its photo.
    """
    order = rng.permutation(len(pictures))
    if mining == "hard":
        order = grouped(photos @ pictures.T, order, min(GROUP, size))
    count = len(order) // size
    return np.asarray(order[: count * size].reshape(count, size), np.int64)


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
