"""What is stored of a visitor's photo, and the noise filter."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pil

from app.engine.images import impulse_share, median_if_noisy, read_image, save_jpeg, sha256_of, strip_metadata
from app.engine.noise import IMPULSE_SHARE
from tests.engine.picture_files import file_bytes, icc_profile, quarters, ramp


def photo_with_metadata() -> bytes:
    exif = Pil.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Camera maker"
    exif.get_ifd(0x8825)[1] = "N"  # GPS latitude reference
    return file_bytes(quarters(), "JPEG", exif=exif, comment=b"at home", icc_profile=icc_profile(b"GRAY", 1.0))


def test_the_stored_photo_is_upright_and_has_no_metadata() -> None:
    data = strip_metadata(photo_with_metadata())
    with Pil.open(io.BytesIO(data)) as stored:
        assert stored.format == "JPEG" and stored.size == (64, 96)
        assert not stored.getexif()
        assert set(stored.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert b"Camera maker" not in data and b"at home" not in data


def test_save_jpeg_makes_the_folder_and_leaves_nothing_aside(tmp_path: Path) -> None:
    path = tmp_path / "a" / "photo.jpg"
    save_jpeg(quarters(), path, 90)
    save_jpeg(ramp(), path, 90)
    assert [p.name for p in path.parent.iterdir()] == ["photo.jpg"]
    assert np.abs(read_image(path).astype(int) - ramp()).max() <= 4


def test_a_failed_save_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    save_jpeg(ramp(), path)
    before = path.read_bytes()
    with pytest.raises(TypeError):
        save_jpeg(np.zeros((4, 4, 7), np.uint8), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["photo.jpg"]


def test_sha256_of(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"abc" * 100_000)
    assert sha256_of(path) == hashlib.sha256(b"abc" * 100_000).hexdigest()


def painted(seed: int = 3) -> np.ndarray:
    """Soft patches of colour with strokes: what a painting is without noise."""
    rng = np.random.default_rng(seed)
    image = cv2.resize(rng.integers(40, 216, (12, 16, 3), dtype=np.uint8), (400, 300), interpolation=cv2.INTER_CUBIC)
    for _ in range(150):
        a, b = rng.integers(0, 300, (2, 2)).tolist()
        cv2.line(image, a, b, rng.integers(0, 256, 3).tolist(), 2)
    return image


def with_impulses(image: np.ndarray, share: float, *, grey: bool) -> np.ndarray:
    rng = np.random.default_rng(5)
    noisy = image.copy()
    shape = image.shape[:2] if grey else image.shape
    hit = rng.random(shape) < share
    noisy[hit] = rng.choice([0, 255], (int(hit.sum()), 1)) if grey else rng.choice([0, 255], int(hit.sum()))
    return noisy


@pytest.mark.parametrize("grey", [True, False])
@pytest.mark.parametrize("share", [0.01, 0.05, 0.2])
def test_salt_and_pepper_is_found_and_taken_out(share: float, grey: bool) -> None:
    clean = painted()
    noisy = with_impulses(clean, share, grey=grey)
    assert impulse_share(noisy) > 2 * IMPULSE_SHARE
    mended = median_if_noisy(noisy)
    far = np.abs(noisy.astype(int) - clean) > 100
    assert np.mean(np.abs(mended.astype(int) - clean)[far] > 50) < 0.2  # at least four of five impulses are gone


def test_a_clean_painting_is_left_alone() -> None:
    assert impulse_share(painted()) < IMPULSE_SHARE / 2
    image = painted()
    assert median_if_noisy(image) is image


def test_texture_is_not_taken_for_noise() -> None:
    rng = np.random.default_rng(0)
    straw = np.full((300, 400, 3), 120, np.uint8)
    for _ in range(6000):
        x, y = rng.integers(0, (400, 300)).tolist()
        angle = rng.random() * 3.2
        end = (int(x + 12 * np.cos(angle)), int(y + 12 * np.sin(angle)))
        cv2.line(straw, (x, y), end, rng.integers(60, 230, 3).tolist(), 1, cv2.LINE_AA)
    assert impulse_share(straw) < IMPULSE_SHARE


def test_impulse_share_counts_what_it_says() -> None:
    even = np.full((20, 20, 3), 100, np.uint8)
    even[5, 5, 0] = 255  # one channel of one pixel: counts
    even[10, 10] = 0  # three channels: count
    even[15, 5:7] = 255  # two side by side: have a like neighbour, do not count
    assert impulse_share(even) == pytest.approx(4 / even.size)
