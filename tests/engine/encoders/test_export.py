"""One definition, two engines: Keras on TensorFlow (training) and OpenVINO (serving) give the same descriptors."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.engine.encoders import encoder_preset
from app.engine.encoders.presets import EncoderPreset, Precision
from app.engine.encoders.vgg16_encoder import Vgg16Encoder, fit, network_size
from app.engine.types import Floats, Image
from app.engine.weights import WeightStore

pytest.importorskip("tensorflow")
SIDE_PX = 224
LAYERS = ("block4_conv3", "block5_conv1", "block5_conv3", "cam_conv")

# TensorFlow in a process of its own: Keras keeps the backend that it was first imported with.
ON_TENSORFLOW = """
import sys, numpy as np
from pathlib import Path
import keras
from app.engine.encoders.vgg16 import build_model
from app.engine.weights import read_npz
assert keras.backend.backend() == "tensorflow"
weights, head, inputs, outputs = map(Path, sys.argv[1:])
arrays = read_npz(weights) | (read_npz(head) if head.exists() else {})
model = build_model(arrays, "torchvision")
pictures = read_npz(inputs)
np.savez(outputs, **{f"{key}/{layer}": np.asarray(value)[0]
                     for key, picture in pictures.items() for layer, value in model(picture[None]).items()})
"""


def on_tensorflow(store: WeightStore, pictures: list[Image], folder: Path) -> list[dict[str, Floats]]:
    """Every layer's maps of each picture, by Keras on TensorFlow."""
    sized = [fit(one, *network_size(*one.shape[:2], SIDE_PX)) for one in pictures]
    np.savez(folder / "in.npz", **{str(number): one.astype(np.float32) for number, one in enumerate(sized)})
    files = [store.path("vgg16-imagenet"), store.heads / "cam-vgg16-imagenet.npz", folder / "in.npz", folder / "out.npz"]
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": ""}
    subprocess.run([sys.executable, "-c", ON_TENSORFLOW, *map(str, files)], env=environment, check=True, capture_output=True)
    with np.load(folder / "out.npz") as found:
        return [
            {layer: found[f"{number}/{layer}"] for layer in LAYERS if f"{number}/{layer}" in found.files}
            for number in range(len(pictures))
        ]


def cosines(preset: EncoderPreset, store: WeightStore, pictures: list[Image], maps: list[dict[str, Floats]]) -> list[float]:
    """Cosine of the two descriptors of each picture; of CAM descriptors after the sum over the classes."""
    encoder = Vgg16Encoder(preset, threads=2, store=store)
    pairs = zip(encoder.describe(pictures), (encoder.pool(one) for one in maps), strict=True)
    found = []
    for served, trained in pairs:
        left, right = served.sum(axis=0), trained.sum(axis=0)
        found.append(float(left @ right / np.linalg.norm(left) / np.linalg.norm(right)))
    return found


@pytest.fixture(scope="module")
def narrow_maps(store: WeightStore, pictures: list[Image], tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Floats]]:
    return on_tensorflow(store, pictures, tmp_path_factory.mktemp("narrow"))


@pytest.mark.parametrize("precision", ["f32", "bf16"])
@pytest.mark.parametrize("name", ["vgg16-gem-block5_conv3", "vgg16-rmac-block4_conv3", "vgg16-crow-block5_conv1", "vgg16-cam-8"])
def test_the_narrow_network_agrees(
    name: str, precision: Precision, store: WeightStore, pictures: list[Image], narrow_maps: list[dict[str, Floats]]
) -> None:
    preset = replace(encoder_preset(f"{name}@{SIDE_PX}"), precision=precision)
    assert min(cosines(preset, store, pictures, narrow_maps)) >= 0.999


REAL = WeightStore()
HAS_REAL = REAL.path("vgg16-imagenet").exists()


@pytest.fixture(scope="module")
def real_maps(pictures: list[Image], tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Floats]]:
    return on_tensorflow(REAL, pictures, tmp_path_factory.mktemp("real"))


@pytest.mark.skipif(not HAS_REAL, reason="the weights were not fetched")
@pytest.mark.parametrize("precision", ["f32", "bf16", "int8"])
@pytest.mark.parametrize("name", ["vgg16-gem-block5_conv3", "vgg16-crow-block4_conv3", "vgg16-cam-64"])
def test_the_real_network_agrees(
    name: str, precision: Precision, pictures: list[Image], real_maps: list[dict[str, Floats]]
) -> None:
    preset = replace(encoder_preset(f"{name}@{SIDE_PX}"), precision=precision)
    if preset.head and not (REAL.heads / f"{preset.head}.npz").exists():
        pytest.skip("the class head was not trained")
    # These pictures are drawn by a program: 8-bit ranges come from paintings, on which the cosine is 0.999 and more.
    assert min(cosines(preset, REAL, pictures, real_maps)) >= (0.997 if precision == "int8" else 0.999)
