"""Which works are in which photo: `photo,artwork_ids,kind`."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

COLUMNS = ("photo", "artwork_ids")


class GroundTruthError(ValueError):
    """A ground truth cannot be used; the message names the file, the line and the way out."""


@dataclass(frozen=True)
class LabelledPhoto:
    """One line. artwork_ids: source ids of the works in the photo; empty: none of them is in the catalogue."""

    name: str
    path: Path
    artwork_ids: frozenset[str]
    kind: str


@dataclass(frozen=True)
class GroundTruth:
    """All photos, and a hash over the file and every photo: two results with one hash are of the same data."""

    photos: tuple[LabelledPhoto, ...]
    data_hash: str


def read_ground_truth(file: Path) -> GroundTruth:
    """Read a CSV with the columns `photo` (path relative to the file), `artwork_ids` (joined by `|`) and, optionally, `kind`.

    Raises GroundTruthError: no such file, not UTF-8, a column missing, no line, a photo missing or named twice.
    """
    text = _text(file)
    photos = tuple(_photos(file, text))
    if not photos:
        raise GroundTruthError(f"{file} has no photos; each line after the header names one.")
    return GroundTruth(photos, _hash(text, photos))


def listed_twice(
    truth: GroundTruth, works: Mapping[int, str], pairs: Sequence[str]
) -> tuple[GroundTruth, dict[int, str]]:
    """Photos and works with one name for a painting that the catalogue lists under several: for each pair `A=B`, B is called A.

    works: primary key → source id. Raises GroundTruthError for a pair that is none, or that names no work of the catalogue.
    """
    called: dict[str, str] = {}
    for pair in pairs:
        first, _, second = (part.strip() for part in pair.partition("="))
        if not first or not second or {first, second} - set(works.values()):
            raise GroundTruthError(f"{pair!r} does not name two works of the catalogue; write A=B, as in 00029=10221.")
        keep, drop = called.get(first, first), called.get(second, second)
        called = {name: keep if now == drop else now for name, now in {**called, first: keep, second: drop}.items()}
    photos = tuple(replace(one, artwork_ids=frozenset(called.get(name, name) for name in one.artwork_ids)) for one in truth.photos)
    return replace(truth, photos=photos), {pk: called.get(name, name) for pk, name in works.items()}


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise GroundTruthError(f"There is no file {file}; check the path.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise GroundTruthError(f"{file} cannot be read as UTF-8 text ({error}); save it as a UTF-8 CSV file.") from error


def _photos(file: Path, text: str) -> Iterator[LabelledPhoto]:
    reader = csv.DictReader(text.splitlines(), skipinitialspace=True)
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise GroundTruthError(f"{file} has no column {' and '.join(missing)}; its first line must read photo,artwork_ids,kind.")
    seen: set[str] = set()
    for row in reader:
        name = (row["photo"] or "").strip()
        path = file.parent / name
        if not name or name in seen:
            raise GroundTruthError(f"{file}, line {reader.line_num}: {_trouble(name)}; name each photo once.")
        if not path.is_file():
            raise GroundTruthError(f"{file}, line {reader.line_num}: there is no photo {path}; paths are relative to the file.")
        seen.add(name)
        ids = frozenset(part.strip() for part in (row["artwork_ids"] or "").split("|") if part.strip())
        yield LabelledPhoto(name, path, ids, (row.get("kind") or "").strip())


def _trouble(name: str) -> str:
    return f"the photo {name} was named before" if name else "the photo's name is empty"


def _hash(text: str, photos: tuple[LabelledPhoto, ...]) -> str:
    """Hex SHA-256 over the text and, in its order, the SHA-256 of every photo."""
    total = hashlib.sha256(text.encode())
    for photo in photos:
        with photo.path.open("rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()
