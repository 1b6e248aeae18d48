"""Choose v of `v · global + (1 − v) · local` on one half of a set of photos, and say how it does on the other.

For inliers the choice is by GAP, every photo asked with its works in the catalogue and without; for a local score that orders the
global stage, by mAP over its ranking. Photos are halved by a hash of their names; intervals are of resampled photos.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine.fusion import Local, fused, of_inliers
from app.engine.types import SearchResult
from app.evaluation.bootstrap import Figure, Statistic, interval, photo_weights
from app.evaluation.ground_truth import GroundTruth, GroundTruthError
from app.evaluation.metrics import global_average_precision
from app.training.calibration import evidence_of, is_duplicate, thresholds

Doubles = npt.NDArray[np.float64]
Search = Callable[[Path, frozenset[int]], SearchResult]
Tell = Callable[[int, int], None]
GRID = tuple(round(0.05 * step, 2) for step in range(21))


@dataclass(frozen=True)
class Answered:
    """One question: of its candidates (m,) cosine, local score and whether right; how many right works the catalogue has."""

    photo: int
    cosines: Doubles
    local: Doubles
    right: npt.NDArray[np.bool_]
    relevant: int

    def scores(self, v: float) -> Doubles:
        return np.array([fused(c, own, v) for c, own in zip(self.cosines, self.local, strict=True)])


def in_half(name: str, half: str) -> bool:
    """Of the photo's name, whether it is in half `a` or `b`."""
    return "ab"[hashlib.sha256(Path(name).name.encode()).digest()[-1] % 2] == half


def collect(
    truth: GroundTruth, works: Mapping[int, str], search: Search, local: Local, *, progress: Tell | None = None
) -> list[Answered]:
    """The evidence of every photo, in the order of the file. works: primary key → source id. Raises GroundTruthError."""
    found: list[Answered] = []
    for number, photo in enumerate(truth.photos):
        right = frozenset(pk for pk, name in works.items() if name in photo.artwork_ids)
        if local == "inliers":
            found += [_by_matches(search(photo.path, out), right - out, number) for out in dict.fromkeys([frozenset[int](), right])]
        elif right:
            found.append(_by_ranking(search(photo.path, frozenset()), right, number))
        if progress is not None:
            progress(number + 1, len(truth.photos))
    if not any(one.relevant for one in found):
        raise GroundTruthError("No photo of the file shows a work of this catalogue; give photos of its works.")
    return found


def _by_matches(result: SearchResult, right: frozenset[int], photo: int) -> Answered:
    """A second copy of a right picture under another number is no wrong answer, and left out, as in the calibration."""
    kept = [match for match in result.matches if match.work_id in right or not is_duplicate(match)]
    evidence = [evidence_of(match) for match in kept]
    return Answered(
        photo, np.array([one.global_score for one in evidence]),
        np.array([of_inliers(one.inliers) for one in evidence]),
        np.array([match.work_id in right for match in kept], np.bool_), len(right),
    )


def _by_ranking(result: SearchResult, right: frozenset[int], photo: int) -> Answered:
    scores = np.array(result.global_scores, np.float64).reshape(-1, 2)
    ranked = result.global_ranking[: len(scores)]
    return Answered(photo, scores[:, 0], scores[:, 1], np.array([work in right for work in ranked], np.bool_), len(right))


def best(answers: Sequence[Answered], v: float) -> tuple[Doubles, npt.NDArray[np.bool_]]:
    """(n,) score of each question's best candidate, 0 without one, and whether it is right."""
    scores = [one.scores(v) for one in answers]
    first = [int(own.argmax()) if len(own) else -1 for own in scores]
    confidence = np.array([own[row] if row >= 0 else 0.0 for own, row in zip(scores, first, strict=True)])
    return confidence, np.array([bool(row >= 0 and one.right[row]) for one, row in zip(answers, first, strict=True)], np.bool_)


def average_precision(one: Answered, v: float) -> float:
    """The mean precision at the right works' ranks; a right work that is not in the ranking counts 0."""
    hits = one.right[np.argsort(-one.scores(v), kind="stable")]
    precisions = np.cumsum(hits)[hits] / (np.flatnonzero(hits) + 1)
    return float(precisions.sum() / one.relevant)


def figure(answers: Sequence[Answered], v: float, local: Local) -> Figure:
    """GAP or mAP at this v, with its interval; n: photos."""
    photos = np.array([one.photo for one in answers], np.int64)
    return interval(_statistic(answers, v, local), photo_weights(photos), len(set(photos.tolist())))


def _statistic(answers: Sequence[Answered], v: float, local: Local) -> Statistic:
    if local == "inliers":
        confidence, right = best(answers, v)
        known = np.array([one.relevant > 0 for one in answers])
        return lambda w: global_average_precision(confidence, right, np.ones(len(right), np.bool_), known, w)
    precisions = np.array([average_precision(one, v) for one in answers])
    return lambda w: np.asarray(w @ precisions / np.maximum(w.sum(axis=1), 1), np.float64)


def choose(answers: Sequence[Answered], local: Local) -> tuple[float, dict[str, float]]:
    """The v of GRID with the highest figure, of several the middle one, and the figure of each."""
    once = np.ones((1, len(answers)))
    by_v = {str(v): round(float(_statistic(answers, v, local)(once)[0]), 6) for v in GRID}
    highest = [v for v in GRID if by_v[str(v)] == max(by_v.values())]
    return highest[len(highest) // 2], by_v


def card(
    answers: Sequence[Answered], names: Sequence[str], half: str, local: Local, *, false_accepts: float = 0.005
) -> dict[str, Any]:
    """What `fusion.json` holds of one kind of local score. names: of the photos, by number. Raises GroundTruthError."""
    chosen_on = [one for one in answers if in_half(names[one.photo], half)]
    other = [one for one in answers if not in_half(names[one.photo], half)]
    if not all(any(one.relevant for one in part) for part in (chosen_on, other)):
        raise GroundTruthError("One half of the photos shows no work of this catalogue; give more photos.")
    v, by_v = choose(chosen_on, local)
    made: dict[str, Any] = {"v": v}
    held_out: dict[str, Any] = {
        "chosen": figure(other, v, local), "global_alone": figure(other, 1.0, local), "local_alone": figure(other, 0.0, local),
    }
    if local == "inliers":
        confidence, right = best(chosen_on, v)
        identified, possible = thresholds(confidence, right.astype(float), false_accepts=false_accepts, least=0.1)
        made |= {"identified_at": round(identified, 4), "possible_at": round(possible, 4)}
        confidence, right = best(other, v)
        held_out["wrong_identified"] = round(float((confidence[~right] >= identified).mean()), 4) if (~right).any() else 0.0
        held_out["right_missed"] = round(float((confidence[right] < possible).mean()), 4) if right.any() else 0.0
    name = "gap" if local == "inliers" else "map"
    return {**made, "figure": name, "half": half, "by_v": by_v, "other_half": held_out}
