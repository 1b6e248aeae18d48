"""Favourites of visitors without an account: kept in their browser's session, and taken along into the account they log in to."""

from __future__ import annotations

from typing import Any

from flask import Flask, session
from flask.blueprints import BlueprintSetupState
from flask_login import user_logged_in
from sqlalchemy import Select, case, false, select

from app.accounts import favourites
from app.accounts.models import User
from app.catalogue.models import Artwork
from app.extensions import db
from app.web.account import bp

KEY = "liked"
MOST = 100  # a cookie holds so many without trouble


def liked() -> list[int]:
    """Ids of the works that this browser's visitor likes, newest first."""
    found: list[int] = session.get(KEY, [])
    return found


def like(artwork_id: int) -> bool:
    """Keep a work; False where the browser keeps as many as it may."""
    if artwork_id in liked():
        return True
    if len(liked()) >= MOST:
        return False
    session[KEY] = [artwork_id, *liked()]
    return True


def unlike(artwork_id: int) -> None:
    session[KEY] = [pk for pk in liked() if pk != artwork_id]


def works() -> Select[int]:
    """Ids of the liked works, newest first; hidden ones are left out."""
    pks = liked()
    if not pks:
        return select(Artwork.id).where(false())
    shown = select(Artwork.id).where(Artwork.id.in_(pks), Artwork.hidden.is_(False))
    return shown.order_by(case({pk: place for place, pk in enumerate(pks)}, value=Artwork.id))


@bp.record_once
def listen(state: BlueprintSetupState) -> None:
    """For visitors who log in to this application."""
    user_logged_in.connect(take_along, state.app)


def take_along(_app: Flask, user: User, **_others: Any) -> None:
    """What was liked before logging in is the account's from then on, in the order in which it was liked."""
    kept = session.pop(KEY, [])
    if kept:
        db.session.commit()  # an account that was made just now has no id before
    for pk in reversed(kept):
        favourites.put(user.id, pk)
