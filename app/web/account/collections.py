"""Named collections: made, filled, shared by a link, exported, deleted; of an account, or of a browser (`guests`)."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from app.accounts import collections
from app.accounts.collections import CollectionError, Owner
from app.accounts.mail import at_site
from app.accounts.models import PersonalCollection
from app.catalogue import queries
from app.language import gettext as _
from app.language import said
from app.web.account import bp, guests
from app.web.account.favourites import back, shown_work
from app.web.account.lists import file_of, page_of


@bp.get("/me/collections")
def my_collections() -> str:
    """The visitor's collections, and a form for another one."""
    return listed()


@bp.post("/me/collections")
def create_collection() -> Any:
    """Make a collection."""
    name, description = request.form.get("name", ""), request.form.get("description", "")
    try:
        made = collections.create(maker(), name, description)
    except CollectionError as error:
        return listed(name, description, said(error)), 422
    return redirect(url_for("accounts.collection", collection_id=made.id), 303)


def listed(name: str = "", description: str = "", error: str = "") -> str:
    """The list; what was typed stays in the form."""
    rows = collections.listing(owner())
    covers = queries.artworks_by_pk([row.newest_id for row in rows if row.newest_id])
    return render_template(
        "accounts/collections.html", rows=rows, covers=covers, name=name, description=description, error=error
    )


@bp.get("/me/collections/<int:collection_id>")
def collection(collection_id: int) -> Any:
    """One collection and its works."""
    return shown(own(collection_id))


def shown(found: PersonalCollection, error: str = "", **typed: str) -> Any:
    """The page of a collection; after an error with what was typed."""
    page, works = page_of(collections.works_of(found))
    if page.page > max(1, page.pages):
        return redirect(url_for("accounts.collection", collection_id=found.id, page=max(1, page.pages)))
    link = at_site(url_for("accounts.shared_collection", key=found.share_key, _external=True)) if found.share_key else ""
    return render_template("accounts/collection.html", found=found, page=page, works=works, link=link, error=error, typed=typed)


@bp.post("/me/collections/<int:collection_id>")
def change_collection(collection_id: int) -> Any:
    """Give it another name or description."""
    found = own(collection_id)
    name, description = request.form.get("name", ""), request.form.get("description", "")
    try:
        collections.rename(found, name, description)
    except CollectionError as error:
        return shown(own(collection_id), said(error), name=name, description=description), 422
    flash(_("The collection is changed."), "success")
    return redirect(url_for("accounts.collection", collection_id=collection_id), 303)


@bp.route("/me/collections/<int:collection_id>/delete", methods=["GET", "POST"])
def delete_collection(collection_id: int) -> Any:
    """Ask, then delete it."""
    found = own(collection_id)
    if request.method == "GET":
        page, _works = page_of(collections.works_of(found))
        return render_template("accounts/delete_collection.html", found=found, works=page.total or 0)
    name = found.name
    collections.remove(found)
    flash(_("The collection “%(name)s” is deleted.", name=name), "success")
    return redirect(url_for("accounts.my_collections"), 303)


@bp.post("/me/collections/<int:collection_id>/share")
def share_collection(collection_id: int) -> Any:
    """Give it a public link (`on`=1), or take the link away (`on`=0)."""
    wanted = request.form.get("on") != "0"
    collections.share(own(collection_id), wanted)
    flash(_("Whoever has the link can see it now.") if wanted else _("The link no longer works."), "success")
    return redirect(url_for("accounts.collection", collection_id=collection_id) + "#share", 303)


@bp.get("/me/collections/<int:collection_id>.<kind>")
def export_collection(collection_id: int, kind: str) -> Response:
    """Its works as `csv` or `json`."""
    found = own(collection_id)
    return file_of(collections.works_of(found), kind, found.name, found.description)


@bp.post("/works/<int:artwork_id>/collect")
def collect(artwork_id: int) -> Any:
    """Put the work into a collection of the visitor, or into a new one by its name; `remove`=1 takes it out."""
    work = shown_work(artwork_id)
    number, name = request.form.get("collection", ""), request.form.get("name", "")
    try:
        found = own(int(number)) if number.isdecimal() else collections.create(maker(), name)
        if request.form.get("remove") == "1":
            collections.remove_work(found, work.id)
            flash(_("Taken out of “%(name)s”.", name=found.name), "success")
        else:
            collections.add_work(found, work.id)
            flash(_("Put into “%(name)s”.", name=found.name), "success")
    except CollectionError as error:
        flash(said(error), "error")
    return redirect(back(work), 303)


def own(collection_id: int) -> PersonalCollection:
    """A collection of the visitor's own; someone else's is 404, as if it were not there."""
    found = collections.find(owner(), collection_id)
    if found is None:
        abort(404)
    if request.method == "POST" and not current_user.is_authenticated:
        guests.refresh()
    return found


def owner() -> Owner:
    """Whose collections these are: the account's, or this browser's, which may have none."""
    return int(current_user.id) if current_user.is_authenticated else guests.key()


def maker() -> Owner:
    """Who makes a collection: a browser that had none is given a key."""
    return int(current_user.id) if current_user.is_authenticated else guests.made_key()
