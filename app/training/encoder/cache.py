"""Blocks 1 to 4 are frozen: their maps are reckoned once by the serving network and kept on disk in half precision."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.engine.encoders.vgg16_encoder import fit, network_size
from app.engine.errors import ImageError
from app.engine.types import Floats, Image, Progress
from app.training.distillation import Source
from app.training.encoder import data

Halves = npt.NDArray[np.float16]
Lower = Callable[[Sequence[Image]], list[dict[str, Floats]]]  # uint8 pictures of one size → per picture "block4_conv3"


@dataclass(frozen=True)
class CacheKey:
    """What the kept maps depend on; each key has its own folder. `trunk`: sha256 of the arrays."""

    trunk: str
    seed: int
    long_side_px: int

    def folder(self, scratch: Path) -> Path:
        parts = f"{self.trunk} {self.seed} {self.long_side_px} {data.REVISION}"
        return scratch / hashlib.sha256(parts.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Cached:
    """The maps of one source: `views[0]` is the picture itself, the others photos of it. Files hold (h, w, C) float16."""

    source: Source
    views: tuple[Path, ...]


def pooled(maps: Floats) -> Halves:
    """(H, W, C) of block4_conv3 → (H / 2, W / 2, C), the maximum of each 2 × 2: what block 5 begins with."""
    height, width, channels = maps.shape[0] // 2, maps.shape[1] // 2, maps.shape[2]
    cells = maps[: 2 * height, : 2 * width].reshape(height, 2, width, 2, channels)
    return np.asarray(cells.max(axis=(1, 3)), np.float16)


def prepare(
    pictures: Sequence[Source], photos: int, key: CacheKey, scratch: Path, lower: Lower, progress: Progress | None = None
) -> list[Cached]:
    """Draw `photos` photos of every picture and keep the maps of all. Unreadable pictures are left out.

    One file a view: a run that was stopped, or one for more photos, goes on where it was.
    """
    folder = key.folder(scratch)
    folder.mkdir(parents=True, exist_ok=True)
    done: list[Cached] = []
    for number, (picture, images) in enumerate(_drawn(pictures, photos, key.seed, folder), 1):
        if images is None:
            continue
        for path, image in images.items():
            write(path, pooled(_maps(image, key.long_side_px, lower)))
        done.append(Cached(picture, tuple(view_paths(picture, photos, folder))))
        if progress:
            progress("features", number, len(pictures))
    return done


def _drawn(
    pictures: Sequence[Source], photos: int, seed: int, folder: Path
) -> Iterator[tuple[Source, dict[Path, Image] | None]]:
    """Each picture with its missing views; None where it cannot be read. The next one's are drawn while the network works."""
    with ThreadPoolExecutor(1) as drawing:
        ahead: Future[dict[Path, Image]] | None = None
        for picture, following in zip(pictures, [*pictures[1:], None], strict=True):
            drawn = ahead or drawing.submit(_missing, picture, photos, seed, folder)
            ahead = drawing.submit(_missing, following, photos, seed, folder) if following else None
            try:
                yield picture, drawn.result()
            except ImageError:
                yield picture, None


def view_paths(picture: Source, photos: int, folder: Path) -> list[Path]:
    return [folder / picture.sha256[:2] / f"{picture.sha256[2:18]}-{number}.npy" for number in range(photos + 1)]


def _missing(picture: Source, photos: int, seed: int, folder: Path) -> dict[Path, Image]:
    """The views that are not kept yet, by path."""
    paths = view_paths(picture, photos, folder)
    have = sum(path.exists() for path in paths)  # they are made in order
    if have == len(paths):
        return {}
    paths[0].parent.mkdir(exist_ok=True)
    drawn = data.views(picture, photos, seed, first=max(have - 1, 0))
    if have == 0:
        drawn.insert(0, data.reference(picture))
    return dict(zip(paths[have:], drawn, strict=True))


def _maps(image: Image, long_side_px: int, lower: Lower) -> Floats:
    size = network_size(image.shape[0], image.shape[1], long_side_px)
    return lower([fit(image, *size)])[0]["block4_conv3"]


def write(path: Path, maps: Halves) -> None:
    """Write aside, then replace: a run that is killed leaves no half file."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("wb") as file:
        np.save(file, maps)
    draft.replace(path)


def maps_of(views: Iterable[Path]) -> Iterator[Floats]:
    """What was kept, in float32."""
    return (np.load(view).astype(np.float32) for view in views)
