"""DISK, XFeat, ALIKED and LightGlue as OpenVINO graphs, made of the arrays of their authors' checkpoints.

DISK: Tyszkiewicz, Fua, Trulls, "DISK: learning local features with policy gradient", NeurIPS 2020.
XFeat: Potje et al., "XFeat: accelerated features for lightweight image matching", CVPR 2024.
ALIKED: Zhao et al., "ALIKED: a lighter keypoint and descriptor extraction network via deformable transformation", IEEE TIM 2023.
LightGlue: Lindenberger, Sarlin, Pollefeys, "LightGlue: local feature matching at light speed", ICCV 2023.
Tensors are (N, C, H, W); a graph takes any height and width that are multiples of what its docstring says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import openvino as ov
import openvino.opset13 as op

from app.engine.types import Floats

Arrays = Mapping[str, Floats]
Node = Any
EPSILON = 1e-5  # PyTorch's of batch and instance norms


def _constant(array: Any) -> Node:
    return op.constant(np.ascontiguousarray(array, np.float32))


def _spread(vector: Floats) -> Node:
    """(C,) → (1, C, 1, 1), to be added to or multiplied with a map."""
    return _constant(np.asarray(vector).reshape(1, -1, 1, 1))


def _conv(x: Node, kernel: Floats, bias: Floats | None = None, *, stride: int = 1, pad: int | None = None) -> Node:
    pad = kernel.shape[-1] // 2 if pad is None else pad
    out = op.convolution(x, _constant(kernel), [stride] * 2, [pad] * 2, [pad] * 2, [1, 1])
    return out if bias is None else op.add(out, _spread(bias))


def _pool(x: Node, side: int) -> Node:
    return op.avg_pool(x, [side] * 2, [0, 0], [0, 0], [side] * 2, True)


def _enlarged(x: Node, factor: int, *, corners: bool) -> Node:
    scales = op.constant(np.array([factor, factor], np.float32))
    mode = "align_corners" if corners else "half_pixel"
    return op.interpolate(
        x, scales, "linear_onnx", "scales", coordinate_transformation_mode=mode, axes=op.constant(np.array([2, 3], np.int64))
    )


def _selu(x: Node) -> Node:
    return op.selu(x, op.constant(np.float32(1.6732632423543772)), op.constant(np.float32(1.0507009873554805)))


def _folded(arrays: Arrays, name: str) -> tuple[Floats, Floats]:
    """Factor and summand (C,) of a batch norm in use."""
    factor = 1 / np.sqrt(arrays[f"{name}.running_var"] + EPSILON)
    if f"{name}.weight" in arrays:
        factor = factor * arrays[f"{name}.weight"]
    return factor, arrays.get(f"{name}.bias", np.float32(0)) - arrays[f"{name}.running_mean"] * factor


def _unit(x: Node, axis: int) -> Node:
    return op.normalize_l2(x, op.constant(np.array([axis], np.int64)), 1e-12, "max")


def disk(arrays: Arrays) -> ov.Model:
    """RGB in 0…1, sides multiples of 16 → (1, 129, H, W): 128 of the descriptor, then the score. A U-Net of 5 × 5 convolutions."""

    def block(x: Node, name: str) -> Node:
        normal = op.mvn(x, op.constant(np.array([2, 3], np.int64)), True, EPSILON, "inside_sqrt")
        bent = op.prelu(normal, _constant(arrays[f"{name}.1.weight"]))
        return _conv(bent, arrays[f"{name}.3.weight"], arrays[f"{name}.3.bias"])

    picture = op.parameter([1, 3, -1, -1], np.float32, "picture")
    maps = [picture, _conv(picture, arrays["unet.path_down.0.1.3.weight"], arrays["unet.path_down.0.1.3.bias"])]
    for level in range(1, 5):
        maps.append(block(_pool(maps[-1], 2), f"unet.path_down.{level}.1"))
    x = maps.pop()
    for level in range(4):
        x = block(op.concat([_enlarged(x, 2, corners=False), maps.pop()], 1), f"unet.path_up.{level}.conv")
    return ov.Model([x], [picture], "disk")


def xfeat(arrays: Arrays) -> ov.Model:
    """Grey, sides multiples of 32 → descriptors (1, 64, H/8, W/8), corners (1, 65, …) as shares, reliability (1, 1, …)."""

    def layer(x: Node, name: str, stride: int = 1) -> Node:
        factor, summand = _folded(arrays, f"{name}.layer.1")
        kernel = arrays[f"{name}.layer.0.weight"] * factor[:, None, None, None]
        return op.relu(_conv(x, kernel, summand, stride=stride))

    def block(x: Node, name: str, strides: tuple[int, ...]) -> Node:
        for index, stride in enumerate(strides):
            x = layer(x, f"{name}.{index}", stride)
        return x

    def last(x: Node, name: str) -> Node:
        return _conv(x, arrays[f"{name}.weight"], arrays[f"{name}.bias"])

    picture = op.parameter([1, 1, -1, -1], np.float32, "picture")
    x = op.mvn(picture, op.constant(np.array([2, 3], np.int64)), True, EPSILON, "inside_sqrt")
    skipped = last(_pool(x, 4), "skip1.1")
    x2 = block(op.add(block(x, "block1", (1, 2, 1, 2)), skipped), "block2", (1, 1))
    x3 = block(x2, "block3", (2, 1, 1))
    x4 = block(x3, "block4", (2, 1, 1))
    x5 = block(x4, "block5", (2, 1, 1, 1))
    fused = op.add(op.add(x3, _enlarged(x4, 2, corners=False)), _enlarged(x5, 4, corners=False))
    features = last(block(fused, "block_fusion", (1, 1)), "block_fusion.2")
    reliable = op.sigmoid(last(block(features, "heatmap_head", (1, 1)), "heatmap_head.2"))
    cells = op.space_to_depth(x, "blocks_first", 8)
    corners = last(block(cells, "keypoint_head", (1, 1, 1)), "keypoint_head.3")
    return ov.Model([_unit(features, 1), op.softmax(corners, 1), reliable], [picture], "xfeat")


def aliked(arrays: Arrays) -> ov.Model:
    """RGB in 0…1, sides multiples of 32 → unit features (1, C, H, W), scores (1, 1, H, W)."""

    def conv(x: Node, name: str, norm: str) -> Node:
        factor, summand = _folded(arrays, norm)
        if f"{name}.weight" in arrays:
            return _conv(x, arrays[f"{name}.weight"] * factor[:, None, None, None], summand)
        sides = op.slice(op.shape_of(x), *(op.constant(np.array([n], np.int64)) for n in (2, 4, 1)))
        size = op.convert(op.reduce_max(sides, op.constant(np.array([0], np.int64))), "f32")
        limit = op.multiply(size, op.constant(np.float32(0.25)))
        offsets = _conv(x, arrays[f"{name}.offset_conv.weight"], arrays[f"{name}.offset_conv.bias"])
        offsets = op.maximum(op.minimum(offsets, limit), op.negative(limit))
        kernel = arrays[f"{name}.regular_conv.weight"] * factor[:, None, None, None]
        zero = op.multiply(op.split(offsets, op.constant(1), 2).output(0), op.constant(np.float32(0)))
        every = op.add(zero, op.constant(np.float32(1)))  # the operation wants a mask; ALIKED has none
        bent = op.deformable_convolution(
            x, offsets, _constant(kernel), [1, 1], [1, 1], [1, 1], [1, 1], every, "EXPLICIT", 1, 1, bilinear_interpolation_pad=True
        )
        return op.add(bent, _spread(summand))

    def residual(x: Node, name: str) -> Node:
        out = conv(_selu(conv(x, f"{name}.conv1", f"{name}.bn1")), f"{name}.conv2", f"{name}.bn2")
        return _selu(op.add(out, _conv(x, arrays[f"{name}.downsample.weight"], arrays[f"{name}.downsample.bias"])))

    picture = op.parameter([1, 3, -1, -1], np.float32, "picture")
    x1 = _selu(conv(_selu(conv(picture, "block1.conv1", "block1.bn1")), "block1.conv2", "block1.bn2"))
    x2 = residual(_pool(x1, 2), "block2")
    x3 = residual(_pool(x2, 4), "block3")
    x4 = residual(_pool(x3, 4), "block4")
    parts = [_selu(_conv(x, arrays[f"conv{n}.weight"])) for n, x in enumerate((x1, x2, x3, x4), 1)]
    factors = dict(enumerate((2, 8, 32), 1))
    large = [_enlarged(part, factors[n], corners=True) if n else part for n, part in enumerate(parts)]
    whole = op.concat(large, 1)
    score = whole
    for index in (0, 2, 4, 6):
        score = _conv(score, arrays[f"score_head.{index}.weight"], arrays.get(f"score_head.{index}.bias"))
        score = op.sigmoid(score) if index == 6 else _selu(score)
    return ov.Model([_unit(whole, 1), score], [picture], "aliked")


def lightglue(arrays: Arrays, *, heads: int) -> ov.Model:
    """Points (n, 2), (m, 2) in −1…1 of the longer side and descriptors (n, D), (m, D) → (n, m) log-probabilities of a pair."""
    wide = arrays["transformers.0.self_attn.out_proj.weight"].shape[0]
    layers = 1 + max(int(name.split(".")[1]) for name in arrays if name.startswith("transformers."))
    side = wide // heads

    def linear(x: Node, name: str, rows: Any = slice(None), factor: float = 1.0) -> Node:
        out = op.matmul(x, _constant(arrays[f"{name}.weight"][rows] * factor), False, True)
        return op.add(out, _constant(arrays[f"{name}.bias"][rows] * factor)) if f"{name}.bias" in arrays else out

    def split(x: Node) -> Node:
        """(n, D) → (heads, n, D / heads)"""
        return op.transpose(op.reshape(x, op.constant([0, heads, side]), True), op.constant([1, 0, 2]))

    def join(x: Node) -> Node:
        return op.reshape(op.transpose(x, op.constant([1, 0, 2])), op.constant([-1, wide]), False)

    def encoding(points: Node) -> tuple[Node, Node]:
        turned = np.repeat(arrays["posenc.Wr.weight"], 2, axis=0)
        angles = op.matmul(points, _constant(turned), False, True)
        return op.cos(angles), op.sin(angles)

    half = np.zeros((side, side), np.float32)  # x → (−x₂, x₁, −x₄, x₃, …) as a matrix
    for pair in range(0, side, 2):
        half[pair + 1, pair], half[pair, pair + 1] = -1, 1

    def rotary(x: Node, code: tuple[Node, Node]) -> Node:
        return op.add(op.multiply(x, code[0]), op.multiply(op.matmul(x, _constant(half), False, False), code[1]))

    def feed(x: Node, message: Node, name: str) -> Node:
        y = linear(op.concat([x, message], 1), f"{name}.ffn.0")
        y = op.mvn(y, op.constant(np.array([1], np.int64)), True, EPSILON, "inside_sqrt")
        y = op.add(op.multiply(y, _constant(arrays[f"{name}.ffn.1.weight"])), _constant(arrays[f"{name}.ffn.1.bias"]))
        return op.add(x, linear(op.gelu(y, "erf"), f"{name}.ffn.3"))

    def attend(q: Node, k: Node, v: Node) -> Node:
        return op.matmul(op.softmax(op.matmul(q, k, False, True), 2), v, False, False)

    def own(x: Node, code: tuple[Node, Node], name: str) -> Node:
        q, k, v = (split(linear(x, f"{name}.Wqkv", slice(n, None, 3), side**-0.5 if n == 0 else 1.0)) for n in range(3))
        return feed(x, linear(join(attend(rotary(q, code), rotary(k, code), v)), f"{name}.out_proj"), name)

    def cross(a: Node, b: Node, name: str) -> tuple[Node, Node]:
        qa, qb = (split(linear(x, f"{name}.to_qk", factor=side**-0.25)) for x in (a, b))
        va, vb = (split(linear(x, f"{name}.to_v")) for x in (a, b))
        ma, mb = attend(qa, qb, vb), attend(qb, qa, va)
        return tuple(feed(x, linear(join(m), f"{name}.to_out"), name) for x, m in ((a, ma), (b, mb)))

    deep = arrays["input_proj.weight"].shape[1] if "input_proj.weight" in arrays else wide
    inputs = [op.parameter([-1, size], np.float32, name) for name, size in (("pa", 2), ("pb", 2), ("da", deep), ("db", deep))]
    codes = encoding(inputs[0]), encoding(inputs[1])
    a, b = (linear(x, "input_proj") if "input_proj.weight" in arrays else x for x in inputs[2:])
    for layer in range(layers):
        name = f"transformers.{layer}"
        a, b = own(a, codes[0], f"{name}.self_attn"), own(b, codes[1], f"{name}.self_attn")
        a, b = cross(a, b, f"{name}.cross_attn")
    head = f"log_assignment.{layers - 1}"
    pa, pb = (linear(x, f"{head}.final_proj", factor=wide**-0.25) for x in (a, b))
    similar = op.matmul(pa, pb, False, True)
    sure = [op.log(op.sigmoid(linear(x, f"{head}.matchability"))) for x in (a, b)]
    either = op.add(sure[0], op.transpose(sure[1], op.constant([1, 0])))
    total = op.add(op.add(op.log_softmax(similar, 1), op.log_softmax(similar, 0)), either)
    return ov.Model([total], inputs, "lightglue")
