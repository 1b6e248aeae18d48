"""Several vectors of one picture: where its parts lie, and that a detail finds its work by them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine import calibration
from app.engine.builds import Builds
from app.engine.describing import Describer, final_vector
from app.engine.gallery import EVERYTHING
from app.engine.images import sha256_of
from app.engine.parts import SIDE, parts_of
from app.engine.pipeline import Indexer, open_searcher
from app.engine.presets import search_preset
from app.engine.store import DescriptorStore
from app.engine.types import GalleryPicture
from tests.tiny import painting

if TYPE_CHECKING:
    from tests.tiny import Encoders

PICTURES = 6


def test_parts_lie_in_the_corners_and_the_centre() -> None:
    picture = np.arange(50 * 80 * 3, dtype=np.int64).reshape(50, 80, 3).astype(np.uint8)
    parts = parts_of(picture, 5)
    assert [part.shape for part in parts] == [(30, 48, 3)] * 5
    starts = [(0, 0), (0, 32), (20, 0), (20, 32), (10, 16)]
    for part, (top, left) in zip(parts, starts, strict=True):
        np.testing.assert_array_equal(part, picture[top : top + 30, left : left + 48])
    assert parts_of(picture, 0) == [] and parts_of(picture[:1, :1], 5)[4].shape == (1, 1, 3)


@pytest.fixture(scope="module")
def indexer(tmp_path_factory: pytest.TempPathFactory, tiny_encoders: Encoders, tiny_descriptors: Path, tiny_files: Path) -> Indexer:
    """Six pictures of the tiny museum, indexed with their parts; the wholes were described before."""
    folder = tmp_path_factory.mktemp("parts")
    shutil.copy(tiny_descriptors, folder / "descriptors.sqlite")
    one = Indexer(
        Describer(search_preset("parts"), tiny_encoders["gem"], DescriptorStore(folder / "descriptors.sqlite")),
        Builds(folder / "indexes"),
    )
    files = sorted(tiny_files.glob("*.jpg"))[:PICTURES]
    one.build([GalleryPicture(n, n, file, sha256_of(file)) for n, file in enumerate(files)])
    return one


def test_a_picture_has_a_vector_for_the_whole_and_each_part(indexer: Indexer) -> None:
    searcher = open_searcher(
        indexer.builds, indexer.builds.current(), search_preset("parts"), indexer.describer.encoder, calibration.load()
    )
    gallery = searcher.gallery
    assert np.bincount(gallery.vector_owners).tolist() == [6] * PICTURES and len(gallery.vectors) == 6 * PICTURES
    assert indexer.builds.manifest(indexer.builds.current())["vectors"] == 6 * PICTURES
    part = parts_of(painting("t02"), 4)[3]
    (raw,) = searcher.encoder.describe([part])
    query = final_vector(raw, gallery.whitening)[None]
    ranking = gallery.by_vector(query, 50, EVERYTHING)
    assert ranking[0][0] == 1 and ranking[0][1] > 0.9  # the part itself, but for the JPEG
    assert sorted(position for position, _ in ranking) == list(range(PICTURES))  # each work once, none crowded out
    assert gallery.cosines(query, [1])[1] == pytest.approx(ranking[0][1], abs=1e-4)
    searched = searcher.search(painting("t02"))
    assert searched.matches[0].work_id == 1 and searched.verdict == "identified"


def test_the_whole_is_not_described_again(indexer: Indexer) -> None:
    described = indexer.describer.store
    assert len(described.known(indexer.describer.part_kind)) == PICTURES
    assert len(described.known(indexer.describer.vector_kind)) > PICTURES  # those of the whole museum, from before


def test_a_build_with_parts_is_another_build() -> None:
    fingerprints = {replace(search_preset("default"), gallery_parts=parts).build_fingerprint for parts in (0, 4, 5)}
    assert len(fingerprints) == 3
    assert 0.5 < SIDE < 1  # parts overlap, and each is less than the whole
