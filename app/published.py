"""The published build as arrays on disk: what was built, what was added to it and taken from it since. Beside `services`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from app import services
from app.engine.types import Floats, Ints

if TYPE_CHECKING:
    from app.engine.index.study import Cells


@dataclass(frozen=True)
class Opened:
    """A build's vectors and lists, mapped from disk."""

    folder: Path
    manifest: dict[str, Any]
    pictures: npt.NDArray[np.void]  # (P,) those of the build itself first
    gone: npt.NDArray[np.bool_]  # (P,) taken out since
    parts: Sequence[tuple[Floats, Ints]]  # of each segment vectors and the positions of their pictures; first the build itself

    @property
    def build_id(self) -> str:
        return self.folder.name

    @property
    def vectors(self) -> Floats:
        """(V, D) as they were built, which is what cells and map are of: those of works added since are in other parts."""
        return self.parts[0][0]

    @property
    def owners(self) -> Ints:
        """(V,) position of the picture of each vector."""
        return self.parts[0][1]

    @cached_property
    def cells(self) -> Cells | None:
        """None: the build's engine has none."""
        if not self.manifest["lists"]:
            return None
        from app.engine.index.engines import file_of
        from app.engine.index.study import read_cells

        return read_cells(self.folder / file_of(self.manifest["engine"]))

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


def opened() -> Opened:
    """The published build as it is now. Raises NoIndexError, BuildError."""
    shelf = services.builds()
    build_id = shelf.current()
    changes = shelf.changes(build_id)
    return _opened(shelf.folder / build_id, ("base", *changes.segments), changes.removed)


@lru_cache(maxsize=2)  # a segment's files do not change; mapped from disk, they take no memory worth counting
def _opened(folder: Path, names: tuple[str, ...], removed: frozenset[int]) -> Opened:
    manifest = services.builds().manifest(folder.name)
    parts, pictures, start = [], [], 0
    for name in names:
        here = folder / "segments" / name
        parts.append((np.load(here / "vectors.npy", mmap_mode="r"), np.load(here / "vector_owners.npy") + start))
        pictures.append(np.load(here / "pictures.npy"))
        start += len(pictures[-1])
    joined = np.concatenate(pictures)
    return Opened(folder, manifest, joined, np.isin(joined["picture_id"], list(removed)), parts)
