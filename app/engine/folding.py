"""Batch normalisation folded into the convolution before it: kernel · γ / √(variance + ε), and so the bias."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from app.engine.types import Floats

NORM = ("gamma", "beta", "moving_mean", "moving_variance")


def fold(kernel: Floats, norm: Mapping[str, Floats], epsilon: float, *, bias: Floats | None = None) -> tuple[Floats, Floats]:
    """Kernel and bias of the one convolution that does what both did.

    kernel: (h, w, in, out), or (h, w, channels, 1) of a depthwise one; norm: its four arrays (channels,), see NORM.
    """
    gamma, beta, mean, variance = (np.asarray(norm[part], np.float64) for part in NORM)
    factor = gamma / np.sqrt(variance + epsilon)
    scaled = kernel * (factor[:, None] if kernel.shape[3] == 1 and len(factor) == kernel.shape[2] else factor)
    before = np.zeros_like(factor) if bias is None else bias
    return np.asarray(scaled, np.float32), np.asarray((before - mean) * factor + beta, np.float32)
