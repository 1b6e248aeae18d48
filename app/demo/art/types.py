"""Types of the painters."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine.types import Image

__all__ = ["Array", "Image", "fixed", "spot", "xy"]

Array = npt.NDArray[Any]  # colours and fields float32, points of a path (n, 2) float: NumPy widens the latter as it likes


def xy(point: Array) -> tuple[float, float]:
    """A point (2,) as two numbers."""
    return float(point[0]), float(point[1])


def fixed(points: Any) -> npt.NDArray[np.int32]:
    """Points in eighths of a pixel, as OpenCV's drawing takes them with `shift` 3."""
    return np.round(np.asarray(points, np.float64) * 8).astype(np.int32)


def spot(point: Any) -> tuple[int, int]:
    """One point in eighths of a pixel."""
    return round(float(point[0]) * 8), round(float(point[1]) * 8)
