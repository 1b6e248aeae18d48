"""A Keras network of convolutions → an OpenVINO graph, layer by layer, channels first as OpenVINO's CPU kernels want them.

Keras' own export keeps channels last and puts two transposes around every convolution, which then takes neither its bias nor its
ReLU with it: the same network runs 1.4 times as long.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np


def translate(model: Any) -> Any:
    """Keras model of Rescaling, Conv2D ("same", stride 1, ReLU) and MaxPooling2D(2) → `ov.Model`, outputs named by layer.

    Input and outputs are (N, H, W, C) float32 of any N, H and W. Raises ValueError at a layer of another kind.
    """
    import openvino as ov
    from openvino import opset13 as ops

    picture = ops.parameter([-1, -1, -1, 3], np.float32, name="picture")
    values: dict[int, Any] = {id(model.inputs[0]): ops.transpose(picture, ops.constant([0, 3, 1, 2])).output(0)}
    for layer in model.layers[1:]:
        values[id(layer.output)] = _node(layer, values[id(layer.input)]).output(0)
    results = []
    for name, output in zip(model.output_names, model.outputs, strict=True):
        result = ops.result(ops.transpose(values[id(output)], ops.constant([0, 2, 3, 1])))
        result.output(0).get_tensor().set_names({name})
        results.append(result)
    return ov.Model(results, [picture], model.name)


def _node(layer: Any, x: Any) -> Any:
    """One layer on a channels-first input."""
    from openvino import opset13 as ops

    kind = type(layer).__name__
    if kind == "Rescaling":
        return ops.add(ops.multiply(x, _per_channel(layer.scale)), _per_channel(layer.offset))
    if kind == "MaxPooling2D" and tuple(layer.pool_size) == tuple(layer.strides) == (2, 2):
        return ops.max_pool(x, [2, 2], [1, 1], [0, 0], [0, 0], [2, 2], "floor")
    if kind == "Conv2D" and layer.padding == "same" and tuple(layer.strides) == (1, 1) and layer.activation.__name__ == "relu":
        kernel, bias = layer.get_weights()
        edge = [side // 2 for side in layer.kernel_size]
        maps = ops.convolution(x, np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)), [1, 1], edge, edge, [1, 1])
        return ops.relu(ops.add(maps, _per_channel(bias)))
    raise ValueError(f"The layer {layer.name} ({kind}) has no translation; see app/engine/encoders/translation.py.")


def _per_channel(values: Any) -> Any:
    """(C,) → (1, C, 1, 1) float32; a single number goes for every channel."""
    return np.asarray(values, np.float32).reshape(1, -1, 1, 1)


def save(graph: Any, target: Path) -> None:
    """Write an `ov.Model` to `target` (.xml) and the .bin beside it, whole or not at all."""
    import openvino as ov

    draft = target.with_name(f".{target.stem}.{os.getpid()}.xml")
    ov.save_model(graph, draft, compress_to_fp16=False)
    draft.with_suffix(".bin").replace(target.with_suffix(".bin"))
    draft.replace(target)  # last: a model is there once its .xml is
