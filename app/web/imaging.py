"""Pictures for pages: thumbnails kept in the instance, and a reference laid into the photo's frame."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.engine.images import encode_jpeg, encode_webp, read_image, resize, write_whole
from app.engine.types import Floats, Image

SIZES = (200, 400, 800, 1600)  # long sides in pixels; anything else is refused, so that nobody can fill the disk
THUMBNAIL_QUALITY = 84
WEBP_QUALITY = 52  # half of what JPEG takes to look as good at these sizes
SHOWN_BY_BROWSERS = (".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif")


def thumbnail(source: Path, kept: Path, size: int) -> Path:
    """The file `kept`, JPEG or WebP by its name, of at most `size` pixels on its long side, made from `source` if it is not there.

    Raises ImageError if the source cannot be read.
    """
    if not kept.exists():
        image = shrunk(source, size)
        write_whole(kept, encode_webp(image, WEBP_QUALITY) if kept.suffix == ".webp" else jpeg(image))
    return kept


def shrunk(source: Path | bytes, size: int) -> Image:
    """uint8 RGB (H, W, 3), at most `size` pixels on the long side, decoded at a reduced scale where that is possible."""
    return resize(read_image(source, max_side=size, max_megapixels=300), size)


def jpeg(image: Image) -> bytes:
    """JPEG bytes of uint8 RGB (H, W, 3)."""
    return encode_jpeg(image, THUMBNAIL_QUALITY)


def overlay(
    photo: Image,
    photo_size: tuple[int, int],
    reference: Image,
    reference_size: tuple[int, int],
    homography: list[list[float]],
) -> Image:
    """The photo with the reference laid over it where the homography puts it; uint8 RGB, the size of `photo`.

    `photo` and `reference` may be reduced; `*_size` are (width, height) in the pixels that the homography is in
    (reference → photo). Each reduction is a scaling of its own plane: S_photo · H · S_reference⁻¹.
    """
    height, width = photo.shape[:2]
    matrix = _scaling(photo_size, photo) @ np.asarray(homography, np.float64) @ np.linalg.inv(_scaling(reference_size, reference))
    laid = cv2.warpPerspective(reference, matrix, (width, height), flags=cv2.INTER_LINEAR)
    solid = np.full(reference.shape[:2], 255, np.uint8)
    cover = cv2.warpPerspective(solid, matrix, (width, height), flags=cv2.INTER_LINEAR).astype(np.float32)[..., None] / 255
    return np.asarray(laid * cover + photo * (1 - cover), dtype=np.uint8)


def regions(proofs: Sequence[dict[str, Any]], photo_width: int, photo: Image) -> list[Floats]:
    """Where the proofs' works lie in a reduced photo: (4, 2) corners each; those without a region are left out."""
    scale = photo.shape[1] / photo_width
    return [np.asarray(proof["region"], np.float32) * scale for proof in proofs if proof.get("region")]


def _scaling(full: tuple[int, int], image: Image) -> npt.NDArray[np.float64]:
    """(3, 3): pixels of the full picture → pixels of the reduced one."""
    height, width = image.shape[:2]
    scales: list[Any] = [width / full[0], height / full[1], 1.0]
    return np.diag(scales).astype(np.float64)
