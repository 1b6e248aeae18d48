"""Online aggregation of VGG16-CAM: catalogue pictures are pooled by the classes that the photo shows, not by their own.

Jimenez, Alvarez & Giró-i-Nieto, "Class-weighted convolutional features for visual instance search", BMVC 2017, OnA; a build's
vectors are OfA, each picture by its own classes. They keep the rows of all classes of every picture, 1 MB each with 1,000
classes; here those of the candidates alone are made, when they are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.engine import detection
from app.engine.describing import READ_SIDE, final_vector
from app.engine.encoders import Encoder
from app.engine.encoders.whitening import Whitening
from app.engine.errors import PresetError
from app.engine.gallery import Gallery
from app.engine.originals import Originals
from app.engine.types import Floats, Image, Ints

CROP_SIDE = 512  # pixels of a rectified picture, as the global stage has it
KEPT = 128  # pictures whose rows stay in memory
Rows = npt.NDArray[np.float16]  # (classes, C) in half precision, as the descriptor store keeps rows


def aggregated(rows: Floats | Rows, classes: Ints, whitening: Whitening | None) -> Floats:
    """(classes, C) rows of all classes → one vector by these classes, whitened and summed as a build's vectors are."""
    return final_vector(rows[classes].astype(np.float32), whitening)


def asked(encoder: Encoder, image: Image, whitening: Whitening | None) -> tuple[Ints, Floats]:
    """A query's most probable classes, as many as the encoder pools by, and its vector by them."""
    seen = encoder.class_rows(image)
    classes = seen.order[: encoder.maps]
    return classes, aggregated(seen.rows, classes, whitening)


def check(encoder: Encoder) -> None:
    """Raises PresetError where the encoder knows no classes."""
    if not encoder.pools_by_class:
        raise PresetError(f"{encoder.name} does not pool by classes, which is needed here; use one such as vgg16-cam-64.")


class OnlineScores:
    """How alike photo and catalogue pictures are by the photo's own most probable classes. One call at a time."""

    def __init__(self, encoder: Encoder, gallery: Gallery, files: Mapping[int, Path]) -> None:
        """`files`: picture id → file. Raises PresetError where the encoder knows no classes."""
        check(encoder)
        self._encoder, self._whitening = encoder, gallery.whitening
        self._references = Originals(gallery, files, self._rows, side_px=READ_SIDE, kept=KEPT)

    def _rows(self, image: Image) -> Rows:
        return self._encoder.class_rows(image).rows.astype(np.float16)

    def __call__(self, photo: Image, quads: Sequence[Floats], positions: Sequence[int]) -> Floats:
        """(n,) −1…1: the best cosine of a picture with the photo or a picture in it, each by its classes; 0 without a file."""
        views = [photo, *(detection.rectify(photo, quad, long_side=CROP_SIDE) for quad in quads)]
        wanted = [asked(self._encoder, view, self._whitening) for view in views]
        references = (self._references(position) for position in positions)
        return np.array([0.0 if one is None else self._best(wanted, one) for one in references], np.float32)

    def _best(self, wanted: Sequence[tuple[Ints, Floats]], rows: Rows) -> float:
        return max(float(vector @ aggregated(rows, classes, self._whitening)) for classes, vector in wanted)
