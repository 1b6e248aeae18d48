"""Segments: plain arrays on disk give back what was written, also of pictures without any local feature."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.engine import segments
from app.engine.local_features import LocalFeatures
from app.engine.segments import Described


def described(number: int, *, sift: int, orb: int, vectors: int = 1) -> Described:
    rng = np.random.default_rng(number)
    local = {
        kind: LocalFeatures(rng.random((count, 4)).astype(np.float32), rng.integers(0, 256, (count, width), np.uint8))
        for kind, count, width in (("sift", sift, 128), ("orb", orb, 32))
    }
    rows = rng.normal(size=(vectors, 16)).astype(np.float32)
    return Described(1000 + number, number // 2, (640 + number, 480), rows, rng.integers(0, 256, (8, 8, 3), np.uint8), local)


CASES = {
    "several": [described(0, sift=5, orb=3), described(1, sift=0, orb=7), described(2, sift=4, orb=0, vectors=3)],
    "the first has none": [described(0, sift=0, orb=0), described(1, sift=2, orb=2)],
    "none has any": [described(0, sift=0, orb=0), described(1, sift=0, orb=0)],
    "one": [described(0, sift=3, orb=3)],
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_written_is_read(name: str, tmp_path: Path) -> None:
    pictures = CASES[name]
    segments.write(tmp_path / "base", len(pictures), pictures.__getitem__)
    found = segments.read(tmp_path / "base")
    assert len(found) == len(pictures)
    assert found.pictures["picture_id"].tolist() == [one.picture_id for one in pictures]
    assert found.pictures["work_id"].tolist() == [one.work_id for one in pictures]
    assert found.pictures[["width", "height"]].tolist() == [one.size for one in pictures]
    for position, one in enumerate(pictures):
        assert (found.thumbnails[position] == one.thumbnail).all()
        assert (found.vectors[found.vector_owners == position] == one.vectors).all()
        for kind, features in one.local.items():
            again = found.local[kind].of(position)
            assert again.keypoints.dtype == np.float32 and again.descriptors.dtype == np.uint8
            assert np.array_equal(again.keypoints, features.keypoints)
            assert np.array_equal(again.descriptors, features.descriptors)


def test_local_features_stay_on_disk(tmp_path: Path) -> None:
    segments.write(tmp_path / "base", 3, CASES["several"].__getitem__)
    found = segments.read(tmp_path / "base")
    for array in (found.thumbnails, found.local["sift"].descriptors, found.local["orb"].keypoints):
        assert isinstance(array, np.memmap) and not array.flags.writeable
    assert not isinstance(found.vectors, np.memmap)


def test_a_segment_is_never_written_over(tmp_path: Path) -> None:
    segments.write(tmp_path / "base", 1, CASES["one"].__getitem__)
    with pytest.raises(FileExistsError):
        segments.write(tmp_path / "base", 1, CASES["one"].__getitem__)


def test_one_picture_at_a_time_is_held(tmp_path: Path) -> None:
    asked: list[int] = []

    def describe(position: int) -> Described:
        asked.append(position)
        return CASES["several"][position]

    segments.write(tmp_path / "base", 3, describe)
    assert asked == [0, 0, 1, 2, 0, 1, 2]  # for the widths, for the sizes, for the arrays
