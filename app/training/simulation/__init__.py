"""Photographs that gallery visitors take, drawn from pictures. Pure and seeded: the same generator draws the same photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from app.engine.types import Floats, Image
from app.training.simulation import camera, light, people, walls
from app.training.simulation.conditions import FRAMES, HARD_KINDS, KINDS, Conditions, Range
from app.training.simulation.frames import Place, hang

__all__ = ["FRAMES", "HARD_KINDS", "KINDS", "Conditions", "SimulatedPhoto", "simulate"]

WIDTHS = (1.0, 0.42, 0.28)  # share of the photo that each of one, two or three pictures may take
WALL = 1.5  # the wall is drawn this much larger than the photo, so that a slanting view still shows wall


@dataclass(frozen=True)
class SimulatedPhoto:
    """A photo, uint8 RGB (H, W, 3), and where each picture is in it, in the order of the pictures.

    regions: (4, 2) float32, the centres of the picture's corner pixels in photo pixels: top left, then clockwise.
    homographies: (3, 3) float64, picture pixels → photo pixels; a pixel's centre has whole coordinates, as in OpenCV.
    hanging: of everything on the wall, strangers too, the corners of the picture and those of its frame (where it has one).
    """

    image: Image
    regions: list[Floats]
    homographies: list[camera.Matrix]
    hanging: list[tuple[Floats, Floats]]


def simulate(pictures: Sequence[Image], rng: np.random.Generator, options: Conditions) -> SimulatedPhoto:
    """Hang one to three pictures (uint8 RGB) on a wall and photograph them.

    Raises ValueError if there are no pictures or more than three.
    """
    if not 1 <= len(pictures) <= len(WIDTHS):
        raise ValueError(f"A photo shows one to three pictures, not {len(pictures)}.")
    size = photo_size(pictures, rng, options)
    canvas = (int(size[0] * WALL), int(size[1] * WALL))
    places = arrange(pictures, size, canvas, rng, options)
    wall, strangers = dress(canvas, places, rng, options)
    for picture, place in zip(pictures, places, strict=True):
        part = cv2.resize(picture, (place.width, place.height), interpolation=cv2.INTER_AREA)
        hang(wall, part.astype(np.float32), place, rng)
    matrix = stand(places, size, canvas, rng, options)
    homographies = [matrix @ hung(picture, place) for picture, place in zip(pictures, places, strict=True)]
    regions = [camera.project(h, corners(p)) for h, p in zip(homographies, pictures, strict=True)]
    photo = cv2.warpPerspective(wall, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    image = expose(np.asarray(photo, np.float32), regions, rng, options)
    hanging = [(seen(matrix, place, 0), seen(matrix, place, place.border)) for place in [*places, *strangers]]
    return SimulatedPhoto(image, [region.astype(np.float32) for region in regions], homographies, hanging)


def seen(matrix: camera.Matrix, place: Place, border: int) -> Floats:
    """(4, 2) float32 corners in the photo of a picture on the wall, with `border` pixels around it."""
    return np.asarray(camera.project(matrix, outline(place, border)), np.float32)


def draw(rng: np.random.Generator, limits: Range) -> float:
    """A number between the limits."""
    return float(rng.uniform(*limits))


def corners(picture: Image) -> camera.Matrix:
    """(4, 2) centres of the corner pixels: top left, then clockwise."""
    right, bottom = picture.shape[1] - 1, picture.shape[0] - 1
    return np.array([(0, 0), (right, 0), (right, bottom), (0, bottom)], np.float64)


def photo_size(pictures: Sequence[Image], rng: np.random.Generator, options: Conditions) -> tuple[int, int]:
    """(width, height) of a 4:3 photo, held upright for an upright picture, mostly."""
    long_side = int(draw(rng, options.long_side))
    short_side = int(long_side * 0.75)
    upright = len(pictures) == 1 and pictures[0].shape[0] > pictures[0].shape[1]
    if len(pictures) == 1 and rng.random() < 0.12:
        upright = not upright
    return (short_side, long_side) if upright else (long_side, short_side)


def arrange(
    pictures: Sequence[Image], size: tuple[int, int], canvas: tuple[int, int], rng: np.random.Generator, options: Conditions
) -> list[Place]:
    """Places on the wall, side by side about its middle, of about the size that they will have in the photo."""
    styles = [str(rng.choice(options.frames)) for _ in pictures]
    share = min(draw(rng, options.fill), 1.3) * WIDTHS[len(pictures) - 1]
    boxes = []
    for picture in pictures:
        height, width = picture.shape[:2]
        scale = min(share * size[0] / width, min(share, 0.85 if len(pictures) == 1 else 0.6) * size[1] / height)
        scale *= 1 if len(pictures) == 1 else rng.uniform(0.82, 1.0)
        boxes.append((max(int(width * scale), 16), max(int(height * scale), 16)))
    rims = [Place(0, 0, *box, style).border for box, style in zip(boxes, styles, strict=True)]
    gap = int(size[0] * rng.uniform(0.03, 0.07))
    total = sum(box[0] + 2 * rim for box, rim in zip(boxes, rims, strict=True)) + gap * (len(boxes) - 1)
    x, middle, places = (canvas[0] - total) // 2, canvas[1] // 2, []
    for (width, height), rim, style in zip(boxes, rims, styles, strict=True):
        places.append(Place(x + rim, middle - height // 2, width, height, style))
        x += width + 2 * rim + gap
    return places


def hung(picture: Image, place: Place) -> camera.Matrix:
    """Homography from the picture's pixels to the wall's; cv2.resize maps x to (x + ½)·s - ½."""
    sx, sy = place.width / picture.shape[1], place.height / picture.shape[0]
    return camera.translation(place.x + sx / 2 - 0.5, place.y + sy / 2 - 0.5) @ camera.scaling(sx, sy)


def dress(
    canvas: tuple[int, int], places: list[Place], rng: np.random.Generator, options: Conditions
) -> tuple[Floats, list[Place]]:
    """The wall with what belongs to a gallery (skirting board, labels, neighbours), and where the neighbours hang."""
    wall, neighbours = walls.wall(rng, canvas), []
    if not options.furniture:
        return wall, []
    bottom = max(place.y + place.height + place.border for place in places)
    if rng.random() < 0.45:
        walls.skirting(wall, rng, bottom + int(canvas[1] * rng.uniform(0.07, 0.16)))
    left, right = places[0].x - places[0].border, places[-1].x + places[-1].width + places[-1].border
    gap = int(canvas[0] * rng.uniform(0.06, 0.1))
    for side, chance in ((-1, 0.4), (1, 0.4)):
        if rng.random() < chance:
            neighbours.append(neighbour(wall, rng, left - gap if side < 0 else right + gap, side))
    if rng.random() < 0.7:
        width = int(canvas[0] * rng.uniform(0.035, 0.055))
        walls.label(wall, rng, right + int(width * 0.25), bottom - int(width * rng.uniform(0.8, 2.5)), width)
    return wall, neighbours


def neighbour(wall: Floats, rng: np.random.Generator, edge: int, side: int) -> Place:
    """Hang a stranger whose frame begins at column `edge`, to the left (side -1) or right (1). In place."""
    width = int(wall.shape[1] * rng.uniform(0.18, 0.3))
    height = int(width * rng.uniform(0.8, 1.35))
    place = Place(0, 0, width, height, str(rng.choice(("plain", "gilt"))))
    x = edge + place.border if side > 0 else edge - width - place.border
    y = (wall.shape[0] - height) // 2
    place = Place(x, y, width, height, place.style)
    hang(wall, walls.stranger(rng, (width, height)), place, rng)
    return place


def stand(
    places: list[Place], size: tuple[int, int], canvas: tuple[int, int], rng: np.random.Generator, options: Conditions
) -> camera.Matrix:
    """Homography from wall to photo pixels: the camera's place, turned so that the pictures fill the wanted part of the photo."""
    tilt, around = draw(rng, options.tilt), rng.uniform(0, 2 * np.pi)
    yaw, pitch = tilt * np.cos(around), 0.6 * tilt * np.sin(around)
    turned = camera.view(yaw, pitch, draw(rng, options.roll), 1.3 * max(size)) @ camera.translation(-canvas[0] / 2, -canvas[1] / 2)
    fill = draw(rng, options.fill)
    whole = fill <= 1 and options.cut[1] == 0  # then the frame is to be seen too
    box = np.concatenate([outline(place, place.border if whole else 0) for place in places])
    fill = min(1.12 * fill, 0.95) if whole else fill
    shift = [draw(rng, options.offset) * rng.choice((-1, 1)) for _ in range(2)]
    matrix = camera.fit(turned, box, size, fill, (shift[0], shift[1]))
    return beyond(matrix, box, size, draw(rng, options.cut), rng)


def outline(place: Place, border: int) -> camera.Matrix:
    """(4, 2) corners of a picture on the wall, with `border` pixels around it."""
    left, top, right, bottom = place.x - border, place.y - border, place.x + place.width + border, place.y + place.height + border
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)


def beyond(matrix: camera.Matrix, box: camera.Matrix, size: tuple[int, int], cut: float, rng: np.random.Generator) -> camera.Matrix:
    """Move the photo so that the share `cut` of the pictures' width or height lies beyond its edge."""
    if cut <= 0:
        return matrix
    points = camera.project(matrix, box)
    low, high = points.min(axis=0), points.max(axis=0)
    axis, far = int(rng.integers(2)), bool(rng.integers(2))
    extent = cut * (high - low)[axis]
    step = (size[axis] + extent - high[axis]) if far else (-extent - low[axis])
    return camera.translation(*((step, 0) if axis == 0 else (0, step))) @ matrix


def expose(photo: Floats, regions: list[camera.Matrix], rng: np.random.Generator, options: Conditions) -> Image:
    """Light, reflections, people, lens, sensor and file, in the order in which light meets them."""
    size = (photo.shape[1], photo.shape[0])
    unit = max(size) / 1400
    unevenness, glare, hidden = draw(rng, options.unevenness), draw(rng, options.glare), draw(rng, options.hidden)
    if unevenness > 0:
        photo = photo * light.lamps(size, rng, unevenness)
    if glare > 0:
        for region in regions:
            veil = light.glare(region, size, rng, glare)
            photo = photo + (255 - np.minimum(photo, 255)) * np.minimum(veil, 1)
    if options.washed[1] > 0:  # conditions that a kind does not have draw nothing, so that its photos stay the same
        pane = light.sheet(regions[0], size, rng, draw(rng, options.washed))
        photo = photo + (255 - np.minimum(photo, 255)) * np.minimum(pane, 1)
    if hidden > 0.02:
        photo = people.hide(photo, regions[0], hidden, rng)
    photo = photo * (light.white_balance(rng, draw(rng, options.cast)) * np.float32(draw(rng, options.exposure)))
    photo = photo * camera.vignette(size, draw(rng, options.vignette))
    photo = camera.blur(photo, draw(rng, options.defocus) * unit, draw(rng, options.motion) * unit, rng.uniform(0, 180))
    if options.moire[1] > 0:
        photo = photo * camera.moire(size, rng, draw(rng, options.moire))
    photo = camera.sensor(np.minimum(photo, 255), rng, draw(rng, options.noise) * unit, draw(rng, options.impulses))
    return camera.compress(photo, int(draw(rng, options.quality)))
