"""A recorded search as its page shows it: matches joined with the catalogue, outlines, and the drawing of the proof."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from babel.lists import format_list
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.catalogue.models import Artwork, Picture
from app.extensions import db
from app.language import locale
from app.usage.models import Search
from app.web import labels

LINES_MAX = 60  # joined points that are drawn: enough to convince, few enough to see
MAYBE = 3  # works asked about where the answer is not sure
ALIKE = 6  # works shown as merely alike
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


@dataclass(frozen=True)
class Shown:
    """One match of a search. `number` is its position among the matches, from 0."""

    number: int
    title: str
    maker: str
    probability: float
    inliers: int
    verified: bool
    certainty: str
    odds: str = ""
    artwork: Artwork | None = None
    picture: Picture | None = None
    outline: str = ""  # corners in photo pixels for an SVG polygon
    spot: Point = (0.0, 0.0)  # where the number of the outline is written, in percent of the photo's width and height
    middle: Point = (0.0, 0.0)  # of the outline, in photo pixels
    top: float = 0.0  # its highest point
    across: Drawing | None = None
    down: Drawing | None = None
    laid_over: bool = False


@dataclass(frozen=True)
class Kin:
    """Works of one maker among those that came close; `artist_id` is None where nobody is credited."""

    maker: str
    artist_id: int | None
    works: list[Shown]


@dataclass(frozen=True)
class AnswerPage:
    """What the result page shows: the works it is about, and the others by their makers."""

    verdict: str
    works: list[Shown] = field(default_factory=list)
    kin: list[Kin] = field(default_factory=list)
    nearest: str = ""  # how likely the first of the others is, where none is named

    @property
    def several(self) -> bool:
        return self.verdict == "identified" and len(self.works) > 1

    @property
    def titles(self) -> str:
        """The works' titles in one line."""
        return format_list([work.title for work in self.works], locale=locale())


def page(search: Search) -> AnswerPage:
    """The search's matches sorted into those that the answer is about and those that came close."""
    matches = shown(search)
    if search.verdict == "identified":
        works = in_reading_order([match for match in matches if match.verified]) or matches[:1]
    else:
        works = matches[:MAYBE] if search.verdict == "uncertain" else []
    others = [match for match in matches if match not in works and match.artwork][:ALIKE]
    return AnswerPage(search.verdict, works, by_maker(others), labels.nearest(matches[0].probability if matches else 0.0))


def by_maker(matches: list[Shown]) -> list[Kin]:
    """Matches grouped by whom they are credited to first; groups and works keep the order of the matches."""
    groups: dict[int | str, Kin] = {}
    for match in matches:
        credits = match.artwork.credits if match.artwork else []
        artist_id = credits[0].artist_id if credits else None
        kin = groups.setdefault(artist_id or match.maker, Kin(match.maker, artist_id, []))
        kin.works.append(match)
    return list(groups.values())


def in_reading_order(matches: list[Shown]) -> list[Shown]:
    """Matches as their outlines are read: row by row from the top, each row from the left.

    An outline belongs to the row above it if it begins higher than the middle of that row's first one.
    """
    rows: list[list[Shown]] = []
    for match in sorted(matches, key=lambda found: found.middle[1]):
        if rows and match.top <= rows[-1][0].middle[1]:
            rows[-1].append(match)
        else:
            rows.append([match])
    return [match for row in rows for match in sorted(row, key=lambda found: found.middle[0])]


def shown(search: Search) -> list[Shown]:
    """Every match, best first; a work that has left the catalogue keeps its name and loses its link."""
    matches: list[dict[str, Any]] = search.result.get("matches", [])
    pictures = _pictures([proof.get("picture_id") for proof in search.proof])
    padded = [*search.proof, *({} for _ in matches)]
    return [
        _match(search, number, match, proof, pictures.get(proof.get("picture_id") or 0))
        for number, (match, proof) in enumerate(zip(matches, padded, strict=False))
    ]


def _pictures(ids: list[int | None]) -> dict[int, Picture]:
    known = [id_ for id_ in ids if id_]
    chosen = (
        select(Picture)
        .where(Picture.id.in_(known), Picture.artwork.has(Artwork.hidden.is_(False)))
        .options(selectinload(Picture.artwork).selectinload(Artwork.credits))
    )
    return {picture.id: picture for picture in db.session.scalars(chosen)} if known else {}


def _match(
    search: Search, number: int, match: dict[str, Any], proof: dict[str, Any], picture: Picture | None
) -> Shown:
    region = match.get("region") or proof.get("region")
    across, down = _drawings(search, proof, picture, region)
    verdict = "identified" if search.verdict == "identified" and match.get("verified") else search.verdict
    return Shown(
        number=number,
        title=labels.title(picture.artwork) if picture else match.get("title") or str(labels.UNTITLED),
        maker=labels.maker(picture.artwork) if picture else match.get("artist") or str(labels.NO_MAKER),
        probability=match.get("probability", 0.0),
        inliers=match.get("inliers", 0),
        verified=bool(match.get("verified")),
        certainty=labels.certainty(match.get("inliers", 0), verdict),
        odds=labels.odds(match.get("probability", 0.0), verdict),
        artwork=picture.artwork if picture else None,
        picture=picture,
        outline=polygon(region) if region and match.get("verified") else "",
        spot=spot(region[0], (search.photo_width, search.photo_height)) if region else (0.0, 0.0),
        middle=_middle(region),
        top=min((corner[1] for corner in region), default=0.0) if region else 0.0,
        across=across,
        down=down,
        laid_over=bool(picture and proof.get("homography") and search.photo_path),
    )


def _drawings(
    search: Search, proof: dict[str, Any], picture: Picture | None, region: list[list[float]] | None
) -> tuple[Drawing | None, Drawing | None]:
    points = proof.get("photo_points") or []
    if picture is None or not points or not search.photo_path:
        return None, None
    sizes = ((search.photo_width, search.photo_height), (picture.width, picture.height))
    joined = (points, proof.get("reference_points") or [])
    return draw(sizes, joined, region, across=True), draw(sizes, joined, region, across=False)


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


def _middle(region: list[list[float]] | None) -> Point:
    if not region:
        return 0.0, 0.0
    return sum(corner[0] for corner in region) / len(region), sum(corner[1] for corner in region) / len(region)


def _scaled(point: list[float], scale: float, shift: Point = (0.0, 0.0)) -> Point:
    return point[0] * scale + shift[0], point[1] * scale + shift[1]


def _rounded(point: Point) -> Point:
    return round(point[0], 1), round(point[1], 1)
