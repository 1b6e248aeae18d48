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
    """Keras model → `ov.Model`, outputs named by layer. Input and outputs are (N, H, W, C) float32 of any N, H and W.

    Layers: Rescaling, ZeroPadding2D, Conv2D ("valid", or "same" with stride 2 on even sides alone; ReLU or linear), MaxPooling2D
    (of 2, or of 3 with stride 2, "valid"), UpSampling2D(2, nearest), ReLU and Add. Raises ValueError at any other.
    """
    import openvino as ov
    from openvino import opset13 as ops

    picture = ops.parameter([-1, -1, -1, 3], np.float32, name="picture")
    values: dict[int, Any] = {id(model.inputs[0]): ops.transpose(picture, ops.constant([0, 3, 1, 2])).output(0)}
    for layer in model.layers[1:]:
        taken = layer.input if isinstance(layer.input, list) else [layer.input]
        values[id(layer.output)] = _node(layer, *(values[id(one)] for one in taken)).output(0)
    results = []
    for name, output in zip(model.output_names, model.outputs, strict=True):
        result = ops.result(ops.transpose(values[id(output)], ops.constant([0, 2, 3, 1])))
        result.output(0).get_tensor().set_names({name})
        results.append(result)
    return ov.Model(results, [picture], model.name)


def _node(layer: Any, x: Any, *others: Any) -> Any:
    """One layer on channels-first inputs."""
    from openvino import opset13 as ops

    kind = type(layer).__name__
    if kind == "Rescaling":
        return ops.add(ops.multiply(x, _per_channel(layer.scale)), _per_channel(layer.offset))
    if kind == "MaxPooling2D" and tuple(layer.pool_size) == tuple(layer.strides) == (2, 2):
        return ops.max_pool(x, [2, 2], [1, 1], [0, 0], [0, 0], [2, 2], "floor")
    if kind == "MaxPooling2D" and (tuple(layer.pool_size), tuple(layer.strides), layer.padding) == ((3, 3), (2, 2), "valid"):
        return ops.max_pool(x, [2, 2], [1, 1], [0, 0], [0, 0], [3, 3], "floor")
    if kind == "ZeroPadding2D":
        (top, bottom), (left, right) = layer.padding
        return ops.pad(x, [0, 0, top, left], [0, 0, bottom, right], "constant", np.float32(0))
    if kind == "ReLU" and layer.max_value is None:
        return ops.relu(x)
    if kind == "UpSampling2D" and tuple(layer.size) == (2, 2) and layer.interpolation == "nearest":
        way = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        return ops.interpolate(x, np.array([2, 2], np.float32), "nearest", "scales", axes=[2, 3], **way)
    if kind == "Add" and len(others) == 1:
        return ops.add(x, others[0])
    if kind == "Conv2D":
        return _convolution(layer, x)
    raise ValueError(f"The layer {layer.name} ({kind}) has no translation; see app/engine/encoders/translation.py.")


def _convolution(layer: Any, x: Any) -> Any:
    """With stride 2 and "same" Keras pads even sides at their end alone."""
    from openvino import opset13 as ops

    kernel, bias = layer.get_weights()
    edge = [side // 2 for side in layer.kernel_size] if layer.padding == "same" else [0, 0]
    before = edge if tuple(layer.strides) == (1, 1) else [0, 0]
    kernels = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))
    maps = ops.add(ops.convolution(x, kernels, list(layer.strides), before, edge, [1, 1]), _per_channel(bias))
    if layer.activation.__name__ not in ("relu", "linear"):
        raise ValueError(f"The layer {layer.name} has the activation {layer.activation.__name__}; only relu and linear are known.")
    return ops.relu(maps) if layer.activation.__name__ == "relu" else maps


def _per_channel(values: Any) -> Any:
    """(C,) → (1, C, 1, 1) float32; a single number goes for every channel."""
    return np.asarray(values, np.float32).reshape(1, -1, 1, 1)


def save(graph: Any, target: Path, *, half: bool = False) -> None:
    """Write an `ov.Model` to `target` (.xml) and the .bin beside it, whole or not at all; in half precision if asked."""
    import openvino as ov

    draft = target.with_name(f".{target.stem}.{os.getpid()}.xml")
    ov.save_model(graph, draft, compress_to_fp16=half)
    draft.with_suffix(".bin").replace(target.with_suffix(".bin"))
    draft.replace(target)  # last: a model is there once its .xml is
