"""How a photo is looked at before anything is searched: noise and moiré taken out, then the pictures in it found."""

from __future__ import annotations

from collections.abc import Callable

from app.engine import detection, picture_detector
from app.engine.moire import unstriped_if_screen
from app.engine.noise import median_if_noisy
from app.engine.presets import SearchPreset
from app.engine.types import Floats, Image


def cleaned(image: Image) -> Image:
    """The photo as every stage sees it, of the same size."""
    return unstriped_if_screen(median_if_noisy(image))


def finder(preset: SearchPreset) -> Callable[[Image], list[list[Floats]]]:
    """What finds the pictures in a cleaned photo, per work its quadrilaterals (4, 2), the outermost last."""
    return picture_detector.shipped().works if preset.detector == "network" else detection.works
