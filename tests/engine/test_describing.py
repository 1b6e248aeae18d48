"""Describing: each picture once, in windows, unreadable ones told apart; a large one in its own pixels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine.describing import Describer, final_vector
from app.engine.errors import CancelledError
from app.engine.images import sha256_of
from app.engine.local_features import root_sift
from app.engine.presets import search_preset
from app.engine.store import DescriptorStore
from app.engine.types import GalleryPicture, Image
from tests.tiny import jpeg, paint

if TYPE_CHECKING:
    from tests.tiny import Encoders


@pytest.fixture
def describer(tmp_path: Path, tiny_encoders: Encoders) -> Describer:
    return Describer(search_preset("default"), tiny_encoders["gem"], DescriptorStore(tmp_path / "descriptors.sqlite"))


def on_disk(folder: Path, number: int, content: bytes) -> GalleryPicture:
    path = folder / f"{number}.jpg"
    path.write_bytes(content)
    return GalleryPicture(number, number, path, sha256_of(path))


def small(seed: int) -> Image:
    return paint(seed, 120, 160)


def test_each_picture_is_described_once(describer: Describer, tmp_path: Path) -> None:
    pictures = [on_disk(tmp_path, n, jpeg(small(n))) for n in range(20)]
    told: list[tuple[str, int, int]] = []
    assert describer.ensure(pictures, progress=lambda *each: told.append(each)) == []
    assert told == [("describe", 0, 20), ("describe", 16, 20), ("describe", 20, 20)]
    for picture in pictures:
        picture.path.unlink()  # not even the files are looked at again
    assert describer.ensure(pictures, progress=lambda *each: told.append(each)) == []
    assert told[3:] == [("describe", 20, 20)]
    described = describer.described(pictures[3], None)
    assert described.size == (160, 120) and described.vectors.shape == (1, describer.encoder.channels)
    assert np.linalg.norm(described.vectors) == pytest.approx(1, abs=1e-5)
    assert len(described.local["sift"]) > 20 and len(described.local["orb"]) > 20


def test_unreadable_pictures_are_rejected_with_a_reason(describer: Describer, tmp_path: Path) -> None:
    good = on_disk(tmp_path, 1, jpeg(small(1)))
    cut = on_disk(tmp_path, 2, jpeg(small(2))[:900])
    text = on_disk(tmp_path, 3, b"not a picture at all, only some words")
    gone = on_disk(tmp_path, 4, jpeg(small(4)))
    gone.path.unlink()
    reasons = {reject.picture_id: reject.reason for reject in describer.ensure([cut, good, text, gone])}
    assert set(reasons) == {2, 3, 4}
    assert "damaged" in reasons[2] and "text file" in reasons[3] and reasons[4] == "4.jpg is missing from the pictures folder."
    assert describer.store.known(describer.local_kind) == {good.sha256}
    assert {reject.picture_id for reject in describer.ensure([cut, good])} == {2}  # looked at again the next time


def test_a_cancelled_run_keeps_what_it_has(describer: Describer, tmp_path: Path) -> None:
    pictures = [on_disk(tmp_path, n, jpeg(small(n))) for n in range(18)]
    asked = iter([False, True])
    with pytest.raises(CancelledError, match="kept for the next build"):
        describer.ensure(pictures, should_cancel=lambda: next(asked))
    assert len(describer.store.known(describer.vector_kind)) == 16
    told: list[int] = []
    describer.ensure(pictures, progress=lambda stage, done, total: told.append(done))
    assert told == [16, 18]


def test_places_of_a_large_picture_are_in_its_own_pixels(describer: Describer, tmp_path: Path) -> None:
    """It is read at 1600 pixels and looked at at 560; places must be those of 2400 all the same."""
    image = paint(5, 1600, 2400)
    picture = on_disk(tmp_path, 5, jpeg(image))
    describer.ensure([picture])
    found = describer.described(picture, None)
    assert found.size == (2400, 1600)
    direct = root_sift(image, count=700, long_side=560)
    distances = np.linalg.norm(found.local["sift"].points[:, None] - direct.points[None], axis=2).min(axis=1)
    assert np.median(distances) < 1.0  # pixels of 2400; without the half-pixel shifts it is 1.6
    assert found.local["sift"].points.max() > 2000


def test_presets_share_what_they_have_in_common(describer: Describer, tiny_encoders: Encoders) -> None:
    cam = Describer(search_preset("cam"), tiny_encoders["cam"], describer.store)
    assert cam.local_kind == describer.local_kind and cam.vector_kind != describer.vector_kind


def test_the_sum_of_the_maps_has_unit_length() -> None:
    raw = np.random.default_rng(0).random((3, 8)).astype(np.float32)
    vector = final_vector(raw, None)
    np.testing.assert_allclose(vector, raw.sum(axis=0) / np.linalg.norm(raw.sum(axis=0)), rtol=1e-5)
    assert (final_vector(np.zeros((2, 8), np.float32), None) == 0).all()
