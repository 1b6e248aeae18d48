"""Convolutions and blocks written as their papers have them, in loops and einsum: what the networks are held to."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from app.engine.types import Floats

Tensors = Mapping[str, Floats]


def convolved(maps: Floats, kernel: Floats, stride: int, before: int, after: int) -> Floats:
    """(H, W, C) by PyTorch's (out, in, h, w), or (C, 1, h, w) of a depthwise one."""
    padded = np.pad(maps.astype(np.float64), ((before, after), (before, after), (0, 0)))
    side, depthwise = kernel.shape[2], kernel.shape[1] == 1 and kernel.shape[0] == maps.shape[2]
    height, width = ((length - side) // stride + 1 for length in padded.shape[:2])
    total = np.zeros((height, width, kernel.shape[0]))
    for down in range(side):
        for across in range(side):
            seen = padded[down : down + stride * (height - 1) + 1 : stride, across : across + stride * (width - 1) + 1 : stride]
            cell = kernel[:, :, down, across]
            total += seen * cell[:, 0] if depthwise else seen @ cell.T
    return total


def normed(maps: Floats, tensors: Tensors, name: str, epsilon: float) -> Floats:
    """Batch normalisation as it stands in Ioffe & Szegedy, ICML 2015, with the statistics of training."""
    mean, variance = tensors[f"{name}.running_mean"], tensors[f"{name}.running_var"]
    scaled = (maps - mean) / np.sqrt(variance + epsilon)
    return np.asarray(scaled * tensors[f"{name}.weight"] + tensors[f"{name}.bias"])


def norm(name: str, channels: int, generator: np.random.Generator) -> dict[str, Floats]:
    """A normalisation that does something."""
    return {
        f"{name}.weight": generator.uniform(0.5, 1.5, channels), f"{name}.bias": generator.normal(0, 0.1, channels),
        f"{name}.running_mean": generator.normal(0, 0.1, channels), f"{name}.running_var": generator.uniform(0.5, 1.5, channels),
    }  # fmt: skip


def kernel(name: str, shape: tuple[int, int, int, int], generator: np.random.Generator) -> dict[str, Floats]:
    """(out, in, h, w), by He's initialisation."""
    return {f"{name}.weight": generator.normal(size=shape) * np.sqrt(2 / np.prod(shape[1:]))}
