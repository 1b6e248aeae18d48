"""The published index looked into: cells, a query's way to them, layers of a graph, a map of the vectors, all as it was built."""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app import services
from app.engine.errors import CancelledError
from app.engine.types import Floats, Ints, Progress, ShouldCancel
from app.published import Opened, opened

FILE = "study.npz"
ANSWERS = 10  # nearest pictures of a query whose cells are told


def pictures_of(build: Opened, rows: Ints) -> list[int]:
    """Picture ids of vectors, each once, in their order."""
    return list(dict.fromkeys(int(build.pictures["picture_id"][position]) for position in build.owners[rows]))


def in_cell(build: Opened, cell: int, most: int) -> list[int]:
    """Pictures of a cell, those nearest to its centre first."""
    assert build.cells is not None
    rows = build.cells.rows(cell)
    if not len(rows):
        return []
    vectors = np.ascontiguousarray(build.vectors[np.sort(rows)])
    centre = vectors.mean(axis=0)
    return pictures_of(build, np.sort(rows)[np.argsort(-(vectors @ centre), kind="stable")])[:most]


def vectors_of_work(build: Opened, artwork_pk: int) -> Floats:
    """(n, D) vectors of a work, none where the build does not know it."""
    return np.ascontiguousarray(build.vectors[np.flatnonzero(build.pictures["work_id"][build.owners] == artwork_pk)], np.float32)


def vector_of_photo(photo: Path) -> Floats:
    """(1, D) vector of a visitor's photo as a search describes it. Raises ImageError, NoIndexError, Busy."""
    from app.engine import looking
    from app.engine.describing import final_vector

    image = looking.cleaned(services.read_photo(photo))
    with services.turn():
        searcher = services.searcher()
        raw = searcher.encoder.describe([image])[0]
    return np.ascontiguousarray(final_vector(raw, searcher.gallery.whitening)[None], np.float32)


@dataclass(frozen=True)
class Step:
    """One cell on the way of a query: its place in the order, how near its centre, how many it holds, what of the ten nearest."""

    place: int
    cell: int
    cosine: float
    size: int
    probed: bool
    answers: int


def way(build: Opened, query: Floats) -> tuple[list[Step], list[int]]:
    """Every cell, nearest first, as a query (1, D) goes through them, and its exact ten nearest pictures."""
    assert build.cells is not None
    cosines, order = build.cells.nearest(query)
    nearest = np.argsort(-(build.vectors @ query[0]), kind="stable")[:ANSWERS]
    homes = Counter(build.cells.nearest(np.ascontiguousarray(build.vectors[nearest]))[1][:, 0].tolist())
    sizes, probes = build.cells.sizes(), build.manifest["nprobe"]
    steps = [
        Step(place, int(cell), float(cosine), int(sizes[cell]), place <= probes, homes[int(cell)])
        for place, (cell, cosine) in enumerate(zip(order[0], cosines[0], strict=True), 1)
    ]
    return steps, pictures_of(build, nearest)


@dataclass(frozen=True)
class Map:
    """Where each picture of a build lies on a plane (unit square), and what a graph over its vectors looks like."""

    picture_ids: Ints
    places: Floats
    landmarks: int
    nodes: Ints
    degrees: Ints
    graph_rows: int
    graph_seconds: float


def kept_map() -> Map | None:
    """The map of the published build, if it was drawn. Raises NoIndexError, BuildError."""
    shelf = services.builds()
    path = shelf.folder / shelf.current() / FILE
    if not path.is_file():
        return None
    with np.load(path) as kept:
        rows, seconds, landmarks = kept["figures"].tolist()
        return Map(kept["picture_ids"], kept["places"], int(landmarks), kept["nodes"], kept["degrees"], int(rows), seconds)


def draw_map(progress: Progress | None = None, should_cancel: ShouldCancel | None = None) -> dict[str, Any]:
    """Draw the map of the published build and count a graph over it; both are kept with the build. Raises as `opened` does."""
    from app.engine import layout
    from app.engine.index import study

    tell = progress or (lambda stage, done, total: None)

    def step(done: int, total: int) -> None:
        if should_cancel is not None and should_cancel():
            raise CancelledError("Stopped as asked; the map that was there is there still.")
        tell("map", done, total)

    build = opened()
    tell("graph", 0, 1)
    found = study.layers(build.vectors)
    tell("graph", 1, 1)
    first = np.unique(build.owners, return_index=True)[1]  # of a picture with parts, the vector of the whole
    places, chosen = layout.layout(build.vectors[first] if len(first) < len(build.owners) else build.vectors, tell=step)
    figures = np.array([found.rows, found.seconds, len(chosen)])
    draft = build.folder / f".{FILE}-{secrets.token_hex(4)}"
    with draft.open("wb") as file:
        np.savez(
            file, picture_ids=build.pictures["picture_id"][: len(places)], places=places, nodes=found.nodes,
            degrees=found.degrees, figures=figures,
        )  # fmt: skip
    draft.replace(build.folder / FILE)
    return {"build": build.build_id, "pictures": len(places), "landmarks": len(chosen), "layers": found.nodes.tolist()}
