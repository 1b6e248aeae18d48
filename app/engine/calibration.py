"""From evidence to a probability, and from probabilities to a verdict.

A logistic model (Platt, "Probabilistic outputs for support vector machines", 1999) whose weights cannot be negative: more evidence
never makes a match less likely. Its figures are fitted by `flask train calibration` on simulated photographs and kept in
`models_store/heads/calibration.json`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from app.engine.errors import PresetError
from app.engine.types import Match, Verdict

PATH = Path(__file__).resolve().parents[2] / "models_store" / "heads" / "calibration.json"
FEATURES = ("log_inliers", "log_cells", "log_appearance", "log_colour", "inlier_ratio", "global_score", "log_votes", "tiny_score")
# Logarithms, so that evidence multiplies: seventy inliers on a shared frame are worth nothing where the picture in it differs.
MIN_INLIERS = 6  # a homography has 8 degrees of freedom: 4 pairs always fit, and a fifth or sixth may by chance
LEAST_APPEARANCE, LEAST_COLOUR = 0.05, 0.2  # below, different is different
MOST_ALIKE = 0.98  # of two tiny images; beyond, only noise parts them
# An artist's second version of a picture is as like it at 32×32 as the picture itself. So tiny images say which work it may be,
# and beyond what the most alike of a thousand strangers reaches half of the time (0.58) they do not help to say that it is.
USUALLY_ALIKE = 0.6


@dataclass(frozen=True)
class Evidence:
    """What speaks for one candidate."""

    inliers: int  # distinct places that agree on one homography
    cells: int  # of the reference's 4 × 4 cells, how many hold an inlier
    appearance: float  # −1…1, `Looks.agreement` of engine.appearance
    colour: float  # 0…1, `Looks.colour`
    inlier_ratio: float  # inliers over tentative matches
    global_score: float  # cosine
    votes: float  # share of all votes
    tiny_score: float  # cosine of tiny images

    def features(self) -> npt.NDArray[np.float64]:
        """(8,) in the order of FEATURES; each grows with belief. A correlation by its z (Fisher, Biometrika 1915)."""
        return np.array(
            [
                np.log1p(self.inliers), np.log1p(self.cells),
                np.log(max(self.appearance, LEAST_APPEARANCE)), np.log(max(self.colour, LEAST_COLOUR)),
                self.inlier_ratio, max(self.global_score, 0.0), np.log1p(100 * self.votes),
                np.arctanh(np.clip(self.tiny_score, 0.0, MOST_ALIKE)),
            ]
        )


def is_verified(judge: Judge, evidence: Evidence) -> bool:
    """Do local features identify the work, whatever its tiny image adds?"""
    local = replace(evidence, tiny_score=min(evidence.tiny_score, USUALLY_ALIKE))
    return evidence.inliers >= MIN_INLIERS and judge.probability(local) >= judge.identified_at


class Judge(Protocol):
    """What turns evidence into a score between 0 and 1, and the scores of a photo into a verdict."""

    @property
    def identified_at(self) -> float: ...

    def probability(self, evidence: Evidence) -> float: ...

    def verdict(self, matches: list[Match]) -> Verdict: ...


@dataclass(frozen=True)
class Calibration:
    """`weights` (8,) ≥ 0 and a bias; a match at or above `identified_at` is identified, at or above `possible_at` possible."""

    weights: npt.NDArray[np.float64]
    bias: float
    identified_at: float
    possible_at: float

    def probability(self, evidence: Evidence) -> float:
        """0…1: how likely it is that the photo shows this work."""
        return float(1 / (1 + np.exp(-(self.bias + self.weights @ evidence.features()))))

    def verdict(self, matches: list[Match]) -> Verdict:
        """The verdict on a photo from its matches: by the best verified one, else by the best probability."""
        if any(match.verified and match.probability >= self.identified_at for match in matches):
            return "identified"
        return "uncertain" if any(match.probability >= self.possible_at for match in matches) else "not_in_catalogue"


def load(path: Path = PATH) -> Calibration:
    """Raises PresetError when the file is missing or is for other features."""
    try:
        stored = json.loads(path.read_text())
    except FileNotFoundError:
        raise PresetError(f"The calibration {path} is missing; restore it or run `flask train calibration`.") from None
    if tuple(stored["features"]) != FEATURES:
        raise PresetError(f"{path} is for other evidence than {', '.join(FEATURES)}; run `flask train calibration`.")
    return Calibration(np.array(stored["weights"]), stored["bias"], stored["identified_at"], stored["possible_at"])
