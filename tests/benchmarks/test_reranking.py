"""Lists of the global stage, verified: once a pair, and in the order that the product shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.engine import calibration
from app.engine.candidates import Candidate
from app.engine.presets import search_preset
from app.engine.types import Match
from benchmarks import reranking
from tests.tiny import WORKS, jpeg, painting


def matches(inliers: dict[int, int]) -> dict[int, Match]:
    return {
        work: Match(work, work, min(count / 100, 0.99), 0.0, 0.0, count, False) for work, count in inliers.items()
    }


def test_first_by_cosine_keeps_the_catalogue_order_among_equals() -> None:
    scores = np.array([[0.1, 0.9, 0.5, 0.9], [0.0, 0.0, 0.0, 1.0]], np.float32)
    assert reranking.first_by_cosine(scores, 3).tolist() == [[1, 3, 2], [3, 0, 1]]


def test_evidence_goes_before_the_cosine_which_decides_between_equals() -> None:
    pairs = matches({4: 0, 5: 0, 6: 30})
    assert reranking.reordered([4, 5, 6], [0.4, 0.9, 0.1], pairs) == [6, 5, 4]


def test_a_pair_is_verified_once() -> None:
    asked: list[Candidate] = []
    known = matches({0: 0, 1: 20, 2: 50})

    def check(candidate: Candidate) -> Match:
        asked.append(candidate)
        return known[candidate.position]

    lists = [(np.array([0, 1]), np.array([0.9, 0.8])), (np.array([2, 1]), np.array([0.9, 0.8]))]
    assert reranking.verified_firsts(check, lists) == [1, 2]
    assert asked == [Candidate(position, 0.0, 0.0) for position in (0, 1, 2)]


def test_a_photo_finds_its_picture_last_on_the_list(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.jpg" for number in range(3)]
    for number, path in enumerate(paths):
        path.write_bytes(jpeg(painting(list(WORKS)[number])))
    preset = search_preset("default")
    told: list[int] = []
    known = reranking.references(paths, preset, told.append)
    assert told == [1, 2, 3]
    check = reranking.checker(paths[2], known, preset, calibration.load())
    assert reranking.verified_firsts(check, [(np.array([0, 1, 2]), np.array([0.9, 0.8, 0.1]))]) == [2]
