"""What is refused, and that the sentence says what happened and what to do."""

from __future__ import annotations

import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest

from app.engine.errors import ImageError
from app.engine.images import FORMATS, image_size, read_image
from tests.engine.picture_files import file_bytes, png, png_chunk, quarters

STRANGERS = {
    "PDF": b"%PDF-1.7\n1 0 obj",
    "SVG": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>',
    "SVG drawing": b"<svg/>",
    "text file": b"The Night Watch, 1642\n",
    "web page": b"<!DOCTYPE html><title>x</title>",
    "ZIP": b"PK\x03\x04\x14\0\0\0",
    "video": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2",
    "no picture": bytes(range(256)),
    "a video": b"RIFF\x10\0\0\0AVI LIST",
    "Photoshop": b"8BPS\0\1",
    "JPEG XL": b"\xff\x0a\xfa\x1f",
    "empty": b"",
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n",
}


@pytest.mark.parametrize("word", sorted(STRANGERS))
def test_what_is_no_picture_gets_a_sentence(word: str, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(STRANGERS[word])
    for source in (path, STRANGERS[word]):
        with pytest.raises(ImageError, match="text file" if word == "PostScript" else word) as caught:
            read_image(source)
        sentence = str(caught.value)
        assert "please" in sentence and sentence.endswith(".") and "\n" not in sentence


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"no file .*absent\.jpg"):
        read_image(tmp_path / "absent.jpg")
    with pytest.raises(ImageError, match="cannot be read"):
        image_size(tmp_path)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("kept", [0.03, 0.5, 0.9])
def test_a_cut_file_is_called_damaged(format: str, kept: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (160, 200, 3), dtype=np.uint8)
    data = file_bytes(noise, format)
    with pytest.raises(ImageError, match="damaged or incomplete"):
        read_image(data[: int(len(data) * kept)])


@pytest.mark.parametrize("format", FORMATS)
def test_flipped_bytes_give_a_picture_or_a_sentence(format: str) -> None:
    rng = np.random.default_rng(7)
    whole = np.frombuffer(file_bytes(quarters(), format), np.uint8)
    for _ in range(60):
        data = whole.copy()
        at = rng.integers(0, len(data), rng.integers(1, 8))
        data[at] = rng.integers(0, 256, len(at))
        try:
            image = read_image(data.tobytes(), max_side=64, max_megapixels=1)
        except ImageError:
            continue
        assert image.dtype == np.uint8 and image.ndim == 3 and image.shape[2] == 3


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")  # Pillow's own word for the middle one
@pytest.mark.parametrize("side", [8000, 20_000, 60_000])
def test_too_many_pixels_are_refused_before_they_are_decoded(side: int) -> None:
    bomb = png(side, side, 8, 2, b"\0" * 50_000_000)
    start = time.perf_counter()
    with pytest.raises(ImageError, match="megapixels"):
        read_image(bomb)
    assert time.perf_counter() - start < 0.1


def test_the_limit_is_named_and_can_be_set() -> None:
    data = file_bytes(quarters(1200, 1000), "PNG")
    with pytest.raises(ImageError, match=r"1200 × 1000 pixels \(1 megapixels\) and at most 1 megapixels"):
        read_image(data, max_megapixels=1)
    assert read_image(data, max_megapixels=1.2).shape == (1000, 1200, 3)


def test_a_text_bomb_in_a_png_is_refused() -> None:
    bomb = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"a" * 200_000_000, 9))
    with pytest.raises(ImageError, match="damaged"):
        read_image(png(64, 64, 8, 0, (b"\0" + b"\x80" * 64) * 64, bomb))


def test_tiny_pictures_and_strips_are_refused() -> None:
    with pytest.raises(ImageError, match=r"only 31 × 100 pixels and each side needs at least 32"):
        read_image(file_bytes(quarters(31, 100), "PNG"))
    assert read_image(file_bytes(quarters(32, 100), "PNG")).shape == (100, 32, 3)
    with pytest.raises(ImageError, match="strip of 2000 × 40"):
        read_image(file_bytes(quarters(2000, 40), "PNG"))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_broken_exif_block_does_no_harm() -> None:
    jpeg = file_bytes(quarters(), "JPEG")
    block = b"Exif\0\0MM\0*\xff\xff\xff\xff" + b"\xee" * 40
    data = jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + jpeg[2:]
    assert read_image(data).shape == (64, 96, 3)
