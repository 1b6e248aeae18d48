"""A recorded search as its page shows it: matches joined with the catalogue, outlines, and the drawing of the proof."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from babel.lists import format_list
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from app.catalogue import merging
from app.catalogue.models import Artwork, Picture
from app.extensions import db
from app.language import locale
from app.usage.models import Search
from app.web import labels, parts
from app.web.drawing import Drawing, Point, draw, polygon, spot
from app.web.parts import Part

MAYBE = 3  # works asked about where the answer is not sure
ALIKE = 6  # works shown as merely alike


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
    region: list[list[float]] = field(default_factory=list)  # its corners in photo pixels
    outline: str = ""  # the same for an SVG polygon, where the work is verified
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
    parts: list[Part] = field(default_factory=list)  # pictures in the photo that are none of the works

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
    nearest = labels.nearest(matches[0].probability if matches else 0.0)
    return AnswerPage(search.verdict, works, by_maker(others), nearest, parts.of(search, [w.region for w in works if w.outline]))


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
    """Every match, best first. A merged work is the one that is left; one that is gone keeps its name and loses its link."""
    matches: list[dict[str, Any]] = search.result.get("matches", [])
    pictures = _pictures([proof.get("picture_id") for proof in search.proof])
    for proof in search.proof:
        if (proof.get("picture_id") or 0) not in pictures and (left := _of_what_is_left(proof)):
            pictures[proof["picture_id"]] = left
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


def _of_what_is_left(proof: dict[str, Any]) -> Picture | None:
    """The same picture of the work that the match's work was merged into; its first one, where it was given away since."""
    pk = proof.get("artwork_pk") or 0
    left = db.session.get(Artwork, merging.survivors([pk]).get(pk, 0))
    if left is None or left.hidden or not left.pictures:
        return None
    old = db.session.get(Picture, proof.get("picture_id") or 0)
    return next((one for one in left.pictures if old and one.sha256 == old.sha256), left.pictures[0])


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
        region=region or [],
        outline=polygon(region) if region and match.get("verified") else "",
        spot=spot(region[0], (search.photo_width, search.photo_height)) if region else (0.0, 0.0),
        middle=_middle(region),
        top=min((corner[1] for corner in region), default=0.0) if region else 0.0,
        across=across,
        down=down,
        laid_over=bool(picture and proof.get("homography") and search.photo_path and _is_that(picture, proof)),
    )


def _drawings(
    search: Search, proof: dict[str, Any], picture: Picture | None, region: list[list[float]] | None
) -> tuple[Drawing | None, Drawing | None]:
    points = proof.get("photo_points") or []
    if picture is None or not points or not search.photo_path or not _is_that(picture, proof):
        return None, None
    sizes = ((search.photo_width, search.photo_height), (picture.width, picture.height))
    joined = (points, proof.get("reference_points") or [])
    return draw(sizes, joined, region, across=True), draw(sizes, joined, region, across=False)


def _is_that(picture: Picture, proof: dict[str, Any]) -> bool:
    """Whether the places of the proof are in this picture: the one that was compared, or the same file of another record."""
    if picture.id == proof.get("picture_id"):
        return True
    compared = db.session.get(Picture, proof.get("picture_id") or 0)
    return compared is not None and compared.sha256 == picture.sha256


def _middle(region: list[list[float]] | None) -> Point:
    if not region:
        return 0.0, 0.0
    return sum(corner[0] for corner in region) / len(region), sum(corner[1] for corner in region) / len(region)
