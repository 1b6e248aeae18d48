"""Pictures: of the catalogue, of the visitor, of the examples."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, current_app, make_response, request, send_file, url_for
from werkzeug.exceptions import ServiceUnavailable

from app import seeing, services
from app.catalogue.models import Picture
from app.engine.errors import EngineError, ImageError
from app.usage import searches
from app.usage.models import Search
from app.web import examples, imaging
from app.web.context import settings
from app.web.headers import immutable
from app.web.visible import visible_picture

bp = Blueprint("media", __name__)

PRIVATE = "private, max-age=3600"


def picture_url(picture: Picture, size: int, kind: str = "jpg") -> str:
    """Address of a thumbnail, `jpg` or the lighter `webp`; it changes with the file, so that browsers may keep it for ever."""
    return url_for("media.picture", picture_id=picture.id, size=size, kind=kind, v=picture.sha256[:10])


@bp.app_context_processor
def shared() -> dict[str, Any]:
    """`picture_url` and the drawn size of a thumbnail, for every template."""
    return {"picture_url": picture_url, "drawn": drawn, "scaled": scaled}


def drawn(picture: Picture, size: int) -> tuple[int, int]:
    """(width, height) of a thumbnail in pixels, so that a page can keep its place."""
    return scaled(picture.width, picture.height, size)


def scaled(width: int, height: int, size: int) -> tuple[int, int]:
    """(width, height) shrunk to at most `size` on the long side; never enlarged, no side below 1."""
    scale = min(1.0, size / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


@bp.get("/pictures/<int:picture_id>/<int:size>.jpg", defaults={"kind": "jpg"})
@bp.get("/pictures/<int:picture_id>/<int:size>.<any(webp):kind>")
def picture(picture_id: int, size: int, kind: str) -> Response:
    """A thumbnail of a catalogue picture, made once and kept under `thumbnails/`."""
    row = _picture(picture_id)
    kept = settings().thumbnails_dir / row.sha256[:2] / f"{row.sha256}-{_size(size)}.{kind}"
    return _cached(_made(settings().pictures_dir / row.path, kept, size))


@bp.get("/pictures/<int:picture_id>/full")
def full(picture_id: int) -> Response:
    """The picture as it was loaded; a kind that browsers do not show is turned into a JPEG of the same size."""
    row = _picture(picture_id)
    source = settings().pictures_dir / row.path
    if not source.exists():
        abort(404)
    if source.suffix.lower() not in imaging.SHOWN_BY_BROWSERS:
        kept = settings().thumbnails_dir / row.sha256[:2] / f"{row.sha256}-full.jpg"
        source = _made(source, kept, max(row.width, row.height))
    return _cached(source)


@bp.get("/examples/<int:number>/<int:size>.jpg", defaults={"kind": "jpg"})
@bp.get("/examples/<int:number>/<int:size>.<any(webp):kind>")
def example(number: int, size: int, kind: str) -> Response:
    """A thumbnail of an example photo."""
    found = examples.find(settings().demo_dir, number)
    if found is None:
        abort(404)
    key = hashlib.sha256(f"{found.path}{found.path.stat().st_mtime_ns}".encode()).hexdigest()
    kept = settings().thumbnails_dir / "examples" / f"{key[:32]}-{_size(size)}.{kind}"
    response = send_file(_made(found.path, kept, size), conditional=True)
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@bp.get("/uploads/<search_id>/<int:size>.jpg")
def upload(search_id: str, size: int) -> Response:
    """The visitor's photo; made anew each time, so that deleting the search deletes every trace of it."""
    photo = _photo(_search(search_id))
    return _private(imaging.shrunk(photo, _size(size)))


@bp.get("/searches/<search_id>/overlay/<int:number>.jpg")
def overlay(search_id: str, number: int) -> Response:
    """The reference of match `number` (from 0) laid over the visitor's photo."""
    search = _search(search_id)
    proof = search.proof[number] if 0 <= number < len(search.proof) else {}
    row = _picture(proof.get("picture_id") or 0)
    if not proof.get("homography"):
        abort(404)
    photo = imaging.shrunk(_photo(search), 1600)
    reference = _reference(settings().pictures_dir / row.path)
    laid = imaging.overlay(
        photo, (search.photo_width, search.photo_height), reference, (row.width, row.height), proof["homography"]
    )
    return _private(laid)


@bp.get("/searches/<search_id>/heat.jpg")
@bp.get("/searches/<search_id>/heat/<int:number>.jpg")
def heat(search_id: str, number: int | None = None) -> Response:
    """Where the network saw most in the visitor's photo; with a number, in the reference of that match, for the same classes.

    With `field` and `word` in the address: what speaks for that word alone, as `seeing.seen` lists them.
    Reckoned when asked for, and kept by nobody: what is seen in a photo goes when the photo goes.
    """
    search = _search(search_id)
    photo = imaging.shrunk(_photo(search), 800)
    sure = [proof for proof, match in zip(search.proof, search.result["matches"], strict=False) if match.get("verified")]
    proofs = sure if number is None else search.proof[number : number + 1]
    regions = imaging.regions(proofs, search.photo_width, photo)
    if number is None:
        laid = _heat(photo, regions)
    elif regions:
        row = _picture(proofs[0].get("picture_id") or 0)
        laid = _heat(photo, regions, _reference(settings().pictures_dir / row.path, 800))
    else:
        abort(404)
    response = _private(laid)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _heat(*shown: Any) -> Any:
    """Of one word where the address names one, else of all that is seen."""
    word = request.args.get("word")
    try:
        laid = seeing.heat_map(*shown) if word is None else seeing.word_map(request.args.get("field", ""), word, *shown)
    except services.Busy as error:
        raise ServiceUnavailable(retry_after=error.retry_after_s) from error
    except EngineError as error:
        current_app.logger.warning("no heat map: %s", error)
        abort(404)
    return abort(404) if laid is None else laid


def _picture(picture_id: int) -> Picture:
    row = visible_picture(picture_id)
    if row is None:
        abort(404)
    return row


def _search(search_id: str) -> Search:
    search = searches.find(search_id)
    if search is None:
        abort(404)
    return search


def _photo(search: Search) -> Path:
    path = settings().uploads_dir / (search.photo_path or "-")
    if not path.is_file():
        abort(404)
    return path


def _size(size: int) -> int:
    if size not in imaging.SIZES:
        abort(404)
    return size


def _made(source: Path, kept: Path, size: int) -> Path:
    try:
        return imaging.thumbnail(source, kept, size)
    except ImageError as error:
        current_app.logger.warning("no thumbnail of %s: %s", source.name, error)
        abort(404)


def _reference(source: Path, size: int = 1600) -> Any:
    try:
        return imaging.shrunk(source, size)
    except ImageError:
        abort(404)


def _cached(path: Path) -> Response:
    response = send_file(path, conditional=True)
    if request.args.get("v"):
        return immutable(response)
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def _private(image: Any) -> Response:
    response = make_response(imaging.jpeg(image))
    response.headers["Content-Type"] = "image/jpeg"
    response.headers["Cache-Control"] = PRIVATE
    return response
