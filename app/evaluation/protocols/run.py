"""A protocol run: describe, whiten, search, judge."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from app.engine import online_classes
from app.engine.describing import final_vector
from app.engine.encoders import Encoder
from app.engine.encoders.whitening import Whitening, fit_whitening
from app.engine.errors import ImageError
from app.engine.images import read_image
from app.engine.presets import search_preset
from app.engine.types import Floats, Image, Ints, Progress
from app.evaluation.bootstrap import interval, photo_weights
from app.evaluation.protocols import online, product, searching
from app.evaluation.protocols.features import Features
from app.evaluation.protocols.searching import Search
from app.evaluation.protocols.task import Box, Item, ProtocolError, Task
from app.evaluation.protocols.verifying import Proofs, verified

READ_SIDE = 1600  # pixels; a picture without a box is read at no more
WINDOW = 16  # pictures described together
LEAST_TO_WHITEN = 32  # pictures; of fewer a covariance says nothing
MOST_TO_WHITEN = 20_000  # of them, as a build has it


@dataclass(frozen=True)
class Ranked:
    """(Q, K) database positions, best first, −1 for none, and their scores; how they were searched, and what was found out."""

    rankings: Ints
    scores: Floats
    seconds: dict[str, float]
    unreadable: Sequence[str]
    search: Search = Search()
    facts: dict[str, Any] = field(default_factory=dict)


def rank(
    task: Task, encoder: Encoder, *, whiten: bool | Sequence[Path] = True, search: Search | None = None,
    features: Features | None = None, proofs: Proofs | None = None, progress: Progress | None = None,
) -> Ranked:
    """Ask the task's database with each of its queries, exactly if `search` says nothing else.

    `whiten`: by the database's own vectors, or by those of other pictures (as published: Paris6k for Oxford5k, SfM-120k for both).
    `features`: described rows are taken from there, and what is new is kept there; `proofs`: likewise of pairs that were matched,
    as long as it lives (`proofs_of()`). Raises ProtocolError where a query cannot be
    read, PresetError where the engine does not suit.
    """
    search = search or Search()
    search.check()
    if search.online:
        online_classes.check(encoder)
    tell = progress or (lambda stage, done, total: None)
    if search.preset:
        return _by_product(task, encoder, search, features, tell)
    started = time.monotonic()
    rows, unreadable = _described(task.database, encoder, "database", tell, features)
    asked, unread = _described(task.queries, encoder, "queries", tell, features)
    if unread:
        raise ProtocolError(f"{task.name}: {len(unread)} queries cannot be read, the first: {unread[0]}")
    described = time.monotonic()
    there = np.flatnonzero([row is not None for row in rows])
    raw = [row for row in rows if row is not None]
    if not raw:
        raise ProtocolError(f"{task.name}: none of {len(rows)} pictures of the database can be read.")
    whitening = _whitening(_others(task, whiten, encoder, tell, features) if isinstance(whiten, Sequence) else raw, bool(whiten))
    database = np.stack([final_vector(row, whitening) for row in raw])
    queries = np.stack([final_vector(row, whitening) for row in asked if row is not None])
    depth = min(task.depth or len(database), len(database))
    pictures = [task.database[position] for position in there.tolist()]
    if search.online:
        found = online.run(task.queries, pictures, _readable, encoder, whitening, max(depth, search.verify), tell)
    else:
        found = searching.run(search, queries, database, min(max(depth, search.verify), len(database)), _own(task, there))
    if search.verify:
        found = verified(found, task.queries, pictures, search.verify, search.v, proofs or proofs_of(), tell)
    found = replace(found, positions=found.positions[:, :depth], scores=found.scores[:, :depth])
    seconds = {"describe": described - started, "rank": time.monotonic() - described}
    facts = {**found.facts, "depth": int(found.positions.shape[1])}
    return Ranked(np.where(found.positions >= 0, there[found.positions], -1), found.scores, seconds, unreadable, search, facts)


def _by_product(task: Task, encoder: Encoder, search: Search, features: Features | None, tell: Progress) -> Ranked:
    """Raises ProtocolError where a query cannot be read, BuildError where nothing of the database can."""
    started, depth = time.monotonic(), min(task.depth or len(task.database), len(task.database))
    preset, keep = search_preset(search.preset), features.folder if features else None
    found, rejects = product.run(task.queries, task.database, partial(_query, task), preset, encoder, depth, keep, tell)
    unreadable = [f"{task.database[one.picture_id].name}: {one.reason}" for one in rejects]
    facts = {**found.facts, "depth": depth}
    return Ranked(found.positions, found.scores, {"all": time.monotonic() - started}, unreadable, search, facts)


def _query(task: Task, item: Item) -> Image:
    image = _read(item)
    if isinstance(image, str):
        raise ProtocolError(f"{task.name}: a query cannot be read: {image}")
    return image


def proofs_of() -> Proofs:
    """Pairs of pictures that are matched by their local features, read as a protocol reads them."""
    return Proofs(_readable)


def figures(task: Task, ranked: Ranked) -> dict[str, Any]:
    """Each figure of the protocol with its 95 % interval over queries; its name says how was searched, if not exactly."""
    weights = photo_weights(np.arange(len(task.queries)))
    measures = task.judge(ranked.rankings, ranked.scores)
    return {
        "protocol": task.name,
        "figures": {
            f"{name}{ranked.search.suffix}": interval(one.statistic, weights, one.n) for name, one in measures.items()
        },
        "engine": ranked.facts.get("engine", "exact"), "second_pass": ranked.search.repairs, "rerank": ranked.search.rerank,
        "online": ranked.search.online, "verify": ranked.search.verify, "v": ranked.search.v,
        "preset": ranked.search.preset,
        **{name: value for name, value in ranked.facts.items() if name != "engine"},
        "n_database": len(task.database), "n_queries": len(task.queries),
        "unreadable": list(ranked.unreadable), "notes": list(task.notes),
        "seconds": {stage: round(value, 2) for stage, value in ranked.seconds.items()},
    }


def _others(task: Task, paths: Sequence[Path], encoder: Encoder, tell: Progress, features: Features | None) -> list[Floats]:
    """Rows of the pictures that a whitening is learned on. Raises ProtocolError where they are too few for one."""
    rows, _ = _described([Item(path.name, path) for path in paths], encoder, "whitening", tell, features)
    found = [row for row in rows if row is not None]
    if len(found) < LEAST_TO_WHITEN:
        raise ProtocolError(f"{task.name}: a whitening needs {LEAST_TO_WHITEN} pictures to be learned on, not {len(found)}.")
    return found


def _whitening(raw: Sequence[Floats], wanted: bool) -> Whitening | None:
    """Fitted on the first row of each picture, of a seeded sample of a large database; None where that says nothing."""
    if not wanted or len(raw) < LEAST_TO_WHITEN:
        return None
    chosen = np.random.default_rng(0).choice(len(raw), min(len(raw), MOST_TO_WHITEN), replace=False)
    return fit_whitening(np.stack([raw[place][0] for place in np.sort(chosen)]), raw[0].shape[1])


def _own(task: Task, there: Ints) -> list[int]:
    """Of each query its place among the readable pictures of the database, −1 where it is none of them, or asks with a part."""
    places = {task.database[position].path: place for place, position in enumerate(there.tolist())}
    return [-1 if item.box or item.change else places.get(item.path, -1) for item in task.queries]


def _described(
    items: Sequence[Item], encoder: Encoder, stage: str, tell: Progress, features: Features | None
) -> tuple[list[Floats | None], list[str]]:
    """Per item (M, C) rows or None, and why for those."""
    rows: list[Floats | None] = []
    reasons: list[str] = []
    for start in range(0, len(items), WINDOW):
        window = items[start : start + WINDOW]
        keys = features.keys(window) if features else [""] * len(window)
        kept = features.of(keys) if features else [None] * len(window)
        images = {place: _read(item) for place, item in enumerate(window) if kept[place] is None}
        good = {place: image for place, image in images.items() if not isinstance(image, str)}
        made = dict(zip(good, encoder.describe(list(good.values())), strict=True))
        if features:
            features.keep([(keys[place], one) for place, one in made.items()])
        rows += [made.get(place, own) for place, own in enumerate(kept)]
        reasons += [image for image in images.values() if isinstance(image, str)]
        tell(stage, len(rows), len(items))
    return rows, reasons


def _readable(item: Item) -> Image:
    """The picture of an item that was read before. Raises ProtocolError where it has changed meanwhile."""
    image = _read(item)
    if isinstance(image, str):
        raise ProtocolError(f"It could be read before: {image}")
    return image


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
