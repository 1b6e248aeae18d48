"""What goes in and out of the engine. Coordinates are pixels (x, y) of the picture's own full size, origin top left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]  # uint8 RGB (H, W, 3)
Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Verdict = Literal["identified", "uncertain", "not_in_catalogue"]

Progress = Callable[[str, int, int], None]  # (stage, done, total)
ShouldCancel = Callable[[], bool]


@dataclass(frozen=True)
class GalleryPicture:
    """One picture of the catalogue as the engine sees it. `sha256` is of the file; it keys the stored descriptors."""

    picture_id: int
    work_id: int
    path: Path
    sha256: str


@dataclass(frozen=True)
class Match:
    """One work that may be in the photo. Points are the inlier pairs, row by row: photo (n, 2) ↔ reference (n, 2)."""

    work_id: int
    picture_id: int
    probability: float
    global_score: float  # cosine, -1…1
    votes: float  # share of all votes that this work got, 0…1
    inliers: int  # counted by distinct places in both pictures
    verified: bool
    inlier_ratio: float = 0.0  # inliers over tentative matches
    cells: int = 0  # of the reference's 4 × 4 cells, how many hold an inlier
    appearance: float = 0.0  # −1…1: how alike photo and reference look where the homography lays them
    colour: float = 0.0  # 0…1: how alike they are in their share of colour
    tiny_score: float = 0.0  # cosine of tiny images, -1…1: the picture's and what an outline in the photo encloses
    region: Floats | None = None  # (4, 2) corners of the reference in photo pixels: top left, then clockwise
    homography: npt.NDArray[np.float64] | None = None  # (3, 3), reference pixels → photo pixels
    photo_points: Floats = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    reference_points: Floats = field(default_factory=lambda: np.zeros((0, 2), np.float32))


@dataclass(frozen=True)
class SearchResult:
    """The answer to one photo; matches best first. `candidates` are the works that reached verification, best first."""

    verdict: Verdict
    matches: list[Match]
    build: str
    preset: str
    timings_ms: dict[str, float]  # decode, detect, encode, search, verify, total
    photo_size: tuple[int, int]  # width, height after the EXIF turn
    detected: list[Floats] = field(default_factory=list)  # (4, 2) quadrilaterals found in the photo
    global_ranking: list[int] = field(default_factory=list)  # work ids of the global stage alone, best first, ≤ 50 for visitors
    candidates: list[int] = field(default_factory=list)  # work ids of all sources
    global_scores: list[tuple[float, float]] = field(default_factory=list)  # of the first of `global_ranking`: cosine, local score


@dataclass(frozen=True)
class Reject:
    """A picture that could not be indexed, and why."""

    picture_id: int
    reason: str


@dataclass(frozen=True)
class BuildReport:
    """What a build came to. `recall_at_10` is of the inverted file against exact search on the build's own vectors."""

    build_id: str
    preset: str
    works: int
    pictures: int
    vectors: int
    local_features: int
    recall_at_10: float
    nprobe: int
    seconds: float
    rejects: list[Reject]
