"""Asking about a picture, whichever way it comes: what a request asks about, and how it is answered."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import abort, jsonify, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.exceptions import ServiceUnavailable

from app import language, services
from app.accounts.access import has_role, wants_json
from app.addresses import FetchError
from app.catalogue.models import Picture
from app.engine.builds import Builds
from app.engine.errors import ImageError, NoIndexError
from app.extensions import db
from app.language import gettext as _
from app.usage import searches
from app.usage.models import Search
from app.web import examples, imaging, uploads
from app.web.account import guests
from app.web.context import settings
from app.web.errors import Words, answer
from app.web.progress import board
from app.web.recording import recorded

RETRY_AFTER_S = 5


def asked() -> uploads.Photo | None:
    """What the request asks about: an example, a picture of the catalogue, a web address, or the photo it carries.

    None where it names nothing. Raises FetchError, ImageError.
    """
    if number := request.form.get("example", ""):
        return example(number)
    if number := request.form.get("picture", ""):
        return catalogued(number)
    if "url" in request.form and not any(file.filename for file in request.files.getlist("photo")):
        return uploads.linked(request.form["url"], settings())
    return uploads.sent(request.files.getlist("photo"), request.form.get("way", "upload"))


def example(number: str) -> uploads.Photo:
    """The example photo of that number, or 404."""
    found = examples.find(settings().demo_dir, int(number)) if number.isdecimal() else None
    if found is None:
        abort(404)
    return uploads.Photo(found.path.read_bytes(), found.path.name, "example")


def catalogued(number: str) -> uploads.Photo:
    """A picture of the catalogue as the question, or 404. It is asked as photos are kept: no larger."""
    row = db.session.get(Picture, int(number)) if number.isdecimal() and len(number) < 10 else None
    if row is None or (row.artwork.hidden and not has_role(current_user, "curator")):
        abort(404)
    path = settings().pictures_dir / row.path
    if not path.is_file():
        abort(404)
    shown = imaging.shrunk(path, uploads.KEPT_SIDE_PX)
    return uploads.Photo(imaging.jpeg(shown), row.source_name or path.name, "catalogue")


def reply(find: Callable[[], uploads.Photo | None], then: Callable[[Search], None] | None = None) -> Any:
    """Find the photo, answer it: to its result page, or as JSON `{"id", "url"}` for the page's own script.

    `then` is told of the search once it is kept. What goes wrong is a sentence, with the way to ask again.
    """
    try:
        photo = find()
        if photo is None:
            said = Words(_("There was no picture"), _("Choose a picture or photograph one, then ask again."))
            return trouble(said, 400)
        search = answered(photo)
    except FetchError as error:
        return trouble(Words(_("This link could not be used"), str(error)), 422, link=request.form.get("url", ""))
    except ImageError as error:
        return trouble(Words(_("This picture could not be read"), language.said(error)), 422)
    except NoIndexError:
        said = Words(
            _("The catalogue is being prepared"), _("Nothing can be looked up yet. Please come back in a few minutes.")
        )
        return trouble(said, 503)
    except services.Busy as error:
        raise ServiceUnavailable(retry_after=RETRY_AFTER_S) from error
    if not current_user.is_authenticated:
        guests.remember(search.id)
    if then:
        then(search)
    url = url_for("search.result", search_id=search.id)
    return (jsonify(id=search.id, url=url), 201) if wants_json() else redirect(url, 303)


def answered(photo: uploads.Photo) -> Search:
    """Search, keep the photo, record the answer. Raises ImageError, NoIndexError, services.Busy."""
    token = request.form.get("token", "")
    user_id = current_user.id if current_user.is_authenticated else None
    return recorded(photo, user_id=user_id, progress=board.reporter(token), seen=board.outliner(token))


def trouble(said: Words, code: int, link: str = "") -> Any:
    """What went wrong, with the way to ask again right below; `link` is the address that was given, to be mended."""
    if wants_json():
        return answer(code, said)
    return render_template("search/trouble.html", said=said, works=works_searched(), link=link), code


def found(search_id: str) -> Search:
    """The search, or 404."""
    search = searches.find(search_id)
    if search is None:
        abort(404)
    return search


def works_searched() -> int:
    """How many works a photo is compared with; 0 while nothing is published."""
    try:
        shelf = services.builds()
        build_id = shelf.current()
        return _works_of(shelf.folder, build_id, shelf.changes(build_id).serial)
    except NoIndexError:
        return 0


@lru_cache(maxsize=4)  # every page that asks for a picture says it: it is counted anew only when the build changes
def _works_of(folder: Path, build_id: str, _serial: int) -> int:
    from app.engine.pipeline import indexed_pictures

    return len(set(indexed_pictures(Builds(folder), build_id).values()))
