"""A real ResNet of a few channels, and labelled pictures that it can learn to tell apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image as Pil

from app.engine.types import Floats
from app.engine.weights import WeightStore, write_npz
from app.training.datasets.types import LabelledPicture, TrainingSet
from tests.engine.encoders.conftest import MANIFEST, he, narrow_vgg16

CLASSES, TRAINED, HELD_OUT = 5, 5, 3  # pictures of each class
SHADES = ((200, 60, 60), (60, 190, 70), (70, 90, 210), (200, 190, 60), (180, 70, 190))


def narrow_resnet(seed: int = 3) -> dict[str, Floats]:
    """ResNet-18's blocks, one a stage, folded.

    Channels are multiples of 16: TensorFlow's gradient of a strided convolution of 1×1 writes beyond its memory with others.
    """
    generator = np.random.default_rng(seed)
    arrays: dict[str, Floats] = {}

    def add(name: str, side: int, before: int, after: int) -> None:
        arrays[f"{name}/kernel"] = he(generator, side, side, before, after)
        arrays[f"{name}/bias"] = (0.1 * generator.normal(size=after)).astype(np.float32)

    add("conv1", 7, 3, 16)
    before = 16
    for stage, channels in ((2, 16), (3, 16), (4, 16), (5, 32)):
        name = f"conv{stage}_block1"
        if stage > 2:
            add(f"{name}_0", 1, before, channels)
        add(f"{name}_1", 3, before, channels)
        add(f"{name}_2", 3, channels, channels)
        before = channels
    return arrays


def small_store(folder: Path) -> WeightStore:
    """With `resnet18-imagenet` and `vgg16-imagenet`, both narrow."""
    store = WeightStore(folder)
    folder.mkdir(parents=True, exist_ok=True)
    one = MANIFEST[: MANIFEST.index("[vgg16-pinakes]")]
    (folder / "weights.toml").write_text(one + one.replace("vgg16-imagenet", "resnet18-imagenet"), encoding="utf-8")
    write_npz(store.path("resnet18-imagenet"), narrow_resnet())
    write_npz(store.path("vgg16-imagenet"), narrow_vgg16())
    return store


def labelled_pictures(folder: Path) -> TrainingSet:
    """Blots of a class's colour among blots of every colour, on grey noise; 40 pictures and one that cannot be read."""
    pictures = []
    for label in range(CLASSES):
        for number in range(TRAINED + HELD_OUT):
            path = folder / f"{label}-{number}.png"
            Pil.fromarray(_blots(np.random.default_rng([label, number]), label)).save(path)
            pictures.append(LabelledPicture(path, f"class {label}", "train" if number < TRAINED else "validation"))
    (folder / "broken.png").write_bytes(b"no picture")
    return TrainingSet("small", (*pictures, LabelledPicture(folder / "broken.png", "class 1")))


def _blots(rng: np.random.Generator, label: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    canvas = rng.integers(90, 160, (48, 64, 1)).repeat(3, axis=2)
    for number in range(16):
        shade = SHADES[label] if number > 3 else SHADES[int(rng.integers(CLASSES))]
        top, left = int(rng.integers(36)), int(rng.integers(52))
        canvas[top : top + 13, left : left + 13] = shade
    return np.asarray(canvas, np.uint8)
