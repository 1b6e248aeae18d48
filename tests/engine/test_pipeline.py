"""The two straight lines of the engine over the tiny museum, with a real encoder, without Flask or a database."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine import calibration, fusion, stages
from app.engine.builds import Builds
from app.engine.describing import Describer
from app.engine.encoders.whitening import NOISE_FLOOR, Whitening, fit_whitening, read_noise
from app.engine.errors import BuildError
from app.engine.fusion import fused
from app.engine.images import sha256_of
from app.engine.pipeline import Indexer, Searcher, open_searcher, scaled_to
from app.engine.presets import LEARNED, PRESETS, search_preset
from app.engine.store import DescriptorStore
from app.engine.types import GalleryPicture, SearchResult
from tests.tiny import STRANGER, WORKS, Photo, paint, painting, visitor_photo

if TYPE_CHECKING:
    from tests.tiny import Encoders

NUMBERS = {source_id: int(source_id[1:]) for source_id in WORKS}


@pytest.fixture(scope="module")
def indexer(tmp_path_factory: pytest.TempPathFactory, tiny_encoders: Encoders, tiny_descriptors: Path, tiny_files: Path) -> Indexer:
    """Has built the tiny museum by the default preset; a picture's id is its place in the file, a work's its number."""
    folder = tmp_path_factory.mktemp("pipeline")
    shutil.copy(tiny_descriptors, folder / "descriptors.sqlite")
    describer = Describer(search_preset("default"), tiny_encoders["gem"], DescriptorStore(folder / "descriptors.sqlite"))
    one = Indexer(describer, Builds(folder / "indexes"))
    one.build(gallery_pictures(tiny_files))
    return one


def gallery_pictures(files: Path) -> list[GalleryPicture]:
    found = sorted(files.glob("*.jpg"))
    return [GalleryPicture(n, NUMBERS[file.name[:3]], file, sha256_of(file)) for n, file in enumerate(found)]


def open_with(indexer: Indexer, preset: str, files: Path | None = None) -> Searcher:
    """A searcher by another preset over the same build, which holds what every preset but `cam` needs."""
    builds, encoder = indexer.builds, indexer.describer.encoder
    known = {one.picture_id: one.path for one in gallery_pictures(files)} if files else {}
    return open_searcher(builds, builds.current(), search_preset(preset), encoder, calibration.load(), files=known)


@pytest.fixture(scope="module")
def searcher(indexer: Indexer) -> Iterator[Searcher]:
    yield open_with(indexer, "default")


def best(result: SearchResult) -> int:
    return result.matches[0].work_id


@pytest.mark.parametrize("source_id", WORKS)
def test_each_work_is_found_in_its_place(source_id: str, searcher: Searcher) -> None:
    photo = visitor_photo(painting(source_id), seed=NUMBERS[source_id])
    result = searcher.search(photo.image)
    assert (result.verdict, best(result)) == ("identified", NUMBERS[source_id])
    match = result.matches[0]
    assert match.verified and match.inliers > 40 and match.probability > 0.9 and match.region is not None
    assert np.abs(match.region - photo.regions[0]).max() < 3  # pixels
    assert len(match.photo_points) == len(match.reference_points) == match.inliers
    assert match.homography is not None
    lifted = np.column_stack([match.reference_points, np.ones(match.inliers)]) @ match.homography.T
    assert np.abs(lifted[:, :2] / lifted[:, 2:] - match.photo_points).max() < 8
    assert [other.verified for other in result.matches[1:]] == [False] * (len(result.matches) - 1)
    assert NUMBERS[source_id] in result.candidates and len(set(result.global_ranking)) == len(result.global_ranking)


def test_the_second_picture_of_a_work_leads_to_it(searcher: Searcher) -> None:
    result = searcher.search(visitor_photo(painting("t11", 1)).image)
    assert (result.verdict, best(result), result.matches[0].picture_id) == ("identified", 11, 11)
    assert len({match.work_id for match in result.matches}) == len(result.matches)


@pytest.mark.parametrize("seed", range(3))
def test_a_stranger_is_not_identified(seed: int, searcher: Searcher) -> None:
    result = searcher.search(visitor_photo(paint(STRANGER + seed, 420, 560)).image)
    assert result.verdict != "identified" and not any(match.verified for match in result.matches)


def test_a_bare_wall_is_not_in_the_catalogue(searcher: Searcher) -> None:
    result = searcher.search(np.full((600, 800, 3), 150, np.uint8))
    assert result.verdict == "not_in_catalogue" and result.detected == []


def test_two_works_in_one_photo(searcher: Searcher) -> None:
    photo = visitor_photo(painting("t02"), painting("t05"), size=(1200, 800))
    result = searcher.search(photo.image)
    verified = {match.work_id: match.region for match in result.matches if match.verified}
    assert set(verified) == {2, 5}
    for work, region in zip((2, 5), photo.regions, strict=True):
        assert np.abs(verified[work] - region).max() < 4


def test_excluded_works_are_as_if_unknown(searcher: Searcher) -> None:
    photo = visitor_photo(painting("t07"))
    result = searcher.search(photo.image, exclude_works=frozenset({7}))
    assert result.verdict != "identified"
    assert 7 not in {*result.candidates, *result.global_ranking, *(match.work_id for match in result.matches)}
    assert best(searcher.search(photo.image)) == 7  # and the next visitor finds it again


@pytest.mark.parametrize("preset", sorted(set(PRESETS) - {"cam", "cam-online", *LEARNED}))  # test_online_classes, test_matchers
def test_every_preset_searches(preset: str, indexer: Indexer, tiny_files: Path) -> None:
    one = open_with(indexer, preset, tiny_files)
    result = one.search(visitor_photo(painting("t04")).image)
    assert result.preset == preset and 4 in result.candidates
    if one.preset.verify_with:
        assert (result.verdict, best(result)) == ("identified", 4)
        assert len(result.candidates) >= 2
    else:
        assert all(match.region is None and not match.verified for match in result.matches)
    first = result.global_scores
    assert len(first) == (min(one.preset.local_works, len(result.global_ranking)) if one.preset.local else 0)
    assert first == sorted(first, key=lambda row: -fused(*row, fusion.weight(one.preset.local or "vlad")))


def test_a_build_whitens_by_the_noise_that_its_preset_names(indexer: Indexer, tiny_files: Path, tmp_path: Path) -> None:
    encoder, rng = indexer.describer.encoder, np.random.default_rng(3)
    factors = rng.normal(size=(encoder.channels, encoder.channels))
    np.savez(tmp_path / "noise.npz", noise=(factors @ factors.T).astype(np.float32))
    card = {"encoder": encoder.name, "encoder_fingerprint": encoder.fingerprint}
    (tmp_path / "noise.json").write_text(json.dumps(card), encoding="utf-8")
    preset = replace(search_preset("exact-votes"), noise=str(tmp_path / "noise"))
    assert preset.build_fingerprint != search_preset("exact-votes").build_fingerprint
    one = Indexer(replace(indexer.describer, preset=preset), Builds(tmp_path / "indexes"))
    report = one.build(gallery_pictures(tiny_files))
    made = Whitening.load(one.builds.folder / report.build_id / "whitening.npz")
    rows = np.stack([one.describer.raw_vectors(picture)[0] for picture in gallery_pictures(tiny_files)])
    wanted = fit_whitening(rows, rows.shape[1], floor=NOISE_FLOOR, noise=read_noise(tmp_path / "noise.npz", encoder.fingerprint))
    assert made.dim == encoder.channels > len(rows) - 1  # more directions than the catalogue alone spans
    np.testing.assert_allclose(made.projection, wanted.projection, atol=1e-4)


def test_the_same_photo_has_the_same_answer(searcher: Searcher) -> None:
    photo = visitor_photo(painting("t09")).image
    one, other = ([(m.work_id, m.inliers, m.probability) for m in searcher.search(photo.copy()).matches] for _ in range(2))
    assert one == other


def test_salt_and_pepper_does_not_hide_a_work(searcher: Searcher) -> None:
    photo = visitor_photo(painting("t03")).image
    hit = np.random.default_rng(0).random(photo.shape[:2])
    photo[hit < 0.02], photo[hit > 0.98] = 0, 255
    assert searcher.search(photo).verdict == "identified"


def test_stages_are_told_and_timed(searcher: Searcher) -> None:
    told: list[tuple[str, int, int]] = []
    result = searcher.search(visitor_photo(painting("t01")).image, progress=lambda *each: told.append(each))
    assert told == [(name, n, len(stages.NAMES)) for n, name in enumerate(stages.NAMES) if name != "decode"]
    assert set(result.timings_ms) == {*stages.NAMES, "total"} and result.timings_ms["decode"] == 0
    assert sum(result.timings_ms[name] for name in stages.NAMES) == pytest.approx(result.timings_ms["total"], abs=0.5)


@pytest.fixture(scope="module")
def large() -> Photo:
    return visitor_photo(painting("t10"), size=(1600, 1200))


def test_places_are_given_in_the_full_photo(searcher: Searcher, large: Photo) -> None:
    import cv2

    small = np.asarray(cv2.resize(large.image, (640, 480), interpolation=cv2.INTER_AREA))
    found = searcher.search(small)
    result = scaled_to(found, (1600, 1200))
    match, before = result.matches[0], found.matches[0]
    assert result.photo_size == (1600, 1200) and match.region is not None and match.homography is not None
    assert np.abs(match.region - large.regions[0]).max() < 4
    lifted = np.column_stack([match.reference_points, np.ones(match.inliers)]) @ match.homography.T
    near = np.linalg.norm(lifted[:, :2] / lifted[:, 2:] - match.photo_points, axis=1)
    assert np.median(near) < 2.5
    assert np.array_equal(match.reference_points, before.reference_points)
    # pixel centres lie at halves
    np.testing.assert_allclose((match.photo_points + 0.5) / 2.5, before.photo_points + 0.5, rtol=1e-5)
    np.testing.assert_allclose((result.detected[0] + 0.5) / 2.5, found.detected[0] + 0.5, rtol=1e-5)
    nothing = scaled_to(replace(found, matches=[], detected=[]), (1600, 1200))
    assert nothing.matches == [] and nothing.photo_size == (1600, 1200)


def test_a_search_that_only_looks_at_the_encoder_of_its_build(indexer: Indexer, tiny_encoders: Encoders) -> None:
    builds = indexer.builds
    with pytest.raises(BuildError, match="made with other weights.*flask index build"):
        open_searcher(builds, builds.current(), search_preset("cam"), tiny_encoders["cam"], calibration.load())
    other = Indexer(replace(indexer.describer, encoder=tiny_encoders["cam"]), builds)
    with pytest.raises(BuildError, match="another encoder"):
        other._same_encoder(builds.current())
