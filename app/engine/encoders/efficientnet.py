"""EfficientNet-B0 and the Lite variants in Keras 3, as deep and wide as the weights that are given. Exports as vgg16.py does.

Tan & Le, "EfficientNet: rethinking model scaling for convolutional neural networks", ICML 2019. The Lite variants have no squeeze
and excitation, and ReLU6 for swish. Batch normalisation is folded into the convolution before it.
"""

from __future__ import annotations

import string
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from app.engine.encoders import vgg16
from app.engine.encoders.backbone import POOLINGS, REGIONAL, EncoderPreset
from app.engine.encoders.vgg16 import PREPROCESSING, set_arrays
from app.engine.folding import NORM, fold
from app.engine.types import Floats

STRIDES = (1, 2, 2, 2, 1, 2, 1)  # of each stage's first block
STRIDE = 32  # pixels to one cell of the last maps
LAST = "top"
EPSILON = 1e-3  # of batch normalisation, in Keras' and in the published Lite networks
# Keras' names of a convolution and of its normalisation → ours.
NAMES = {"stem": ("stem_conv", "stem_bn"), "top": ("top_conv", "top_bn")}
PARTS = {"expand": ("expand_conv", "expand_bn"), "depthwise": ("dwconv", "bn"), "project": ("project_conv", "project_bn")}


def presets() -> list[EncoderPreset]:
    """The last maps, 1280 channels. No CroW for B0: its swish leaves values below 0, of which CroW has no root."""
    found: list[EncoderPreset] = []
    for name in ("b0", "lite0", "lite1", "lite2"):
        weights = f"efficientnet-{name}"
        base = EncoderPreset(weights, LAST, "gem", weights=weights, whitening_dim=1280, family="efficientnet")
        found += [base.named(f"{weights}-{pooling}", pooling=pooling) for pooling in POOLINGS if (name, pooling) != ("b0", "crow")]
        found += [base.named(f"{weights}-{pooling}-local", pooling=pooling, local=True) for pooling in REGIONAL]
        found.append(base.named(f"{weights}-projected", projection=True))
        if name != "b0":  # whose weights come without their class head
            found += [base.named(f"{weights}-cam-{maps}", pooling="cam", maps=maps) for maps in (1, 8, 64)]
    return found


def folded(arrays: Mapping[str, Floats]) -> dict[str, Floats]:
    """Keras' names and normalisations → `<layer>/kernel` and `<layer>/bias`; arrays that are folded already stay as they are."""
    if "stem_conv/kernel" not in arrays:
        return dict(arrays)
    names = dict(NAMES)
    found: dict[str, Floats] = {}
    for block in _blocks({name.replace("project_conv", "project"): array for name, array in arrays.items()}):
        for part, (convolution, norm) in PARTS.items():
            if part != "expand" or f"{block}_expand_conv/kernel" in arrays:
                names[f"{block}_{part}"] = (f"{block}_{convolution}", f"{block}_{norm}")
    for layer, (convolution, norm) in names.items():
        older = f"{convolution}/depthwise_kernel"  # as Keras 2 called it, which wrote the published file
        kernel = arrays[older] if older in arrays else arrays[f"{convolution}/kernel"]
        scaled, bias = fold(kernel, {part: arrays[f"{norm}/{part}"] for part in NORM}, EPSILON)
        found |= {f"{layer}/kernel": scaled, f"{layer}/bias": bias}
    return found | {name: array for name, array in arrays.items() if "_se_" in name or name.startswith("predictions/")}


def _blocks(arrays: Mapping[str, Floats]) -> Iterator[str]:
    """The blocks in order: block1a, block2a, block2b, … Raises KeyError where a stage is missing."""
    for stage in range(1, len(STRIDES) + 1):
        for letter in string.ascii_lowercase:
            if f"block{stage}{letter}_project/kernel" not in arrays:
                if letter == "a":
                    raise KeyError(f"blocks of stage {stage}")
                break
            yield f"block{stage}{letter}"


def build_model(arrays: Mapping[str, Floats], preprocessing: str) -> Any:
    """Keras model: float32 RGB 0…255 (N, H, W, 3), sides of whole 32 px → top (a thirty-second of H and W).

    Every convolution is trainable, with its bias; there is no batch normalisation left to train. Raises KeyError where an array is
    missing.
    """
    import keras

    arrays = folded(arrays)
    activation = "silu" if any("_se_reduce/" in name for name in arrays) else "relu6"
    scale, offset = PREPROCESSING[preprocessing]
    inputs = keras.Input((None, None, 3), name="picture")
    x = keras.layers.Rescaling(scale, offset, name="preprocessing")(inputs)
    x = _convolution(arrays, x, "stem", activation, stride=2)
    for block in _blocks(arrays):
        stride = STRIDES[int(block[5]) - 1] if block.endswith("a") else 1
        x = _block(arrays, x, block, stride, activation)
    model = keras.Model(inputs, {LAST: _convolution(arrays, x, LAST, activation)}, name="efficientnet")
    set_arrays(model, arrays)
    return model


def _block(arrays: Mapping[str, Floats], x: Any, name: str, stride: int, activation: str) -> Any:
    """An inverted bottleneck: wide, one filter a channel, squeeze and excitation where the arrays have it, narrow."""
    import keras

    before = x
    if f"{name}_expand/kernel" in arrays:
        x = _convolution(arrays, x, f"{name}_expand", activation)
    side = arrays[f"{name}_depthwise/kernel"].shape[0]
    layer = f"{name}_depthwise"
    x = keras.layers.DepthwiseConv2D(side, stride, padding="same", activation=activation, name=layer)(x)
    if f"{name}_se_reduce/kernel" in arrays:
        mean = keras.layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_se_squeeze")(x)
        share = _convolution(arrays, _convolution(arrays, mean, f"{name}_se_reduce", activation), f"{name}_se_expand", "sigmoid")
        x = keras.layers.Multiply(name=f"{name}_se_excite")([x, share])
    x = _convolution(arrays, x, f"{name}_project", None)
    return keras.layers.Add(name=f"{name}_add")([before, x]) if stride == 1 and before.shape[3] == x.shape[3] else x


def _convolution(arrays: Mapping[str, Floats], x: Any, name: str, activation: str | None, *, stride: int = 1) -> Any:
    import keras

    side, _, _, channels = arrays[f"{name}/kernel"].shape
    return keras.layers.Conv2D(channels, side, stride, padding="same", activation=activation, name=name)(x)


def get_arrays(model: Any) -> dict[str, Floats]:
    """The inverse of `build_model`, folded."""
    return vgg16.get_arrays(model)


def from_torch(tensors: Mapping[str, Floats]) -> dict[str, Floats]:
    """Tensors of the published Lite networks (`_blocks.3._depthwise_conv.weight`) → folded arrays with the head `predictions`.

    A stage ends where the next block is wider, so that every Lite variant is read. Raises KeyError naming a missing tensor.
    """
    def add(layer: str, convolution: str, norm: str) -> None:
        kernel = tensors[f"{convolution}.weight"]  # (out, in, h, w); (channels, 1, h, w) of a depthwise one
        turned = kernel.transpose(2, 3, 0, 1) if "_depthwise" in convolution else kernel.transpose(2, 3, 1, 0)
        torch_names = zip(NORM, ("weight", "bias", "running_mean", "running_var"), strict=True)
        scaled, bias = fold(turned, {ours: tensors[f"{norm}.{theirs}"] for ours, theirs in torch_names}, EPSILON)
        found.update({f"{layer}/kernel": np.ascontiguousarray(scaled), f"{layer}/bias": bias})

    found: dict[str, Floats] = {}
    add("stem", "_conv_stem", "_bn0")
    stage = letter = wide = number = 0
    while f"_blocks.{number}._project_conv.weight" in tensors:
        block, out = f"_blocks.{number}", tensors[f"_blocks.{number}._project_conv.weight"].shape[0]
        stage, letter, wide = (stage, letter + 1, wide) if out == wide else (stage + 1, 0, out)
        name = f"block{stage}{string.ascii_lowercase[letter]}"
        if f"{block}._expand_conv.weight" in tensors:
            add(f"{name}_expand", f"{block}._expand_conv", f"{block}._bn0")
        add(f"{name}_depthwise", f"{block}._depthwise_conv", f"{block}._bn1")
        add(f"{name}_project", f"{block}._project_conv", f"{block}._bn2")
        number += 1
    add("top", "_conv_head", "_bn1")
    if stage != len(STRIDES):
        raise KeyError(f"blocks of stage {stage + 1}")
    return found | {"predictions/kernel": np.ascontiguousarray(tensors["_fc.weight"].T), "predictions/bias": tensors["_fc.bias"]}


def _main(arguments: list[str]) -> None:
    from app.engine.encoders.translation import save, translate
    from app.engine.weights import read_npz

    weights, preprocessing, _, target = arguments
    save(translate(build_model(read_npz(Path(weights)), preprocessing)), Path(target))


if __name__ == "__main__":
    _main(sys.argv[1:])
