"""What every data set goes through after its lists were read: are the pictures there, which labels stay, what is held out."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from app.training.datasets.loader import HeldOut, Loader, Options
from app.training.datasets.types import DatasetError, LabelledPicture, TrainingSet

SHARE = 10  # percent of the labels or pictures are held out, unless the set's name says otherwise


def checked(found: TrainingSet, loader: Loader, options: Options) -> TrainingSet:
    """The set without pictures that are not there, told. Raises DatasetError where some are missing and that was not allowed."""
    there = [picture.path.is_file() for picture in found.pictures]
    missing = there.count(False)
    if not missing:
        return found
    first = found.pictures[there.index(False)].path
    told = f"{missing} of {len(there)} listed pictures are missing, the first: {first}"
    skip = options.text("missing", "error", ("skip", "error")) == "skip"
    if not skip or missing == len(there):
        way = "" if missing == len(there) else f" To go without them: {loader.name}:FOLDER?missing=skip"
        raise DatasetError(f"{loader.name}: {told}. {loader.origin}{way}")
    return kept(found, there, told)


def kept(found: TrainingSet, stay: Sequence[bool], note: str) -> TrainingSet:
    """The pictures that stay, and the pairs whose two pictures both do."""
    place: dict[int, int] = {}
    for position, stays in enumerate(stay):
        if stays:
            place[position] = len(place)
    pairs = tuple((place[query], place[positive]) for query, positive in found.pairs if query in place and positive in place)
    return replace(found, pictures=tuple(found.pictures[p] for p in place), pairs=pairs, notes=(*found.notes, note))


def thinned(found: TrainingSet, options: Options) -> TrainingSet:
    """Labels with too few pictures, and those beyond the number that was asked for, are left out. Raises DatasetError."""
    counts = Counter(picture.label for picture in found.pictures)
    if least := options.number("least", 0):
        small = {label for label, count in counts.items() if count < least}
        found = _without(found, small, f"{len(small)} of {len(counts)} labels have fewer than {least} pictures: left out")
    if most := options.number("most", 0):
        labels = _ordered({picture.label for picture in found.pictures}, options.number("seed", 0))
        found = _without(found, set(labels[most:]), f"{len(labels[:most])} of {len(labels)} labels, chosen by their sha256")
    left = {picture.label for picture in found.pictures}
    if len(left) < 2:
        raise DatasetError(f"{found.name}: {len(left)} labels have pictures; it takes two to tell them apart.")
    return found


def _without(found: TrainingSet, labels: set[str], note: str) -> TrainingSet:
    return kept(found, [picture.label not in labels for picture in found.pictures], note) if labels else found


def divided(found: TrainingSet, folder: Path, options: Options, held_out: HeldOut) -> TrainingSet:
    """A tenth, or `share` percent, is held out where the set has no validation part of its own: of labels, or of pictures.

    The order is that of sha256 over seed and name, so it is the same on every machine. Of labels, two at least; of pictures,
    one at least, and never the last one of a label.
    """
    if found.of("validation"):
        if given := [name for name in ("validation", "share") if name in options.values]:
            raise DatasetError(f"{found.name} has a validation part of its own; leave `{given[0]}` out.")
        return found
    by, seed = options.text("validation", held_out, ("labels", "pictures")), options.number("seed", 0)
    share = options.number("share", SHARE)
    if not 0 < share < 100:
        raise DatasetError(f"{found.name}: share must be from 1 to 99 percent, not {share}.")
    out = _labels(found, seed, share) if by == "labels" else _pictures(found, folder, seed, share)
    pictures = tuple(
        replace(picture, part="validation" if position in out else "train") for position, picture in enumerate(found.pictures)
    )
    told = f"{'a tenth' if share == SHARE else f'{share} %'} of the {by} is held out, by the sha256 of their names (seed {seed})"
    return replace(found, pictures=pictures, notes=(*found.notes, told))


def _labels(found: TrainingSet, seed: int, share: int) -> set[int]:
    labels = _ordered({picture.label for picture in found.pictures}, seed)
    out = set(labels[: max(2, len(labels) * share // 100)]) if len(labels) > 3 else set(labels[:1])
    return {position for position, picture in enumerate(found.pictures) if picture.label in out}


def _pictures(found: TrainingSet, folder: Path, seed: int, share: int) -> set[int]:
    left = Counter(picture.label for picture in found.pictures)
    names = {_name(picture, folder): position for position, picture in enumerate(found.pictures)}
    wanted, out = max(1, len(names) * share // 100), set[int]()
    for name in _ordered(names, seed):
        label = found.pictures[names[name]].label
        if len(out) < wanted and left[label] > 1:
            out.add(names[name])
            left[label] -= 1
    return out


def _name(picture: LabelledPicture, folder: Path) -> str:
    path = picture.path
    return (path.relative_to(folder) if path.is_relative_to(folder) else path).as_posix()


def _ordered(names: Iterable[str], seed: int) -> list[str]:
    return sorted(names, key=lambda name: (hashlib.sha256(f"{seed}:{name}".encode()).digest(), name))
