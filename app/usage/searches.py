"""Searches as they are kept: recorded, listed for their owner, judged by the visitor, deleted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Select, select

from app.catalogue.models import Artwork
from app.extensions import db
from app.usage.models import UNKNOWN, Feedback, Search

FEEDBACK_LENGTH = 2000
NAME_LENGTH = 255


class Result(Protocol):
    """The part of the engine's `SearchResult` that is recorded."""

    @property
    def verdict(self) -> str: ...
    @property
    def photo_size(self) -> tuple[int, int]: ...


class Answer(Protocol):
    """What `services.search_photo` returns."""

    @property
    def result(self) -> Result: ...
    @property
    def json(self) -> dict[str, Any]: ...
    @property
    def proof(self) -> list[dict[str, Any]]: ...
    @property
    def best_artwork_pk(self) -> int | None: ...


def record(
    answer: Answer, *, way: str, name: str = "", photo_path: str | None = None, user_id: int | None = None,
    seen: Sequence[Any] = (), device: str = UNKNOWN, language: str = UNKNOWN,
) -> Search:
    """Keep one answer; `photo_path` is relative to `uploads/`, None where the photo is not kept. Commits.

    seen: the corners of every picture that was seen in the photo, whether or not it was recognised.
    device: its class; language: that of the page. For the statistics, which know no more of who asked.
    """
    matches = answer.json.get("matches", [])
    identified = answer.json["verdict"] == "identified"
    search = Search(
        user_id=user_id,
        way=way,
        photo_name=name[:NAME_LENGTH],
        photo_path=photo_path,
        photo_width=answer.result.photo_size[0],
        photo_height=answer.result.photo_size[1],
        verdict=answer.json["verdict"],
        artwork_id=answer.best_artwork_pk if identified else None,
        probability=matches[0]["probability"] if matches else None,
        build=answer.json.get("build", ""),
        preset=answer.json.get("preset", ""),
        total_ms=answer.json.get("timings_ms", {}).get("total", 0.0),
        device=device,
        language=language,
        collection_id=_collection_of(answer),
        found=recognised(answer) if identified else [],
        result={**answer.json, "detected": list(seen)},
        proof=answer.proof,
    )
    db.session.add(search)
    db.session.commit()
    return search


def recognised(answer: Answer) -> list[int]:
    """Primary keys of the works that an identifying answer names: the verified ones, else the best."""
    pairs = zip(answer.proof, answer.json.get("matches", []), strict=False)
    sure = [proof["artwork_pk"] for proof, match in pairs if match.get("verified")]
    return sure or [pk for pk in (answer.best_artwork_pk,) if pk]


def _collection_of(answer: Answer) -> int | None:
    """The collection of the nearest work, recognised or not; None where nothing came near."""
    nearest = answer.proof[0]["artwork_pk"] if answer.proof else answer.best_artwork_pk
    return db.session.scalar(select(Artwork.collection_id).where(Artwork.id == nearest)) if nearest else None


def find(search_id: str) -> Search | None:
    """The search of that id, or None."""
    return db.session.get(Search, search_id)


def searches_of(user_id: int) -> Select[Search]:
    """The account's searches, newest first."""
    return select(Search).where(Search.user_id == user_id).order_by(Search.created_at.desc(), Search.id)


def judge(search: Search, kind: str, text: str = "", artwork_id: int | None = None) -> Feedback:
    """Keep what the visitor said: `right` and `wrong` replace each other, comments add up. Commits.

    `artwork_id`: the work that it is, where the visitor chose one.
    """
    if kind in ("right", "wrong"):
        for earlier in [said for said in search.feedback if said.kind in ("right", "wrong")]:
            search.feedback.remove(earlier)
    said = Feedback(kind=kind, text=text.strip()[:FEEDBACK_LENGTH], artwork_id=artwork_id)
    search.feedback.append(said)
    db.session.commit()
    return said


def delete(search: Search, uploads_dir: Path) -> None:
    """Delete a search and its photo. Commits."""
    photo = search.photo_path
    db.session.delete(search)
    db.session.commit()
    if photo:
        (uploads_dir / photo).unlink(missing_ok=True)


def delete_all(user_id: int, uploads_dir: Path) -> int:
    """Delete every search of the account with its photos; returns how many. Commits."""
    found = db.session.scalars(searches_of(user_id)).all()
    photos = [search.photo_path for search in found if search.photo_path]
    for search in found:
        db.session.delete(search)
    db.session.commit()
    for photo in photos:
        (uploads_dir / photo).unlink(missing_ok=True)
    return len(found)
