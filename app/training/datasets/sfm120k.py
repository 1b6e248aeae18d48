"""Retrieval-SfM-120k: pictures of 3-D models, with the pairs that share a model's points.

Radenović et al., "Fine-tuning CNN image retrieval with no human annotation", PAMI 2019. A label is a 3-D model. The two parts
are the data set's own and share no model.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from app.engine.errors import WeightsError
from app.engine.weights_formats import unpickle_arrays
from app.training.datasets.loader import Options, Table, of_labels
from app.training.datasets.types import DatasetError, LabelledPicture, Part, TrainingSet

LIST = "retrieval-SfM-120k.pkl"
LAYOUT = f"{LIST} and ims/<ab>/<cd>/<ef>/<name>, where a picture's name ends in efcdab"
SOURCE = "cmp.felk.cvut.cz/cnnimageretrieval (dbs and ims): 91,642 pictures to learn from, 6,403 to validate"
held_out = of_labels
PARTS: tuple[tuple[Part, str], ...] = (("train", "train"), ("validation", "val"))
COLUMNS = ("cids", "cluster", "qidxs", "pidxs")


def read(folder: Path, options: Options, table: Table | None = None) -> TrainingSet:
    """Raises DatasetError where the list is missing, damaged, or holds anything but lists and arrays."""
    truth = _truth(folder / LIST)
    pictures: list[LabelledPicture] = []
    pairs: list[tuple[int, int]] = []
    for part, name in PARTS:
        names, models, queries, positives = _columns(truth, name)
        start = len(pictures)
        pictures += [LabelledPicture(place(folder, cid), f"{name} {model}", part) for cid, model in zip(names, models, strict=True)]
        pairs += [(start + int(query), start + int(positive)) for query, positive in zip(queries, positives, strict=True)]
    return TrainingSet("sfm120k", tuple(pictures), tuple(pairs))


def place(folder: Path, name: str) -> Path:
    """A picture lies in folders named after the end of its name, the last two letters first."""
    return folder / "ims" / name[-2:] / name[-4:-2] / name[-6:-4] / name


def _truth(path: Path) -> dict[str, Any]:
    """The published pickle, read by an unpickler that admits arrays and nothing else."""
    if not path.is_file():
        raise DatasetError(f"sfm120k: {path} is missing. The data comes from {SOURCE}; the folder must hold {LAYOUT}.")
    try:
        truth = unpickle_arrays(path.read_bytes())
    except WeightsError as error:
        raise DatasetError(f"sfm120k: {path.name}: {error} Fetch it again from {SOURCE}.") from error
    return truth if isinstance(truth, dict) else {}


def _columns(truth: dict[str, Any], name: str) -> tuple[Sequence[str], Sequence[int], Sequence[int], Sequence[int]]:
    part = truth.get(name)
    if not isinstance(part, dict) or not set(COLUMNS) <= set(part):
        raise DatasetError(f"sfm120k: {LIST} lacks {name!r} with {', '.join(COLUMNS)}. Fetch it again from {SOURCE}.")
    names, models, queries, positives = (part[column] for column in COLUMNS)
    if len(names) != len(models) or len(queries) != len(positives):
        told = f"{len(names)} pictures and {len(models)} models, {len(queries)} queries and {len(positives)} positives"
        raise DatasetError(f"sfm120k: in {LIST}, {name!r} has {told}; fetch it again from {SOURCE}.")
    listed = np.concatenate([np.ravel(queries), np.ravel(positives)])
    if len(listed) and not 0 <= int(listed.min()) <= int(listed.max()) < len(names):
        far = int(listed.max())
        raise DatasetError(f"sfm120k: in {LIST}, a pair of {name!r} names picture {far} of {len(names)}; fetch it again.")
    return names, models, queries, positives
