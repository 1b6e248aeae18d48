"""Candidates verified by features that no build keeps: with RootSIFT in the networks' place, and with them where they are."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from flask import Flask

from app import services
from app.engine.candidates import Candidate, Checker
from app.engine.errors import WeightsError
from app.engine.local_features import as_unit, root_sift
from app.engine.matchers.features import Found
from app.engine.matchers.learned import KINDS, LearnedMatcher, open_matcher
from app.engine.pipeline import Searcher
from app.engine.presets import LEARNED, PRESETS, SearchPreset, search_preset
from app.engine.types import BuildReport, Image
from app.engine.verification import match_mutual
from app.engine.weights import STORE, WeightStore
from tests.tiny import painting, visitor_photo


def found_by_sift(image: Image, count: int, long_side: int) -> Found:
    local = root_sift(image, count=count, long_side=long_side)
    return Found(local.points, as_unit(local.descriptors), (image.shape[1], image.shape[0]))


def mutual(photo: Found, reference: Found) -> tuple[np.ndarray, np.ndarray]:
    return match_mutual(photo.descriptors @ reference.descriptors.T, 0.85)


@pytest.fixture
def searcher(tiny_index: BuildReport, tiny_app: Flask) -> Iterator[Searcher]:
    yield services.searcher()


def test_evidence_has_the_same_form_whatever_finds_the_features(searcher: Searcher) -> None:
    """t10 is 1800 pixels wide and read smaller: places come back in its full pixels."""
    files = services.picture_files(search_preset("xfeat"))
    matcher = LearnedMatcher(found_by_sift, mutual, searcher.gallery, files)
    photo = visitor_photo(painting("t10"))
    stored = root_sift(photo.image, count=1200, long_side=800)
    positions = {int(row["work_id"]): number for number, row in enumerate(searcher.gallery.pictures)}
    candidate = Candidate(positions[10], 0.5, 0.5)
    plain = Checker(searcher.preset, searcher.gallery, searcher.calibration, photo.image, stored)(candidate)
    learned = Checker(
        searcher.preset, searcher.gallery, searcher.calibration, photo.image, None, learned=matcher.of_photo(photo.image)
    )
    match = learned(candidate)
    assert match.verified and match.inliers > 0.3 * plain.inliers and len(match.photo_points) == match.inliers
    assert match.region is not None and plain.region is not None
    np.testing.assert_allclose(match.region, plain.region, atol=6)
    assert match.reference_points[:, 0].max() > 1500
    other = learned(Candidate(positions[3], 0.5, 0.5))
    assert not other.verified


def test_a_picture_whose_file_is_gone_is_not_verified(searcher: Searcher, tmp_path: Path) -> None:
    matcher = LearnedMatcher(found_by_sift, mutual, searcher.gallery, {0: tmp_path / "gone.jpg"})
    photo = visitor_photo(painting("t01")).image
    checker = Checker(searcher.preset, searcher.gallery, searcher.calibration, photo, None, learned=matcher.of_photo(photo))
    match = checker(Candidate(0, 0.5, 0.5))
    assert (match.inliers, match.verified, match.region) == (0, False, None)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_weights_that_were_not_fetched_are_one_line(name: str, tmp_path: Path, searcher: Searcher) -> None:
    shutil.copy(STORE / "weights.toml", tmp_path / "weights.toml")
    with pytest.raises(WeightsError, match=f"flask weights fetch {KINDS[name].features}"):
        open_matcher(name, searcher.gallery, {1: tmp_path}, threads=1, store=WeightStore(tmp_path))


def test_presets_and_matchers_name_each_other() -> None:
    assert set(KINDS) == set(LEARNED) == {preset.verify_with for preset in PRESETS.values()} - {"sift", "orb", ""}
    known = WeightStore().entries()
    assert all({kind.features, kind.matcher} <= set(known) for kind in KINDS.values())
    assert [name for name, preset in PRESETS.items() if preset.looks_again] == ["cam-online", "patches", *sorted(LEARNED)]
    assert search_preset("xfeat").build_fingerprint == SearchPreset("default").build_fingerprint


@pytest.mark.parametrize("name", sorted(KINDS))
def test_the_networks_find_a_work(name: str, tiny_index: BuildReport, tiny_app: Flask) -> None:
    missing = [one for one in (KINDS[name].features, KINDS[name].matcher) if not WeightStore().path(one).exists()]
    if missing:
        pytest.skip(f"flask weights fetch {' '.join(missing)}")
    result = services.searcher_by(name).search(visitor_photo(painting("t04")).image)
    assert (result.verdict, result.matches[0].work_id) == ("identified", 4)
    assert result.matches[0].inliers > 3 * max(match.inliers for match in result.matches[1:])
