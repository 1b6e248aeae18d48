"""Whether the published build is in health: recall, rejects, missing pictures, drift of the preset, works that it does not know."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import func, select

from app import services
from app.catalogue import queries
from app.catalogue.models import Artwork, Picture
from app.engine.errors import EngineError
from app.engine.lineage import drift, lineage, with_engine
from app.engine.presets import search_preset
from app.extensions import db
from app.usage.models import IndexBuild

RECALL_WANTED = 0.95  # of exact search, at 10; a build chooses its probes so that it is reached
NAMES_SHOWN = 20


@dataclass(frozen=True)
class Moved:
    """How the catalogue differs from a build, in works."""

    unknown: frozenset[int]  # works with a picture that the build does not find
    gone: frozenset[int]  # works of which the build holds a picture that the catalogue shows no more
    since: frozenset[int]  # works that came or went since it was built, whether it follows by additions or not

    @property
    def works(self) -> int:
        """Works that a rebuild would take up."""
        return len(self.since)


@dataclass(frozen=True)
class Health:
    """Of the published build."""

    build: str
    recall: float
    rejects: int
    reasons: list[tuple[str, int]]
    missing: int  # picture files
    missing_names: list[str]
    without_pictures: int  # works
    drift: list[str]  # of engine.lineage.PARTS, or `preset` where there is none of that name any more
    trouble: str  # why the drift cannot be told
    moved: Moved = field(default_factory=lambda: Moved(frozenset(), frozenset(), frozenset()))

    @property
    def well(self) -> bool:
        """Nothing to do."""
        return self.recall >= RECALL_WANTED and not (
            self.rejects or self.missing or self.drift or self.trouble or self.moved.unknown or self.moved.gone
        )

    def as_json(self) -> dict[str, Any]:
        """As `flask index health --json` tells it."""
        moved = {name: len(getattr(self.moved, name)) for name in ("unknown", "gone", "since")}
        told = {name: value for name, value in vars(self).items() if name not in ("moved", "reasons")}
        return {**told, "reasons": [{"reason": reason, "pictures": count} for reason, count in self.reasons],
                "works_unknown": moved["unknown"], "works_gone": moved["gone"], "works_since": moved["since"],
                "well": self.well}  # fmt: skip


def health() -> Health:
    """Look at the published build. Raises NoIndexError, BuildError."""
    shelf = services.builds()
    build_id = shelf.current()
    manifest = shelf.manifest(build_id)
    row = db.session.get(IndexBuild, build_id)
    rejects = row.rejects if row else []
    missing = missing_pictures()
    differing, trouble = drifted(manifest)
    return Health(
        build_id, manifest["recall_at_10"], manifest["rejects"], Counter(one["reason"] for one in rejects).most_common(5),
        len(missing), [name for _, name in missing[:NAMES_SHOWN]], works_without_pictures(), differing, trouble, moved(build_id),
    )  # fmt: skip


def moved(build_id: str) -> Moved:
    """How the catalogue has moved on since a build."""
    from app.engine.pipeline import indexed_pictures

    shelf = services.builds()
    catalogue = {one.picture_id: one.artwork_pk for one in queries.pictures_for_index()}
    found = indexed_pictures(shelf, build_id)
    rows = np.load(shelf.folder / build_id / "segments" / "base" / "pictures.npy")
    base = {int(picture): int(work) for picture, work in zip(rows["picture_id"], rows["work_id"], strict=True)}
    rejected = _rejected(build_id)
    return Moved(
        frozenset(work for picture, work in catalogue.items() if picture not in found and picture not in rejected),
        frozenset(work for picture, work in found.items() if picture not in catalogue),
        frozenset(
            [work for picture, work in catalogue.items() if base.get(picture) != work and picture not in rejected]
            + [work for picture, work in base.items() if catalogue.get(picture) != work]
        ),
    )


def _rejected(build_id: str) -> set[int]:
    """Pictures that could not be read when it was built: a rebuild would not take them up either."""
    row = db.session.get(IndexBuild, build_id)
    return {int(one["picture_id"]) for one in row.rejects} if row else set()


def drifted(manifest: dict[str, Any]) -> tuple[list[str], str]:
    """In which parts the code has gone on since a build, and why that cannot be told."""
    try:
        preset = with_engine(search_preset(manifest["preset"]), manifest.get("engine_asked", ""))
    except EngineError:
        return ["preset"], ""
    try:
        return drift(manifest, lineage(preset, services.encoder_fingerprint(preset.encoder))), ""
    except EngineError as error:
        return [], str(error)


def missing_pictures() -> list[tuple[int, str]]:
    """(picture id, name in the imported file) of pictures whose file is not on the disk; folders are listed, files not opened."""
    there = _files(services.settings().pictures_dir)
    rows = db.session.execute(select(Picture.id, Picture.path, Picture.source_name).order_by(Picture.id))
    return [(pk, source or path) for pk, path, source in rows if path not in there]


def _files(folder: Path) -> set[str]:
    """Paths of all files in the folder's folders, relative to it."""
    found: set[str] = set()
    if not folder.is_dir():
        return found
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                with os.scandir(entry.path) as files:
                    found.update(f"{entry.name}/{file.name}" for file in files)
            else:
                found.add(entry.name)
    return found


def works_without_pictures() -> int:
    """Works that cannot be recognised, hidden ones left out."""
    query = select(func.count()).select_from(Artwork).where(Artwork.hidden.is_(False), ~Artwork.pictures.any())
    return db.session.scalar(query) or 0
