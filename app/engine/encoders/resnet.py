"""ResNet-50, -101 and -152 in Keras 3, as deep and as wide as the weights that are given. Run as a program it exports, as vgg16.py.

He, Zhang, Ren & Sun, "Deep residual learning for image recognition", CVPR 2016; the first variant, whose stride is in the first
convolution of a stage. Batch normalisation is folded into the convolution before it: kernel · γ / √(variance + ε), and so the bias.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from app.engine.encoders.vgg16 import PREPROCESSING
from app.engine.types import Floats

STAGES = (2, 3, 4, 5)
NORM = ("gamma", "beta", "moving_mean", "moving_variance")
OUTPUTS = ("conv4_out", "conv5_out")
# The batch-norm epsilon of Keras' ResNets; see app/training/distillation_teacher.py.
EPSILON = 1.001e-5


def folded(arrays: Mapping[str, Floats], *, epsilon: float = EPSILON) -> dict[str, Floats]:
    """`<layer>_conv` and `<layer>_bn` of a pretrained ResNet → `<layer>/kernel` and `<layer>/bias` of one convolution each."""
    found: dict[str, Floats] = {}
    for key in [name for name in arrays if name.endswith("_conv/kernel")]:
        layer = key.removesuffix("_conv/kernel")
        gamma, beta, mean, variance = (arrays[f"{layer}_bn/{part}"].astype(np.float64) for part in NORM)
        factor = gamma / np.sqrt(variance + epsilon)
        bias = arrays[f"{layer}_conv/bias"] if f"{layer}_conv/bias" in arrays else np.zeros_like(factor)
        found[f"{layer}/kernel"] = np.asarray(arrays[key] * factor, np.float32)
        found[f"{layer}/bias"] = np.asarray((bias - mean) * factor + beta, np.float32)
    return found


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

    arrays: folded, `<layer>/kernel` and `/bias`. Raises KeyError where one is missing.
    """
    import keras

    def convolution(x: Any, name: str, stride: int = 1, *, relu: bool = True) -> Any:
        kernel, bias = arrays[f"{name}/kernel"], arrays[f"{name}/bias"]
        padding = "same" if kernel.shape[0] == 3 else "valid"
        layer = keras.layers.Conv2D(
            kernel.shape[3], kernel.shape[0], stride, padding=padding, activation="relu" if relu else None, name=name
        )
        made = layer(x)
        layer.set_weights([kernel, bias])
        return made

    def block(x: Any, name: str, stride: int, out: str) -> Any:
        short = convolution(x, f"{name}_0", stride, relu=False) if f"{name}_0/kernel" in arrays else x
        x = convolution(convolution(x, f"{name}_1", stride), f"{name}_2")
        x = keras.layers.Add(name=f"{name}_add")([short, convolution(x, f"{name}_3", relu=False)])
        return keras.layers.ReLU(name=out)(x)

    scale, offset = PREPROCESSING[preprocessing]
    inputs = keras.Input((None, None, 3), name="picture")
    x = keras.layers.Rescaling(scale, offset, name="preprocessing")(inputs)
    x = convolution(keras.layers.ZeroPadding2D(3, name="conv1_pad")(x), "conv1", 2)
    x = keras.layers.MaxPooling2D(3, 2, name="pool1_pool")(keras.layers.ZeroPadding2D(1, name="pool1_pad")(x))
    outputs = {}
    for stage, count in depths(arrays).items():
        for number in range(1, count + 1):
            name = f"conv{stage}_block{number}"
            out = f"conv{stage}_out" if number == count else f"{name}_out"  # an output has its layer's name
            x = block(x, name, 2 if number == 1 and stage > STAGES[0] else 1, out)
        outputs[f"conv{stage}_out"] = x
    return keras.Model(inputs, {name: outputs[name] for name in OUTPUTS}, name="resnet")


def _main(arguments: list[str]) -> None:
    from app.engine.encoders.translation import save, translate
    from app.engine.weights import read_npz

    weights, preprocessing, _, target = arguments
    save(translate(build_model(folded(read_npz(Path(weights))), preprocessing)), Path(target))


if __name__ == "__main__":
    _main(sys.argv[1:])
