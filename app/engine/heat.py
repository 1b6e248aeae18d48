"""Where the network found what it knows: class-activation maps of a picture, laid over it as a heat map."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from app.engine.detection import rectify
from app.engine.encoders import pooling
from app.engine.encoders.class_head import ClassView
from app.engine.types import Floats, Image, Ints

CLASSES = 8  # best classes whose maps are summed: beyond, each adds less than a hundredth
PALE = 0.7  # of the picture's own light that stays
COVER = 0.85  # how far the warmest colour covers it
SEEN_SIDE = 512  # pixels of a rectified picture; the encoder shrinks it further
PLACED_SIDE = 256  # pixels of a map while it is laid back into its photo


def heat(view: ClassView, classes: Ints, shares: Floats) -> Floats:
    """(h, w) in [0, 1]: the classes' activation maps, each weighted with its share, the highest place 1.

    Zhou et al., CVPR 2016, eq. 2, summed over several classes: paintings are seldom one ImageNet class. All zero where
    no place speaks for any of the classes.
    """
    maps = pooling.class_activation_maps(view.features, view.weights, classes)
    total = np.tensordot(shares, maps, axes=1)
    return np.asarray(total / max(float(total.max()), pooling.EPSILON), np.float32)


def stretched(warmth: Floats, width: int, height: int) -> Floats:
    """(h, w) cells → (height, width), smooth, with the cells' centres where the network had them."""
    return np.asarray(np.clip(cv2.resize(warmth, (width, height), interpolation=cv2.INTER_CUBIC), 0, 1), np.float32)


def placed(warmth: Floats, region: Floats, width: int, height: int) -> Floats:
    """A map of a rectified picture back in the photo that it was cut from: (height, width), 0 outside the region.

    region: (4, 2) corners in the photo's pixels, top left first, then clockwise.
    """
    flat = stretched(warmth, PLACED_SIDE, PLACED_SIDE)
    corners = np.array([(0, 0), (PLACED_SIDE, 0), (PLACED_SIDE, PLACED_SIDE), (0, PLACED_SIDE)], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, np.asarray(region, np.float32))
    return np.asarray(cv2.warpPerspective(flat, matrix, (width, height)), np.float32)


def laid_over(image: Image, warmth: Floats) -> Image:
    """The picture in grey under the colours of `warmth` (H, W), from none (cold) over violet to a light yellow (warm).

    Inferno grows evenly in lightness, so that it reads without seeing colours too.
    """
    colours = cv2.cvtColor(cv2.applyColorMap((warmth * 255).astype(np.uint8), cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None].astype(np.float32) * PALE
    cover = COVER * np.sqrt(warmth)[..., None]
    return np.asarray(np.clip(grey * (1 - cover) + colours * cover, 0, 255), np.uint8)


def drawn(
    see: Callable[[Image], ClassView], photo: Image, regions: Sequence[Floats] = (), reference: Image | None = None,
    number: int | None = None,
) -> Image:
    """The photo with its heat map: of the works at `regions`, each seen upright and alone, else of the whole photo.

    With a reference: that picture instead, warm where it has the classes that are seen best in the photo's first work.
    With a number: warm for that class alone.
    regions: (4, 2) each, in the photo's pixels. Returns uint8 RGB of the size of the picture that it shows.
    """
    alone = None if number is None else (np.array([number], np.int64), np.ones(1, np.float32))
    if reference is not None:
        chosen = alone or _seen(see, photo, regions[:1])[0].best(CLASSES)
        return laid_over(reference, stretched(heat(see(reference), *chosen), *_size(reference)))
    warm = [heat(view, *(alone or view.best(CLASSES))) for view in _seen(see, photo, regions)]
    if not regions:
        return laid_over(photo, stretched(warm[0], *_size(photo)))
    laid = [placed(one, region, *_size(photo)) for one, region in zip(warm, regions, strict=True)]
    return laid_over(photo, np.maximum.reduce(laid))


def _seen(see: Callable[[Image], ClassView], photo: Image, regions: Sequence[Floats]) -> list[ClassView]:
    """A view of each region, upright and alone; of the whole photo where there are none."""
    return [see(upright(photo, region)) for region in regions] or [see(photo)]


def upright(photo: Image, region: Floats) -> Image:
    """The picture at a region as it is seen by itself."""
    return rectify(photo, region, long_side=SEEN_SIDE)


def _size(image: Image) -> tuple[int, int]:
    """(width, height)."""
    return image.shape[1], image.shape[0]
