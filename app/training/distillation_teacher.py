"""The teacher of the class head: ResNet-50 with its ImageNet classes, run by OpenVINO.

He, Zhang, Ren & Sun, "Deep residual learning for image recognition", CVPR 2016. As a program it exports:
`python -m app.training.distillation_teacher WEIGHTS.npz OUT.xml`.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from app.engine.encoders.translation import save
from app.engine.encoders.vgg16 import PREPROCESSING
from app.engine.weights import Arrays, read_npz

TEACHER = "resnet50-imagenet"
SIZE_PX = 224
# The batch-norm epsilon of Keras' ResNet50 (1.001e-5), close to the 1e-5 of the original training in Caffe. The package
# that the weights come from writes 1e-3 into its configuration, the default of the layer when Keras took the weights over.
EPSILON = 1.001e-5


def build_teacher(arrays: Arrays, *, epsilon: float = EPSILON) -> Any:
    """Keras model: float32 RGB 0…255 (N, 224, 224, 3) → {"logits": (N, 1000)} before the softmax."""
    import keras

    scale, offset = PREPROCESSING["caffe"]
    inputs = keras.Input((SIZE_PX, SIZE_PX, 3), name="picture")
    prepared = keras.layers.Rescaling(scale, offset, name="preprocessing")(inputs)
    network = keras.applications.ResNet50(weights=None, input_shape=(SIZE_PX, SIZE_PX, 3), classifier_activation=None)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.epsilon = epsilon
        if layer.weights:
            layer.set_weights([arrays[f"{layer.name}/{variable.name}"] for variable in layer.weights])
    logits = keras.layers.Activation("linear", name="logits")(network(prepared))  # outputs are named by their layers
    return keras.Model(inputs, {"logits": logits}, name="teacher")


def main(arguments: list[str]) -> None:
    weights, target, *epsilon = arguments
    export(build_teacher(read_npz(Path(weights)), epsilon=float(epsilon[0]) if epsilon else EPSILON), Path(target))


def export(model: Any, target: Path) -> None:
    """By Keras' own export, of a free batch. It cannot export free sizes, so a fixed batch is exported and freed after."""
    import openvino as ov

    draft = target.with_name(f".{target.stem}.{os.getpid()}.keras.xml")
    model.export(str(draft), format="openvino", verbose=False)
    graph = ov.Core().read_model(draft)
    graph.reshape([-1, SIZE_PX, SIZE_PX, 3])
    for name, output in zip(model.output_names, graph.outputs, strict=True):
        output.get_tensor().set_names({name})
    save(graph, target)
    draft.unlink()
    draft.with_suffix(".bin").unlink()


if __name__ == "__main__":
    main(sys.argv[1:])
