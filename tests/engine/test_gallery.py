"""A gallery with additions and removals is the gallery that a rebuild would give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.engine import gallery, voting
from app.engine.encoders.whitening import Whitening
from app.engine.gallery import EVERYTHING, Gallery, folder_size
from app.engine.local_features import LocalFeatures
from app.engine.types import Floats
from tests.engine.small_builds import indexer, pictures, without_training

NONE: frozenset[int] = frozenset()


@pytest.fixture
def rebuilt(tmp_path: Path) -> Gallery:
    """Pictures 1, 3 … 6 and 8 in one build."""
    one = indexer(tmp_path / "rebuilt", preset=without_training())
    return gallery.load(one.builds, one.build(pictures(1, 3, 4, 5, 6, 8)).build_id)


@pytest.fixture
def changed(tmp_path: Path) -> Gallery:
    """The same, as a build of 1 … 4 to which 5 … 7 and then 8 were added and from which 2 and 7 were removed."""
    one = indexer(tmp_path / "changed", preset=without_training())
    build = one.build(pictures(1, 2, 3, 4)).build_id
    one.add(pictures(5, 6, 7))
    one.builds.change(build, removed=frozenset({2, 7}))
    one.add(pictures(8))
    return gallery.load(one.builds, build)


def photo(seed: int, *numbers: int) -> LocalFeatures:
    """Features of these pictures, blurred a little, as a photo has them."""
    rng = np.random.default_rng(seed)
    rows = [np.random.default_rng(n) for n in numbers]
    found = []
    for one in rows:
        one.normal(size=(1, 24)), one.integers(0, 256, (32, 32, 3), np.uint8), one.random((30, 4))  # as `indexer` draws them
        found.append(one.integers(0, 190, (30, 128), np.uint8))
    descriptors = np.clip(np.concatenate(found).astype(int) + rng.integers(-4, 5, (30 * len(numbers), 128)), 0, 255)
    return LocalFeatures(np.zeros((len(descriptors), 4), np.float32), descriptors.astype(np.uint8))


def named(one: Gallery, answers: list[tuple[int, float]]) -> list[tuple[int, float]]:
    return [(int(one.pictures["picture_id"][position]), score) for position, score in answers]


def queries(count: int = 2) -> Floats:
    rows = np.random.default_rng(5).normal(size=(count, 24)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def test_vectors_find_the_same(changed: Gallery, rebuilt: Gallery) -> None:
    for one in (changed, rebuilt):
        one.vectors.nprobe = one.vectors.index.nlist
    assert changed.works == rebuilt.works == 4 and changed.serial == 3
    found, expected = (named(one, one.by_vector(queries(), 4, one.allowed())) for one in (changed, rebuilt))
    assert [picture for picture, _ in found] == [picture for picture, _ in expected]
    np.testing.assert_allclose([score for _, score in found], [score for _, score in expected], atol=1e-5)
    assert len(found) == 4 and not {picture for picture, _ in found} & {2, 7}


def test_works_like_another_are_its_nearest_neighbours_without_itself(changed: Gallery) -> None:
    changed.vectors.nprobe = changed.vectors.index.nlist
    rows = {int(p): changed._vectors_of(at)[0] for at, p in enumerate(changed.pictures["picture_id"]) if int(p) not in (2, 7)}
    works = dict(zip(changed.pictures["picture_id"].tolist(), changed.pictures["work_id"].tolist(), strict=True))
    own = works[1]
    best: dict[int, float] = {}
    for picture, row in rows.items():
        if works[picture] != own:
            score = max(float(row @ rows[mine]) for mine in rows if works[mine] == own)
            best[works[picture]] = max(score, best.get(works[picture], -1.0))
    expected = sorted(best.items(), key=lambda one: -one[1])
    found = changed.like(own, 9)
    assert [work for work, _ in found] == [work for work, _ in expected] and len(found) == changed.works - 1
    np.testing.assert_allclose([score for _, score in found], [score for _, score in expected], atol=1e-5)
    assert [work for work, _ in changed.like(own, 2)] == [work for work, _ in expected[:2]]
    assert changed.like(999, 5) == []


def test_votes_find_the_same(changed: Gallery, rebuilt: Gallery) -> None:
    asked = photo(0, 8, 3)
    found, expected = (named(one, one.by_votes(asked, 4, 99, one.allowed())) for one in (changed, rebuilt))
    assert [picture for picture, _ in found] == [picture for picture, _ in expected]
    assert {picture for picture, _ in found[:2]} == {8, 3}
    np.testing.assert_allclose([score for _, score in found], [score for _, score in expected], atol=1e-5)
    gone = photo(0, 2, 7)
    for one in (changed, rebuilt):
        shares = [score for _, score in one.by_votes(gone, 4, 99, one.allowed())]
        assert max(shares) < 0.5  # chance neighbours: nothing stands out


def test_what_is_stored_of_a_picture_is_the_same(changed: Gallery, rebuilt: Gallery) -> None:
    where, there = ({int(p): i for i, p in enumerate(one.pictures["picture_id"])} for one in (changed, rebuilt))
    for picture in (1, 3, 4, 5, 6, 8):
        for kind in ("sift", "orb"):
            one, other = changed.local(where[picture], kind), rebuilt.local(there[picture], kind)
            assert np.array_equal(one.keypoints, other.keypoints) and np.array_equal(one.descriptors, other.descriptors)
        assert np.array_equal(changed.thumbnail(where[picture]), rebuilt.thumbnail(there[picture]))
        assert changed.size(where[picture]) == rebuilt.size(there[picture]) == (640, 480)


def test_excluded_works_are_not_found(changed: Gallery) -> None:
    changed.vectors.nprobe = changed.vectors.index.nlist
    allowed = changed.allowed(frozenset({102}))
    for answers in (changed.by_vector(queries(), 9, allowed), changed.by_votes(photo(0, 3), 9, 99, allowed)):
        works = [int(changed.pictures["work_id"][position]) for position, _ in answers]
        assert set(works) == {101, 103, 104} and len(works) == 3
    assert changed.allowed() is not EVERYTHING


def test_everything_is_allowed_where_nothing_is_left_out(rebuilt: Gallery) -> None:
    assert rebuilt.allowed() is EVERYTHING and rebuilt.allowed(NONE) is EVERYTHING
    everyone = rebuilt.allowed(frozenset({101, 102, 103, 104}))
    assert rebuilt.by_vector(queries(), 5, everyone) == [] and rebuilt.by_votes(photo(0, 1), 5, 99, everyone) == []


def test_a_work_is_named_once_by_its_best_picture(rebuilt: Gallery) -> None:
    rebuilt.vectors.nprobe = rebuilt.vectors.index.nlist
    stored = {n: np.random.default_rng(n).normal(size=(1, 24)) for n in (5, 6)}  # both of work 103
    both = np.concatenate([stored[6] / np.linalg.norm(stored[6]), 0.9 * stored[5] / np.linalg.norm(stored[5])]).astype(np.float32)
    answers = named(rebuilt, rebuilt.by_vector(both, 4, EVERYTHING))
    assert answers[0][0] == 6 and answers[0][1] == pytest.approx(1, abs=1e-2)
    assert 5 not in [picture for picture, _ in answers]


def test_no_features_no_votes(rebuilt: Gallery, tmp_path: Path) -> None:
    assert rebuilt.by_votes(photo(0, 1), 0, 9, EVERYTHING) == []
    empty = LocalFeatures(np.zeros((0, 4), np.float32), np.zeros((0, 128), np.uint8))
    assert rebuilt.by_votes(empty, 5, 9, EVERYTHING) == []
    flat = indexer(tmp_path / "flat", features=0)
    one = gallery.load(flat.builds, flat.build(pictures(1, 2, 3)).build_id)
    assert one.by_votes(photo(0, 1), 5, 9, EVERYTHING) == [] and len(one.local(1, "sift")) == 0


def test_additions_are_whitened_as_the_build_was(tmp_path: Path) -> None:
    one = indexer(tmp_path)
    build = one.build(pictures(1, 2, 3, 4, 5)).build_id
    one.add(pictures(6))
    found = gallery.load(one.builds, build)
    whitening = Whitening.load(one.builds.folder / build / "whitening.npz")
    expected = whitening.apply(one.describer.raw_vectors(pictures(6)[0]))
    np.testing.assert_allclose(found.parts[1].vectors[0], expected, atol=1e-6)
    assert named(found, found.by_vector(expected[None], 1, EVERYTHING))[0][0] == 6
    assert folder_size(one.builds.folder / build) > 10_000


def test_cosines_of_pictures_that_were_not_asked_for_by_vector(changed: Gallery) -> None:
    every = np.concatenate([part.vectors for part in changed.parts])  # one a picture
    found = changed.cosines(queries(3), [0, 4, 7])
    assert found == {p: pytest.approx(float(max(queries(3) @ every[p]))) for p in (0, 4, 7)}


def test_the_share_of_votes_is_of_the_first_neighbours_alone(rebuilt: Gallery) -> None:
    seen = photo(3, 1, 6)
    distances, ids = voting.nearest(rebuilt.voters, seen.descriptors, nprobe=8)
    owners = np.where(ids >= 0, rebuilt.descriptor_owners[np.maximum(ids, 0)], -1)
    assert distances.shape[1] == voting.NEIGHBOURS > voting.EVIDENCE
    votes = voting.votes(distances[:, : voting.EVIDENCE], owners[:, : voting.EVIDENCE], len(rebuilt.pictures))
    for consistent in (True, False):
        found = rebuilt.by_votes(seen, 5, 8, EVERYTHING, consistent=consistent)
        assert len(found) >= 2
        for position, share in found:
            assert share == pytest.approx(votes[position] / votes.sum(), rel=1e-5)
