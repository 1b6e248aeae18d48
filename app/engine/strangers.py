"""Files that do not open as a picture: what they are, in a sentence for the person who sent them."""

from __future__ import annotations

ACCEPTED = "JPEG, PNG, WebP, HEIC, AVIF, TIFF, BMP or GIF"
DAMAGED = (
    "The picture is damaged or incomplete and could not be read to its end; "
    "please send it again, or save it anew as JPEG or PNG."
)
# First bytes of the accepted formats: a file that has them and does not open is a damaged picture, not a stranger.
KNOWN = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
STILL_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis", b"hevc")  # ISO 23008-12
# What people send instead of a photo: first bytes → its name in a sentence.
STRANGERS = (
    (b"%PDF", "a PDF document"),
    (b"<svg", "an SVG drawing"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"8BPS", "a Photoshop document"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL picture"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
)


def not_a_picture(data: bytes) -> str:
    """The sentence for a file that no decoder opens: damaged if it begins like a picture, else what it is instead."""
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for magic, name in STRANGERS:
        if head.startswith(magic.lower()) or (magic == b"<svg" and head.startswith(b"<?xml") and b"<svg" in head):
            return f"This is {name}, not a photo that can be read; please send a {ACCEPTED} picture."
    if data.startswith(KNOWN) or data[8:12] == b"WEBP" or (data[4:8] == b"ftyp" and data[8:12] in STILL_BRANDS):
        return DAMAGED
    if data[4:8] == b"ftyp" or data[8:12] == b"AVI ":
        return f"This is a video, not a photo; please send a {ACCEPTED} picture."
    if all(byte >= 32 or byte in b"\t\r\n\x0c" for byte in head):
        return f"This is a text file, not a photo; please send a {ACCEPTED} picture."
    return f"The file is no picture of a kind that can be read; please send a {ACCEPTED} picture."
