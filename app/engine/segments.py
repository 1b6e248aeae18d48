"""What is known of some pictures: a folder of plain, memory-mapped arrays. A build is one segment and those added since."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.engine.local_features import LocalFeatures
from app.engine.types import Bytes, Floats, Ints

Mapped = np.memmap[tuple[int, ...], np.dtype[np.generic]]
PICTURE = np.dtype([("picture_id", "<i8"), ("work_id", "<i8"), ("width", "<i4"), ("height", "<i4")])
LOCAL_KINDS = {"sift": 128, "orb": 32}  # name → bytes a descriptor


@dataclass(frozen=True)
class Described:
    """One picture as it goes into a segment."""

    picture_id: int
    work_id: int
    size: tuple[int, int]  # width, height
    vectors: Floats  # (M, D) whitened, unit rows
    thumbnail: Bytes  # (GRID, GRID, 3)
    local: dict[str, LocalFeatures]  # by kind


@dataclass(frozen=True)
class LocalArrays:
    """Local features of all pictures of a segment, end to end: those of picture i are rows offsets[i] … offsets[i + 1]."""

    offsets: Ints
    keypoints: Floats
    descriptors: Bytes

    def of(self, position: int) -> LocalFeatures:
        rows = slice(int(self.offsets[position]), int(self.offsets[position + 1]))
        return LocalFeatures(np.asarray(self.keypoints[rows]), np.asarray(self.descriptors[rows]))


@dataclass(frozen=True)
class Segment:
    """Arrays of P pictures with V vectors."""

    pictures: npt.NDArray[np.void]  # (P,) PICTURE
    vectors: Floats  # (V, D)
    vector_owners: Ints  # (V,) position of the picture
    thumbnails: Bytes  # (P, GRID, GRID, 3)
    local: dict[str, LocalArrays]

    def __len__(self) -> int:
        return len(self.pictures)


def write(folder: Path, count: int, describe: Callable[[int], Described]) -> None:
    """Write `count` ≥ 1 pictures. Each is asked for twice, for its sizes and for its arrays, so that one at a time is in memory."""
    folder.mkdir(parents=True)
    first = describe(0)
    sizes = np.zeros((count, 3), np.int64)  # vectors, sift, orb
    for position in range(count):
        one = describe(position)
        sizes[position] = (len(one.vectors), *(len(one.local[kind]) for kind in LOCAL_KINDS))
    ends = np.concatenate([np.zeros((1, 3), np.int64), np.cumsum(sizes, axis=0)])
    arrays = _open(folder, count, ends[-1].tolist(), first)
    for position in range(count):
        _fill(arrays, position, describe(position), ends[position], ends[position + 1])
    for column, kind in enumerate(LOCAL_KINDS, 1):
        np.save(folder / f"{kind}_offsets.npy", np.ascontiguousarray(ends[:, column]))
    for array in arrays.values():
        array.flush()


def _open(folder: Path, count: int, totals: Sequence[int], first: Described) -> dict[str, Mapped]:
    shapes: dict[str, tuple[tuple[int, ...], npt.DTypeLike]] = {
        "pictures": ((count,), PICTURE),
        "vectors": ((totals[0], first.vectors.shape[1]), np.float32),
        "vector_owners": ((totals[0],), np.int64),
        "thumbnails": ((count, *first.thumbnail.shape), np.uint8),
    }
    for total, (kind, width) in zip(totals[1:], LOCAL_KINDS.items(), strict=True):
        shapes[f"{kind}_keypoints"] = ((total, 4), np.float32)
        shapes[f"{kind}_descriptors"] = ((total, width), np.uint8)
    return {
        name: np.lib.format.open_memmap(folder / f"{name}.npy", "w+", dtype=np.dtype(dtype), shape=shape)
        if shape[0]
        else _save_empty(folder / f"{name}.npy", shape, dtype)
        for name, (shape, dtype) in shapes.items()
    }


def _save_empty(path: Path, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Mapped:
    """A file of no rows (nothing can be mapped of it), and a stand-in that takes no rows."""
    empty = np.zeros(shape, dtype)
    np.save(path, empty)
    return empty.view(np.memmap)


def _fill(
    arrays: dict[str, Mapped], position: int, one: Described, start: Ints, end: Ints
) -> None:
    arrays["pictures"][position] = (one.picture_id, one.work_id, *one.size)
    arrays["thumbnails"][position] = one.thumbnail
    arrays["vectors"][start[0] : end[0]] = one.vectors
    arrays["vector_owners"][start[0] : end[0]] = position
    for column, kind in enumerate(LOCAL_KINDS, 1):
        rows = slice(int(start[column]), int(end[column]))
        arrays[f"{kind}_keypoints"][rows] = one.local[kind].keypoints
        arrays[f"{kind}_descriptors"][rows] = one.local[kind].descriptors


def read(folder: Path) -> Segment:
    """Open a segment; local features and thumbnails stay on disk (mmap) until they are asked for."""

    def mapped(name: str) -> npt.NDArray[np.generic]:
        path = folder / f"{name}.npy"
        try:
            return np.load(path, mmap_mode="r")  # type: ignore[no-any-return]
        except ValueError:  # an array of no rows cannot be mapped
            return np.load(path)  # type: ignore[no-any-return]

    local = {
        kind: LocalArrays(
            np.load(folder / f"{kind}_offsets.npy"),
            mapped(f"{kind}_keypoints"),  # type: ignore[arg-type]
            mapped(f"{kind}_descriptors"),  # type: ignore[arg-type]
        )
        for kind in LOCAL_KINDS
    }
    pictures, vectors, owners = (np.load(folder / f"{name}.npy") for name in ("pictures", "vectors", "vector_owners"))
    return Segment(pictures, vectors, owners, mapped("thumbnails"), local)  # type: ignore[arg-type]
