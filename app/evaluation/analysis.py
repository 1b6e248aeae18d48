"""What a set of pictures is like, before anything is searched: greyscale, sizes and shapes, blur, noise, near duplicates, times.

The data-set analysis of reference system 4. Each picture's facts are functions of the picture alone; the summary is of them all.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as Pil
from PIL import UnidentifiedImageError

from app.engine.errors import ImageError
from app.engine.images import image_size, read_image, resize
from app.engine.types import Image, Progress

SIDE = 512  # pixels of the long side at which a picture is judged: blur and noise depend on the scale
GREY_CHROMA = 12  # grey levels between a pixel's largest and smallest channel; JPEG gives a grey picture up to 8
BLURRED = 60.0  # variance of the Laplacian at SIDE below which a picture looks blurred, in squared grey levels
NOISY = 6.0  # standard deviation of the noise at SIDE from which it is seen, in grey levels
NEAR = 6  # bits of 64 in which the hashes of near duplicates differ at most; see `hashes_near`
LAPLACIANS = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
TAKEN, EXIF = 36867, 34665  # EXIF tags: DateTimeOriginal, and the directory that it is in
WINDOW = 64  # pictures read together


@dataclass(frozen=True)
class Source:
    """A picture to be analysed. group: its artist or class, empty if unknown; year: of the work."""

    name: str
    path: Path
    group: str = ""
    year: int | None = None


@dataclass(frozen=True)
class Facts:
    """What was found of a picture; `error` and nothing else where it cannot be read."""

    source: Source
    width: int = 0
    height: int = 0
    grey: bool = False
    sharpness: float = 0.0
    noise: float = 0.0
    code: int = 0
    taken: str = ""
    error: str = ""


def analyse(sources: Sequence[Source], *, threads: int = 2, progress: Progress | None = None) -> list[Facts]:
    """The facts of every picture, in order."""
    found: list[Facts] = []
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(sources), WINDOW):
            found += pool.map(facts, sources[start : start + WINDOW])
            if progress:
                progress("pictures", len(found), len(sources))
    return found


def facts(source: Source) -> Facts:
    """Of one picture."""
    try:
        width, height = image_size(source.path)
        image = resize(read_image(source.path, max_side=2 * SIDE, min_side=1), SIDE)
    except (ImageError, OSError) as error:
        return Facts(source, error=str(error))
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    return Facts(source, width, height, is_grey(image), sharpness(grey), noise(grey), code(grey), taken(source.path))


def is_grey(image: Image) -> bool:
    """Whether 99 of 100 pixels have no colour; toned prints have one. uint8 RGB."""
    chroma = image.max(axis=2).astype(np.int16) - image.min(axis=2)
    return bool(np.percentile(chroma, 99) < GREY_CHROMA)


def sharpness(grey: npt.NDArray[np.uint8]) -> float:
    """Variance of the Laplacian, squared grey levels. Pech-Pacheco et al., ICPR 2000."""
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())


def noise(grey: npt.NDArray[np.uint8]) -> float:
    """Standard deviation of additive noise in grey levels. Immerkær, "Fast noise variance estimation", CVIU 1996, equation 4,
    with the median in place of the mean, so that brush strokes count less."""
    if min(grey.shape) < 3:
        return 0.0
    response = np.abs(cv2.filter2D(grey.astype(np.float32), -1, LAPLACIANS)[1:-1, 1:-1])
    return float(np.median(response)) / 0.6745 / 6


def code(grey: npt.NDArray[np.uint8]) -> int:
    """64 bits: the signs of the lowest 8 × 8 cosine frequencies against their median. Zauner, "Implementation and benchmarking
    of perceptual image hash functions", 2010, section 3.2."""
    small = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    lowest = cv2.dct(small)[:8, :8].ravel()
    bits = lowest > np.median(lowest[1:])
    return int(np.packbits(bits).view(">u8")[0])


def taken(path: Path) -> str:
    """When EXIF says that the picture was taken, `2019:05:04 12:30:00`; empty where it does not."""
    try:
        with Pil.open(io.BytesIO(path.read_bytes())) as picture:
            value = picture.getexif().get_ifd(EXIF).get(TAKEN, "")
    except (OSError, UnidentifiedImageError, ValueError, SyntaxError):
        return ""
    return str(value).strip("\x00 ")[:19]


def hashes_near(codes: Sequence[int], most: int = NEAR, *, block: int = 512) -> list[tuple[int, int, int]]:
    """(i, j, bits that differ) of all pairs i < j within `most` bits. Two works are 32 bits apart on average."""
    array = np.asarray(codes, np.uint64)
    pairs = []
    for start in range(0, len(array), block):
        bits = np.bitwise_count(array[start : start + block, None] ^ array[None, start:])
        rows, columns = np.nonzero(bits <= most)
        later = columns > rows
        pairs += [(int(i) + start, int(j) + start, int(bits[i, j])) for i, j in zip(rows[later], columns[later], strict=True)]
    return pairs


def summary(found: Sequence[Facts]) -> dict[str, Any]:
    """Shares, distributions and lists, as JSON."""
    good = [one for one in found if not one.error]
    pairs = hashes_near([one.code for one in good])
    groups = Counter(one.source.group for one in good if one.source.group)
    return {
        "pictures": len(found), "unreadable": [{"picture": one.source.name, "reason": one.error} for one in found if one.error],
        "greyscale": _share(good, lambda one: one.grey),
        "blurred": _share(good, lambda one: one.sharpness < BLURRED),
        "noisy": _share(good, lambda one: one.noise >= NOISY),
        "megapixels": _spread([one.width * one.height / 1e6 for one in good]),
        "aspect": _spread([one.width / one.height for one in good]),
        "shapes": dict(Counter(_shape(one) for one in good)),
        "near_duplicates": [{"a": good[i].source.name, "b": good[j].source.name, "bits": bits} for i, j, bits in pairs],
        "groups": {"count": len(groups), "pictures_each": _spread(list(groups.values())), "largest": groups.most_common(20)},
        "years": _spread([one.source.year for one in good if one.source.year is not None]),
        "taken": {"with_time": sum(bool(one.taken) for one in good), "hours": _hours(good)},
    }


def _share(found: Sequence[Facts], holds: Callable[[Facts], bool]) -> dict[str, Any]:
    names = [one.source.name for one in found if holds(one)]
    return {"count": len(names), "share": round(len(names) / len(found), 4) if found else None, "pictures": names}


def _spread(values: Sequence[float]) -> dict[str, float] | None:
    if not len(values):
        return None
    shares = np.percentile(np.asarray(values, np.float64), [0, 5, 50, 95, 100])
    return dict(zip(("min", "p5", "median", "p95", "max"), (round(float(value), 3) for value in shares), strict=True))


def _shape(one: Facts) -> str:
    ratio = one.width / one.height
    return "square" if 0.95 <= ratio <= 1.05 else "landscape" if ratio > 1 else "portrait"


def _hours(found: Sequence[Facts]) -> list[int]:
    """Pictures taken in each hour of the day."""
    hours = Counter(one.taken[11:13] for one in found if len(one.taken) >= 13)
    return [hours.get(f"{hour:02}", 0) for hour in range(24)]
