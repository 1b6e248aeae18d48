"""A protocol run: describe, whiten, rank by cosine, judge."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.engine.describing import final_vector
from app.engine.encoders import Encoder
from app.engine.encoders.whitening import Whitening, fit_whitening
from app.engine.errors import ImageError
from app.engine.images import read_image
from app.engine.types import Floats, Image, Ints, Progress
from app.evaluation.bootstrap import interval, photo_weights
from app.evaluation.protocols.task import Box, Item, ProtocolError, Task

READ_SIDE = 1600  # pixels; a picture without a box is read at no more
WINDOW = 16  # pictures described together
BATCH = 256  # queries ranked together: their cosines with a million pictures fill 1 GB
LEAST_TO_WHITEN = 32  # pictures; of fewer a covariance says nothing


@dataclass(frozen=True)
class Ranked:
    """(Q, K) database positions, best first, and their cosines; what was found out on the way."""

    rankings: Ints
    scores: Floats
    seconds: dict[str, float]
    unreadable: Sequence[str]


def rank(task: Task, encoder: Encoder, *, whiten: bool = True, progress: Progress | None = None) -> Ranked:
    """Ask the task's database with each of its queries. Raises ProtocolError where a query cannot be read."""
    tell = progress or (lambda stage, done, total: None)
    started = time.monotonic()
    rows, unreadable = _described(task.database, encoder, "database", tell)
    asked, unread = _described(task.queries, encoder, "queries", tell)
    if unread:
        raise ProtocolError(f"{task.name}: {len(unread)} queries cannot be read, the first: {unread[0]}")
    described = time.monotonic()
    there = np.flatnonzero([row is not None for row in rows])
    raw = [row for row in rows if row is not None]
    if not raw:
        raise ProtocolError(f"{task.name}: none of {len(rows)} pictures of the database can be read.")
    whitening = _whitening(raw) if whiten and len(raw) >= LEAST_TO_WHITEN else None
    database = np.stack([final_vector(row, whitening) for row in raw])
    queries = np.stack([final_vector(row, whitening) for row in asked if row is not None])
    depth = min(task.depth or len(database), len(database))
    rankings, scores = nearest(queries, database, depth)
    seconds = {"describe": described - started, "rank": time.monotonic() - described}
    return Ranked(there[rankings], scores, seconds, unreadable)


def figures(task: Task, ranked: Ranked) -> dict[str, Any]:
    """Each figure of the protocol with its 95 % interval over queries."""
    weights = photo_weights(np.arange(len(task.queries)))
    measures = task.judge(ranked.rankings, ranked.scores)
    return {
        "protocol": task.name,
        "figures": {name: interval(one.statistic, weights, one.n) for name, one in measures.items()},
        "n_database": len(task.database), "n_queries": len(task.queries),
        "unreadable": list(ranked.unreadable), "notes": list(task.notes),
        "seconds": {stage: round(value, 2) for stage, value in ranked.seconds.items()},
    }


def nearest(queries: Floats, database: Floats, depth: int) -> tuple[Ints, Floats]:
    """(Q, depth) positions and cosines, best first; of equal ones the earlier position first."""
    positions, scores = [], []
    for start in range(0, len(queries), BATCH):
        cosines = queries[start : start + BATCH] @ database.T
        order = np.argsort(-cosines, axis=1, kind="stable")[:, :depth]
        positions.append(order)
        scores.append(np.take_along_axis(cosines, order, axis=1))
    return np.concatenate(positions), np.concatenate(scores)


def _whitening(raw: Sequence[Floats]) -> Whitening:
    return fit_whitening(np.stack([row[0] for row in raw]), raw[0].shape[1])


def _described(items: Sequence[Item], encoder: Encoder, stage: str, tell: Progress) -> tuple[list[Floats | None], list[str]]:
    """Per item (M, C) rows or None, and why for those."""
    rows: list[Floats | None] = []
    reasons: list[str] = []
    for start in range(0, len(items), WINDOW):
        images = [_read(item) for item in items[start : start + WINDOW]]
        found = iter(encoder.describe([image for image in images if not isinstance(image, str)]))
        rows += [None if isinstance(image, str) else next(found) for image in images]
        reasons += [image for image in images if isinstance(image, str)]
        tell(stage, len(rows), len(items))
    return rows, reasons


def _read(item: Item) -> Image | str:
    """The picture as the item asks for it, or why it cannot be read."""
    try:
        image = read_image(item.path, max_side=None if item.box else READ_SIDE, min_side=1)
    except ImageError as error:
        return f"{item.name}: {error}"
    if item.box:
        image = cut(image, item.box)
    return item.change(image) if item.change else image


def cut(image: Image, box: Box) -> Image:
    """The part inside the box, at least a pixel, within the picture."""
    height, width = image.shape[:2]
    left, right = _span(box[0], box[2], width)
    top, bottom = _span(box[1], box[3], height)
    return np.ascontiguousarray(image[top:bottom, left:right])


def _span(low: float, high: float, side: int) -> tuple[int, int]:
    first = int(np.clip(round(low), 0, side - 1))
    return first, int(np.clip(round(high), first + 1, side))
