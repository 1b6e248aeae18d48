"""The picture detector's training: photos with their truth, and a network that learns them and serves as it was trained."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from app.engine.encoders.translation import save, translate
from app.engine.images import save_jpeg
from app.engine.picture_detector import GRAIN, SIDE, PictureDetector
from app.training import detector
from tests.training.test_simulation import picture

pytest.importorskip("tensorflow")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("works")
    paths = [folder / f"{seed}.jpg" for seed in range(4)]
    for seed, path in enumerate(paths):
        save_jpeg(picture(seed), path)
    return paths


def test_what_the_network_should_say_lies_where_the_pictures_are(files: list[Path]) -> None:
    photo = detector.draw_photo(files, 1, seed=3)
    seen, wanted = detector.lesson(photo)
    scale = SIDE / max(photo.image.shape[:2]) / GRAIN
    for channel, corners in enumerate(photo.hanging[0]):
        inside = corners.mean(axis=0) * scale
        assert wanted[int(inside[1]), int(inside[0]), channel] == 255
    assert (wanted[..., 1] >= wanted[..., 0]).mean() > 0.99  # a frame is around its picture
    again, _ = detector.lesson(detector.draw_photo(files, 1, seed=3))
    assert (again == seen).all()


def test_walls_have_one_to_three_works(files: list[Path]) -> None:
    counts = {len(detector.draw_photo(files, number, seed=1).regions) for number in range(3 * len(detector.conditions()))}
    assert counts == {1, 2, 3}


def test_it_learns_and_serves_as_it_was_trained(files: list[Path], tmp_path: Path) -> None:
    settings = detector.DetectorSettings(photos=40, epochs=2, batch=8)
    seen, wanted = detector.draw_lessons(files, settings)
    model, curves = detector.fit(seen, wanted, settings)
    assert curves["loss"][1] < curves["loss"][0]
    save(translate(model), tmp_path / "pictures.xml", half=True)
    photo = cv2.resize(seen[0], (SIDE, SIDE))
    trained = 1 / (1 + np.exp(-np.asarray(model(photo[None].astype(np.float32)))[0]))
    np.testing.assert_allclose(PictureDetector(tmp_path / "pictures.xml").maps(photo), trained, atol=0.02)
