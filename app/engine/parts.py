"""Parts of a picture, each with a vector of its own, so that a photo of a detail finds its work by the global stage.

Fixed overlapping parts as in regional search: Razavian et al., "Visual instance retrieval with deep convolutional networks", 2016.
"""

from __future__ import annotations

from app.engine.types import Image

SIDE = 0.6  # of the picture's own sides: a part is a third of the picture, and neighbours overlap
CORNERS = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))  # x, y of where the free space lies: 0 left or top, 1 right or bottom
PLACES = (*CORNERS, (0.5, 0.5))


def parts_of(picture: Image, count: int) -> list[Image]:
    """The first `count` of: top left, top right, bottom left, bottom right, centre. Views of the RGB picture, no copies."""
    height, width = picture.shape[:2]
    tall, wide = max(1, round(SIDE * height)), max(1, round(SIDE * width))
    starts = [(round(y * (height - tall)), round(x * (width - wide))) for x, y in PLACES[:count]]
    return [picture[top : top + tall, left : left + wide] for top, left in starts]
