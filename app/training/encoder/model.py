"""What is trained: block 5, the exponent of the generalised mean, and a projection that starts as a whitening.

Radenović, Tolias & Chum, "Fine-tuning CNN image retrieval with no human annotation", TPAMI 2019: convolutions, GeM, l2,
a linear layer, l2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from app.engine.types import Floats
from app.engine.weights import Arrays

LAYERS = ("block5_conv1", "block5_conv2", "block5_conv3")
START_P = 3.0
BATCH = 8  # views of one shape that go through the tail at once, when nothing is learned


def start(arrays: Mapping[str, Floats], mean: Floats, projection: Floats) -> Arrays:
    """The parameters before training: block 5 of `arrays`, p = 3, and a whitening (C,), (C, D) as the linear layer."""
    block = {f"{layer}/{part}": arrays[f"{layer}/{part}"] for layer in LAYERS for part in ("kernel", "bias")}
    start_p = np.array([START_P], np.float32)
    return block | {"gem/p": start_p, "projection/kernel": projection, "projection/bias": np.asarray(-mean @ projection)}


def build(parameters: Mapping[str, Floats]) -> Any:
    """Keras model: float (N, h, w, C) maps of block 4, pooled → `raw` (N, C) and `final` (N, D), both of unit length."""
    import keras

    x = inputs = keras.Input((None, None, parameters[f"{LAYERS[0]}/kernel"].shape[2]), name="block4_pool")
    for layer in LAYERS:
        channels = parameters[f"{layer}/bias"].shape[0]
        x = keras.layers.Conv2D(channels, 3, padding="same", activation="relu", name=layer)(x)
    raw = unit(gem_layer()(x))
    final = unit(keras.layers.Dense(parameters["projection/bias"].shape[0], name="projection", dtype="float32")(raw))
    model = keras.Model(inputs, {"raw": raw, "final": final}, name="tail")
    set_parameters(model, parameters)
    return model


def gem_layer() -> Any:
    """Generalised mean of (N, h, w, C) with a learned exponent. Values below 1e-6 are lifted to it, as in `pooling.gem`."""
    import keras

    class Gem(keras.layers.Layer):  # type: ignore[misc]
        def build(self, shape: Any) -> None:
            self.p = self.add_weight(name="p", shape=(1,), initializer=keras.initializers.Constant(START_P))

        def call(self, maps: Any) -> Any:
            logs = keras.ops.log(keras.ops.maximum(maps, 1e-6))
            mean = keras.ops.mean(keras.ops.exp(self.p * logs), axis=(1, 2))
            return keras.ops.exp(keras.ops.log(mean) / self.p)

    return Gem(name="gem", dtype="float32")


def unit(rows: Any) -> Any:
    import keras

    return rows / keras.ops.maximum(keras.ops.norm(rows, axis=-1, keepdims=True), 1e-12)


def names_of(model: Any) -> list[tuple[str, Any]]:
    """(name, variable) of everything that is learned, in a fixed order."""
    return [(f"{layer.name}/{variable.name}", variable) for layer in model.layers for variable in layer.trainable_variables]


def set_parameters(model: Any, parameters: Mapping[str, Floats]) -> None:
    """Raises KeyError where one is missing."""
    for name, variable in names_of(model):
        variable.assign(parameters[name])


def get_parameters(model: Any) -> Arrays:
    return {name: np.asarray(variable, np.float32) for name, variable in names_of(model)}


def describe(model: Any, pictures: Iterable[Floats]) -> dict[str, Floats]:
    """`raw` (n, C) and `final` (n, D) of n maps or pictures, as the model takes them, in their order."""
    import keras

    found: dict[str, list[Floats]] = {"raw": [], "final": []}
    order: list[int] = []
    for indices, batch in batches_of_one_shape(pictures):
        outputs = model(batch, training=False)
        order += indices
        for name, rows in found.items():
            rows.append(np.asarray(keras.ops.convert_to_numpy(outputs[name]), np.float32))
    back = np.argsort(order)
    return {name: np.concatenate(rows)[back] for name, rows in found.items()}


def through(model: Any, pictures: Iterable[Floats], output: str = "final") -> Any:
    """(n, D) tensor of the pictures in their order; those of one shape go through together, so nothing is padded."""
    import tensorflow as tf

    order: list[int] = []
    rows: list[Any] = []
    for indices, batch in batches_of_one_shape(pictures, most=16):
        order += indices
        rows.append(model(batch, training=True)[output])
    return tf.gather(tf.concat(rows, axis=0), np.argsort(order))


def batches_of_one_shape(pictures: Iterable[Floats], most: int = BATCH) -> Iterator[tuple[list[int], Floats]]:
    """Yields (positions, (n, h, w, C) float32): those of one shape together, at most `most` at once."""
    waiting: dict[tuple[int, ...], tuple[list[int], list[Floats]]] = {}
    for position, maps in enumerate(pictures):
        indices, rows = waiting.setdefault(maps.shape, ([], []))
        indices.append(position)
        rows.append(maps)
        if len(indices) == most:
            yield indices, np.stack(rows)
            del waiting[maps.shape]
    for indices, rows in waiting.values():
        yield indices, np.stack(rows)
