"""Files that do not open as a picture: what they are, in a sentence for the person who sent them."""

from __future__ import annotations

from app.engine.errors import ImageError
from app.sentences import N_

ACCEPTED = "JPEG, PNG, WebP, HEIC, AVIF, TIFF, BMP, GIF"
DAMAGED = N_(
    "The picture is damaged or incomplete and could not be read to its end; "
    "please send it again, or save it anew as JPEG or PNG."
)
OTHER = N_("The file is no picture of a kind that can be read; please send one of these kinds: %(accepted)s.")
PDF = N_("This is a PDF document, not a photo; please send a picture of one of these kinds: %(accepted)s.")
SVG = N_("This is an SVG drawing, not a photo; please send a picture of one of these kinds: %(accepted)s.")
ARCHIVE = N_("This is a ZIP archive or an office document, not a photo; please send a picture of one of these kinds: %(accepted)s.")
PHOTOSHOP = N_("This is a Photoshop document, which is not read here; please send a picture of one of these kinds: %(accepted)s.")
JPEG_2000 = N_("This is a JPEG 2000 picture, which is not read here; please send a picture of one of these kinds: %(accepted)s.")
JPEG_XL = N_("This is a JPEG XL picture, which is not read here; please send a picture of one of these kinds: %(accepted)s.")
VIDEO = N_("This is a video, not a photo; please send a picture of one of these kinds: %(accepted)s.")
WEB_PAGE = N_("This is a web page, not a photo; please send a picture of one of these kinds: %(accepted)s.")
TEXT = N_("This is a text file, not a photo; please send a picture of one of these kinds: %(accepted)s.")
# First bytes of the accepted formats: a file that has them and does not open is a damaged picture, not a stranger.
KNOWN = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
STILL_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis", b"hevc")  # ISO 23008-12
# What people send instead of a photo: first bytes → what is said of it.
STRANGERS = (
    (b"%PDF", PDF),
    (b"<svg", SVG),
    (b"PK\x03\x04", ARCHIVE),
    (b"8BPS", PHOTOSHOP),
    (b"\x00\x00\x00\x0cjP  ", JPEG_2000),
    (b"\xff\x0a", JPEG_XL),
    (b"\x00\x00\x00\x0cJXL ", JPEG_XL),
    (b"\x1aE\xdf\xa3", VIDEO),
    (b"<!doctype html", WEB_PAGE),
    (b"<html", WEB_PAGE),
)


def not_a_picture(data: bytes) -> ImageError:
    """The error for a file that no decoder opens: damaged if it begins like a picture, else what it is instead."""
    return ImageError(_sentence(data), accepted=ACCEPTED)


def _sentence(data: bytes) -> str:
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for magic, sentence in STRANGERS:
        if head.startswith(magic.lower()) or (magic == b"<svg" and head.startswith(b"<?xml") and b"<svg" in head):
            return sentence
    if data.startswith(KNOWN) or data[8:12] == b"WEBP" or (data[4:8] == b"ftyp" and data[8:12] in STILL_BRANDS):
        return DAMAGED
    if data[4:8] == b"ftyp" or data[8:12] == b"AVI ":
        return VIDEO
    if all(byte >= 32 or byte in b"\t\r\n\x0c" for byte in head):
        return TEXT
    return OTHER
