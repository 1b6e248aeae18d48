"""Any of Pillow's pixel modes and colour spaces → 8-bit sRGB."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image as Pil
from PIL import ImageCms, _imagingcms

from app.engine.types import Bytes


def plain(picture: Pil.Image) -> Pil.Image:
    """Any of Pillow's modes → L, LA, RGB, RGBA, CMYK or LAB, 8 bits each, wider values scaled rather than clipped."""
    if picture.mode.startswith(("I", "F")):
        return Pil.fromarray(_to_8_bits(np.asarray(picture)))
    if "transparency" in picture.info or picture.mode in ("PA", "RGBa"):
        return picture.convert("RGBA")
    if picture.mode in ("L", "LA", "RGB", "RGBA", "CMYK", "LAB"):
        return picture
    return picture.convert("L" if picture.mode == "1" else "LA" if picture.mode == "La" else "RGB")


def _to_8_bits(values: npt.NDArray[np.generic]) -> Bytes:
    """(H, W) integers or floats → uint8, by the smallest customary range that holds them: 1 (floats), 255, 65535; else
    by their own range."""
    if values.dtype.itemsize == 2 and values.dtype.kind == "u":
        return ((values.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
    wide = np.nan_to_num(values.astype(np.float64))
    low, high = min(float(wide.min()), 0.0), float(wide.max())
    customary = (1.0, 255.0, 65535.0) if values.dtype.kind == "f" else (255.0, 65535.0)
    top = next((limit for limit in customary if high <= limit and low >= 0), high)
    return np.rint((wide - low) * (255 / max(top - low, 1e-12))).astype(np.uint8)


def onto_white(picture: Pil.Image) -> Pil.Image:
    if picture.mode not in ("LA", "RGBA"):
        return picture
    base = Pil.new(picture.mode, picture.size, "white")
    return Pil.alpha_composite(base, picture).convert(picture.mode[:-1])


def to_srgb(picture: Pil.Image, profile: bytes | None) -> Pil.Image:
    """Through the embedded ICC profile where it is usable, else Pillow's plain conversion."""
    converted = _through_profile(picture, profile)
    if converted is not None:
        return converted
    if picture.mode == "LAB":
        return _through_cms(picture, ImageCms.createProfile("LAB"))
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def _through_profile(picture: Pil.Image, profile: bytes | None) -> Pil.Image | None:
    """None where there is no profile, it is sRGB already, does not fit the pixels, or is broken."""
    if not profile:
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = source.profile.xcolor_space.strip()
        if space == "RGB" and picture.mode == "L":
            picture = picture.convert("RGB")
        if {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK", "Lab": "LAB"}.get(space) != picture.mode:
            return None
        if space == "RGB" and "srgb" in (source.profile.profile_description or "").lower():
            return None
        return _through_cms(picture, source)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _through_cms(picture: Pil.Image, source: ImageCms.ImageCmsProfile | _imagingcms.CmsProfile) -> Pil.Image:
    target = ImageCms.createProfile("sRGB")
    result = ImageCms.profileToProfile(picture, source, target, ImageCms.Intent.RELATIVE_COLORIMETRIC, outputMode="RGB")
    assert result is not None  # None only when asked to work in place
    return result
