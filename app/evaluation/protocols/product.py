"""A protocol asked by this product's own search: outlines, votes of local features, verification, all of a search preset.

The database is indexed as a catalogue, a work for each picture; what is verified comes first, by its probability, the rest by
the global stage.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from app.engine import calibration
from app.engine.builds import Builds
from app.engine.describing import Describer
from app.engine.encoders import Encoder
from app.engine.images import sha256_of
from app.engine.pipeline import Indexer, Searcher, open_searcher
from app.engine.presets import SearchPreset
from app.engine.store import DescriptorStore
from app.engine.types import GalleryPicture, Image, Progress, Reject, SearchResult
from app.evaluation.protocols.searching import Found
from app.evaluation.protocols.task import Item

MATCHES = 100  # that a result lists here; more than a preset verifies
DESCRIPTORS = "descriptors.sqlite"


def run(
    queries: Sequence[Item], pictures: Sequence[Item], read: Callable[[Item], Image], preset: SearchPreset, encoder: Encoder,
    depth: int, keep: Path | None, tell: Progress,
) -> tuple[Found, list[Reject]]:
    """Scores are 1 + probability of what was looked at closely, then below 1 by rank. `keep`: a folder for descriptors."""
    positions, scores = np.full((len(queries), depth), -1, np.int64), np.full((len(queries), depth), -1.0, np.float32)
    with indexed(pictures, preset, encoder, keep, tell) as (searcher, rejects):
        searcher.answers, searcher.ranked = MATCHES, depth
        for row, item in enumerate(queries):
            found = ranking(searcher.search(read(item)))[:depth]
            positions[row, : len(found)] = [position for position, _ in found]
            scores[row, : len(found)] = [score for _, score in found]
            tell("search", row + 1, len(queries))
    return Found(positions, scores, {"engine": searcher.gallery.vectors.name, "lists": searcher.gallery.vectors.lists}), rejects


@contextmanager
def indexed(
    pictures: Sequence[Item], preset: SearchPreset, encoder: Encoder, keep: Path | None, tell: Progress
) -> Iterator[tuple[Searcher, list[Reject]]]:
    """A searcher over a build of these pictures, numbered in their order, and what could not be read; gone at the end."""
    catalogue = [GalleryPicture(number, number, item.path, sha256_of(item.path)) for number, item in enumerate(pictures)]
    with tempfile.TemporaryDirectory(prefix="pinakes-protocol-") as folder:
        store = DescriptorStore((keep or Path(folder)) / DESCRIPTORS)
        builds = Builds(Path(folder) / "builds")
        report = Indexer(Describer(preset, encoder, store), builds).build(catalogue, publish=False, progress=tell)
        files = {one.picture_id: one.path for one in catalogue}
        yield open_searcher(builds, report.build_id, preset, encoder, calibration.load(), files=files), report.rejects


def ranking(result: SearchResult) -> list[tuple[int, float]]:
    """(work, score), best first: matches by their probability, then the global stage's order, each once."""
    matches = sorted(result.matches, key=lambda match: match.probability, reverse=True)
    found = {match.work_id: 1 + match.probability for match in matches}
    behind = [work for work in result.global_ranking if work not in found]
    return list(found.items()) + [(work, 1 - (place + 1) / (len(behind) + 1)) for place, work in enumerate(behind)]
