"""What is nearest by the published build's global descriptors: to a picture by exact search, and which of them are right; to a
work and to a photo by the build's engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from sqlalchemy import Select, select

from app import services
from app.catalogue import queries
from app.catalogue.models import Artist, Artwork, Credit
from app.engine.errors import BuildError
from app.extensions import db
from app.published import Opened

RIGHT = ("work", "artist", "school", "type", "form", "timeframe")  # what an answer may share with the query to be right
KS = (5, 10, 20, 50)
SPARE = 20  # works or pictures beyond those asked for: some may have been hidden or deleted since the build
Mark = Literal["right", "wrong", "unknown"]


@dataclass(frozen=True)
class Neighbour:
    """A picture near another one."""

    picture_id: int
    work_id: int
    cosine: float


def nearest(build: Opened, position: int, most: int, *, own_work: bool) -> list[Neighbour]:
    """The nearest pictures of the one at `position`, itself left out, and its work's others unless `own_work`; best first."""
    rows = build.pictures
    out = build.gone | (rows["picture_id"] == rows["picture_id"][position])
    if not own_work:
        out = out | (rows["work_id"] == rows["work_id"][position])
    cosines = np.where(out, -np.inf, build.cosines(build.vectors_of(position)))
    order = np.argsort(-cosines, kind="stable")[: min(most, int((~out).sum()))]
    return [Neighbour(int(rows["picture_id"][at]), int(rows["work_id"][at]), float(cosines[at])) for at in order]


def of_work(work_id: int, k: int) -> tuple[str, list[tuple[Artwork, float]]]:
    """The build, and the k works nearest to a work by its engine, each with its cosine, best first; hidden ones are left out.

    None where the work is not in the build. Raises NoIndexError, BuildError.
    """
    gallery = services.gallery()
    found = gallery.like(work_id, k + SPARE)
    works = queries.artworks_by_pk([pk for pk, _cosine in found])
    shown = [(works[pk], cosine) for pk, cosine in found if pk in works and not works[pk].hidden]
    return gallery.build_id, shown[:k]


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
