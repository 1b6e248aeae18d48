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

    Layers: Rescaling, ZeroPadding2D, Conv2D and DepthwiseConv2D ("valid", or "same" with stride 2 on even sides alone),
    MaxPooling2D (of 2, or of 3 with stride 2, "valid"), GlobalAveragePooling2D(keepdims), UpSampling2D(2, nearest), ReLU, Add,
    Multiply and the attention's mixing. Raises ValueError at any other.
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
    if kind == "Multiply" and len(others) == 1:
        return ops.multiply(x, others[0])
    if kind == "GlobalAveragePooling2D" and layer.keepdims:
        return ops.reduce_mean(x, np.array([2, 3]), keep_dims=True)
    if kind == "SpatialMixing":
        return _mixing(x, *others)
    if kind in ("Conv2D", "DepthwiseConv2D"):
        return _convolution(layer, x)
    raise ValueError(f"The layer {layer.name} ({kind}) has no translation; see app/engine/encoders/translation.py.")


def _convolution(layer: Any, x: Any) -> Any:
    """With stride 2 and "same" Keras pads even sides by one less before than after."""
    from openvino import opset13 as ops

    kernel, bias = layer.get_weights()
    after = [side // 2 for side in layer.kernel_size] if layer.padding == "same" else [0, 0]
    before = after if tuple(layer.strides) == (1, 1) else [max(side - 1, 0) for side in after]
    place = [list(layer.strides), before, after, [1, 1]]
    if type(layer).__name__ == "DepthwiseConv2D":  # (h, w, channels, 1) → one group a channel
        maps = ops.group_convolution(x, np.ascontiguousarray(kernel.transpose(2, 3, 0, 1)[:, :, None]), *place)
    else:
        maps = ops.convolution(x, np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)), *place)
    return _activated(layer, ops.add(maps, _per_channel(bias)))


def _activated(layer: Any, maps: Any) -> Any:
    from openvino import opset13 as ops

    known = {
        "linear": lambda x: x, "relu": ops.relu, "relu6": lambda x: ops.clamp(x, 0.0, 6.0),
        "silu": ops.swish, "sigmoid": ops.sigmoid,
    }  # fmt: skip
    name = layer.activation.__name__
    if name not in known:
        raise ValueError(f"The layer {layer.name} has the activation {name}; known: {', '.join(known)}.")
    return known[name](maps)


def _mixing(query: Any, key: Any, value: Any) -> Any:
    """See attention.py; (N, D, H, W) each, places laid out in one row."""
    from openvino import opset13 as ops

    row = ops.constant([0, 0, -1])
    flat = [ops.reshape(one, row, special_zero=True) for one in (query, key, value)]
    scale = np.float32(value.get_partial_shape()[1].get_length() ** -0.5)
    weights = ops.softmax(ops.multiply(ops.matmul(flat[0], flat[1], True, False), scale), axis=-1)
    return ops.reshape(ops.matmul(flat[2], weights, False, True), ops.shape_of(value), special_zero=False)


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
