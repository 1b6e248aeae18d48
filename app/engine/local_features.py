"""Local features of one picture: RootSIFT and ORB, with their places in full-size pixels.

SIFT: Lowe, "Distinctive image features from scale-invariant keypoints", IJCV 2004.
RootSIFT: Arandjelović & Zisserman, "Three things everyone should know to improve object retrieval", CVPR 2012, section 3.
ORB: Rublee et al., "ORB: an efficient alternative to SIFT or SURF", ICCV 2011.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from app.engine.images import resize
from app.engine.types import Bytes, Floats, Image

# RootSIFT entries are the roots of a distribution over 128 bins, 0.088 on average. 512 steps per unit fill a byte: the largest of
# the 86 million entries of 1,003 paintings is 191 of 255, so nothing saturates.
ROOTSIFT_SCALE = 512.0

# OpenCV doubles a picture by bilinear `resize` before it looks for SIFT features (x → 2x + ½) and halves their places alone.
# Its own remedy, `enable_precise_upscale`, found a tenth fewer inliers on painted pictures.
SIFT_SHIFT = 0.25


@dataclass(frozen=True)
class LocalFeatures:
    """Strongest first. `keypoints`: (n, 4) float32 x, y, size, angle°; `descriptors`: uint8 (n, 128) RootSIFT or (n, 32) ORB."""

    keypoints: Floats
    descriptors: Bytes

    def __len__(self) -> int:
        return len(self.keypoints)

    @property
    def points(self) -> Floats:
        """(n, 2) float32 places in full-size pixels."""
        return self.keypoints[:, :2]


def root_sift(image: Image, *, count: int, long_side: int, contrast: float = 0.02) -> LocalFeatures:
    """The `count` strongest RootSIFT features of an RGB picture, found at `long_side` pixels (never enlarged).

    A picture without texture has none: arrays of length 0. `contrast` is OpenCV's contrastThreshold; 0.02 (half of Lowe's) keeps
    features in dark varnish.
    """
    detector = cv2.SIFT.create(nfeatures=count, contrastThreshold=contrast)
    keypoints, raw = _detect(detector, image, long_side)
    if raw is None:
        return LocalFeatures(np.zeros((0, 4), np.float32), np.zeros((0, 128), np.uint8))
    order = _strongest(keypoints, count)
    descriptors = quantise(to_root(np.asarray(raw[order], np.float32)))
    return LocalFeatures(_places(keypoints, order, image, long_side, SIFT_SHIFT), descriptors)


def orb(image: Image, *, count: int, long_side: int) -> LocalFeatures:
    """The `count` strongest ORB features of an RGB picture, found at `long_side` pixels (never enlarged)."""
    keypoints, raw = _detect(cv2.ORB.create(nfeatures=count), image, long_side)
    if raw is None:
        return LocalFeatures(np.zeros((0, 4), np.float32), np.zeros((0, 32), np.uint8))
    order = _strongest(keypoints, count)
    return LocalFeatures(_places(keypoints, order, image, long_side), np.asarray(raw[order], np.uint8))


def to_root(sift: Floats) -> Floats:
    """(n, 128) SIFT, any scale → (n, 128) RootSIFT, rows of unit L2 norm: L1-normalise, then take the root."""
    return np.asarray(np.sqrt(sift / np.maximum(sift.sum(axis=1, keepdims=True), 1e-12)), np.float32)


def quantise(descriptors: Floats) -> Bytes:
    """(n, 128) float32 RootSIFT in [0, 1] → uint8, `ROOTSIFT_SCALE` steps per unit, saturating."""
    return np.asarray(np.minimum(np.rint(descriptors * ROOTSIFT_SCALE), 255), np.uint8)


def as_unit(descriptors: Bytes) -> Floats:
    """(n, 128) uint8 RootSIFT → float32, rows of unit L2 norm again."""
    rows = descriptors.astype(np.float32)
    norms = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return np.asarray(rows / norms, np.float32)


def _detect(detector: cv2.Feature2D, image: Image, long_side: int) -> tuple[Sequence[cv2.KeyPoint], npt.NDArray[np.generic] | None]:
    grey = cv2.cvtColor(resize(image, long_side), cv2.COLOR_RGB2GRAY)
    keypoints, raw = detector.detectAndCompute(grey, None)
    return keypoints, raw if len(keypoints) else None


def _strongest(keypoints: Sequence[cv2.KeyPoint], count: int) -> npt.NDArray[np.intp]:
    responses = np.array([k.response for k in keypoints], np.float32)
    return np.argsort(-responses, kind="stable")[:count]


def _places(
    keypoints: Sequence[cv2.KeyPoint], order: npt.NDArray[np.intp], image: Image, long_side: int, shift: float = 0.0
) -> Floats:
    """Places in full-size pixels. Pixel centres lie at halves, hence the shift by ½ before and after scaling.

    shift: by which the detector's places lie too far right and down.
    """
    factor = max(1.0, max(image.shape[:2]) / long_side)
    rows = np.array([(*keypoints[i].pt, keypoints[i].size, keypoints[i].angle) for i in order], np.float32)
    rows[:, :2] = (rows[:, :2] - shift + 0.5) * factor - 0.5
    rows[:, 2] *= factor
    return rows
