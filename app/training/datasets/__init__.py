"""Labelled training sets: one file each, which reads a data set's own lists in its true layout; `load` checks what they name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from app.evaluation.protocols.task import ProtocolError
from app.training.datasets import buildings, caltech101, cars, catalogue, folder, landmarks, sfm120k, voc2012, wga
from app.training.datasets.loader import Loader, Options, Table
from app.training.datasets.parts import checked, divided, thinned
from app.training.datasets.types import DatasetError, LabelledPicture, TrainingSet

__all__ = ["BY_NAME", "DatasetError", "LabelledPicture", "Loader", "TrainingSet", "load"]


def _of(name: str, module: ModuleType) -> Loader:
    about = (module.__doc__ or "").strip().splitlines()[0]
    return Loader(name, about, module.SOURCE, module.LAYOUT, module.read, module.held_out, getattr(module, "OPTIONS", {}))


BY_NAME = {
    name: _of(name, module)
    for name, module in (
        ("sfm120k", sfm120k), ("landmarks", landmarks), ("cars", cars), ("oxford", buildings), ("paris", buildings),
        ("caltech101", caltech101), ("voc2012", voc2012), ("wga", wga), ("folder", folder), ("catalogue", catalogue),
    )
}  # fmt: skip
COMMON = {
    "validation": "labels or pictures: what a tenth is held out of",
    "share": "percent of them, if not a tenth",
    "seed": "of what is held out",
    "least": "labels with fewer pictures are left out",
    "most": "so many labels at most, the first by their sha256",
    "missing": "skip: go without listed pictures that are not there",
}


def load(spec: str, tables: Mapping[str, Table] | None = None) -> TrainingSet:
    """`NAME:FOLDER`, with options as `NAME:FOLDER?label=SCHOOL&least=5` → the data set, checked and divided.

    tables: who reads the catalogues that some sets are made of; `app.training_sets.load` knows them.
    Raises DatasetError: one sentence with the way out.
    """
    head, _, query = spec.partition("?")
    name, _, place = head.partition(":")
    loader = _loader(name)
    options = Options.parsed(name, query, {**loader.options, **COMMON})
    where = _folder(loader, place)
    try:
        found = loader.read(where, options, (tables or {}).get(name))
    except ProtocolError as error:  # of the functions that evaluation reads the same lists by
        told = str(error).partition(": ")[2].partition("; the folder must hold")[0].rstrip(".")
        raise DatasetError(f"{name}: {told}. {loader.origin}") from error
    except UnicodeDecodeError as error:
        raise DatasetError(f"{name}: a list is no text ({error}); fetch it again. {loader.origin}") from error
    found = checked(found, loader, options)
    return divided(thinned(found, options), where, options, loader.held_out(options))


def _loader(name: str) -> Loader:
    if name not in BY_NAME:
        raise DatasetError(f"There is no data set {name!r}; known: {', '.join(BY_NAME)}. Write NAME:FOLDER, as in folder:pictures.")
    return BY_NAME[name]


def _folder(loader: Loader, place: str) -> Path:
    if not loader.layout:
        return Path()
    where = Path(place).expanduser()
    if not place or not where.is_dir():
        trouble = f"the folder {place} is missing" if place else f"say where its folder is ({loader.name}:FOLDER)"
        raise DatasetError(f"{loader.name}: {trouble}. {loader.origin}")
    return where
