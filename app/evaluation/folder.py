"""A folder of photos, asked one after another: what was answered, how long each stage took, how often the answer was right.

The test of reference system 3 with this product's answers. What a photo shows is told by its name: `00123.jpg` and
`00123_left.jpg` show the work 00123, where the catalogue has it; photos of other names are asked and not judged.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app import picture_files
from app.engine.errors import ImageError
from app.engine.types import Progress
from app.evaluation.bootstrap import interval, photo_weights
from app.evaluation.ground_truth import GroundTruthError
from app.evaluation.metrics import Ratio

STAGES = ("decode", "detect", "encode", "search", "verify", "total")
SHARES = (50, 95, 99)  # percentiles of each stage's times
Ask = Callable[[Path], Mapping[str, Any]]  # a photo → the JSON of a search; raises ImageError


@dataclass(frozen=True)
class Asked:
    """One photo. `wanted`: the work that its name tells, empty if none; `answer`: a search's JSON, None where it cannot be read."""

    path: Path
    name: str
    wanted: str
    answer: Mapping[str, Any] | None
    error: str = ""

    @property
    def best(self) -> Mapping[str, Any] | None:
        return self.answer["matches"][0] if self.answer and self.answer["matches"] else None

    @property
    def right(self) -> bool:
        return bool(self.wanted and self.best and self.best["artwork_id"] == self.wanted)

    @property
    def verdict(self) -> str:
        return str(self.answer["verdict"]) if self.answer else "unreadable"


def photos_in(folder: Path) -> list[Path]:
    """Pictures at any depth, by name. Raises GroundTruthError where there are none."""
    if not folder.is_dir():
        raise GroundTruthError(f"There is no folder {folder}.")
    found = [path for path in picture_files.among(folder.rglob("*")) if path.is_file()]
    if not found:
        raise GroundTruthError(f"There is no picture in {folder}; known endings: {', '.join(sorted(picture_files.SUFFIXES))}.")
    return found


def work_in_name(stem: str, works: Collection[str]) -> str:
    """The work that a file's name tells: the whole stem, or its longest beginning before one of `_ - space .`; else empty."""
    ends = [len(stem), *sorted((match.start() for match in re.finditer(r"[_\-. ]", stem)), reverse=True)]
    return next((stem[:end] for end in ends if stem[:end] in works), "")


def ask_all(folder: Path, ask: Ask, works: Collection[str], progress: Progress | None = None) -> list[Asked]:
    """Ask every photo; the first is asked once before, so that times are those of a warm model."""
    photos = photos_in(folder)
    _one(folder, photos[0], ask, works)
    asked = []
    for number, path in enumerate(photos, 1):
        asked.append(_one(folder, path, ask, works))
        if progress:
            progress("photos", number, len(photos))
    return asked


def _one(folder: Path, path: Path, ask: Ask, works: Collection[str]) -> Asked:
    name, wanted = str(path.relative_to(folder)), work_in_name(path.stem, works)
    try:
        return Asked(path, name, wanted, ask(path))
    except ImageError as error:
        return Asked(path, name, wanted, None, str(error))


def summary(asked: Sequence[Asked]) -> dict[str, Any]:
    """Counts, precision with its 95 % interval, and times by stage in milliseconds."""
    judged = [one for one in asked if one.wanted]
    weights = photo_weights(np.arange(len(asked)))
    told = np.array([bool(one.wanted) for one in asked], np.float64)
    right = np.array([one.right for one in asked], np.float64)
    sure = np.array([bool(one.wanted) and one.verdict == "identified" for one in asked], np.float64)
    return {
        "n_photos": len(asked), "n_judged": len(judged),
        "figures": {
            "precision@1_folder": interval(Ratio(right, told).weighted, weights, len(judged)),
            "precision@1_folder_identified": interval(Ratio(right * sure, sure).weighted, weights, int(sure.sum())),
        },
        "verdicts": dict(Counter(one.verdict for one in asked)),
        "timings_ms": {stage: times for stage in STAGES if (times := _times(asked, stage))},
        "build": next((one.answer["build"] for one in asked if one.answer), ""),
        "preset": next((one.answer["preset"] for one in asked if one.answer), ""),
    }


def _times(asked: Sequence[Asked], stage: str) -> dict[str, float]:
    found = [float(one.answer["timings_ms"][stage]) for one in asked if one.answer and stage in one.answer["timings_ms"]]
    if not found:
        return {}
    names = [*(f"p{share}" for share in SHARES), "max"]
    return {name: round(float(value), 1) for name, value in zip(names, [*np.percentile(found, SHARES), max(found)], strict=True)}


def rows(asked: Sequence[Asked]) -> list[dict[str, Any]]:
    """One row a photo, for a table or a CSV."""
    return [_row(one) for one in asked]


def _row(one: Asked) -> dict[str, Any]:
    best = one.best or {}
    return {
        "photo": one.name, "wanted": one.wanted, "verdict": one.verdict, "answer": best.get("artwork_id", ""),
        "title": best.get("title", ""), "artist": best.get("artist", ""), "probability": best.get("probability", ""),
        "inliers": best.get("inliers", ""), "right": "" if not one.wanted else "yes" if one.right else "no",
        "total_ms": one.answer["timings_ms"].get("total", "") if one.answer else "", "error": one.error,
    }
