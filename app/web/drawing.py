"""What is drawn over and beside a photo: outlines, numbers, and the joined points of the proof."""

from __future__ import annotations

from dataclasses import dataclass

LINES_MAX = 60  # joined points that are drawn: enough to convince, few enough to see
GAP = 0.04  # space between the two pictures of the proof, as a share of the drawing's side

Point = tuple[float, float]


@dataclass(frozen=True)
class Drawing:
    """Photo and reference beside or above each other with joined points; every number in the drawing's own units."""

    width: float
    height: float
    photo: tuple[float, float, float, float]  # x, y, width, height
    reference: tuple[float, float, float, float]
    lines: list[tuple[float, float, float, float]]
    outline: str


def draw(
    sizes: tuple[tuple[int, int], tuple[int, int]],
    points: tuple[list[list[float]], list[list[float]]],
    region: list[list[float]] | None,
    *,
    across: bool,
) -> Drawing:
    """Lay photo and reference side by side at one height (`across`), or above each other at one width.

    sizes: (width, height) of photo and reference; points: (n, 2) of each, row by row, in their own pixels.
    """
    side = 1000.0
    shared = 1 if across else 0  # the dimension that both get in common
    scales = [side / size[shared] for size in sizes]
    boxes = [(size[0] * scale, size[1] * scale) for size, scale in zip(sizes, scales, strict=True)]
    gap = side * GAP
    shift = (boxes[0][0] + gap, 0.0) if across else (0.0, boxes[0][1] + gap)
    chosen = spread(len(points[0]), LINES_MAX)
    return Drawing(
        width=round(shift[0] + boxes[1][0] if across else side, 1),
        height=round(side if across else shift[1] + boxes[1][1], 1),
        photo=(0.0, 0.0, *_rounded(boxes[0])),
        reference=(*_rounded(shift), *_rounded(boxes[1])),
        lines=[
            (*_rounded(_scaled(points[0][i], scales[0])), *_rounded(_scaled(points[1][i], scales[1], shift))) for i in chosen
        ],
        outline=polygon([list(_scaled(corner, scales[0])) for corner in region]) if region else "",
    )


def spread(count: int, most: int) -> list[int]:
    """At most `most` indices of `count`, evenly spread."""
    if count <= most:
        return list(range(count))
    return [index * count // most for index in range(most)]


def polygon(corners: list[list[float]]) -> str:
    """Corners as SVG writes them: `x,y x,y …`."""
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)


def spot(point: list[float], size: tuple[int, int]) -> Point:
    """The point in percent of the photo's sides, moved into it by 4 % of the short one: a number written there can be read."""
    margin = 0.04 * min(size)
    x, y = (100 * min(max(value, margin), full - margin) / full for value, full in zip(point, size, strict=True))
    return round(x, 2), round(y, 2)


def _scaled(point: list[float], scale: float, shift: Point = (0.0, 0.0)) -> Point:
    return point[0] * scale + shift[0], point[1] * scale + shift[1]


def _rounded(point: Point) -> Point:
    return round(point[0], 1), round(point[1], 1)
