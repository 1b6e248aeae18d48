"""ResNet by the product's own definition against Keras' published one, and the encoder over it."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from app.engine.encoders import Encoder, encoder_preset, resnet
from app.engine.encoders.pooled_encoder import PooledEncoder, fingerprint_of
from app.engine.errors import WeightsError
from app.engine.types import Floats, Image
from app.engine.weights import WeightStore, write_npz
from app.engine.weights_formats import from_keras_h5, rgb_input
from tests.engine.encoders.conftest import MANIFEST, he

pytest.importorskip("tensorflow")

# Keras' own ResNet-50, seeded, with batch-norm statistics that do something; its weights and last maps.
PUBLISHED = """
import sys, numpy as np, keras
keras.utils.set_random_seed(3)
model = keras.applications.ResNet50(include_top=False, weights=None, input_shape=(None, None, 3))
rng = np.random.default_rng(3)
arrays = {}
for layer in model.layers:
    if isinstance(layer, keras.layers.BatchNormalization):
        c = layer.gamma.shape[0]
        layer.set_weights([rng.uniform(.5, 1.5, c), rng.normal(0, .1, c), rng.normal(0, .1, c), rng.uniform(.5, 1.5, c)])
    arrays |= {f"{layer.name}/{one.name}": np.asarray(one) for one in layer.weights}
picture = np.load(sys.argv[1])
deviation = [103.939, 116.779, 123.68]
maps = np.asarray(model((picture[..., ::-1] - np.array(deviation, np.float32))[None]))[0]  # Keras takes BGR
np.savez(sys.argv[2], maps=maps, **arrays)
"""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Image, Floats, dict[str, Floats]]:
    """A picture, its last maps by Keras' ResNet-50, and the weights."""
    folder = tmp_path_factory.mktemp("published")
    picture = np.random.default_rng(1).integers(0, 256, (96, 128, 3), np.uint8)
    np.save(folder / "in.npy", picture.astype(np.float32))
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, "-c", PUBLISHED, str(folder / "in.npy"), str(folder / "out.npz")]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    with np.load(folder / "out.npz") as found:
        arrays = {name: np.asarray(found[name], np.float32) for name in found.files}
    return picture, arrays.pop("maps"), arrays


def store_of(folder: Path, arrays: dict[str, Floats]) -> WeightStore:
    store = WeightStore(folder)
    manifest = MANIFEST.replace("vgg16-imagenet", "resnet50-imagenet").replace('"torchvision"', '"caffe"')
    (folder / "weights.toml").write_text(manifest, encoding="utf-8")
    write_npz(store.path("resnet50-imagenet"), arrays)
    return store


def test_it_is_the_published_network(published: tuple[Image, Floats, dict[str, Floats]], tmp_path: Path) -> None:
    picture, wanted, arrays = published
    arrays = {**arrays, "conv1_conv/kernel": rgb_input(arrays["conv1_conv/kernel"])}
    preset = replace(encoder_preset("resnet50-gem@128"), precision="f32")
    encoder = PooledEncoder(preset, threads=2, store=store_of(tmp_path, arrays))
    (maps,) = encoder._network([picture])
    assert maps["conv5_out"].shape == wanted.shape == (3, 4, 2048) and encoder.channels == 2048
    assert np.allclose(maps["conv5_out"], wanted, atol=1e-3 * float(np.abs(wanted).max()))


def narrow(blocks: tuple[int, ...] = (1, 2, 1, 1), seed: int = 2) -> dict[str, Floats]:
    """A ResNet of a few channels and blocks, named as the real ones are."""
    generator = np.random.default_rng(seed)
    arrays: dict[str, Floats] = {}

    def add(name: str, side: int, before: int, after: int) -> None:
        arrays[f"{name}_conv/kernel"] = he(generator, side, side, before, after)
        arrays[f"{name}_bn/gamma"], arrays[f"{name}_bn/moving_variance"] = np.ones((2, after), np.float32)
        arrays[f"{name}_bn/beta"], arrays[f"{name}_bn/moving_mean"] = np.zeros((2, after), np.float32)

    add("conv1", 7, 3, 8)
    before = 8
    for stage, count in zip(resnet.STAGES, blocks, strict=True):
        inner = 4 * 2 ** (stage - 2)
        for number in range(1, count + 1):
            name = f"conv{stage}_block{number}"
            if number == 1:
                add(f"{name}_0", 1, before, 4 * inner)
            add(f"{name}_1", 1, before, inner)
            add(f"{name}_2", 3, inner, inner)
            add(f"{name}_3", 1, inner, 4 * inner)
            before = 4 * inner
    return arrays


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    preset = replace(encoder_preset("resnet50-gem@160"), precision="f32")
    return PooledEncoder(preset, threads=1, store=store_of(tmp_path_factory.mktemp("narrow"), narrow()))


def test_descriptors_are_of_one_picture_alone(encoder: Encoder, pictures: list[Image]) -> None:
    together = encoder.describe(pictures)
    assert [one.shape for one in together] == [(1, 128)] * len(pictures)
    for picture, row in zip(pictures, together, strict=True):
        assert float(np.vdot(encoder.describe([picture])[0], row)) == pytest.approx(1, abs=1e-4)
    assert encoder.class_view(pictures[0]) is None and not encoder.has_last


def test_the_fingerprint_is_that_of_its_files(tmp_path: Path) -> None:
    preset = replace(encoder_preset("resnet50-mac@160"), precision="f32")
    store = store_of(tmp_path, narrow())
    assert PooledEncoder(preset, threads=1, store=store).fingerprint == fingerprint_of(preset, store)
    assert fingerprint_of(replace(preset, pooling="gem"), store) != fingerprint_of(preset, store)


def test_depth_comes_from_the_weights() -> None:
    assert resnet.depths(resnet.folded(narrow((1, 2, 3, 1)))) == {2: 1, 3: 2, 4: 3, 5: 1}
    with pytest.raises(KeyError, match="stage 5"):
        resnet.depths({name: array for name, array in resnet.folded(narrow()).items() if not name.startswith("conv5")})


def test_weights_that_are_not_here_are_told_with_the_way_to_them(tmp_path: Path) -> None:
    store = store_of(tmp_path, narrow())
    store.path("resnet50-imagenet").unlink()
    with pytest.raises(WeightsError, match="flask weights fetch resnet50-imagenet"):
        PooledEncoder(encoder_preset("resnet50-gem"), threads=1, store=store)


def test_keras_file_is_read_by_layer(tmp_path: Path) -> None:
    arrays = narrow()
    file = io.BytesIO()
    with h5py.File(file, "w") as root:
        for key, array in arrays.items():
            layer, variable = key.split("/")
            group = root.require_group(layer)
            group.create_dataset(f"{layer}/{variable}:0", data=array)
            group.attrs["weight_names"] = [*group.attrs.get("weight_names", ()), f"{layer}/{variable}:0"]
    path = tmp_path / "resnet.h5"
    path.write_bytes(file.getvalue())
    found = from_keras_h5(path, bgr="conv1_conv")
    assert found.keys() == arrays.keys()
    assert np.array_equal(found["conv1_conv/kernel"], rgb_input(arrays["conv1_conv/kernel"]))
    assert np.array_equal(found["conv5_block1_3_bn/gamma"], arrays["conv5_block1_3_bn/gamma"])
