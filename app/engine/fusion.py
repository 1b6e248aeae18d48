"""A global and a local score in one: `v · global + (1 − v) · local`, as landmark recognition does it (arXiv 2208.04201, section 3).

v is chosen by `flask train fusion` on one half of a set of photos and kept, with how it did on the other half, in
`models_store/heads/fusion.json`: one section for each kind of local score.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from app.engine.calibration import Evidence
from app.engine.errors import PresetError
from app.engine.types import Floats, Match, Verdict

PATH = Path(__file__).resolve().parents[2] / "models_store" / "heads" / "fusion.json"
Local = Literal["inliers", "vlad", "patches"]
HALF_INLIERS = 15  # the local score is ½ at the inliers that a plain count would accept
Ranking = list[tuple[int, float]]


@dataclass(frozen=True)
class Fusion:
    """Cosine and inliers in place of the calibrated probability: a score between 0 and 1, not a probability."""

    v: float
    identified_at: float
    possible_at: float

    def probability(self, evidence: Evidence) -> float:
        return fused(evidence.global_score, of_inliers(evidence.inliers), self.v)

    def verdict(self, matches: list[Match]) -> Verdict:
        """By the best verified match, else by the best score, as `Calibration.verdict` does."""
        if any(match.verified and match.probability >= self.identified_at for match in matches):
            return "identified"
        return "uncertain" if any(match.probability >= self.possible_at for match in matches) else "not_in_catalogue"


def of_inliers(inliers: float) -> float:
    """The local score of so many inliers, 0…1."""
    return inliers / (inliers + HALF_INLIERS)


def fused(cosine: float, local: float, v: float) -> float:
    """v · cosine + (1 − v) · local, 0…1; a negative cosine counts as 0."""
    return v * max(cosine, 0.0) + (1 - v) * local


def reordered(ranking: Ranking, local: Floats, v: float) -> Ranking:
    """The first works of a ranking by `fused`, best first; those beyond the `local` scores keep their places behind."""
    first = [(position, fused(score, float(own), v)) for (position, score), own in zip(ranking, local, strict=False)]
    order: Sequence[int] = np.argsort([-score for _, score in first], kind="stable").tolist()
    return [first[row] for row in order] + ranking[len(first) :]


def load(path: Path = PATH) -> Fusion:
    """How cosine and inliers are weighed. Raises PresetError where it was not chosen yet."""
    section = _section("inliers", path)
    return Fusion(section["v"], section["identified_at"], section["possible_at"])


def weight(local: Local, path: Path = PATH) -> float:
    """v against this kind of local score. Raises PresetError where it was not chosen yet."""
    return float(_section(local, path)["v"])


def sections(path: Path = PATH) -> dict[str, Any]:
    """What was chosen so far, by kind of local score; nothing where there is no file. Raises PresetError where it is damaged."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        raise PresetError(f"{path} cannot be read; restore it or run `flask train fusion`.") from None
    return found


def _section(local: Local, path: Path) -> dict[str, Any]:
    found = sections(path)
    if local not in found:
        raise PresetError(f"{path} has no weight for {local}; restore it or run `flask train fusion PHOTOS.csv --local {local}`.")
    section: dict[str, Any] = found[local]
    return section
