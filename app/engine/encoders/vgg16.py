"""VGG16 in Keras 3: the one definition, for training (TensorFlow) and for the export that serves (OpenVINO).

Simonyan & Zisserman, "Very deep convolutional networks for large-scale image recognition", ICLR 2015, configuration D.
Run as a program it exports: `python -m app.engine.encoders.vgg16 WEIGHTS.npz PREPROCESSING HEAD.npz|- OUT.xml`; a
process of its own, so that Keras is never loaded into the one that serves.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.engine.encoders.backbone import POOLINGS, REGIONAL, EncoderPreset
from app.engine.types import Floats

BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
Size = tuple[int | None, int | None]  # height, width; None: any
OUTPUTS = ("block4_conv3", "block5_conv1", "block5_conv3")
LAST = OUTPUTS[-1]  # whose maps the class heads take
STRIDE = 16  # pixels to one cell of block 5
CLASS_HEADS = {"vgg16-imagenet": "cam-vgg16-imagenet"}  # weights → the class head that was trained on them
TRAINED = "vgg16-pinakes"  # what `flask train encoder` writes
CAM_CONV = "cam_conv"
CONVOLUTIONS = (*(f"block{b}_conv{n}" for b, (count, _) in enumerate(BLOCKS, 1) for n in range(1, count + 1)), CAM_CONV)

# (value · scale + offset) per channel of an RGB picture of 0…255.
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # torchvision's ImageNet statistics
PREPROCESSING: dict[str, tuple[list[float], list[float]]] = {
    "torchvision": ([1 / (255 * d) for d in _DEVIATION], [-m / d for m, d in zip(_MEAN, _DEVIATION, strict=True)]),
    "caffe": ([1.0, 1.0, 1.0], [-123.68, -116.779, -103.939]),  # Keras' "caffe" mode; kernels are stored for RGB
    "lite": ([1 / 128] * 3, [-127 / 128] * 3),  # the published EfficientNet-Lite: less 127, by 128
}


def presets() -> list[EncoderPreset]:
    """Every pooling on each of the last layers, class activation maps, and what was trained here."""
    found = [_cam("cam", maps, "block5_conv1", CLASS_HEADS["vgg16-imagenet"]) for maps in (1, 8, 32, 64)]
    found += [
        _cam("cam-domain", maps, layer, "domain-vgg16-imagenet") for maps in (1, 8) for layer in ("block5_conv1", "block5_conv3")
    ]
    found += [EncoderPreset(f"vgg16-{pooling}-{layer}", layer, pooling) for pooling in POOLINGS for layer in OUTPUTS]
    found += [
        EncoderPreset(f"vgg16-{pooling}-local-{layer}", layer, pooling, local=True) for pooling in REGIONAL for layer in OUTPUTS
    ]
    trained = EncoderPreset(f"{TRAINED}-gem", LAST, "gem", weights=TRAINED, long_side_px=384)
    return [*found, trained, trained.named(f"{TRAINED}-projected", projection=True)]


def _cam(kind: str, maps: int, layer: str, head: str) -> EncoderPreset:
    """Class-weighted features; block5_conv1, the paper's layer, is not in the name."""
    name = f"vgg16-{kind}-{maps}" + ("" if layer == "block5_conv1" else f"-{layer}")
    return EncoderPreset(name, layer, "cam", maps=maps, head=head)


def build_trunk(preprocessing: str, *, size: Size = (None, None), width: float = 1.0) -> Any:
    """Keras model: float32 RGB 0…255 (N, H, W, 3) → [block4_conv3, block5_conv1, block5_conv3], after their ReLUs.

    `width` scales the channels, for tests.
    """
    import keras

    scale, offset = PREPROCESSING[preprocessing]
    inputs = keras.Input((*size, 3), name="picture")
    x = keras.layers.Rescaling(scale, offset, name="preprocessing")(inputs)
    outputs: dict[str, Any] = {}
    for block, (convolutions, channels) in enumerate(BLOCKS, 1):
        if block > 1:
            x = keras.layers.MaxPooling2D(2, name=f"block{block - 1}_pool")(x)
        for number in range(1, convolutions + 1):
            name = f"block{block}_conv{number}"
            x = keras.layers.Conv2D(int(channels * width), 3, padding="same", activation="relu", name=name)(x)
            outputs[name] = x
    return keras.Model(inputs, {name: outputs[name] for name in OUTPUTS}, name="vgg16")


def with_cam_conv(trunk: Any, channels: int) -> Any:
    """The trunk with the class head's convolution (3×3, ReLU) on block5_conv3 as the further output `cam_conv`."""
    import keras

    last = trunk.output["block5_conv3"]
    maps = keras.layers.Conv2D(channels, 3, padding="same", activation="relu", name=CAM_CONV)(last)
    return keras.Model(trunk.input, {**trunk.output, CAM_CONV: maps}, name="vgg16_cam")


def set_arrays(model: Any, arrays: Mapping[str, Floats]) -> None:
    """Give each convolution its `<layer>/kernel` and `<layer>/bias`. Raises KeyError where one is missing."""
    for layer in model.layers:
        if layer.weights:
            layer.set_weights([arrays[f"{layer.name}/kernel"], arrays[f"{layer.name}/bias"]])


def folded(arrays: Mapping[str, Floats]) -> dict[str, Floats]:
    """VGG16 has no batch normalisation: the arrays as they are."""
    return dict(arrays)


def get_arrays(model: Any) -> dict[str, Floats]:
    """The inverse of `set_arrays`."""
    return {
        f"{layer.name}/{part}": value
        for layer in model.layers
        if layer.weights
        for part, value in zip(("kernel", "bias"), layer.get_weights(), strict=True)
    }


def build_model(arrays: Mapping[str, Floats], preprocessing: str, *, size: Size = (None, None)) -> Any:
    """The model with its weights, as wide as they are; with the output `cam_conv` where they have that layer."""
    model = build_trunk(preprocessing, size=size, width=arrays["block5_conv3/bias"].shape[0] / BLOCKS[-1][1])
    if f"{CAM_CONV}/kernel" in arrays:
        model = with_cam_conv(model, arrays[f"{CAM_CONV}/bias"].shape[0])
    set_arrays(model, arrays)
    return model


def export(arrays: Mapping[str, Floats], preprocessing: str, target: Path) -> None:
    """Write `target` (.xml, and .bin beside it): an OpenVINO model of free batch, height and width, outputs named by layer."""
    from app.engine.encoders.translation import save, translate

    save(translate(build_model(arrays, preprocessing)), target)


def _main(arguments: list[str]) -> None:
    from app.engine.weights import read_npz

    weights, preprocessing, head, target = arguments
    arrays = read_npz(Path(weights))
    if head != "-":
        arrays |= read_npz(Path(head))
    export(arrays, preprocessing, Path(target))


if __name__ == "__main__":
    _main(sys.argv[1:])
