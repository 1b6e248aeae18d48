"""The nearest pictures of a picture by the published build's global descriptors, by exact search; and which of them are right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from sqlalchemy import Select, select

from app import services
from app.catalogue.models import Artist, Artwork, Credit
from app.engine.errors import BuildError
from app.engine.types import Floats, Ints
from app.extensions import db

RIGHT = ("work", "artist", "school", "type", "form", "timeframe")  # what an answer may share with the query to be right
KS = (5, 10, 20, 50)
Mark = Literal["right", "wrong", "unknown"]


@dataclass(frozen=True)
class Opened:
    """A build with what was added to it and taken from it since. Vectors stay on disk."""

    build_id: str
    pictures: npt.NDArray[np.void]  # (P,)
    gone: npt.NDArray[np.bool_]  # (P,) taken out since
    parts: Sequence[tuple[Floats, Ints]]  # of each segment vectors and the positions of their pictures

    def vectors_of(self, position: int) -> Floats:
        """(n, D), one of each part of the picture that has one."""
        return np.concatenate([vectors[np.flatnonzero(owners == position)] for vectors, owners in self.parts])

    def cosines(self, queries: Floats) -> Floats:
        """(P,) the best cosine of each picture with one of (n, D) queries."""
        best = np.full(len(self.pictures), -1.0, np.float32)
        for vectors, owners in self.parts:
            np.maximum.at(best, owners, (vectors @ queries.T).max(axis=1))
        return best

    def position(self, picture_id: int) -> int | None:
        """Where a picture is; None if it cannot be found in this build."""
        found = np.flatnonzero((self.pictures["picture_id"] == picture_id) & ~self.gone)
        return int(found[0]) if len(found) else None


@dataclass(frozen=True)
class Neighbour:
    """A picture near another one."""

    picture_id: int
    work_id: int
    cosine: float


def opened() -> Opened:
    """The published build as it is searched. Raises NoIndexError, BuildError."""
    shelf = services.builds()
    build_id = shelf.current()
    changes = shelf.changes(build_id)
    return _opened(shelf.folder / build_id, build_id, ("base", *changes.segments), changes.removed)


@lru_cache(maxsize=2)
def _opened(folder: Path, build_id: str, names: tuple[str, ...], removed: frozenset[int]) -> Opened:
    parts, pictures, start = [], [], 0
    for name in names:
        here = folder / "segments" / name
        mapped = np.load(here / "vectors.npy", mmap_mode="r")
        parts.append((mapped, np.load(here / "vector_owners.npy") + start))
        pictures.append(np.load(here / "pictures.npy"))
        start += len(pictures[-1])
    joined = np.concatenate(pictures)
    return Opened(build_id, joined, np.isin(joined["picture_id"], list(removed)), parts)


def nearest(build: Opened, position: int, most: int, *, own_work: bool) -> list[Neighbour]:
    """The nearest pictures of the one at `position`, itself left out, and its work's others unless `own_work`; best first."""
    rows = build.pictures
    out = build.gone | (rows["picture_id"] == rows["picture_id"][position])
    if not own_work:
        out = out | (rows["work_id"] == rows["work_id"][position])
    cosines = np.where(out, -np.inf, build.cosines(build.vectors_of(position)))
    order = np.argsort(-cosines, kind="stable")[: min(most, int((~out).sum()))]
    return [Neighbour(int(rows["picture_id"][at]), int(rows["work_id"][at]), float(cosines[at])) for at in order]


def of_work(build: Opened, work_id: int, k: int) -> list[tuple[int, float]]:
    """The k works nearest to a work by their best pictures: (work id, cosine), best first; none where it is not in the build."""
    rows = build.pictures
    own = np.flatnonzero((rows["work_id"] == work_id) & ~build.gone)
    if not len(own):
        return []
    cosines = build.cosines(np.concatenate([build.vectors_of(int(position)) for position in own]))
    left = np.flatnonzero((rows["work_id"] != work_id) & ~build.gone)
    best: dict[int, float] = {}
    for at in left[np.argsort(-cosines[left], kind="stable")]:
        best.setdefault(int(rows["work_id"][at]), float(cosines[at]))
        if len(best) == k:
            break
    return list(best.items())


@dataclass(frozen=True)
class Near:
    """The works nearest to a photo in one build, by the engine of that build: (work id, cosine), best first."""

    build_id: str
    engine: str
    works: list[tuple[int, float]]


def of_photos(photos: Sequence[Path], k: int, engine: str = "") -> list[Near]:
    """Of each photo the k works nearest by its global descriptor, in the published build or the newest one by an engine.

    Raises PresetError, BuildError, NoIndexError, ImageError.
    """
    from app.engine import gallery, looking
    from app.engine.describing import final_vector
    from app.engine.presets import search_preset

    shelf = services.builds()
    build_id = by_engine(engine) if engine else shelf.current()
    manifest, opened = shelf.manifest(build_id), gallery.load(shelf, build_id)
    encoder = services.encoder(search_preset(manifest["preset"]).encoder)
    found = []
    for photo in photos:
        raw = encoder.describe([looking.cleaned(services.read_photo(photo))])[0]
        query = np.ascontiguousarray(final_vector(raw, opened.whitening)[None], np.float32)
        near = opened.by_vector(query, k, opened.allowed())
        works = [(int(opened.pictures["work_id"][at]), cosine) for at, cosine in near]
        found.append(Near(build_id, manifest["engine"], works))
    return found


def by_engine(name: str) -> str:
    """The newest build whose vectors are in that engine. Raises PresetError for none, BuildError where no build has it."""
    from app.engine.index.factory import parse

    wanted, shelf = parse(name).name, services.builds()
    for build_id in reversed(shelf.names()):
        manifest = shelf.manifest(build_id)
        if wanted in (manifest["engine"], manifest.get("engine_asked")):
            return build_id
    raise BuildError(f"No build has the engine {wanted}; `flask index build --engine {wanted} --no-publish` makes one aside.")


def mark(asked: Artwork, found: Artwork, by: str) -> Mark:
    """Whether two works share what `by` names; unknown where the record of one does not tell it."""
    if by == "work":
        return "right" if asked.id == found.id else "wrong"
    ours, theirs = values(asked, by), values(found, by)
    if not ours or not theirs:
        return "unknown"
    return "right" if ours & theirs else "wrong"


def values(work: Artwork, by: str) -> set[str]:
    """What a work's record says of it: names of its artists, or the one value of a field; empty where nothing is told."""
    if by == "artist":
        return {artist.name for artist in work.artists}
    return {value} if (value := str(getattr(work, by)).strip()) else set()


def precision(marks: Sequence[Mark]) -> tuple[int, int]:
    """(right ones, those that count): what the record does not tell counts neither way."""
    return marks.count("right"), len(marks) - marks.count("unknown")


def rights(build: Opened, position: int, asked: Artwork, by: str) -> int:
    """How many pictures of the build, the query left out, would be right."""
    rows, ours = build.pictures, int(build.pictures["work_id"][position])
    if by == "work":
        return int(((rows["work_id"] == ours) & ~build.gone).sum()) - 1
    works = list(db.session.scalars(_sharing(asked, by)))
    return int((np.isin(rows["work_id"], works) & (rows["work_id"] != ours) & ~build.gone).sum())


def _sharing(asked: Artwork, by: str) -> Select[int]:
    shown = select(Artwork.id).where(Artwork.hidden.is_(False))
    if by == "artist":
        same = select(Credit.artwork_id).join(Artist).where(Artist.name.in_(values(asked, by)))
        return shown.where(Artwork.id.in_(same))
    return shown.where(getattr(Artwork, by).in_(values(asked, by)))
