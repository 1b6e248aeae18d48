"""Online aggregation against the paper's formula in loops, with a real narrow VGG16-CAM, and as a search."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from app.engine import calibration
from app.engine.builds import Builds
from app.engine.describing import READ_SIDE, Describer, final_vector
from app.engine.encoders.vgg16_encoder import Vgg16Encoder, fit, network_size
from app.engine.encoders.whitening import Whitening, fit_whitening
from app.engine.errors import PresetError
from app.engine.images import read_image, sha256_of
from app.engine.local_order import local_order
from app.engine.online_classes import OnlineScores
from app.engine.pipeline import Indexer, open_searcher
from app.engine.presets import search_preset
from app.engine.store import DescriptorStore
from app.engine.types import Floats, GalleryPicture, Image
from tests.tiny import classes_apart, painting, visitor_photo

if TYPE_CHECKING:
    from tests.tiny import Encoders

NAMES = ("t01", "t02", "t03")


class Shelf:
    """What OnlineScores asks of a gallery: the pictures 10, 11, 12 …, and its whitening."""

    def __init__(self, count: int, whitening: Whitening | None = None) -> None:
        self.pictures = np.array([(10 + n,) for n in range(count)], [("picture_id", "<i8")])
        self.whitening = whitening


@pytest.fixture
def files(tiny_files: Path) -> dict[int, Path]:
    return {10 + n: tiny_files / f"{name}-0.jpg" for n, name in enumerate((*NAMES, "gone"))}


@pytest.fixture(scope="module")
def cam(tiny_encoders: Encoders) -> Vgg16Encoder:
    found = classes_apart(tiny_encoders["cam"], [painting(name) for name in NAMES])
    assert isinstance(found, Vgg16Encoder)
    return found


def seen(encoder: Vgg16Encoder, image: Image) -> tuple[Floats, Floats, Floats]:
    """Maps of block5_conv1 and of the head's convolution, and the logits of all classes."""
    (maps,) = encoder._network([fit(image, *network_size(image.shape[0], image.shape[1], encoder.preset.long_side_px))])
    assert encoder._class_weights is not None
    last = maps["cam_conv"]
    return maps["block5_conv1"], last, last.reshape(-1, last.shape[2]).mean(axis=0) @ encoder._class_weights


def slow_row(encoder: Vgg16Encoder, image: Image, number: int) -> Floats:
    """One class of one picture, place after place: Σ χ · CAM by each channel's weight, of unit length."""
    features, last, _ = seen(encoder, image)
    assert encoder._class_weights is not None
    weights = encoder._class_weights[:, number]
    places = [(y, x) for y in range(features.shape[0]) for x in range(features.shape[1])]
    heat = {place: max(float(last[place] @ weights), 0.0) for place in places}
    highest = max(heat.values())
    if not highest:
        return np.zeros(features.shape[2], np.float32)
    filled = [sum(features[place][k] > 0 for place in places) / len(places) for k in range(features.shape[2])]
    channels = [math.log(sum(filled) / own) if own else 0.0 for own in filled]
    total = sum(features[place].astype(np.float64) * heat[place] / highest for place in places) * np.array(channels)
    return np.asarray(total / np.linalg.norm(total), np.float32)


def slow_score(encoder: Vgg16Encoder, query: Image, picture: Image, whitening: Whitening | None) -> float:
    """Both pictures by the query's most probable classes."""
    logits = seen(encoder, query)[2]
    classes = sorted(range(len(logits)), key=lambda number: (-logits[number], number))[: encoder.maps]
    one, other = (final_vector(np.stack([slow_row(encoder, image, c) for c in classes]), whitening) for image in (query, picture))
    return float(one @ other)


@pytest.mark.parametrize("whitened", [False, True])
def test_scores_are_those_of_the_slow_loop(whitened: bool, cam: Vgg16Encoder, files: dict[int, Path]) -> None:
    pictures = [read_image(files[10 + n], max_side=READ_SIDE) for n in range(3)]
    rows = np.stack([cam.describe([image])[0][0] for image in pictures])
    whitening = fit_whitening(rows, 2) if whitened else None
    scores = OnlineScores(cam, Shelf(3, whitening), files)  # type: ignore[arg-type]
    query = visitor_photo(painting("t02")).image
    found = scores(query, [], range(3))
    np.testing.assert_allclose(found, [slow_score(cam, query, image, whitening) for image in pictures], atol=2e-3)
    # what a build has is each picture by its own classes, which are others
    offline = [final_vector(cam.describe([image])[0], whitening) for image in (query, *pictures)]
    assert np.abs(found - [offline[0] @ one for one in offline[1:]]).max() > 0.01


def test_the_picture_in_a_photo_is_most_like_itself(cam: Vgg16Encoder, files: dict[int, Path]) -> None:
    scores = OnlineScores(cam, Shelf(5), files)  # type: ignore[arg-type]
    photo = visitor_photo(painting("t02"))
    found = scores(photo.image, photo.regions, range(5))
    assert int(found.argmax()) == 1 and (found >= scores(photo.image, [], range(5)) - 1e-6).all()
    assert found[3] == found[4] == 0  # a file that is gone, and a picture without one


def test_an_encoder_without_classes_says_so(tiny_encoders: Encoders, files: dict[int, Path]) -> None:
    with pytest.raises(PresetError, match="vgg16-gem-block5_conv3.*does not pool by classes"):
        OnlineScores(tiny_encoders["gem"], Shelf(1), files)  # type: ignore[arg-type]
    with pytest.raises(PresetError, match="cam-online does not go with the encoder resnet50-gem: it pools by classes"):
        search_preset("cam-online:resnet50-gem")


def test_a_build_of_cam_is_searched_online(
    cam: Vgg16Encoder, tiny_descriptors: Path, tiny_files: Path, tmp_path: Path
) -> None:
    assert search_preset("cam-online").build_fingerprint == search_preset("cam").build_fingerprint
    shutil.copy(tiny_descriptors, tmp_path / "descriptors.sqlite")
    pictures = [GalleryPicture(n, n, file, sha256_of(file)) for n, file in enumerate(sorted(tiny_files.glob("*.jpg"))[:6])]
    indexer = Indexer(Describer(search_preset("cam"), cam, DescriptorStore(tmp_path / "descriptors.sqlite"), 1), Builds(tmp_path))
    build = indexer.build(pictures).build_id
    known = {one.picture_id: one.path for one in pictures}
    one = open_searcher(indexer.builds, build, search_preset("cam-online"), cam, calibration.load(), files=known)
    result = one.search(visitor_photo(painting("t04")).image)
    assert (result.verdict, result.matches[0].work_id) == ("identified", 3)
    local = [own for _, own in result.global_scores]
    assert len(local) == 6 and local == sorted(local, reverse=True)  # the whole order is the online one
    assert sorted(result.global_ranking) == list(range(6))
    assert local_order(search_preset("cam"), cam, one.gallery, known) is None
