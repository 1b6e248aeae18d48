"""The class head of VGG16-CAM in plain numpy: what the trunk's last maps say of classes, without a second network.

Zhou, Khosla, Lapedriza, Oliva & Torralba, "Learning deep features for discriminative localization", CVPR 2016.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.engine.encoders import pooling
from app.engine.types import Floats, Ints
from app.engine.weights import Arrays


@dataclass(frozen=True)
class ClassView:
    """A picture as the class head sees it: `features` (h, w, K) before the averaging, `weights` (K, classes)."""

    features: Floats
    weights: Floats

    def best(self, count: int) -> tuple[Ints, Floats]:
        """The most probable classes and their probabilities, scaled to a sum of 1."""
        logits = self.features.mean(axis=(0, 1)) @ self.weights
        classes = pooling.most_probable(logits, count)
        odds = np.exp(logits[classes] - logits[classes[0]])
        return classes, np.asarray(odds / odds.sum(), np.float32)


@dataclass(frozen=True)
class ClassRows:
    """A picture pooled by every class of a head.

    `rows` (classes, C) of unit length, zero where a class has no evidence; `order` (classes,): the most probable class first.
    """

    rows: Floats
    order: Ints


def cam_features(features: Floats, head: Arrays) -> Floats:
    """(h, w, C) maps of block5_conv3 → (h, w, K): the head's 3×3 convolution (zero-padded) and ReLU."""
    kernel = head["cam_conv/kernel"]
    height, width, channels = features.shape
    padded = np.pad(features, ((1, 1), (1, 1), (0, 0)))
    total = np.zeros((height * width, kernel.shape[3]), np.float32)
    for down in range(3):  # a product for each cell of the kernel: faster than one with all windows laid out, nine times as large
        for across in range(3):
            shifted = padded[down : down + height, across : across + width]
            total += np.ascontiguousarray(shifted).reshape(-1, channels) @ kernel[down, across]
    return np.maximum(total + head["cam_conv/bias"], 0, dtype=np.float32).reshape(height, width, -1)


def class_logits(cam: Floats, head: Arrays) -> Floats:
    """(h, w, K) → (classes,): global average pooling and the linear layer, which has no bias (Zhou et al. 2016, section 2)."""
    return np.asarray(cam.mean(axis=(0, 1)) @ head["classes/kernel"], np.float32)
