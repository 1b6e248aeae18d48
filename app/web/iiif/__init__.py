"""The catalogue's pictures by the IIIF Image API 3.0, level 2, and its works by the Presentation API 3.0.

An address is parsed (`parsing`), laid onto the picture (`planning`) and drawn (`rendering`); these three know no Flask.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Blueprint, Response, current_app, make_response, redirect, request, url_for

from app.catalogue import queries
from app.catalogue.models import Picture
from app.engine.errors import ImageError
from app.web.context import settings
from app.web.iiif import info as information
from app.web.iiif import manifest as presentation
from app.web.iiif.decoded import Decoded, read_reduced
from app.web.iiif.errors import BUSY, NOT_FOUND, IiifError
from app.web.iiif.parsing import parse
from app.web.iiif.planning import Plan, plan
from app.web.iiif.rendering import MIMETYPES, render
from app.web.visible import visible_picture

bp = Blueprint("iiif", __name__, url_prefix="/iiif")

MONTH_S = 30 * 24 * 3600
AT_ONCE = 2  # images made at the same time: searches need the processor too
PATIENCE_S = 20
JSON_LD = "application/ld+json"
_drawing = threading.BoundedSemaphore(AT_ONCE)


@bp.get("/3/<identifier>")
def base(identifier: str) -> Any:
    """The picture's own address leads to what is said of it."""
    return redirect(url_for("iiif.info", identifier=_picture(identifier).id), code=303)


@bp.get("/3/<identifier>/info.json")
def info(identifier: str) -> Response:
    """Sizes, tiles, limits and abilities."""
    row = _picture(identifier)
    manifest = url_for("iiif.manifest", artwork_id=row.artwork_id, _external=True)
    return _json(information.info(_address(row), (row.width, row.height), manifest), information.CONTEXT, row.artwork.hidden)


@bp.get("/3/<identifier>/<region>/<size>/<rotation>/<quality>.<format>")
def image(identifier: str, region: str, size: str, rotation: str, quality: str, format: str) -> Response:
    """A region of the picture at a size."""
    row = _picture(identifier)
    wanted = plan(parse(region, size, rotation, quality, format), (row.width, row.height))
    etag = hashlib.sha256(f"{row.sha256}/{wanted.canonical}".encode()).hexdigest()[:32]
    known = request.if_none_match.contains(etag)
    response = make_response("", 304) if known else make_response(_drawn(row, wanted))
    response.set_etag(etag)
    response.headers["Content-Type"] = MIMETYPES[format]
    response.headers["Link"] = f'<{_address(row)}/{wanted.canonical}>;rel="canonical", <{information.PROFILE}>;rel="profile"'
    return _kept(response, row.artwork.hidden)


@bp.get("/presentation/<int:artwork_id>/manifest")
def manifest(artwork_id: int) -> Response:
    """A work with its record and pictures, for any IIIF viewer."""
    artwork = queries.artwork(artwork_id)
    if artwork is None or artwork.hidden:
        raise IiifError(NOT_FOUND, "No work of the catalogue has this number.")
    return _json(presentation.manifest(artwork), presentation.CONTEXT, False)


@bp.after_request
def open_to_all(response: Response) -> Response:
    """Viewers on other sites may read the answers; they carry no credentials there, so they see what any visitor sees."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Headers"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "Link, ETag"
    return response


@bp.errorhandler(IiifError)
def refuse(error: IiifError) -> Response:
    """One sentence as plain text."""
    response = make_response(error.message + "\n", error.status)
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    if error.status == BUSY:
        response.headers["Retry-After"] = "2"
    return response


def _picture(identifier: str) -> Picture:
    """Its number is a picture's name here. Raises IiifError where no picture that this visitor may see has it."""
    number = int(identifier) if identifier.isascii() and identifier.isdigit() and len(identifier) < 10 else 0
    found = visible_picture(number)
    if found is None:
        raise IiifError(NOT_FOUND, "No picture of the catalogue has this number.")
    return found


def _address(row: Picture) -> str:
    return url_for("iiif.base", identifier=row.id, _external=True)


def _drawn(row: Picture, wanted: Plan) -> bytes:
    """The image's bytes. Raises IiifError when too many are being made, or when the file cannot be read any more."""
    held: Decoded = current_app.extensions.setdefault("pinakes.iiif", Decoded())
    source, size = settings().pictures_dir / row.path, (row.width, row.height)
    try:
        with _turn():
            return render(wanted, size, lambda step: held.get((row.sha256, step), lambda: read_reduced(source, max(size), step)))
    except ImageError as error:
        current_app.logger.warning("no image of %s: %s", source.name, error)
        raise IiifError(NOT_FOUND, "The file of this picture cannot be read.") from error


@contextmanager
def _turn() -> Iterator[None]:
    if not _drawing.acquire(timeout=PATIENCE_S):
        raise IiifError(BUSY, "Many images are being made just now; ask again in a few seconds.")
    try:
        yield
    finally:
        _drawing.release()


def _json(content: dict[str, Any], context: str, hidden: bool) -> Response:
    """JSON, called JSON-LD where the client asks for that by name."""
    response = make_response(json.dumps(content, ensure_ascii=False, indent=1))
    named = any(kind == JSON_LD and quality > 0 for kind, quality in request.accept_mimetypes)
    response.headers["Content-Type"] = f'{JSON_LD};profile="{context}"' if named else "application/json"
    response.headers["Vary"] = "Accept, Accept-Language, Cookie"
    response.add_etag()
    response.make_conditional(request)
    return _kept(response, hidden, 3600)


def _kept(response: Response, hidden: bool, seconds: int = MONTH_S) -> Response:
    """A number stands for one file for ever; only for how long a hidden work's is shown, staff alone decide."""
    response.headers["Cache-Control"] = "private, no-store" if hidden else f"public, max-age={seconds}"
    return response
