"""Heat maps: by hand where that can be done, and through a real network made narrow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.engine import heat
from app.engine.encoders import encoder_preset
from app.engine.encoders.class_head import ClassView
from app.engine.encoders.presets import CLASS_HEADS, PRESETS
from app.engine.encoders.vgg16_encoder import Vgg16Encoder
from app.engine.errors import PresetError
from app.engine.types import Floats, Image
from app.engine.weights import WeightStore

LEADS_THERE = {
    name for name, preset in PRESETS.items()
    if preset.head or (preset.layer == "block5_conv3" and preset.weights in CLASS_HEADS)
}


def view_of(*places: tuple[int, int]) -> ClassView:
    """A view of 4 × 6 cells, a channel and a class for each place, which alone it responds to."""
    features = np.zeros((4, 6, len(places)), np.float32)
    for channel, (row, column) in enumerate(places):
        features[row, column, channel] = 1.0
    return ClassView(features, np.eye(len(places), dtype=np.float32))


def test_each_class_is_warm_where_it_speaks_by_its_share() -> None:
    warmth = heat.heat(view_of((1, 2), (3, 5)), np.array([0, 1]), np.array([0.8, 0.2], np.float32))
    assert warmth[1, 2] == pytest.approx(1.0) and warmth[3, 5] == pytest.approx(0.25)
    assert warmth.sum() == pytest.approx(1.25)  # and nowhere else


def test_a_picture_that_says_nothing_is_cold() -> None:
    silent = ClassView(np.zeros((3, 3, 2), np.float32), np.eye(2, dtype=np.float32))
    assert heat.heat(silent, *silent.best(2)).max() == 0.0


def test_the_best_classes_come_with_their_shares() -> None:
    view = ClassView(np.ones((2, 2, 3), np.float32), np.diag([0.0, 2.0, 1.0]).astype(np.float32))
    classes, shares = view.best(2)
    assert classes.tolist() == [1, 2]
    np.testing.assert_allclose(shares, [np.e / (np.e + 1), 1 / (np.e + 1)], rtol=1e-5)


def test_a_map_is_laid_back_where_its_picture_hangs() -> None:
    warmth: Floats = np.zeros((4, 4), np.float32)
    warmth[:2, :2] = 1.0  # the upper left quarter
    region = np.array([(40, 20), (80, 20), (80, 60), (40, 60)], np.float32)
    laid = heat.placed(warmth, region, 100, 80)
    assert laid.shape == (80, 100)
    assert laid[28, 47] > 0.9 and laid[52, 72] < 0.1
    outside = laid.copy()
    outside[20:61, 40:81] = 0
    assert outside.max() == 0.0


def test_warm_places_are_lighter_and_cold_ones_stay_grey() -> None:
    picture: Image = np.full((20, 20, 3), (180, 90, 40), np.uint8)
    warmth = np.zeros((20, 20), np.float32)
    warmth[:, 10:] = 1.0
    laid = heat.laid_over(picture, warmth).astype(int)
    assert np.ptp(laid[5, 2]) == 0  # grey
    assert laid[5, 15].sum() > laid[5, 2].sum() + 150 and laid[5, 15, 0] > laid[5, 15, 2]  # light yellow


@pytest.mark.parametrize("name", sorted(name for name, preset in PRESETS.items() if preset.family == "vgg16"))
def test_encoders_that_lead_to_the_class_head(name: str, store: WeightStore, pictures: list[Image]) -> None:
    encoder = Vgg16Encoder(encoder_preset(f"{name}@160"), threads=1, store=store)
    view = encoder.class_view(pictures[0])
    assert (view is not None) == (name in LEADS_THERE)


def test_the_lent_head_sees_what_the_whole_network_does(store: WeightStore, pictures: list[Image]) -> None:
    encoders = [
        Vgg16Encoder(encoder_preset(f"{name}@160"), threads=1, store=store)
        for name in ("vgg16-cam-8", "vgg16-gem-block5_conv3")
    ]
    own, lent = (encoder.class_view(pictures[0]) for encoder in encoders)
    assert own is not None and lent is not None
    np.testing.assert_allclose(own.features, lent.features, rtol=0.05, atol=0.05 * float(own.features.max()))
    assert own.best(3)[0].tolist() == lent.best(3)[0].tolist()


def test_drawn_is_as_large_as_what_it_shows(store: WeightStore, pictures: list[Image]) -> None:
    encoder = Vgg16Encoder(encoder_preset("vgg16-gem-block5_conv3@160"), threads=1, store=store)

    def see(image: Image) -> ClassView:
        view = encoder.class_view(image)
        assert view is not None
        return view

    photo, reference = pictures[0], pictures[1]
    region = np.array([(60, 40), (200, 40), (200, 140), (60, 140)], np.float32)
    assert heat.drawn(see, photo).shape == photo.shape
    inside = heat.drawn(see, photo, [region])
    assert inside.shape == photo.shape
    assert np.ptp(inside[5, 5].astype(int)) == 0 and np.ptp(inside[60:120, 80:180].astype(int), axis=2).max() > 40
    assert heat.drawn(see, photo, [region], reference).shape == reference.shape


def test_a_missing_head_is_said(store: WeightStore, pictures: list[Image], tmp_path: Path) -> None:
    bare = WeightStore(tmp_path)
    encoder = Vgg16Encoder(encoder_preset("vgg16-gem-block5_conv3@160"), threads=1, store=store)
    encoder._store = bare
    with pytest.raises(PresetError, match="cam-vgg16-imagenet.npz is not here"):
        encoder.class_view(pictures[0])
