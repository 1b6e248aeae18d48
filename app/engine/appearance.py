"""Does the photo *look* like the reference where the homography lays it? Geometry alone takes a shared frame for a shared picture.

Two paintings in frames from one moulding agree in hundreds of ornament corners; a drawing and the painting made after it agree
in their outlines. Compared on a coarse grid, the inside of the picture tells them apart.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from app.engine.types import Bytes, Image

GRID = 32  # cells a side of the stored thumbnail: 3 KB a picture, and an error of the homography of 1 % moves no cell
MARGIN = GRID // 6  # cells left out on every side: frames and passe-partouts
SIGMA = 2.5  # cells; of the Gaussian that is taken away, so that a gradient of the light is no difference
MIN_CELLS = 40  # seen cells below which nothing is said
FAINT = 0.1  # share of colour that noise and a white balance give a grey picture


def thumbnail(image: Image) -> Bytes:
    """The picture as (GRID, GRID, 3) uint8 RGB means of cells; its shape is given up, as the homography restores it."""
    return np.asarray(cv2.resize(image, (GRID, GRID), interpolation=cv2.INTER_AREA), np.uint8)


class Looks(NamedTuple):
    """How alike photo and reference look inside the picture."""

    agreement: float  # normalised cross-correlation of the local lightness, −1…1
    colour: float  # 0…1: the smaller over the larger of their shares of colour, 1 where both are as colourful


UNSEEN = Looks(0.0, 0.0)


def compare(photo: Image, reference: Bytes, homography: npt.NDArray[np.float64], reference_size: tuple[int, int]) -> Looks:
    """Lay the photo into the reference's frame and compare them cell by cell; `UNSEEN` where too little of it is in the photo.

    photo: RGB (H, W, 3); reference: its `thumbnail`; reference_size: its (width, height) in pixels; homography: its pixels →
    photo pixels.
    """
    fine = 4 * GRID  # sampled finer than the grid and then averaged, so that a small region does not alias
    to_grid = np.linalg.inv(homography @ np.diag([reference_size[0] / fine, reference_size[1] / fine, 1.0]))
    laid = np.asarray(cv2.warpPerspective(photo, to_grid, (fine, fine), flags=cv2.INTER_LINEAR), np.uint8)
    inside = cv2.warpPerspective(np.full(photo.shape[:2], 255, np.uint8), to_grid, (fine, fine), flags=cv2.INTER_NEAREST)
    seen = np.asarray(cv2.resize(inside, (GRID, GRID), interpolation=cv2.INTER_AREA), np.uint8) > 250
    seen[:MARGIN] = seen[-MARGIN:] = seen[:, :MARGIN] = seen[:, -MARGIN:] = False
    if seen.sum() < MIN_CELLS:
        return UNSEEN
    ours, theirs = local_colour(thumbnail(laid))[seen], local_colour(reference)[seen]
    return Looks(correlation(ours[:, 0], theirs[:, 0]), colour_agreement(ours, theirs))


def local_colour(thumb: Bytes) -> npt.NDArray[np.float32]:
    """(GRID, GRID, 3) float32: CIE L*a*b* (8-bit scale) of each cell less its Gaussian surroundings."""
    lab = cv2.cvtColor(thumb, cv2.COLOR_RGB2LAB).astype(np.float32)
    return (lab - cv2.GaussianBlur(lab, (0, 0), SIGMA)).astype(np.float32)


def correlation(first: npt.NDArray[np.float32], second: npt.NDArray[np.float32]) -> float:
    """Of two (n,) signals about zero; 0 where one of them is nothing."""
    energy = float(first @ first) * float(second @ second)
    return float(first @ second) / math.sqrt(max(energy, 1e-6))


def colour_agreement(first: npt.NDArray[np.float32], second: npt.NDArray[np.float32]) -> float:
    """How alike two (n, 3) local L*a*b* are in their shares of colour: a drawing has a painting's lines and not its colours.

    Shares, not amounts: a dark photo loses both contrast and colour.
    """
    ours, theirs = (share_of_colour(cells) + FAINT for cells in (first, second))
    return float(min(ours, theirs) / max(ours, theirs))


def share_of_colour(cells: npt.NDArray[np.float32]) -> float:
    """Energy of a* and b* over that of L*, as a ratio of amplitudes; (n, 3) local L*a*b*."""
    lightness, colour = float(np.square(cells[:, 0]).sum()), float(np.square(cells[:, 1:]).sum())
    return math.sqrt(colour / (lightness + 1.0))
