"""Photos of screens: are there moiré stripes, and if so, take them out.

A screen's pixel is three stripes, red, green and blue, side by side. Where they beat with the camera's grid, the same wave runs
through the three channels, each a third of a period behind the other: a coloured band whose mean over the channels is even.
Nothing painted does that over many periods, so the wave is told from canvas and patterns by its turning phase, and taken out
by keeping lightness as the mean of the channels' logarithms (light is multiplied by stripes, not added to).
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from app.engine.types import Floats, Image

TILE = 384  # pixels a side of the middle that is looked at: five periods of the longest band
LONGEST, SHORTEST = 72.0, 4.0  # pixels of a band
TURNING = 4.0  # times the power of the grey wave of one frequency, from which a wave is a turning one
PEAK = 16.0  # times the mean power of the frequencies about it, from which a wave is a band (docs/pictures.md)
FAINTEST = 0.01  # depth of a band, as a share of the light
AROUND = 33  # frequencies a side
DARK = 4.0  # grey levels added before the logarithm, so that noise in the dark stays small
COLOUR_SIGMA, GREY_SIGMA = 8.0, 1.5  # pixels; of what is blurred: colour by more than a band, lightness by less than a brush stroke


def turning_peak(image: Image) -> float:
    """How far the strongest turning wave in the middle of the photo stands out of the frequencies about it; 0 without one."""
    middle = _middle(image)
    red, green, blue = (_spectrum(np.ascontiguousarray(middle[..., channel])) for channel in range(3))
    third = complex(-0.5, 0.75**0.5)
    forth, back = (_power(red + turn * green + turn.conjugate() * blue) for turn in (third, third.conjugate()))
    turning, grey = np.abs(forth - back), _power(red + green + blue)  # a wave between two colours turns neither way
    inside = _band(turning.shape)
    turning = np.where(inside, turning, 0)
    about = cv2.blur(turning, (AROUND, AROUND)) / np.maximum(cv2.blur(inside.astype(np.float32), (AROUND, AROUND)), 1e-6)
    faintest = (3 * FAINTEST / 2 * TILE**2 / 4) ** 2  # power of three channels' waves of that depth, faded out as `_middle` does
    band = inside & (turning > TURNING * grey) & (turning > faintest)
    stands = np.where(band, turning / np.maximum(about, 1e-6), 0)
    return float(stands.max())


def _middle(image: Image) -> Floats:
    """(TILE, TILE, 3) logarithms of the middle, less their means, faded out to the sides; a smaller photo is mirrored on."""
    height, width = image.shape[:2]
    top, left = max(0, (height - TILE) // 2), max(0, (width - TILE) // 2)
    tile = image[top : top + TILE, left : left + TILE]
    if tile.shape[:2] != (TILE, TILE):
        tile = np.pad(tile, ((0, TILE - tile.shape[0]), (0, TILE - tile.shape[1]), (0, 0)), "symmetric")
    logarithms = np.log(tile.astype(np.float32) + DARK)
    fade = np.hanning(TILE).astype(np.float32)
    return np.asarray((logarithms - logarithms.mean(axis=(0, 1))) * (fade[:, None] * fade)[..., None], np.float32)


def _spectrum(channel: Floats) -> npt.NDArray[np.complex64]:
    """(TILE, TILE) → its left half of complex frequencies, the lowest in the middle row."""
    full = cv2.dft(channel, flags=cv2.DFT_COMPLEX_OUTPUT)
    half = full[:, : TILE // 2, 0] + 1j * full[:, : TILE // 2, 1]
    return np.asarray(np.fft.fftshift(half, axes=0), np.complex64)


def _power(spectrum: npt.NDArray[np.complex64]) -> Floats:
    return np.asarray(cv2.GaussianBlur(np.square(np.abs(spectrum)), (0, 0), 1.0), np.float32)


def _band(shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Which frequencies are of a period that a band may have."""
    rows, columns = np.arange(shape[0])[:, None] - TILE // 2, np.arange(shape[1])
    frequency = np.hypot(rows, columns) / TILE
    return np.asarray((frequency > 1 / LONGEST) & (frequency < 1 / SHORTEST), np.bool_)


def without_stripes(image: Image) -> Image:
    """Lightness as the mean of the channels' logarithms, slightly blurred; colour blurred by more than a band is wide."""
    logarithms = np.log(image.astype(np.float32) + DARK)
    lightness = logarithms.mean(axis=2)
    colour = cv2.GaussianBlur(logarithms - lightness[..., None], (0, 0), COLOUR_SIGMA)
    lightness = cv2.GaussianBlur(lightness, (0, 0), GREY_SIGMA)
    return np.asarray(np.clip(np.rint(np.exp(lightness[..., None] + colour) - DARK), 0, 255), np.uint8)


def unstriped_if_screen(image: Image) -> Image:
    """The image without its moiré if it shows a screen, else the image itself."""
    return without_stripes(image) if turning_peak(image) >= PEAK else image
