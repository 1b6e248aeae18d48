"""A search result as others see it: the JSON contract, and the proof that the result page draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.catalogue.models import Artwork
from app.engine.types import Floats, Match, SearchResult


def as_json(result: SearchResult, works: Mapping[int, Artwork], photo: str) -> dict[str, Any]:
    """One photo's answer by the contract of the design; `works` by primary key."""
    return {
        "photo": photo, "verdict": result.verdict, "build": result.build, "preset": result.preset,
        "matches": [_match(match, works[match.work_id]) for match in result.matches],
        "timings_ms": result.timings_ms,
    }


def _match(match: Match, work: Artwork) -> dict[str, Any]:
    return {
        "artwork_id": work.source_id, "title": work.title, "artist": work.artist_text,
        "probability": round(match.probability, 4), "global_score": round(match.global_score, 4), "inliers": match.inliers,
        "verified": match.verified, "region": None if match.region is None else _tenths(match.region),
    }


def as_proof(result: SearchResult, works: Mapping[int, Artwork]) -> list[dict[str, Any]]:
    """Per match, in the order of the JSON: places that agree, in pixels of photo and reference, and the map between them."""
    return [
        {
            "artwork_id": works[match.work_id].source_id, "artwork_pk": match.work_id, "picture_id": match.picture_id,
            "photo_points": _tenths(match.photo_points), "reference_points": _tenths(match.reference_points),
            "homography": None if match.homography is None else match.homography.tolist(),
            "region": None if match.region is None else _tenths(match.region),
        }
        for match in result.matches
    ]


def as_seen(result: SearchResult) -> list[list[list[float]]]:
    """The pictures that were seen in the photo, recognised or not: four corners each, in its pixels."""
    return [_tenths(quad) for quad in result.detected]


def _tenths(points: Floats) -> list[list[float]]:
    """(n, 2) → lists of pixels to one decimal; in double precision, as 0.1 in single precision prints as 0.10000000149."""
    rows: list[list[float]] = points.astype(float).round(1).tolist()
    return rows
