"""Pictures in: bytes or a file → uint8 RGB (H, W, 3). Every limit on what is read lives here.

What a file is, is told by its content, never by its name. Only the formats of `FORMATS` are ever handed to a decoder,
and size is checked from the header, before a pixel is decoded.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pil
from PIL import ImageChops

from app.engine import colour
from app.engine.errors import ImageError
from app.engine.noise import impulse_share, median_if_noisy
from app.engine.strangers import DAMAGED, not_a_picture
from app.engine.types import Image
from app.sentences import N_

__all__ = [
    "encode_jpeg", "encode_webp", "image_size", "impulse_share", "median_if_noisy", "read_image", "resize", "save_jpeg",
    "sha256_of", "strip_metadata", "write_whole",
]

FORMATS = ("JPEG", "PNG", "WEBP", "HEIF", "AVIF", "TIFF", "BMP", "GIF")
MAX_MEGAPIXELS = 60
MIN_SIDE = 32  # two cells of a stride-16 feature map: below it no encoder sees anything
MAX_ASPECT = 32  # a strip longer than this has no cell left in its short side at 512 px
HARD_MEGAPIXELS = 300  # Pillow's own guard, at the greatest value that PINAKES_PHOTO_MAX_MP can take
ORIENTATION = 0x0112  # EXIF tag (CIPA DC-008, table 4)
TURNS = {
    2: Pil.Transpose.FLIP_LEFT_RIGHT,
    3: Pil.Transpose.ROTATE_180,
    4: Pil.Transpose.FLIP_TOP_BOTTOM,
    5: Pil.Transpose.TRANSPOSE,
    6: Pil.Transpose.ROTATE_270,
    7: Pil.Transpose.TRANSVERSE,
    8: Pil.Transpose.ROTATE_90,
}


def read_image(
    source: Path | bytes,
    *,
    max_megapixels: float = MAX_MEGAPIXELS,
    max_side: int | None = None,
    min_side: int = MIN_SIDE,
) -> Image:
    """Decode a picture to uint8 RGB (H, W, 3), turned by its EXIF orientation, in sRGB, transparency laid onto white.

    source: a file or its bytes. Of an animation the first frame is read.
    max_megapixels: checked from the header, before decoding. max_side: the result's long side in pixels is at most this
    (never enlarged); a JPEG is then decoded at a reduced scale, which is several times quicker.
    Raises ImageError: one sentence for the person who sent the picture.
    """
    picture = _open(source)
    _check_size(picture.size, max_megapixels, min_side)
    try:
        return _decode(picture, max_side)
    except Exception as error:  # decoders raise what they like on a broken file: OSError, SyntaxError, …
        raise ImageError(DAMAGED) from error
    finally:
        picture.close()


def image_size(source: Path | bytes) -> tuple[int, int]:
    """(width, height) in pixels after the EXIF turn, read from the header alone. Raises ImageError."""
    picture = _open(source)
    try:
        width, height = picture.size
        return (height, width) if _orientation(picture) >= 5 else (width, height)
    finally:
        picture.close()


def resize(image: Image, long_side: int) -> Image:
    """Shrink to `long_side` pixels on the longer side by averaging areas; a smaller picture is returned as it is.

    image: uint8 RGB (H, W, 3). Returns the same type; no side falls below 1 pixel.
    """
    height, width = image.shape[:2]
    if max(height, width) <= long_side:
        return image
    size = _scaled((width, height), long_side)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def encode_jpeg(image: Image, quality: int = 90) -> bytes:
    """JPEG bytes of a uint8 RGB (H, W, 3) image, with no metadata at all."""
    out = io.BytesIO()
    Pil.fromarray(image).save(out, "JPEG", quality=quality)
    return out.getvalue()


def encode_webp(image: Image, quality: int = 60) -> bytes:
    """WebP bytes of a uint8 RGB (H, W, 3) image: at this quality half of what JPEG needs to look as good when it is small."""
    out = io.BytesIO()
    Pil.fromarray(image).save(out, "WEBP", quality=quality)
    return out.getvalue()


def save_jpeg(image: Image, path: Path, quality: int = 90) -> None:
    """Write uint8 RGB (H, W, 3) as a JPEG without metadata."""
    write_whole(path, encode_jpeg(image, quality))


def write_whole(path: Path, data: bytes) -> None:
    """Write a file aside first, then rename it: no half file is ever seen."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        draft.chmod(0o644)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def strip_metadata(
    source: Path | bytes,
    *,
    max_megapixels: float = MAX_MEGAPIXELS,
    max_side: int | None = None,
    quality: int = 90,
) -> bytes:
    """The picture as JPEG bytes, upright, in sRGB, without place, time, device or other metadata. Raises ImageError."""
    return encode_jpeg(read_image(source, max_megapixels=max_megapixels, max_side=max_side), quality)


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- opening: what is it, and is it allowed --------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _prepare_pillow() -> None:
    """Teach Pillow HEIC and set its own guard above every limit that can be set here, so that ours speaks first."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    Pil.MAX_IMAGE_PIXELS = HARD_MEGAPIXELS * 1_000_000


def _open(source: Path | bytes) -> Pil.Image:
    """The picture with its header read and no pixel decoded."""
    _prepare_pillow()
    data = source if isinstance(source, bytes) else _file_bytes(source)
    if not data:
        raise ImageError("The file is empty (0 bytes); please choose the photo again.")
    try:
        return Pil.open(io.BytesIO(data), formats=FORMATS)
    except Pil.DecompressionBombError as error:
        raise ImageError(
            "The picture claims more than %(most)s megapixels, which no setting allows; please send a smaller one.",
            most=2 * HARD_MEGAPIXELS,
        ) from error
    except Exception as error:  # a broken header makes decoders raise whatever they like
        raise not_a_picture(data) from error


def _file_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ImageError("There is no file %(path)s; check the path.", path=path) from error
    except OSError as error:
        sentence = N_("The file %(path)s cannot be read (%(reason)s); check its permissions.")
        raise ImageError(sentence, path=path, reason=error.strerror) from error


def _check_size(size: tuple[int, int], max_megapixels: float, min_side: int) -> None:
    width, height = size
    if width * height > max_megapixels * 1e6:
        raise ImageError(
            "The picture has %(width)s × %(height)s pixels (%(megapixels)s megapixels) and at most %(most)s megapixels are read; "
            "please send a smaller version.",
            width=width, height=height, megapixels=f"{width * height / 1e6:.0f}", most=f"{max_megapixels:g}",
        )  # fmt: skip
    if min(width, height) < min_side:
        raise ImageError(
            "The picture has only %(width)s × %(height)s pixels and each side needs at least %(least)s; "
            "please send the original photo.",
            width=width, height=height, least=min_side,
        )  # fmt: skip
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise ImageError(
            "The picture is a strip of %(width)s × %(height)s pixels, more than %(most)s times as long as wide; "
            "please send a part of it.",
            width=width, height=height, most=MAX_ASPECT,
        )  # fmt: skip


# --- decoding: pixels to upright sRGB --------------------------------------------------------------------------------


def _decode(picture: Pil.Image, max_side: int | None) -> Image:
    """Draft → load → plain mode → shrink → onto white → sRGB → turn; shrinking first keeps the rest cheap."""
    turn = TURNS.get(_orientation(picture))
    profile = picture.info.get("icc_profile")
    if max_side is not None and picture.format in ("JPEG", "MPO"):
        # libjpeg's scaled decoding: 1/2, 1/4 or 1/8, never below what is asked
        picture.draft(None, _scaled(picture.size, max_side))
    picture.load()
    if picture.mode == "CMYK" and picture.format == "JPEG" and "adobe" not in picture.info:
        picture = ImageChops.invert(picture)  # Pillow takes every CMYK JPEG for Adobe's, which stores it inverted
    plain = _shrink(colour.plain(picture), max_side)
    rgb = colour.to_srgb(colour.onto_white(plain), profile)
    upright = rgb.transpose(turn) if turn is not None else rgb
    return np.array(upright, dtype=np.uint8)  # a copy: Pillow's own buffer is read-only


def _orientation(picture: Pil.Image) -> int:
    """EXIF orientation 1…8 still to be applied; 1 where it is missing, nonsense or unreadable."""
    if picture.format == "TIFF":  # Pillow turns a TIFF itself, while loading
        return 1
    try:
        value = int(picture.getexif().get(ORIENTATION, 1))
    except Exception:  # a broken EXIF block says nothing about the pixels
        return 1
    return value if value in TURNS else 1


def _scaled(size: tuple[int, int], long_side: int) -> tuple[int, int]:
    scale = min(1.0, long_side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _shrink(picture: Pil.Image, max_side: int | None) -> Pil.Image:
    if max_side is None or max(picture.size) <= max_side:
        return picture
    # averages areas, and weighs colour by alpha
    return picture.resize(_scaled(picture.size, max_side), Pil.Resampling.BOX)
