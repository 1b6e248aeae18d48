"""VGG16-CAM's online aggregation over a whole database: every picture is pooled anew by each query's classes.

Jimenez, Alvarez & Giró-i-Nieto, BMVC 2017, OnA. Nothing is kept of a picture but its cosines: its rows of all classes are made,
aggregated for every query, and forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from app.engine.encoders import Encoder
from app.engine.encoders.whitening import Whitening
from app.engine.online_classes import aggregated, asked
from app.engine.types import Image, Progress
from app.evaluation.protocols.searching import Found
from app.evaluation.protocols.task import Item


def run(
    queries: Sequence[Item], database: Sequence[Item], read: Callable[[Item], Image], encoder: Encoder,
    whitening: Whitening | None, depth: int, tell: Progress,
) -> Found:
    """Rank all of the database for each query. Only with an encoder that `pools_by_class`."""
    wanted = [asked(encoder, read(item), whitening) for item in queries]
    cosines = np.empty((len(queries), len(database)), np.float32)
    for column, item in enumerate(database):
        rows = encoder.class_rows(read(item)).rows
        cosines[:, column] = [vector @ aggregated(rows, classes, whitening) for classes, vector in wanted]
        tell("online", column + 1, len(database))
    order = np.argsort(-cosines, axis=1, kind="stable")[:, :depth]
    return Found(order, np.take_along_axis(cosines, order, axis=1))
