"""Verified pairs of photo and work, kept on disk: what the evidence of a pair is does not depend on who proposed it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from app.engine import appearance, candidates, local_features, verification
from app.engine.calibration import Calibration, Evidence, Judge, is_verified
from app.engine.candidates import MIN_AGREEMENT, Candidate, Checker
from app.engine.gallery import Gallery
from app.engine.presets import SearchPreset
from app.engine.types import Floats, Image, Match
from benchmarks.seen import Seen

CODE = (appearance, candidates, local_features, verification)  # a change in one of them makes what was kept stale
ROW = np.dtype(
    [
        ("position", "<i8"), ("inliers", "<i4"), ("cells", "<i4"), ("ratio", "<f8"), ("appearance", "<f8"), ("colour", "<f8"),
        ("region", "<f4", (4, 2)),
    ]
)  # region: NaN where there is none


@dataclass
class Proofs:
    """Verifies pairs once, with the product's own Checker."""

    preset: SearchPreset
    gallery: Gallery
    calibration: Calibration
    cache: Path
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2))

    def __post_init__(self) -> None:
        self.cache.mkdir(parents=True, exist_ok=True)
        parts = [Path(str(module.__file__)).read_bytes() for module in CODE]
        parts += [repr(self.preset.rules).encode(), self.gallery.build_id.encode(), str(self.gallery.serial).encode()]
        self._key = hashlib.sha256(b"\n".join(parts)).hexdigest()[:12]
        self._memory: dict[str, dict[int, np.void]] = {}

    def of(self, seen: Seen, photo: Callable[[], Image], positions: Sequence[int]) -> dict[int, np.void]:
        """The evidence of each of these pictures, by position; `photo` is asked for where some is not there yet."""
        file = self.cache / f"{seen.photo}-{self._key}.npy"
        known = self._memory.setdefault(file.name, self._read(file))
        missing = [position for position in positions if position not in known]
        if missing:
            checker = Checker(self.preset, self.gallery, self.calibration, photo(), seen.local, min_agreement=-2.0)
            for row in self._pool.map(lambda position: _row(position, checker), missing):
                known[int(row["position"])] = row
            draft = file.with_suffix(".tmp.npy")
            np.save(draft, np.array(list(known.values()), ROW))
            draft.replace(file)
        return known

    def _read(self, file: Path) -> dict[int, np.void]:
        return {int(row["position"]): row for row in np.load(file)} if file.exists() else {}


def _row(position: int, checker: Checker) -> np.void:
    match = checker(Candidate(position, 0.0, 0.0))
    region = np.full((4, 2), np.nan, np.float32) if match.region is None else match.region
    values = (position, match.inliers, match.cells, match.inlier_ratio, match.appearance, match.colour, region)
    return np.array([values], ROW)[0]


def judged(candidate: Candidate, proof: np.void, work: int, picture: int, judge: Judge, looks: bool) -> Match:
    """The candidate as a match, as Checker makes it. `looks` False: a pair that looks different inside is not refused."""
    seen = (float(proof["appearance"]), float(proof["colour"])) != tuple(appearance.UNSEEN)
    refused = looks and seen and proof["appearance"] < MIN_AGREEMENT
    match = Match(work, picture, 0.0, candidate.global_score, candidate.votes, 0, False, tiny_score=candidate.tiny_score)
    if not refused:
        region: Floats | None = None if np.isnan(proof["region"]).any() else np.array(proof["region"])
        match = replace(
            match, inliers=int(proof["inliers"]), cells=int(proof["cells"]), inlier_ratio=float(proof["ratio"]),
            appearance=float(proof["appearance"]), colour=float(proof["colour"]), region=region,
        )
    evidence = Evidence(
        match.inliers, match.cells, match.appearance, match.colour, match.inlier_ratio, match.global_score, match.votes,
        match.tiny_score,
    )
    return replace(match, probability=judge.probability(evidence), verified=is_verified(judge, evidence))
