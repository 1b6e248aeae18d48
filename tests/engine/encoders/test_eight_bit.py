"""The network in 8 bits: its ranges, and that it describes as the exact one does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.engine.encoders import eight_bit, encoder_preset
from app.engine.encoders.serving import chosen, supports
from app.engine.encoders.vgg16 import CONVOLUTIONS
from app.engine.encoders.vgg16_encoder import Vgg16Encoder
from app.engine.errors import WeightsError
from app.engine.images import save_jpeg
from app.engine.types import Image
from app.engine.weights import WeightStore, arrays_digest, load_arrays
from app.training.ranges import ranges_card

NAME = "vgg16-gem-block5_conv3@224"


@pytest.fixture(scope="module")
def measured(store: WeightStore, pictures: list[Image], tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    folder = tmp_path_factory.mktemp("pictures")
    files = [folder / f"{number}.jpg" for number in range(len(pictures))]
    for file, picture in zip(files, pictures, strict=True):
        save_jpeg(picture, file)
    target, card = ranges_card("vgg16-imagenet", files, store)
    assert target == store.heads / "ranges-vgg16-imagenet.json" and card["pictures"] == len(files)
    target.write_text(json.dumps(card), encoding="utf-8")
    found = eight_bit.read_ranges(target, arrays_digest(load_arrays("vgg16-imagenet", store)))
    target.unlink()  # the store is shared: other tests ask for the exact network
    assert found is not None
    return dict(found)


def test_ranges_belong_to_the_arrays_they_were_measured_with(measured: dict[str, float], tmp_path: Path) -> None:
    assert list(measured) == list(CONVOLUTIONS) and all(value > 0 for value in measured.values())
    file = tmp_path / "ranges.json"
    assert eight_bit.read_ranges(file, "a") is None
    file.write_text(json.dumps({"arrays": "a", "largest": {"block1_conv1": 2}}), encoding="utf-8")
    assert eight_bit.read_ranges(file, "a") == {"block1_conv1": 2.0}
    assert eight_bit.read_ranges(file, "b") is None


def test_it_describes_as_the_exact_network_does(
    measured: dict[str, float], store: WeightStore, pictures: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = Vgg16Encoder(replace(encoder_preset(NAME), precision="f32"), threads=2, store=store).describe(pictures)
    monkeypatch.setattr(eight_bit, "read_ranges", lambda file, arrays: measured)
    encoder = Vgg16Encoder(replace(encoder_preset(NAME), precision="int8"), threads=2, store=store)
    found = [float(a[0] @ b[0]) for a, b in zip(exact, encoder.describe(pictures), strict=True)]
    assert min(found) > 0.99 and np.median(found) < 1 - 1e-7  # not the exact one by another name


def test_without_ranges_there_are_no_eight_bits(store: WeightStore) -> None:
    assert chosen("auto", None) == ("bf16" if supports("BF16") else "f32")
    with pytest.raises(WeightsError, match="flask train ranges"):
        Vgg16Encoder(replace(encoder_preset(NAME), precision="int8"), threads=2, store=store)
