"""Second-order attention: every place of the maps looks at all others.

Ng, Balntas, Tian & Mikolajczyk, "SOLAR: second-order loss and attention for image retrieval", ECCV 2020, eq. 4 and 5, with α the
root of the inner channels' inverse. Query and key end in a ReLU, as in the authors' code; their batch normalisation is folded.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from app.engine.types import Floats

HEADS = ("query", "key", "value")
REDUCTION = {"attention4": 4, "attention5": 2}  # after which stage of a ResNet: channels to inner channels, as published


@cache
def _mixing_layer() -> Any:
    """The layer without weights: query, key and value maps (N, H, W, D) → (N, H, W, D)."""
    import keras

    @keras.saving.register_keras_serializable("pinakes")
    class SpatialMixing(keras.layers.Layer):  # type: ignore[misc]
        def compute_output_shape(self, shapes: Any) -> Any:
            return shapes[2]

        def call(self, heads: Any) -> Any:
            ops = keras.ops
            query, key, value = (ops.reshape(one, (ops.shape(one)[0], -1, one.shape[3])) for one in heads)
            scale = float(heads[0].shape[3]) ** -0.5
            weights = ops.softmax(scale * ops.matmul(query, ops.transpose(key, (0, 2, 1))), axis=-1)
            return ops.reshape(ops.matmul(weights, value), ops.shape(heads[2]))

    return SpatialMixing


def second_order_attention(x: Any, name: str, inner: int, *, out: str | None = None) -> Any:
    """Add an attention of `inner` channels to a Keras network's maps (N, H, W, C); the sum is the layer `out`.

    Trainable: `<name>_query`, `_key`, `_value` and `_last`, 1×1 convolutions. The last begins at zero, and so changes nothing.
    """
    import keras

    conv = keras.layers.Conv2D
    heads = [conv(inner, 1, activation="relu" if one != "value" else None, name=f"{name}_{one}")(x) for one in HEADS]
    mixed = _mixing_layer()(name=f"{name}_mixing")(heads)
    told = conv(x.shape[3], 1, kernel_initializer="zeros", name=f"{name}_last")(mixed)
    return keras.layers.Add(name=out or f"{name}_add")([x, told])


def untrained(name: str, channels: int, seed: int) -> dict[str, Floats]:
    """The arrays of an attention that changes nothing yet: He's initialisation of the heads, zeros for the last."""
    generator, inner = np.random.default_rng(seed), max(channels // REDUCTION[name], 1)
    found: dict[str, Floats] = {}
    for head in HEADS:
        found[f"{name}_{head}/kernel"] = (generator.normal(size=(1, 1, channels, inner)) * np.sqrt(2 / channels)).astype(np.float32)
        found[f"{name}_{head}/bias"] = np.zeros(inner, np.float32)
    found[f"{name}_last/kernel"] = np.zeros((1, 1, inner, channels), np.float32)
    found[f"{name}_last/bias"] = np.zeros(channels, np.float32)
    return found


def inner_channels(arrays: Mapping[str, Floats], name: str) -> int | None:
    """How wide the attention of that name is in these arrays; None where they have none."""
    found = arrays.get(f"{name}_query/bias")
    return None if found is None else len(found)
