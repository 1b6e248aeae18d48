"""What is decoded, and how exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pil

from app.engine.images import image_size, read_image, resize
from tests.engine.picture_files import (
    file_bytes,
    icc_profile,
    png,
    png_chunk,
    quarters,
    ramp,
    stored_with_orientation,
    without_adobe_marker,
)

TOLERANCE = {"PNG": 0, "TIFF": 0, "BMP": 0, "WEBP": 0, "GIF": 0, "JPEG": 6, "HEIF": 12, "AVIF": 12}  # grey levels
ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))  # D50-adapted XYZ


def largest_error(a: np.ndarray, b: np.ndarray) -> int:
    assert a.shape == b.shape
    assert a.dtype == np.uint8
    return int(np.abs(a.astype(int) - b.astype(int)).max())


def inner(image: np.ndarray) -> np.ndarray:
    """The middles of the four quarters, away from the edges that a lossy format softens."""
    height, width = image.shape[:2]
    return image[np.ix_([height // 4, 3 * height // 4], [width // 4, 3 * width // 4])]


@pytest.mark.parametrize("format", sorted(TOLERANCE))
def test_every_format_gives_its_pixels(format: str) -> None:
    image = read_image(file_bytes(quarters(), format))
    assert image.shape == (64, 96, 3)
    assert image.flags["C_CONTIGUOUS"] and image.flags["WRITEABLE"]
    assert largest_error(inner(image), inner(quarters())) <= TOLERANCE[format]


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_is_turned_upright(format: str, orientation: int) -> None:
    data = stored_with_orientation(quarters(), orientation, format)
    image = read_image(data)
    assert largest_error(inner(image), inner(quarters())) <= TOLERANCE[format]
    assert image_size(data) == (96, 64)
    assert read_image(data, max_side=48).shape == (32, 48, 3)


def test_a_file_is_known_by_its_content_and_not_its_name(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(file_bytes(quarters(), "PNG"))
    assert largest_error(read_image(path), quarters()) == 0
    assert image_size(path) == (96, 64)


def test_cmyk_jpeg_with_and_without_adobes_marker() -> None:
    cmyk = Pil.fromarray(quarters()).convert("CMYK")
    adobe = file_bytes(cmyk, "JPEG")
    assert largest_error(inner(read_image(adobe)), inner(quarters())) <= 8
    inverted = Pil.fromarray(255 - np.asarray(cmyk), "CMYK")
    plain = without_adobe_marker(file_bytes(inverted, "JPEG"))
    assert largest_error(inner(read_image(plain)), inner(quarters())) <= 8


def test_cmyk_tiff() -> None:
    data = file_bytes(Pil.fromarray(quarters()).convert("CMYK"), "TIFF")
    assert largest_error(read_image(data), quarters()) == 0


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_16_bit_grey_is_scaled_and_not_clipped(format: str) -> None:
    wide = ramp()[:, :, 0].astype(np.uint16) * 257
    assert largest_error(read_image(file_bytes(Pil.fromarray(wide), format)), ramp()) == 0


def test_16_bit_rgb_png_is_scaled_and_not_clipped() -> None:
    wide = (ramp().astype(np.uint16) * 257).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in wide)
    assert largest_error(read_image(png(128, 64, 16, 2, rows)), ramp()) == 0


@pytest.mark.parametrize("scale", [1 / 255, 1, 257])
def test_floating_point_tiff_is_scaled_by_its_customary_range(scale: float) -> None:
    data = file_bytes(Pil.fromarray(ramp()[:, :, 0].astype(np.float32) * np.float32(scale)), "TIFF")
    assert largest_error(read_image(data), ramp()) <= 1


def test_32_bit_tiff_is_scaled() -> None:
    data = file_bytes(Pil.fromarray(ramp()[:, :, 0].astype(np.int32) * 257), "TIFF")
    assert largest_error(read_image(data), ramp()) == 0


@pytest.mark.parametrize("mode", ["L", "1", "P", "YCbCr"])
def test_other_modes_become_rgb(mode: str) -> None:
    grey = np.repeat(np.where(ramp() > 127, 255, 0)[:, :, :1], 3, axis=2).astype(np.uint8)
    format = "TIFF" if mode == "YCbCr" else "PNG"
    assert largest_error(read_image(file_bytes(Pil.fromarray(grey).convert(mode), format)), grey) <= 1


def test_transparency_is_laid_onto_white() -> None:
    rgba = np.dstack([quarters(), np.full((64, 96), 255, np.uint8)])
    rgba[:32, :48, 3] = 0
    rgba[:32, 48:, 3] = 128
    for format in ("PNG", "WEBP", "TIFF"):
        image = read_image(file_bytes(Pil.fromarray(rgba), format, **({"exact": True} if format == "WEBP" else {})))
        assert image[10, 10].tolist() == [255, 255, 255]
        expected = 255 + (np.array([30, 180, 40]) - 255) * 128 / 255
        assert np.abs(image[10, 80] - expected).max() <= 1
        assert image[50, 10].tolist() == [40, 50, 190]


def test_transparent_grey_and_palette_are_laid_onto_white() -> None:
    la = np.dstack([ramp()[:, :, 0], np.where(np.arange(128) < 64, 0, 255) * np.ones((64, 1))]).astype(np.uint8)
    image = read_image(file_bytes(Pil.fromarray(la, "LA"), "PNG"))
    assert [image[5, x, 0] for x in (5, 63, 64, 127)] == [255, 255, 129, 255]
    palette = Pil.fromarray(quarters()).quantize(4)
    red = palette.getpixel((5, 5))
    assert read_image(file_bytes(palette, "PNG", transparency=red))[5, 5].tolist() == [255] * 3
    assert read_image(file_bytes(palette, "GIF", transparency=red))[5, 5].tolist() == [255] * 3
    rows = b"".join(b"\0" + bytes(row) for row in ramp()[:, :, 0])
    keyed = png(128, 64, 8, 0, rows, png_chunk(b"tRNS", b"\0\0"))
    assert read_image(keyed)[5, 0].tolist() == [255] * 3


def test_of_an_animation_the_first_frame_is_read() -> None:
    first, second = Pil.fromarray(quarters()), Pil.fromarray(ramp(96, 64))
    for format in ("GIF", "WEBP", "PNG"):
        data = file_bytes(first, format, save_all=True, append_images=[second], duration=100)
        assert largest_error(inner(read_image(data)), inner(quarters())) <= 2


def from_profile(image: np.ndarray, gamma: float, primaries: tuple[tuple[float, float, float], ...]) -> np.ndarray:
    """sRGB of pixels in a matrix profile: gamma and primaries to XYZ (D50), IEC 61966-2-1 back."""
    xyz = (image / 255.0) ** gamma @ np.array(primaries)
    srgb_d50 = np.array([[0.43607, 0.22249, 0.01392], [0.38515, 0.71687, 0.09708], [0.14307, 0.06061, 0.7141]])
    linear = np.clip(xyz @ np.linalg.inv(srgb_d50), 0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("format", ["PNG", "TIFF", "JPEG", "WEBP"])
def test_an_embedded_profile_is_converted_to_srgb(format: str) -> None:
    profile = icc_profile(b"RGB ", 563 / 256, ADOBE_RGB)
    image = read_image(file_bytes(quarters(), format, icc_profile=profile))
    expected = from_profile(inner(quarters()), 563 / 256, ADOBE_RGB)
    assert np.abs(inner(image) - expected).max() <= 3 + TOLERANCE[format]
    assert largest_error(inner(image), inner(quarters())) > 15  # the profile does make a difference


def test_a_grey_profile_is_converted_to_srgb() -> None:
    linear_light = Pil.fromarray(ramp()[:, :, 0])
    image = read_image(file_bytes(linear_light, "PNG", icc_profile=icc_profile(b"GRAY", 1.0)))
    assert abs(int(image[5, 64, 0]) - 188) <= 2  # half the light is 188 in sRGB
    assert image[5, 0].tolist() == [0] * 3 and image[5, 127].min() >= 254


@pytest.mark.parametrize("profile", [b"nonsense", icc_profile(b"GRAY", 1.0), icc_profile(b"RGB ", 2.0)[:200]])
def test_a_profile_that_is_broken_or_does_not_fit_is_passed_over(profile: bytes) -> None:
    assert largest_error(read_image(file_bytes(quarters(), "PNG", icc_profile=profile)), quarters()) == 0


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_max_side_shrinks_by_averaging_and_never_enlarges(format: str) -> None:
    data = file_bytes(ramp(1280, 640), format)
    small = read_image(data, max_side=160)
    assert small.shape == (80, 160, 3)
    means = ramp(1280, 640).reshape(80, 8, 160, 8, 3).mean(axis=(1, 3))
    assert np.abs(small - means).max() <= 2
    assert read_image(data, max_side=5000).shape == (640, 1280, 3)


def test_resize_averages_areas_and_never_enlarges() -> None:
    image = np.random.default_rng(1).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    assert np.abs(resize(image, 48) - image.reshape(32, 2, 48, 2, 3).mean(axis=(1, 3))).max() <= 1
    assert resize(image, 96) is image
    assert resize(np.zeros((2, 900, 3), np.uint8), 100).shape == (1, 100, 3)
