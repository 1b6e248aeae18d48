"""A closer look at parts of a photo that the first look could not explain: each rectified, enlarged, its contrast equalised.

SIFT is made for changes of scale and turn, not for slanting views (Mikolajczyk et al., "A comparison of affine region detectors",
IJCV 2005): on a picture that was rectified first it finds what it finds from the front. Equalisation (CLAHE: Zuiderveld, Graphics
Gems IV, 1994) brings features of a dark room above the detector's contrast threshold.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from cv2.typing import MatLike

from app.engine import detection
from app.engine.local_features import LocalFeatures, root_sift
from app.engine.types import Floats, Image, Match

SIDE = 800  # pixels of the long side of a rectified part
COUNT = 900  # features of a part
CLIP, TILES = 3.0, 8  # of the equalisation; OpenCV's usual tiles
EXPLAINED = 0.5  # share of a quadrilateral that a verified match must cover


def unexplained(quads: Sequence[Floats], matches: Sequence[Match]) -> list[Floats]:
    """The quadrilaterals (4, 2) that no verified match covers."""
    regions = [match.region for match in matches if match.verified and match.region is not None]
    return [quad for quad in quads if all(detection.overlap(quad, region) < EXPLAINED for region in regions)]


def features(photo: Image, quads: Sequence[Floats]) -> LocalFeatures:
    """RootSIFT of the rectified quadrilaterals, and of the whole photo where there is none; places in photo pixels."""
    whole = [_whole(photo)] if not quads else []
    found = [_part(photo, quad) for quad in quads] + whole
    return together(found)


def together(parts: Sequence[LocalFeatures]) -> LocalFeatures:
    """All features of all parts."""
    return LocalFeatures(
        np.concatenate([part.keypoints for part in parts]), np.concatenate([part.descriptors for part in parts])
    )


def _whole(photo: Image) -> LocalFeatures:
    return root_sift(equalised(photo), count=2 * COUNT, long_side=2 * SIDE)


def _part(photo: Image, quad: Floats) -> LocalFeatures:
    matrix, size = detection.rectification(quad, long_side=SIDE, enlarge=True)
    upright = np.asarray(cv2.warpPerspective(photo, matrix, size, flags=cv2.INTER_CUBIC), np.uint8)
    local = root_sift(equalised(upright), count=COUNT, long_side=SIDE)
    return LocalFeatures(_back(local.keypoints, np.linalg.inv(matrix)), local.descriptors)


def _back(keypoints: Floats, matrix: MatLike) -> Floats:
    """(n, 4) x, y, size, angle with x and y through a homography; sizes and angles stay those of the rectified part."""
    if not len(keypoints):
        return keypoints
    moved = keypoints.copy()
    moved[:, :2] = cv2.perspectiveTransform(keypoints[None, :, :2].astype(np.float64), matrix)[0]
    return moved


def equalised(image: Image) -> Image:
    """RGB with the contrast of its lightness equalised tile by tile."""
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(CLIP, (TILES, TILES)).apply(lab[..., 0])
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), np.uint8)
