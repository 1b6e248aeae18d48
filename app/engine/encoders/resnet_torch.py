"""ResNets as PyTorch stores them → this product's folded arrays: torchvision's names, cirtorch's and SOLAR's."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from app.engine.errors import WeightsError
from app.engine.folding import NORM, fold
from app.engine.types import Floats

Arrays = dict[str, Floats]
DEPTHS = {"resnet18": (2, 2, 2, 2), "resnet50": (3, 4, 6, 3), "resnet101": (3, 4, 23, 3)}
EPSILON = 1e-5  # of batch normalisation in PyTorch
# What a file calls the first convolution, its normalisation and the four stages. torchvision 0.20, cirtorch
# (github.com/filipradenovic/cnnimageretrieval-pytorch: children of the network by number), SOLAR (github.com/tonyngjichun/SOLAR).
SCHEMES = (
    ("conv1", "bn1", "layer1", "layer2", "layer3", "layer4"),
    ("features.0", "features.1", "features.4", "features.5", "features.6", "features.7"),
    ("features.conv1.0", "features.conv1.1", "features.conv2_x.2", "features.conv3_x", "features.conv4_x", "features.conv5_x"),
)
ATTENTION = {"query": "f", "key": "g"}


def from_torch(tensors: Mapping[str, Floats], family: str, *, attention: bool = False) -> Arrays:
    """Tensors by name → folded arrays, with exponent, whitening and class head where the file has them.

    attention: SOLAR's must be there. Raises WeightsError naming a tensor that is missing or of another shape.
    """
    scheme = next((one for one in SCHEMES if f"{one[0]}.weight" in tensors), None)
    if scheme is None:
        raise WeightsError(f"it has no first convolution: none of {', '.join(f'{one[0]}.weight' for one in SCHEMES)}.")
    reader = _Reader(tensors)
    width = reader.tensor(f"{scheme[0]}.weight").shape[0]
    reader.convolution("conv1", scheme[0], scheme[1], (width, 3, 7, 7))
    before = width
    for stage, count in enumerate(DEPTHS[family], 2):
        if f"{scheme[stage]}.{count}.conv1.weight" in tensors:
            raise WeightsError(f"it has more than {count} blocks in stage {stage}: it is no {family}.")
        inner = width * 2 ** (stage - 2)
        for number in range(count):
            block = f"{scheme[stage]}.{number}"
            before = _block(reader, f"conv{stage}_block{number + 1}", block, before, inner, basic=family == "resnet18")
    reader.found["layout/torch"] = np.ones(1, np.float32)
    for stage in (4, 5) if attention else ():
        _attention(reader, f"attention{stage}", f"features.soa{stage}", before // 2 if stage == 4 else before)
    return reader.found | _rest(tensors, before)


def _block(reader: _Reader, name: str, block: str, before: int, inner: int, *, basic: bool) -> int:
    """Returns the block's channels."""
    after = inner if basic else 4 * inner
    shapes = [(inner, before, 3, 3), (inner, inner, 3, 3)]
    if not basic:
        shapes = [(inner, before, 1, 1), (inner, inner, 3, 3), (after, inner, 1, 1)]
    for number, shape in enumerate(shapes, 1):
        reader.convolution(f"{name}_{number}", f"{block}.conv{number}", f"{block}.bn{number}", shape)
    first_of_stage = name.endswith("block1")
    if first_of_stage and (after != before or not name.startswith("conv2_")):
        reader.convolution(f"{name}_0", f"{block}.downsample.0", f"{block}.downsample.1", (after, before, 1, 1))
    return after


def _attention(reader: _Reader, name: str, block: str, channels: int) -> None:
    inner = reader.tensor(f"{block}.h.weight").shape[0]
    for head, theirs in ATTENTION.items():
        reader.convolution(f"{name}_{head}", f"{block}.{theirs}.0", f"{block}.{theirs}.1", (inner, channels, 1, 1))
    reader.convolution(f"{name}_value", f"{block}.h", None, (inner, channels, 1, 1))
    reader.convolution(f"{name}_last", f"{block}.v", None, (channels, inner, 1, 1))


def _rest(tensors: Mapping[str, Floats], channels: int) -> Arrays:
    """Exponent of the pooling, learned whitenings, and the class head, as far as they are there."""
    found: Arrays = {}
    if "lwhiten.weight" in tensors:  # cirtorch: at each place of the maps, before the pooling; what follows it takes its channels
        kernel, bias = _linear(tensors, "lwhiten", channels)
        found, channels = {"places/kernel": kernel[None, None], "places/bias": bias}, len(bias)
    for exponent in {"pool.p", "pool.rpool.p"} & set(tensors):  # the second of regions
        found["gem/p"] = np.asarray(tensors[exponent].reshape(-1)[:1], np.float32)
    for ours, theirs in (("projection", "whiten"), ("regions", "pool.whiten"), ("predictions", "fc")):
        if f"{theirs}.weight" in tensors:
            kernel, bias = _linear(tensors, theirs, channels)
            found |= {f"{ours}/kernel": kernel, f"{ours}/bias": bias}
    return found


def _linear(tensors: Mapping[str, Floats], name: str, channels: int) -> tuple[Floats, Floats]:
    """(channels, D) and (D,) of a linear layer. Raises WeightsError where it takes another number of channels."""
    weight = tensors[f"{name}.weight"]
    if weight.ndim != 2 or weight.shape[1] != channels or tensors[f"{name}.bias"].shape != weight.shape[:1]:
        raise WeightsError(f"{name}.weight has the shape {weight.shape}, not (…, {channels}).")
    return np.ascontiguousarray(weight.T), tensors[f"{name}.bias"]


class _Reader:
    """Takes convolutions from named tensors and folds their normalisation."""

    def __init__(self, tensors: Mapping[str, Floats]) -> None:
        self._tensors = tensors
        self.found: Arrays = {}

    def tensor(self, name: str, shape: tuple[int, ...] | None = None) -> Floats:
        if name not in self._tensors:
            raise WeightsError(f"it has no tensor {name}.")
        found = self._tensors[name]
        if shape is not None and found.shape != shape:
            raise WeightsError(f"{name} has the shape {found.shape}, not {shape}.")
        return found

    def convolution(self, layer: str, name: str, norm: str | None, shape: tuple[int, int, int, int]) -> None:
        """(out, in, h, w) of PyTorch → (h, w, in, out)."""
        kernel = self.tensor(f"{name}.weight", shape).transpose(2, 3, 1, 0)
        bias = self.tensor(f"{name}.bias", shape[:1]) if f"{name}.bias" in self._tensors else np.zeros(shape[0], np.float32)
        if norm is not None:
            theirs = [f"{norm}.{part}" for part in ("weight", "bias", "running_mean", "running_var")]
            parts = {ours: self.tensor(name, shape[:1]) for ours, name in zip(NORM, theirs, strict=True)}
            kernel, bias = fold(kernel, parts, EPSILON, bias=bias)
        self.found |= {f"{layer}/kernel": np.ascontiguousarray(kernel), f"{layer}/bias": bias}

