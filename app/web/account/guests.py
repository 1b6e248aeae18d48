"""What visitors without an account keep: favourites in a cookie of their browser, and in it the key to their collections.

The cookie is signed and outlives the session, so that closing the browser loses nothing; it holds the favourites' numbers
themselves, while collections lie in the database, because others open their links. Logging in takes both into the account.
"""

from __future__ import annotations

import secrets
from typing import Any

from flask import Flask, Response, current_app, g, has_request_context, request
from flask.blueprints import BlueprintSetupState
from flask_login import user_logged_in
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import Select, case, false, select

from app.accounts import collections, favourites, throttle
from app.accounts.models import User
from app.catalogue import merging
from app.catalogue.models import Artwork
from app.extensions import db
from app.web.account import bp
from app.web.context import settings

COOKIE = "guest"
MOST = 100  # a cookie holds so many without trouble
ASKED_MOST = 40  # searches of this browser that it may delete without an account, the latest
MADE_MOST = 60  # collections that guests of one network address may make in a quarter of an hour: a school class may sit there


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="guest")


def _kept() -> dict[str, Any]:
    """What the browser keeps: `liked` (ids, newest first), `key` and `asked`; read once per request."""
    if "guest" not in g:
        try:
            g.guest = dict(_signer().loads(request.cookies.get(COOKIE, "")))
        except (BadSignature, TypeError, ValueError):
            g.guest = {}
    found: dict[str, Any] = g.guest
    return found


def _keep(**changed: Any) -> None:
    g.guest = {**_kept(), **changed}
    g.pop("liked", None)
    g.guest_changed = True


@bp.after_app_request
def write(response: Response) -> Response:
    """Hand the browser what was changed, to keep for as long as the settings say; nothing where nothing is left."""
    if not g.get("guest_changed"):
        return response
    kept = {name: value for name, value in g.guest.items() if value}
    if not kept:
        response.delete_cookie(COOKIE)
        return response
    age = settings().guests_keep_days * 86_400
    response.set_cookie(
        COOKIE, str(_signer().dumps(kept)), max_age=age, httponly=True, samesite="Lax", secure=settings().https
    )
    return response


def liked() -> list[int]:
    """Ids of the works that this browser's visitor likes, newest first; one that became one with another is the other."""
    if "liked" not in g:
        kept: list[int] = _kept().get("liked", [])
        left = merging.survivors(kept) if kept else {}
        g.liked = list(dict.fromkeys(left.get(pk, pk) for pk in kept))
    found: list[int] = g.liked
    return found


def like(artwork_id: int) -> bool:
    """Keep a work; False where the browser keeps as many as it may."""
    if artwork_id in liked():
        return True
    if len(liked()) >= MOST:
        return False
    _keep(liked=[artwork_id, *liked()])
    return True


def unlike(artwork_id: int) -> None:
    _keep(liked=[pk for pk in liked() if pk != artwork_id])


def remember(search_id: str) -> None:
    """Let this browser delete a search that it asked for."""
    _keep(asked=[search_id, *_kept().get("asked", [])][:ASKED_MOST])


def asked(search_id: str) -> bool:
    """Whether this browser asked for the search."""
    return search_id in _kept().get("asked", [])


def forget(search_id: str) -> None:
    _keep(asked=[one for one in _kept().get("asked", []) if one != search_id])


def works() -> Select[int]:
    """Ids of the liked works, newest first; hidden ones are left out."""
    pks = liked()
    if not pks:
        return select(Artwork.id).where(false())
    shown = select(Artwork.id).where(Artwork.id.in_(pks), Artwork.hidden.is_(False))
    return shown.order_by(case({pk: place for place, pk in enumerate(pks)}, value=Artwork.id))


def key() -> str:
    """The key to this browser's collections; empty where it has none."""
    found: str = _kept().get("key", "")
    return found


def made_key() -> str:
    """The same, made where there is none; before each collection, so that the cookie lives as long as the newest one.

    Raises TooManyRequests where one network address makes collections without end.
    """
    throttle.guarded(f"collections {request.remote_addr}", MADE_MOST).fail(f"collections {request.remote_addr}")
    _keep(key=key() or secrets.token_urlsafe(32))
    return key()


def refresh() -> None:
    """Keep the cookie for as long again: something of what it leads to was changed."""
    _keep()


@bp.record_once
def listen(state: BlueprintSetupState) -> None:
    """For visitors who log in to this application."""
    user_logged_in.connect(take_along, state.app)


def take_along(_app: Flask, user: User, **_others: Any) -> None:
    """What was kept before logging in is the account's from then on; favourites in the order in which they were liked."""
    if not has_request_context():
        return
    liked_before, own = liked(), key()
    if liked_before or own:
        db.session.commit()  # an account that was made just now has no id before
        _keep(liked=[], key="")
    for pk in reversed(liked_before):
        favourites.put(user.id, pk)
    if own:
        collections.adopt(own, user.id)
