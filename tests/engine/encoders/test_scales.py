"""One descriptor of a picture seen at several sizes: against each size alone and the papers' equation, number by number."""

from __future__ import annotations

import numpy as np
import pytest

from app.engine.encoders import encoder_preset
from app.engine.encoders.pooled_encoder import PooledEncoder, fingerprint_of
from app.engine.encoders.vgg16_encoder import Vgg16Encoder
from app.engine.errors import PresetError
from app.engine.presets import search_preset
from app.engine.types import Floats, Image
from app.engine.weights import WeightStore
from benchmarks import backbones
from tests.engine.encoders.conftest import store_of
from tests.engine.encoders.test_resnet import narrow

SIDES = (224, 160, 112)  # 1, 1/√2 and 1/2
AT = "@" + ",".join(map(str, SIDES))


def slowly(rows: list[Floats], p: float) -> list[float]:
    """((1/S) Σ v_s^p)^(1/p) of each number of a descriptor, then unit length."""
    found = []
    for channel in range(rows[0].shape[1]):
        total = 0.0
        for row in rows:
            total += float(row[0, channel]) ** p
        mean = total / len(rows)
        found.append(mean if p == 1 else mean ** (1 / p))
    length = sum(value * value for value in found) ** 0.5
    return [value / length for value in found]


EXPONENTS = {"vgg16-gem-block5_conv3": 3.0, "vgg16-pinakes-gem": 2.5, "vgg16-pinakes-projected": 1.0, "vgg16-mac-block5_conv3": 1.0}


@pytest.mark.parametrize(("name", "p"), EXPONENTS.items())
def test_sizes_are_joined_as_the_papers_say(name: str, p: float, store: WeightStore, pictures: list[Image]) -> None:
    whole = Vgg16Encoder(encoder_preset(name + AT), threads=1, store=store)
    alone = [Vgg16Encoder(encoder_preset(f"{name}@{side}"), threads=1, store=store).describe(pictures) for side in SIDES]
    found = whole.describe(pictures)
    assert whole.describe([]) == [] and (whole.maps, whole.name) == (1, name + AT)
    for rows, row, first in zip(zip(*alone, strict=True), found, alone[0], strict=True):
        assert row.shape == first.shape and row.dtype == np.float32
        np.testing.assert_allclose(row[0], slowly(list(rows), p), atol=1e-5)
        assert float(np.vdot(row, first)) < 0.9999  # the other sizes do count


@pytest.fixture(scope="module")
def resnet(tmp_path_factory: pytest.TempPathFactory) -> WeightStore:
    return store_of(tmp_path_factory.mktemp("narrow"), "resnet50-imagenet", arrays=narrow())


def test_every_family_does_it_and_the_benchmark_too(resnet: WeightStore, pictures: list[Image]) -> None:
    names = [f"resnet50-gem{AT}", f"resnet50-mac{AT}"]
    encoders = [PooledEncoder(encoder_preset(name), threads=1, store=resnet) for name in names]
    together = backbones.described(encoders, pictures)
    for encoder, p, rows in zip(encoders, (3.0, 1.0), together, strict=True):
        presets = [encoder_preset(encoder.name.replace(AT, f"@{side}")) for side in SIDES]
        sized = [PooledEncoder(preset, threads=1, store=resnet).describe(pictures) for preset in presets]
        wanted = [slowly(list(one), p) for one in zip(*sized, strict=True)]
        np.testing.assert_allclose(np.concatenate(encoder.describe(pictures)), wanted, atol=1e-5)
        np.testing.assert_allclose(rows, wanted, atol=1e-5)
    assert backbones.groups([*names, "resnet50-gem@224"]) == [names, ["resnet50-gem@224"]]


def test_sizes_are_part_of_the_fingerprint(store: WeightStore, resnet: WeightStore) -> None:
    sizes = ("@224", "@224,160", "@224,112", AT)
    told = {fingerprint_of(encoder_preset("resnet50-gem" + at), resnet) for at in sizes}
    told |= {Vgg16Encoder(encoder_preset("vgg16-gem-block5_conv3" + at), threads=1, store=store).fingerprint for at in sizes}
    assert len(told) == 2 * len(sizes)


def test_names_with_several_sizes() -> None:
    preset = encoder_preset("resnet101-solar@1024,1448,724")
    assert (preset.long_side_px, preset.sides_px, preset.projection) == (1024, (1024, 1448, 724), True)
    assert encoder_preset("resnet50-gem@384").sides_px == (384,)
    assert search_preset("encoder:resnet101-gl18@1024,724,512").encoder == "resnet101-gl18@1024,724,512"
    for sizes in ("640,", ",640", "640,640", "640,20", "640;320"):
        with pytest.raises(PresetError, match="several that differ, such as @1024,724,512"):
            encoder_preset(f"resnet50-gem@{sizes}")
    with pytest.raises(PresetError, match="class activation maps are pooled at one size"):
        encoder_preset("vgg16-cam-8@640,320")
