"""Builders of picture files for the tests: every kind that a visitor may send, made on the spot."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pillow_heif
from PIL import Image as Pil

from app.engine.types import Image

pillow_heif.register_heif_opener()


def quarters(width: int = 96, height: int = 64) -> Image:
    """Red, green / blue, grey quarters: every turn and mirroring of it is different. uint8 RGB (H, W, 3)."""
    image = np.zeros((height, width, 3), np.uint8)
    image[: height // 2, : width // 2] = (200, 30, 30)
    image[: height // 2, width // 2 :] = (30, 180, 40)
    image[height // 2 :, : width // 2] = (40, 50, 190)
    image[height // 2 :, width // 2 :] = (140, 140, 140)
    return image


def ramp(width: int = 128, height: int = 64) -> Image:
    """Grey from 0 at the left to 255 at the right."""
    row = np.linspace(0, 255, width).round().astype(np.uint8)
    return np.repeat(np.tile(row, (height, 1))[:, :, None], 3, axis=2)


def file_bytes(picture: Image | Pil.Image, format: str, **options: object) -> bytes:
    """The picture as a file of `format` (Pillow's name), as exact as the format allows."""
    exact: dict[str, dict[str, object]] = {
        "JPEG": {"quality": 95, "subsampling": 0},
        "WEBP": {"lossless": True},
        "HEIF": {"quality": 95},
        "AVIF": {"quality": 95},
    }
    out = io.BytesIO()
    image = picture if isinstance(picture, Pil.Image) else Pil.fromarray(picture)
    image.save(out, format, **{**exact.get(format, {}), **options})  # type: ignore[arg-type]
    return out.getvalue()


def stored_with_orientation(upright: Image, orientation: int, format: str) -> bytes:
    """A file whose pixels are stored turned and whose EXIF says how to turn them back (CIPA DC-008, table 5)."""
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Pil.Exif()
    exif[0x0112] = orientation
    return file_bytes(np.ascontiguousarray(stored), format, exif=exif.tobytes())


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, depth: int, colour: int, rows: bytes, extra: bytes = b"") -> bytes:
    """A PNG written by hand (W3C PNG, 11.2); `rows`: unfiltered scan lines, each with its leading filter byte."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = png_chunk(b"IHDR", header) + extra + png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def without_adobe_marker(jpeg: bytes) -> bytes:
    """The JPEG less its APP14 segment, by which readers tell Adobe's inverted CMYK."""
    start = jpeg.index(b"\xff\xee")
    length = struct.unpack(">H", jpeg[start + 2 : start + 4])[0]
    return jpeg[:start] + jpeg[start + 2 + length :]


def _s15_fixed16(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def _xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(map(_s15_fixed16, values))


def icc_profile(space: bytes, gamma: float, primaries: tuple[tuple[float, float, float], ...] = ()) -> bytes:
    """An ICC v2 display profile (ICC.1:2001-04): a pure gamma and, for `RGB `, the D50-adapted primaries' XYZ."""
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    name = b"Gallery test\0"
    description = b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + b"\0" * 78
    tags = [(b"desc", description + b"\0" * (-len(description) % 4)), (b"wtpt", _xyz((0.9642, 1.0, 0.8249)))]
    if space == b"GRAY":
        tags.append((b"kTRC", curve))
    for channel, primary in zip(b"rgb", primaries, strict=False):
        tags += [(bytes([channel]) + b"XYZ", _xyz(primary)), (bytes([channel]) + b"TRC", curve)]
    offset = 128 + 4 + 12 * len(tags)
    table, data = struct.pack(">I", len(tags)), b""
    for tag, content in tags:
        table += tag + struct.pack(">II", offset + len(data), len(content))
        data += content
    header = struct.pack(">I", offset + len(data)) + b"\0\0\0\0\x02\x10\0\0mntr" + space + b"XYZ "
    header += b"\0" * 12 + b"acsp"
    header += b"\0" * 28 + _s15_fixed16(0.9642) + _s15_fixed16(1.0) + _s15_fixed16(0.8249)
    return header.ljust(128, b"\0") + table + data
