"""Candidates of all sources, each checked against its stored local features, and the several works of one photo told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from app.engine import appearance, verification
from app.engine.calibration import Evidence, Judge, is_verified
from app.engine.detection import overlap
from app.engine.gallery import Gallery
from app.engine.local_features import LocalFeatures, as_unit
from app.engine.presets import SearchPreset
from app.engine.types import Bytes, Floats, Image, Ints, Match

if TYPE_CHECKING:
    from app.engine.matchers.features import Found
    from app.engine.matchers.learned import LearnedPhoto

CELLS = 4  # a side: how an even spread of inliers over the reference is measured
SAME_PLACE = 0.5  # share of the smaller region above which two works claim one place
# Below, the inside of the picture is another one and the inliers are its frame's. Of 305 right works in gallery photographs the
# least alike has 0.14 (half of it under a text bar), the next 0.48; works in a frame of the same moulding have −0.09 to −0.04.
MIN_AGREEMENT = 0.1


@dataclass(frozen=True)
class Candidate:
    """A picture that may be in the photo. Scores are 0 where a source did not name it."""

    position: int
    global_score: float
    votes: float
    tiny_score: float = 0.0


def merge(
    by_vector: Sequence[tuple[int, float]], by_votes: Sequence[tuple[int, float]], by_tiny: Sequence[tuple[int, float]] = ()
) -> list[Candidate]:
    """All lists of (position, score) without repetition, votes first, tiny images last."""
    cosines, shares, tiny = dict(by_vector), dict(by_votes), dict(by_tiny)
    order = list(dict.fromkeys([*shares, *cosines, *tiny]))
    return [Candidate(at, cosines.get(at, 0.0), shares.get(at, 0.0), tiny.get(at, 0.0)) for at in order]


def with_cosines(candidates: Sequence[Candidate], cosines: Mapping[int, float], tiny: Floats) -> list[Candidate]:
    """The same candidates, each with both its cosines, also where only votes named it. tiny: (P,), of every picture."""
    return [replace(one, global_score=cosines[one.position], tiny_score=float(tiny[one.position])) for one in candidates]


@dataclass
class Checker:
    """Verifies candidates against one photo."""

    preset: SearchPreset
    gallery: Gallery
    calibration: Judge
    photo: Image
    local: LocalFeatures | None  # of the photo; None: nothing is verified
    min_agreement: float = MIN_AGREEMENT
    learned: LearnedPhoto | None = None  # the photo to a learned matcher, in place of `local`; then not for several threads at once

    def __post_init__(self) -> None:
        self._unit = as_unit(self.local.descriptors) if self.local is not None and self.preset.verify_with == "sift" else None

    def __call__(self, candidate: Candidate) -> Match:
        """The candidate as a match, verified or not, with its probability."""
        if self.learned is not None:
            found = self.learned.reference(candidate.position)
            return self._verified(candidate, self.learned.found.points, found, self.learned.pairs(found))
        if self.local is None:
            return self._match(candidate, verification.NONE, None)
        reference = self.gallery.local(candidate.position, self.preset.verify_with)
        return self._verified(candidate, self.local.points, reference, self._pairs(reference))

    def _verified(self, candidate: Candidate, points: Floats, reference: LocalFeatures | Found, pairs: tuple[Ints, Ints]) -> Match:
        size = self.gallery.size(candidate.position)
        photo_size = (self.photo.shape[1], self.photo.shape[0])
        outcome = verification.verify(points, reference.points, pairs, photo_size, size, self.preset.rules)
        match = self._match(candidate, outcome, reference)
        if outcome.photo_rows is None or not match.inliers:
            return match
        return replace(
            match, photo_points=points[outcome.photo_rows], reference_points=reference.points[outcome.reference_rows]
        )

    def _pairs(self, reference: LocalFeatures) -> tuple[Ints, Ints]:
        assert self.local is not None
        ratio = self.preset.rules.ratio
        if self._unit is not None:
            return verification.match_mutual(self._unit @ as_unit(reference.descriptors).T, ratio)
        return binary_pairs(self.local.descriptors, reference.descriptors, ratio)

    def _match(self, candidate: Candidate, outcome: verification.Verification, reference: LocalFeatures | Found | None) -> Match:
        picture = self.gallery.pictures[candidate.position]
        size = self.gallery.size(candidate.position)
        looks, cells = appearance.UNSEEN, 0
        if outcome.homography is not None and reference is not None and outcome.reference_rows is not None:
            looks = appearance.compare(self.photo, self.gallery.thumbnail(candidate.position), outcome.homography, size)
            cells = occupied_cells(reference.points[outcome.reference_rows], size)
            if looks != appearance.UNSEEN and looks.agreement < self.min_agreement:
                return self._match(candidate, verification.NONE, None)
        ratio = outcome.inliers / max(outcome.matches, 1)
        evidence = Evidence(
            outcome.inliers, cells, looks.agreement, looks.colour, ratio, candidate.global_score, candidate.votes,
            candidate.tiny_score,
        )
        return Match(
            work_id=int(picture["work_id"]), picture_id=int(picture["picture_id"]),
            probability=self.calibration.probability(evidence),
            global_score=candidate.global_score, votes=candidate.votes, tiny_score=candidate.tiny_score, inliers=outcome.inliers,
            verified=is_verified(self.calibration, evidence), inlier_ratio=ratio, cells=cells,
            appearance=looks.agreement, colour=looks.colour, region=outcome.region,
            homography=outcome.homography,
        )


def binary_pairs(photo: Bytes, reference: Bytes, ratio: float) -> tuple[Ints, Ints]:
    """Mutual ratio-test matches of (n, 32) and (m, 32) uint8 ORB descriptors by Hamming distance."""
    if len(photo) < 1 or len(reference) < 2:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    forward = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(photo, reference, k=2)
    back = {m.queryIdx: m.trainIdx for m in cv2.BFMatcher(cv2.NORM_HAMMING).match(reference, photo)}
    good = [a for a, b in forward if a.distance < ratio * b.distance and back[a.trainIdx] == a.queryIdx]
    return np.array([m.queryIdx for m in good], np.int64), np.array([m.trainIdx for m in good], np.int64)


def occupied_cells(points: Floats, size: tuple[int, int]) -> int:
    """How many of CELLS × CELLS cells of a picture of (width, height) hold one of the (n, 2) points."""
    cells = np.clip((points / np.array(size) * CELLS).astype(int), 0, CELLS - 1)
    return len(np.unique(cells @ np.array([CELLS, 1])))


def several(matches: Sequence[Match]) -> list[Match]:
    """Best first, verified before the others; each work once, by its best picture.

    Of works that claim the same place in the photo only the best stays verified.
    """
    best: dict[int, Match] = {}
    for match in sorted(matches, key=lambda m: (m.verified, m.probability, m.inliers, m.global_score), reverse=True):
        best.setdefault(match.work_id, match)
    kept: list[Match] = []
    for match in best.values():
        claimed = match.verified and any(
            other.verified and overlap(match.region, other.region) > SAME_PLACE  # type: ignore[arg-type]
            for other in kept
        )
        kept.append(replace(match, verified=False) if claimed else match)
    return sorted(kept, key=lambda m: (m.verified, m.probability), reverse=True)
