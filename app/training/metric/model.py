"""The network that learns: a backbone as it serves, the generalised mean with its exponent, a projection, scores of classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.engine.encoders import resnet
from app.engine.encoders.backbone import Backbone, EncoderPreset, backbone
from app.engine.encoders.presets import PRESETS, encoder_preset
from app.engine.errors import PresetError
from app.engine.types import Floats
from app.engine.weights import Arrays, WeightStore, load_arrays
from app.training.distillation import TrainingError
from app.training.encoder.model import START_P, gem_layer, set_parameters, unit
from app.training.experiments import Labelled

HEADS = ("classes/", "centres/")  # of the training alone: they do not serve
ATTENTION = "attention"


@dataclass(frozen=True)
class Start:
    """What a training begins with: `arrays` folded, the exponent among them; `preset`: how such weights serve."""

    preset: EncoderPreset
    preprocessing: str
    arrays: Arrays

    @property
    def backbone(self) -> Backbone:
        return backbone(self.preset.family)


def begin(weights: str, store: WeightStore, settings: Labelled) -> Start:
    """The weights with what the settings add or leave. Raises TrainingError or WeightsError."""
    preset = preset_of(weights, store)
    stored = load_arrays(weights, store)
    arrays = start_arrays(backbone(preset.family), stored)
    if len(arrays.get("projection/bias", ())) != settings.projection:
        arrays = {name: value for name, value in arrays.items() if not name.startswith("projection/")}
    if settings.attention and f"{ATTENTION}5_query/bias" not in arrays:
        if preset.family != "resnet":
            raise TrainingError(f"Second-order attention is for ResNets; {weights} are the weights of another network.")
        arrays = resnet.with_attention(arrays)
    if settings.places and f"{resnet.PLACES}/bias" not in arrays:
        if preset.family != "resnet":
            raise TrainingError(f"A layer on every place of the maps is for ResNets; {weights} are the weights of another network.")
        arrays = resnet.with_places(arrays)
    return Start(preset, store.entry(weights).preprocessing, arrays)


def start_arrays(family: Backbone, stored: Arrays) -> Arrays:
    """Folded, the exponent among them. Convolutions that are not folded must not stay: learned ones would be ignored."""
    return {"gem/p": np.array([START_P], np.float32), **family.folded(stored)}


def preset_of(weights: str, store: WeightStore) -> EncoderPreset:
    """How these weights serve with a generalised mean of their last maps. Raises TrainingError."""
    found = [one for one in PRESETS.values() if one.weights == weights and one.pooling == "gem"]
    try:
        return found[-1] if found else encoder_preset(weights, store)
    except PresetError as error:
        names = sorted({one.weights for one in PRESETS.values() if one.pooling == "gem"})
        raise TrainingError(f"No encoder is known for the weights {weights}; known: {', '.join(names)}.") from error


def build(start: Start, parameters: Mapping[str, Floats], settings: Labelled) -> Any:
    """Keras model: float RGB 0…255 (N, H, W, 3) → `raw` (N, C), `final` (N, D) of unit length, and `scores` of classes if any.

    `parameters`: what is learned, over the arrays that it starts from.
    """
    import keras

    arrays = {**start.arrays, **parameters}
    trunk = start.backbone.build_model(arrays, start.preprocessing)
    pooled = gem_layer()(trunk.output[start.backbone.LAST])
    raw = final = unit(pooled)
    if "projection/bias" in arrays:
        final = unit(keras.layers.Dense(len(arrays["projection/bias"]), name="projection", dtype="float32")(raw))
    outputs = {"raw": raw, "final": final}
    if "classes/bias" in arrays:
        outputs["scores"] = keras.layers.Dense(len(arrays["classes/bias"]), name="classes", dtype="float32")(pooled)
    if "centres/kernel" in arrays:
        outputs["scores"] = _centres_layer(arrays["centres/kernel"].shape[1])(final)
    network = keras.Model(trunk.input, outputs, name="metric")
    freeze(network, settings.freeze)
    set_parameters(network, arrays)
    return network


def freeze(network: Any, last: str) -> None:
    """Layers up to the last whose name begins with `last` are not learned, but for the attention. Raises TrainingError."""
    if not last:
        return
    names = [layer.name for layer in network.layers]
    found = [place for place, name in enumerate(names) if name.startswith(last)]
    if not found:
        with_weights = [layer.name for layer in network.layers if layer.weights]
        raise TrainingError(f"No layer begins with {last!r} (--freeze); layers: {', '.join(with_weights)}.")
    for layer in network.layers[: found[-1] + 1]:
        layer.trainable = layer.name.startswith(ATTENTION)


def served(start: Start, parameters: Mapping[str, Floats]) -> Arrays:
    """All arrays of the encoder as it serves: without the classes."""
    return {name: value for name, value in {**start.arrays, **parameters}.items() if not name.startswith((*HEADS, "predictions/"))}


def _centres_layer(classes: int) -> Any:
    """Cosines with a learned centre for each class."""
    import keras

    class Centres(keras.layers.Layer):  # type: ignore[misc]
        def build(self, shape: Any) -> None:
            self.kernel = self.add_weight(name="kernel", shape=(shape[-1], classes), initializer="zeros")

        def call(self, rows: Any) -> Any:
            return keras.ops.matmul(rows, keras.ops.transpose(unit(keras.ops.transpose(self.kernel))))

    return Centres(name="centres", dtype="float32")
