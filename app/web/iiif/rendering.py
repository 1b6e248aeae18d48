"""A plan → the bytes of an image."""

from __future__ import annotations

import io
import math
from collections.abc import Callable

from PIL import Image as Pil
from PIL import ImageOps

from app.engine.types import Image
from app.web.iiif.decoded import reduction
from app.web.iiif.planning import Plan, Sides

JPEG_QUALITY = 86
WEBP_QUALITY = 82
MIMETYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}
WHITE = (255, 255, 255)


def step_of(plan: Plan) -> int:
    """By how much the picture may be reduced while it is decoded."""
    return reduction(max(plan.size[0] / plan.box[2], plan.size[1] / plan.box[3]))


def render(plan: Plan, picture: Sides, decoded: Callable[[int], Image]) -> bytes:
    """The image of the plan. `picture`: its full width and height; `decoded(step)`: its pixels at 1/step.

    In the order of the specification (section 4.6): region, size, rotation, quality, format.
    """
    image = extract(decoded(step_of(plan)), plan, picture)
    return encode(with_quality(turned(image, plan), plan.quality), plan.format)


def extract(pixels: Image, plan: Plan, picture: Sides) -> Pil.Image:
    """The region at its size, from pixels that may be reduced; region edges lie between reduced pixels, so they are weighed."""
    high, wide = pixels.shape[:2]
    across, down = wide / picture[0], high / picture[1]
    x, y, width, height = plan.box
    left, top, right, bottom = x * across, y * down, (x + width) * across, (y + height) * down
    from_x, from_y = math.floor(left), math.floor(top)
    to_x, to_y = min(wide, math.ceil(right)), min(high, math.ceil(bottom))
    part = Pil.fromarray(pixels[from_y:to_y, from_x:to_x])
    box = (left - from_x, top - from_y, min(right - from_x, part.width), min(bottom - from_y, part.height))
    if part.size == plan.size and box == (0, 0, *part.size):
        return part
    return part.resize(plan.size, Pil.Resampling.LANCZOS, box=box)


def turned(image: Pil.Image, plan: Plan) -> Pil.Image:
    """Mirrored left to right, then turned clockwise; what a slanted turn leaves free is transparent, or white in a JPEG."""
    if plan.mirrored:
        image = ImageOps.mirror(image)
    quarters = {90: Pil.Transpose.ROTATE_270, 180: Pil.Transpose.ROTATE_180, 270: Pil.Transpose.ROTATE_90}  # Pillow's are leftward
    if plan.degrees in quarters:
        return image.transpose(quarters[int(plan.degrees)])
    if not plan.degrees:
        return image
    if plan.format == "jpg":
        return image.rotate(-plan.degrees, Pil.Resampling.BICUBIC, expand=True, fillcolor=WHITE)
    return image.convert("RGBA").rotate(-plan.degrees, Pil.Resampling.BICUBIC, expand=True)


def with_quality(image: Pil.Image, quality: str) -> Pil.Image:
    """`gray` and `bitonal` (dots, as newspapers print) keep what is transparent."""
    if quality not in ("gray", "bitonal"):
        return image
    clear = image.getchannel("A") if image.mode == "RGBA" else None
    plain = image.convert("L")
    if quality == "bitonal":
        plain = plain.convert("1")
    return plain if clear is None else Pil.merge("LA", (plain.convert("L"), clear))


def encode(image: Pil.Image, format: str) -> bytes:
    """Bytes of a file without metadata."""
    out = io.BytesIO()
    if format == "jpg":
        image.convert("L" if image.mode == "1" else image.mode).save(out, "JPEG", quality=JPEG_QUALITY)
    elif format == "webp":
        image.convert("RGBA" if image.mode == "LA" else "RGB" if image.mode in ("L", "1") else image.mode).save(
            out, "WEBP", quality=WEBP_QUALITY, method=2
        )
    else:
        image.save(out, "PNG", compress_level=3)
    return out.getvalue()
