"""A real VGG16 made narrow, with seeded weights, in a store of its own; and pictures to describe."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from app.engine.encoders.vgg16 import BLOCKS
from app.engine.types import Floats, Image
from app.engine.weights import WeightStore, write_npz

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
    """Weights and class head of the narrow VGG16, under the names that the presets use."""
    found = WeightStore(tmp_path_factory.mktemp("store"))
    (found.folder / "weights.toml").write_text(MANIFEST, encoding="utf-8")
    write_npz(found.path("vgg16-imagenet"), narrow_vgg16())
    write_npz(found.heads / "cam-vgg16-imagenet.npz", cam_head())
    write_npz(found.heads / "domain-vgg16-imagenet.npz", domain_head())
    write_npz(found.path("vgg16-pinakes"), trained_vgg16())
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
