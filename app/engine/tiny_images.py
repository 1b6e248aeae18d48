"""Tiny images: the 32×32 thumbnail of a picture as its descriptor, compared with what the outlines in a photo enclose.

Torralba, Fergus & Freeman, "80 million tiny images", PAMI 2008: a colour picture of 32×32 pixels still tells what it shows, and
normalised cross-correlation finds it again. It needs the picture upright and cut out, which outlines give; light, noise and blur,
which take local features away, are averaged out of a cell. So it finds what has no texture, or has lost it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from app.engine.appearance import GRID, SIGMA, thumbnail
from app.engine.types import Bytes, Floats, Image

# Shares of a side by which an outline is drawn in: frames and passe-partouts of unknown width lie between it and the picture.
INSETS = (0.0, 0.05, 0.12, 0.2)
TURNS = 4  # quarter turns: which side of a picture is up is not seen from its outline
FINE = 4 * GRID  # sampled finer than the grid and then averaged, so that a small region does not alias
LOCAL_MARGIN, LOCAL_POOL = 5, 2  # cells left out on every side, cells averaged: what differs from its surroundings
WHOLE_MARGIN, WHOLE_POOL = 4, 3  # the same of the picture's whole layout of light and colour
WHOLE_SIGMA = 1.0  # cells
CHROMA = np.array([1, 2, 2], np.float32)  # weight of a* and b* in the layout: painters' darks differ in hue more than in lightness
FAINTEST = 0.5  # steps of 8-bit L*a*b*, root mean square: below, a half is no picture but rounding, and stays small
BLOCK = 8192  # pictures that are compared, or 1/8 of them described, at once

DIM = 3 * (((GRID - 2 * LOCAL_MARGIN) // LOCAL_POOL) ** 2 + ((GRID - 2 * WHOLE_MARGIN) // WHOLE_POOL) ** 2)


def _blur(sigma: float) -> Floats:
    """(GRID, GRID): a Gaussian along one side, mirrored at its ends, as a matrix."""
    kernel = cv2.getGaussianKernel(2 * round(4 * sigma) + 1, sigma, cv2.CV_32F)
    return np.asarray(cv2.sepFilter2D(np.eye(GRID, dtype=np.float32), -1, np.ones(1, np.float32), kernel), np.float32)


def _pool(margin: int, size: int) -> Floats:
    """(S, GRID): means of `size` cells, `margin` cells left out at both ends."""
    rows = np.zeros(((GRID - 2 * margin) // size, GRID), np.float32)
    for row, start in enumerate(range(margin, GRID - margin - size + 1, size)):
        rows[row, start : start + size] = 1 / size
    return rows


_LOCAL, _AROUND = _pool(LOCAL_MARGIN, LOCAL_POOL), _pool(LOCAL_MARGIN, LOCAL_POOL) @ _blur(SIGMA)
_WHOLE = _pool(WHOLE_MARGIN, WHOLE_POOL) @ _blur(WHOLE_SIGMA)


def describe(thumbs: Bytes) -> Floats:
    """(n, GRID, GRID, 3) uint8 RGB → (n, DIM) float32 of unit length, less where there is hardly anything to see.

    Half of it is each cell's L*a*b* less its Gaussian surroundings, half the blurred L*a*b* less its mean: the cosine of two
    descriptors is the mean of two normalised cross-correlations, so that neither a gain nor an offset of the light counts.
    Both are linear along rows and columns, hence matrices.
    """
    found = np.empty((len(thumbs), DIM), np.float32)
    for start in range(0, len(thumbs), BLOCK // 8):
        found[start : start + BLOCK // 8] = _joined(*_halves(thumbs[start : start + BLOCK // 8]))
    return found


def views(photo: Image, quads: Sequence[Floats]) -> Floats:
    """What each outline (4, 2) and the whole photo may show, drawn in by `INSETS` and in every quarter turn.

    ((outlines + 1) · insets · turns, DIM), turns within insets within outlines, the whole photo last.
    """
    height, width = photo.shape[:2]
    whole = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    halves = _halves(np.stack([enclosed(photo, quad, inset) for quad in (*quads, whole) for inset in INSETS]))
    turned = [_joined(*(np.rot90(half, turn, axes=(1, 2)) for half in halves)) for turn in range(TURNS)]
    return np.stack(turned, axis=1).reshape(-1, DIM)


def enclosed(photo: Image, quad: Floats, inset: float) -> Bytes:
    """What a quadrilateral from top left clockwise encloses, drawn in on every side, as a thumbnail."""
    out = inset / (1 - 2 * inset) * FINE  # where the outline's own corners lie, beside the thumbnail's
    low, high = -out, FINE + out
    target = np.array([(low, low), (high, low), (high, high), (low, high)], np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
    return thumbnail(np.asarray(cv2.warpPerspective(photo, matrix, (FINE, FINE), flags=cv2.INTER_LINEAR), np.uint8))


def best(queries: Floats, gallery: Floats) -> Floats:
    """(P,) float32: of each row of a gallery (P, DIM) the best cosine with one of (n, DIM) queries."""
    found = np.empty(len(gallery), np.float32)
    for start in range(0, len(gallery), BLOCK):
        found[start : start + BLOCK] = (gallery[start : start + BLOCK] @ queries.T).max(axis=1)
    return found


def _halves(thumbs: Bytes) -> tuple[Floats, Floats]:
    """What is local and what is whole, (n, S, S, 3) each; either turns with the picture."""
    tall = np.ascontiguousarray(thumbs).reshape(-1, GRID, 3)
    lab = cv2.cvtColor(tall, cv2.COLOR_RGB2LAB).astype(np.float32).reshape(thumbs.shape)
    whole = _both_ways(_WHOLE, lab)
    return _both_ways(_LOCAL, lab) - _both_ways(_AROUND, lab), (whole - whole.mean(axis=(1, 2), keepdims=True)) * CHROMA


def _both_ways(matrix: Floats, cells: Floats) -> Floats:
    """(S, GRID) along rows and along columns of (n, GRID, GRID, 3): (n, S, S, 3)."""
    return np.asarray(np.einsum("sy,nyxc,tx->nstc", matrix, cells, matrix, optimize=True), np.float32)


def _joined(*halves: Floats) -> Floats:
    """(n, DIM) of (n, S, S, 3) arrays, each of them of equal weight."""
    rows = [half.reshape(len(half), -1) for half in halves]
    units = [row / np.maximum(np.linalg.norm(row, axis=1), FAINTEST * math.sqrt(row.shape[1]))[:, None] for row in rows]
    return np.asarray(np.concatenate(units, axis=1) / math.sqrt(len(units)), np.float32)
