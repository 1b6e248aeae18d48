"""Oxford5k and Paris6k by their ground truth: "good" and "ok" pictures of a landmark. For studies: figures on them are void after.

Philbin et al., "Object retrieval with large vocabularies and fast spatial matching", CVPR 2007; "Lost in quantization", CVPR 2008.
"""

from __future__ import annotations

from pathlib import Path

from app.evaluation.protocols.oxford import LAYOUT, SOURCE, listed, lists, named
from app.training.datasets.loader import Options, Table, of_pictures
from app.training.datasets.types import LabelledPicture, TrainingSet

held_out = of_pictures
KINDS = ("good", "ok")
__all__ = ["LAYOUT", "SOURCE", "held_out", "read"]


def read(folder: Path, options: Options, table: Table | None = None) -> TrainingSet:
    """Raises ProtocolError where lists are missing or name pictures that are not there."""
    paths = named(folder)
    labels: dict[str, str] = {}
    twice = set[str]()
    for query in lists(folder):
        landmark = query.name.removesuffix("_query.txt").rpartition("_")[0]
        for name in (name for kind in KINDS for name in listed(query, kind, paths)):
            twice |= {name} if labels.setdefault(name, landmark) != landmark else set()
    pictures = [LabelledPicture(paths[name], label) for name, label in labels.items() if name not in twice]
    notes = [f"{len(paths) - len(pictures)} of {len(paths)} pictures show no landmark, or not clearly one: left out"]
    return TrainingSet(options.of, tuple(pictures), notes=tuple(notes))
