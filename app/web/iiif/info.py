"""What a picture's `info.json` says. IIIF Image API 3.0, section 5; pure functions."""

from __future__ import annotations

from typing import Any

from app.web.iiif.parsing import FORMATS
from app.web.iiif.planning import MAX_AREA, MAX_SIDE, Sides

CONTEXT = "http://iiif.io/api/image/3/context.json"
PROFILE = "http://iiif.io/api/image/3/level2.json"
TILE = 512
SMALLEST = 100  # pixels of the smaller side: below it no size is offered by name


def info(address: str, picture: Sides, manifest: str) -> dict[str, Any]:
    """`address`: the picture's own, without a slash at its end; `manifest`: that of its work."""
    width, height = picture
    return {
        "@context": CONTEXT,
        "id": address,
        "type": "ImageService3",
        "protocol": "http://iiif.io/api/image",
        "profile": "level2",
        "width": width,
        "height": height,
        "maxWidth": MAX_SIDE,
        "maxHeight": MAX_SIDE,
        "maxArea": MAX_AREA,
        "sizes": [{"width": wide, "height": high} for wide, high in sizes(picture)],
        "tiles": [{"width": TILE, "height": TILE, "scaleFactors": scale_factors(picture)}],
        "preferredFormats": ["webp", "jpg"],
        "extraFormats": [format for format in FORMATS if format not in ("jpg", "png")],
        "extraQualities": ["color", "gray", "bitonal"],
        "extraFeatures": ["canonicalLinkHeader", "mirroring", "profileLinkHeader", "rotationArbitrary", "sizeUpscaling"],
        "partOf": [{"id": manifest, "type": "Manifest"}],
    }


def scale_factors(picture: Sides) -> list[int]:
    """1, 2, 4, … until the picture is one tile."""
    factors = [1]
    while max(picture) / factors[-1] > TILE:
        factors.append(factors[-1] * 2)
    return factors


def sizes(picture: Sides) -> list[Sides]:
    """The picture halved again and again, as a client rounds it (up), smallest first."""
    found = []
    for factor in reversed(scale_factors(picture)):
        width, height = (-(-side // factor) for side in picture)
        small = min(width, height) < SMALLEST and factor > 1
        if not small and max(width, height) <= MAX_SIDE and width * height <= MAX_AREA:
            found.append((width, height))
    return found
