"""A real VGG16 made narrow, with seeded weights, in a store of its own; and pictures to describe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.engine.encoders.presets import PRESETS, EncoderPreset
from app.engine.encoders.regional import BIAS, KERNEL, whitening_path
from app.engine.encoders.vgg16 import BLOCKS
from app.engine.types import Floats, Image
from app.engine.weights import WeightStore, arrays_digest, load_arrays, write_npz

WIDTH = 16  # divides the channels of the real one
CLASSES = 80
CAM_CHANNELS = 24


def he(generator: np.random.Generator, *shape: int) -> Floats:
    """He's initialisation, so that the activations neither die nor explode on their way through 13 layers."""
    return (generator.normal(size=shape) * np.sqrt(2 / np.prod(shape[:-1]))).astype(np.float32)


def narrow_vgg16(seed: int = 4) -> dict[str, Floats]:
    generator = np.random.default_rng(seed)
    arrays: dict[str, Floats] = {}
    before = 3
    for block, (convolutions, channels) in enumerate(BLOCKS, 1):
        for number in range(1, convolutions + 1):
            layer = f"block{block}_conv{number}"
            arrays[f"{layer}/kernel"] = he(generator, 3, 3, before, channels // WIDTH)
            arrays[f"{layer}/bias"] = (0.1 * generator.normal(size=channels // WIDTH)).astype(np.float32)
            before = channels // WIDTH
    return arrays


def cam_head(seed: int = 5) -> dict[str, Floats]:
    generator = np.random.default_rng(seed)
    return {
        "cam_conv/kernel": he(generator, 3, 3, 512 // WIDTH, CAM_CHANNELS),
        "cam_conv/bias": np.zeros(CAM_CHANNELS, np.float32),
        "classes/kernel": he(generator, CAM_CHANNELS, CLASSES),
    }


def trained_vgg16() -> dict[str, Floats]:
    """As `flask train encoder` writes it: with an exponent and a projection of its own."""
    generator, channels = np.random.default_rng(6), 512 // WIDTH
    projection = {"projection/kernel": he(generator, channels, channels), "projection/bias": 0.1 * he(generator, channels)}
    return narrow_vgg16(seed=7) | {"gem/p": np.array([2.5], np.float32)} | projection


def domain_head(seed: int = 6) -> dict[str, Floats]:
    """Three words of one field and five of another."""
    generator = np.random.default_rng(seed)
    return {
        "classes/kernel": he(generator, 512 // WIDTH, 8), "classes/bias": he(generator, 8),
        "classes/sizes": np.array([3, 5], np.float32),
    }


def whiten_regions(preset: EncoderPreset, store: WeightStore, kernel: Floats, bias: Floats) -> Path:
    """A whitening of this preset's regions and its card, as `flask train regional-whitening` writes them."""
    path, arrays = whitening_path(store.heads, preset), {KERNEL: kernel, BIAS: bias}
    write_npz(path, arrays)
    card = {"trunk_sha256": arrays_digest(load_arrays(preset.weights, store)), "arrays_sha256": arrays_digest(arrays)}
    path.with_suffix(".json").write_text(json.dumps(card), encoding="utf-8")
    return path


MANIFEST = """
[vgg16-imagenet]
family = "vgg16"
about = "a narrow VGG16"
licence = "CC0"
preprocessing = "torchvision"
source = "package-index"
package = "none"
archive = "none"
megabytes = 1
format = "vgg16-pickle"
"""
MANIFEST += MANIFEST.replace("vgg16-imagenet", "vgg16-pinakes").replace('"package-index"', '"trained"')


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> WeightStore:
    """Weights and heads of the narrow VGG16, under the names that the presets use."""
    found = WeightStore(tmp_path_factory.mktemp("store"))
    (found.folder / "weights.toml").write_text(MANIFEST, encoding="utf-8")
    write_npz(found.path("vgg16-imagenet"), narrow_vgg16())
    write_npz(found.heads / "cam-vgg16-imagenet.npz", cam_head())
    write_npz(found.heads / "domain-vgg16-imagenet.npz", domain_head())
    write_npz(found.path("vgg16-pinakes"), trained_vgg16())
    generator, channels = np.random.default_rng(9), 512 // WIDTH
    for preset in PRESETS.values():
        if preset.local and preset.family == "vgg16":
            whiten_regions(preset, found, he(generator, channels, channels), 0.1 * he(generator, channels))
    return found


def picture(seed: int, height: int, width: int) -> Image:
    """Coloured clouds with hard edges: smooth and sharp parts, as in a painting."""
    generator = np.random.default_rng(seed)
    coarse = generator.integers(0, 256, (6, 6, 3), dtype=np.uint8)
    clouds = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(8):
        x, y = int(generator.integers(0, width)), int(generator.integers(0, height))
        colour = tuple(int(value) for value in generator.integers(0, 256, 3))
        cv2.rectangle(clouds, (x, y), (x + width // 5, y + height // 6), colour, -1)
    return np.asarray(clouds, np.uint8)


@pytest.fixture(scope="session")
def pictures() -> list[Image]:
    """Wide, tall, square, small, and one that shares its shape with the first."""
    sizes = [(180, 260), (260, 180), (200, 200), (40, 60), (181, 262)]
    return [picture(seed, height, width) for seed, (height, width) in enumerate(sizes)]


def store_of(folder: Path, name: str, *, arrays: dict[str, Floats] | None = None, **changes: str) -> WeightStore:
    """A store whose only entry has that name; with these arrays, if any, as its weights."""
    row = {
        "family": "resnet50", "about": "a narrow network", "licence": "CC0", "preprocessing": "caffe", "source": "keras",
        "supply": "a file", **changes,
    }  # fmt: skip
    lines = [f"[{name}]", *(f'{key} = "{value}"' for key, value in row.items())]
    (folder / "weights.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    store = WeightStore(folder)
    if arrays is not None:
        write_npz(store.path(name), arrays)
    return store


# Keras' own networks, seeded, with batch-norm statistics that do something: weights and last maps. And this product's ResNets on
# TensorFlow, one for each file: their maps; of `solar` also its weights read back, and how steep a loss is in each.
ON_TENSORFLOW = """
import sys, numpy as np, keras, tensorflow as tf
from pathlib import Path
from app.engine.encoders import resnet
from app.engine.weights import read_npz
picture, out = np.load(sys.argv[1]), {}
keras.utils.set_random_seed(3)
rng = np.random.default_rng(3)
mean, deviation = np.array([.485, .456, .406]), np.array([.229, .224, .225])
prepared = {  # ResNet takes BGR; an untrained EfficientNet divides by 255 alone
    "ResNet50": picture[..., ::-1] - np.array([103.939, 116.779, 123.68]),
    "EfficientNetB0": 255 * (picture / 255 - mean) / deviation,
}
for name, seen in prepared.items():
    model = getattr(keras.applications, name)(include_top=False, weights=None, input_shape=(None, None, 3))
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            c = layer.gamma.shape[0]
            layer.set_weights([rng.uniform(.5, 1.5, c), rng.normal(0, .1, c), rng.normal(0, .1, c), rng.uniform(.5, 1.5, c)])
        if not isinstance(layer, keras.layers.Normalization):
            out |= {f"{name} {layer.name}/{one.name}": np.asarray(one) for one in layer.weights}
    out[f"{name} maps"] = np.asarray(model(seen[None].astype(np.float32)))[0]
for file in Path(sys.argv[2]).glob("*.npz"):
    model = resnet.build_model(read_npz(file), "torchvision")
    with tf.GradientTape() as tape:
        maps = model(picture[None])["conv5_out"]
        loss = tf.reduce_sum(maps ** 3)
    out[f"{file.stem} maps"] = maps[0].numpy()
    if file.stem == "solar":
        out |= {f"solar {name}": array for name, array in resnet.get_arrays(model).items()}
        steep = tape.gradient(loss, model.trainable_variables)
        out |= {f"steep {one.path}": np.abs(found).max() for one, found in zip(model.trainable_variables, steep)}
np.savez(sys.argv[3], **out)
"""


@dataclass(frozen=True)
class Published:
    """A picture; what TensorFlow made of it (`maps` by network); the weights that it used."""

    picture: Image
    maps: dict[str, Floats]
    resnet: dict[str, Floats]
    efficientnet: dict[str, Floats]
    solar: dict[str, Floats]
    steep: dict[str, Floats]


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """One process for all: TensorFlow takes long to start."""
    from tests.engine.encoders.test_resnet import variants

    pytest.importorskip("tensorflow")
    folder = tmp_path_factory.mktemp("published")
    picture = np.random.default_rng(1).integers(0, 256, (96, 128, 3), np.uint8)
    np.save(folder / "in.npy", picture.astype(np.float32))
    for name, arrays in variants().items():
        write_npz(folder / "ours" / f"{name}.npz", arrays)
    files = [folder / name for name in ("in.npy", "ours", "out.npz")]
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run([sys.executable, "-c", ON_TENSORFLOW, *map(str, files)], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    with np.load(folder / "out.npz") as found:
        told = {name: np.asarray(found[name], np.float32) for name in found.files}

    def under(prefix: str) -> dict[str, Floats]:
        return {name.removeprefix(prefix): array for name, array in told.items() if name.startswith(prefix) and "maps" not in name}

    maps = {name.removesuffix(" maps"): array for name, array in told.items() if name.endswith(" maps")}
    return Published(picture, maps, under("ResNet50 "), under("EfficientNetB0 "), under("solar "), under("steep "))
