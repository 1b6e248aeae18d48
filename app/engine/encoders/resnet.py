"""ResNets in Keras 3, as deep and as wide as the weights that are given. Run as a program it exports, as vgg16.py.

He, Zhang, Ren & Sun, "Deep residual learning for image recognition", CVPR 2016: basic blocks (ResNet-18, -34) or bottlenecks (-50,
-101, -152). Batch normalisation is folded into the convolution before it. Two layouts of bottlenecks: Keras' has the stride of a
stage in its first convolution, torchvision's in the second; arrays of the latter have `layout/torch`. SOLAR's second-order
attention follows stages 4 and 5 where the arrays have it (attention.py), then `places`: a linear layer on every place of the last
maps before they are pooled, which the code of Radenović et al. (TPAMI 2019) calls local whitening.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from app.engine.encoders import attention, vgg16
from app.engine.encoders.backbone import POOLINGS, REGIONAL, EncoderPreset
from app.engine.encoders.vgg16 import PREPROCESSING, set_arrays
from app.engine.folding import NORM, fold
from app.engine.types import Floats

STAGES = (2, 3, 4, 5)
STRIDE = 32  # pixels to one cell of the last maps
OUTPUTS = ("conv4_out", "conv5_out")
LAST = OUTPUTS[-1]
PLACES = "places"
TORCH = "layout/torch"  # an array of one: the stride is where torchvision has it
# The batch-norm epsilon of Keras' ResNets; see app/training/distillation_teacher.py.
EPSILON = 1.001e-5


def presets() -> list[EncoderPreset]:
    """The last maps: 512 channels of ResNet-18, else 2048. `-projected` ends in the whitening that was learned with the weights."""
    found: list[EncoderPreset] = []
    for name, dim in (("resnet18", 512), ("resnet50", 2048), ("resnet101", 2048)):
        base = EncoderPreset(name, LAST, "gem", weights=f"{name}-imagenet", whitening_dim=dim, family="resnet")
        found += [base.named(f"{name}-{pooling}", pooling=pooling) for pooling in POOLINGS]
        found += [base.named(f"{name}-{pooling}-local", pooling=pooling, local=True) for pooling in REGIONAL]
        found.append(base.named(f"{name}-projected", projection=True))
    found += [found[-1].named(f"resnet50-cam-{maps}", **_CAM, maps=maps) for maps in (1, 8, 64)]
    for weights in ("resnet50-solar", "resnet101-solar", "resnet101-gl18"):
        plain = EncoderPreset(f"{weights}-gem", LAST, "gem", weights=weights, whitening_dim=2048, family="resnet")
        found += [plain.named(weights, projection=True), plain]
    return found


_CAM: dict[str, Any] = {"pooling": "cam", "weights": "resnet50-imagenet", "projection": False}


def folded(arrays: Mapping[str, Floats], *, epsilon: float = EPSILON) -> dict[str, Floats]:
    """`<layer>_conv` and `<layer>_bn` → `<layer>/kernel` and `<layer>/bias` of one convolution; folded arrays stay as they are."""
    normed = [name.removesuffix("_conv/kernel") for name in arrays if name.endswith("_conv/kernel")]
    if not normed:
        return dict(arrays)
    found: dict[str, Floats] = {}
    for layer in normed:
        norm = {part: arrays[f"{layer}_bn/{part}"] for part in NORM}
        kernel, bias = fold(arrays[f"{layer}_conv/kernel"], norm, epsilon, bias=arrays.get(f"{layer}_conv/bias"))
        found |= {f"{layer}/kernel": kernel, f"{layer}/bias": bias}
    return found | {name: arrays[name] for name in (TORCH,) if name in arrays}


def depths(arrays: Mapping[str, Floats]) -> dict[int, int]:
    """Blocks of each stage. Raises KeyError where a stage is missing."""
    found = dict.fromkeys(STAGES, 0)
    for name in arrays:
        if match := re.match(r"conv([2-5])_block(\d+)_", name):
            stage, block = map(int, match.groups())
            found[stage] = max(found[stage], block)
    if not all(found.values()):
        raise KeyError(f"blocks of stage {min(stage for stage in STAGES if not found[stage])}")
    return found


def build_model(arrays: Mapping[str, Floats], preprocessing: str) -> Any:
    """Keras model: float32 RGB 0…255 (N, H, W, 3) → conv4_out (a sixteenth of H and W) and conv5_out (a thirty-second).

    Every convolution is trainable, with its bias; there is no batch normalisation left to train. Raises KeyError where an array is
    missing.
    """
    import keras

    arrays = folded(arrays)
    scale, offset = PREPROCESSING[preprocessing]
    inputs = keras.Input((None, None, 3), name="picture")
    x = keras.layers.Rescaling(scale, offset, name="preprocessing")(inputs)
    x = _convolution(arrays, keras.layers.ZeroPadding2D(3, name="conv1_pad")(x), "conv1", 2)
    x = keras.layers.MaxPooling2D(3, 2, name="pool1_pool")(keras.layers.ZeroPadding2D(1, name="pool1_pad")(x))
    outputs = {}
    for stage, count in depths(arrays).items():
        inner = attention.inner_channels(arrays, f"attention{stage}")
        whitened = stage == STAGES[-1] and f"{PLACES}/bias" in arrays
        for number in range(1, count + 1):
            name = f"conv{stage}_block{number}"
            last = number == count and inner is None and not whitened  # an output has its layer's name
            stride = 2 if number == 1 and stage > STAGES[0] else 1
            x = _block(arrays, x, name, stride, f"conv{stage}_out" if last else f"{name}_out")
        if inner is not None:
            out = f"conv{stage}_attended" if whitened else f"conv{stage}_out"
            x = attention.second_order_attention(x, f"attention{stage}", inner, out=out)
        if whitened:  # a generalised mean knows no values below 0
            x = keras.layers.ReLU(name=f"conv{stage}_out")(_convolution(arrays, x, PLACES, relu=False))
        outputs[f"conv{stage}_out"] = x
    model = keras.Model(inputs, {name: outputs[name] for name in OUTPUTS}, name="resnet_torch" if TORCH in arrays else "resnet")
    set_arrays(model, arrays)
    return model


def _block(arrays: Mapping[str, Floats], x: Any, name: str, stride: int, out: str) -> Any:
    import keras

    short = _convolution(arrays, x, f"{name}_0", stride, relu=False) if f"{name}_0/kernel" in arrays else x
    if f"{name}_3/kernel" in arrays:
        first, second = (1, stride) if TORCH in arrays else (stride, 1)
        x = _convolution(arrays, _convolution(arrays, x, f"{name}_1", first), f"{name}_2", second)
        x = _convolution(arrays, x, f"{name}_3", relu=False)
    else:
        x = _convolution(arrays, _convolution(arrays, x, f"{name}_1", stride), f"{name}_2", relu=False)
    return keras.layers.ReLU(name=out)(keras.layers.Add(name=f"{name}_add")([short, x]))


def _convolution(arrays: Mapping[str, Floats], x: Any, name: str, stride: int = 1, *, relu: bool = True) -> Any:
    """As large as the kernel of that name. One of 3×3 with a stride is padded on both sides, as torchvision's are."""
    import keras

    side, _, _, channels = arrays[f"{name}/kernel"].shape
    if side == 3 and stride > 1:
        x = keras.layers.ZeroPadding2D(1, name=f"{name}_pad")(x)
    padding = "same" if side == 3 and stride == 1 else "valid"
    return keras.layers.Conv2D(channels, side, stride, padding=padding, activation="relu" if relu else None, name=name)(x)


def get_arrays(model: Any) -> dict[str, Floats]:
    """The inverse of `build_model`, folded."""
    layout = {TORCH: np.ones(1, np.float32)} if model.name == "resnet_torch" else {}
    return vgg16.get_arrays(model) | layout


def with_attention(arrays: Mapping[str, Floats], seed: int = 1) -> dict[str, Floats]:
    """Folded arrays with an untrained attention after stages 4 and 5, which changes nothing yet."""
    found = folded(arrays)
    for name in attention.REDUCTION:
        stage, count = int(name[-1]), depths(found)[int(name[-1])]
        final = 3 if f"conv{stage}_block{count}_3/bias" in found else 2
        found |= attention.untrained(name, len(found[f"conv{stage}_block{count}_{final}/bias"]), seed + stage)
    return found


def with_places(arrays: Mapping[str, Floats]) -> dict[str, Floats]:
    """Folded arrays with an untrained layer on every place, which changes nothing yet. A class head of the maps goes."""
    found = {name: array for name, array in folded(arrays).items() if not name.startswith("predictions/")}
    final = max(name for name in found if re.fullmatch(r"conv5_block1_[23]/bias", name))
    channels = len(found[final])
    eye = np.eye(channels, dtype=np.float32)[None, None]
    return found | {f"{PLACES}/kernel": eye, f"{PLACES}/bias": np.zeros(channels, np.float32)}


def _main(arguments: list[str]) -> None:
    from app.engine.encoders.translation import save, translate
    from app.engine.weights import read_npz

    weights, preprocessing, _, target = arguments
    save(translate(build_model(read_npz(Path(weights)), preprocessing)), Path(target))


if __name__ == "__main__":
    _main(sys.argv[1:])
