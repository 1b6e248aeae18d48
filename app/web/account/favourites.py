"""Favourites: a heart beside a work, and the list of them; of an account, or of a browser (`guests`)."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, flash, g, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import Select

from app.accounts import collections, favourites
from app.accounts.models import PersonalCollection
from app.catalogue.models import Artwork
from app.extensions import db
from app.language import gettext as _
from app.web.account import bp, guests, local
from app.web.account.lists import file_of, page_of


@bp.get("/me/favourites")
def my_favourites() -> Any:
    """The works that the visitor likes, newest first."""
    page, works = page_of(mine())
    if page.page > max(1, page.pages):
        return redirect(url_for("accounts.my_favourites", page=max(1, page.pages)))
    return render_template("accounts/favourites.html", page=page, works=works)


@bp.get("/me/favourites.<kind>")
def export_favourites(kind: str) -> Response:
    """All of them as `csv` or `json`."""
    return file_of(mine(), kind, "favourites")


def mine() -> Select[int]:
    """Ids of the works, newest first."""
    return favourites.works_of(current_user.id) if current_user.is_authenticated else guests.works()


@bp.post("/works/<int:artwork_id>/favourite")
def favourite(artwork_id: int) -> Any:
    """Like the work (`on`=1) or no longer (`on`=0), and go back to where it was."""
    work = shown_work(artwork_id)
    wanted = request.form.get("on") != "0"
    if current_user.is_authenticated:
        (favourites.put if wanted else favourites.remove)(current_user.id, work.id)
    elif not wanted:
        guests.unlike(work.id)
    elif not guests.like(work.id):
        text = _("A browser keeps no more than %(most)s favourites. Log in, and an account keeps them all.", most=guests.MOST)
        flash(text, "error")
    return redirect(back(work), 303)


def shown_work(artwork_id: int) -> Artwork:
    """The work, or 404 for one that visitors do not see."""
    work = db.session.get(Artwork, artwork_id)
    if work is None or work.hidden:
        abort(404)
    return work


def back(work: Artwork) -> str:
    """Where the form was, at the buttons of this work; its own page where the form does not say."""
    place = request.form.get("next", "")
    return f"{local(place)}#keep-{work.id}" if place else url_for("artworks.work", artwork_id=work.id)


@bp.app_template_global("is_favourite")
def is_favourite(artwork_id: int) -> bool:
    """Whether the visitor likes the work; all favourites of an account are asked for once per page."""
    if not current_user.is_authenticated:
        return artwork_id in guests.liked()
    if "favourite_ids" not in g:
        g.favourite_ids = favourites.ids(current_user.id)
    return artwork_id in g.favourite_ids


@bp.app_template_global("kept_without_account")
def kept_without_account() -> str:
    """The list that the bar leads a guest to who keeps something: in the account's menu there always are both."""
    if current_user.is_authenticated:
        return ""
    return "accounts.my_favourites" if guests.liked() else "accounts.my_collections" if guests.key() else ""


@bp.app_template_global("own_collections")
def own_collections(artwork_id: int) -> list[tuple[PersonalCollection, bool]]:
    """The visitor's collections, each with whether the work is in it."""
    mine = int(current_user.id) if current_user.is_authenticated else guests.key()
    if not mine:
        return []
    if "own_collections" not in g:  # an answer shows several works
        g.own_collections = [row.collection for row in collections.listing(mine)]
    inside = collections.holding(mine, artwork_id)
    return [(one, one.id in inside) for one in g.own_collections]
