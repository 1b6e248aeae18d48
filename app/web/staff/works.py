"""Works one by one: found, created, edited, their pictures, hidden and shown, two made one; searchable at once."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import or_, select
from werkzeug.utils import secure_filename

from app import importing
from app.accounts import audit
from app.accounts.access import require
from app.catalogue import editing, merging, queries
from app.catalogue.errors import CatalogueError
from app.catalogue.models import Artwork, Collection, Picture, now
from app.extensions import db
from app.language import gettext as _
from app.retelling import retold
from app.sentences import N_
from app.web.staff import bp, settings

PER_PAGE = 50


@bp.get("/works")
@require("curator")
def works() -> Any:
    """Works by number or words of their title, hidden ones too; and the form for a new one."""
    words, hidden = request.args.get("q", "").strip(), "hidden" in request.args
    bare = request.args.get("pictures") == "none"
    query = select(Artwork.id).order_by(Artwork.updated_at.desc(), Artwork.id.desc())
    if words:
        query = query.where(or_(Artwork.source_id == words, Artwork.title.icontains(words, autoescape=True)))
    if hidden:
        query = query.where(Artwork.hidden)
    if bare:
        query = query.where(Artwork.hidden.is_(False), ~Artwork.pictures.any())
    page = db.paginate(query, per_page=PER_PAGE, max_per_page=PER_PAGE)
    found = queries.artworks_by_pk(page.items)
    collections = db.session.scalars(select(Collection.name).order_by(Collection.name)).all()
    rows = [found[pk] for pk in page.items]
    return render_template("admin/works.html", page=page, rows=rows, q=words, hidden=hidden, bare=bare, collections=collections)


@bp.post("/works")
@require("curator")
def create_work() -> Any:
    """A new work in a collection that there is, or in a new one."""
    name = request.form.get("collection", "").strip()[:200]
    try:
        if not name:
            raise CatalogueError("A work belongs to a collection; name one.")
        collection = db.session.scalar(select(Collection).where(Collection.name == name)) or Collection(name=name)
        db.session.add(collection)
        work = editing.create(collection, request.form.get("source_id", ""))
    except CatalogueError as error:
        return refused(error, url_for("admin.works"))
    audit.record("work.create", work.source_id, work=work.id, collection=name)
    db.session.commit()
    return redirect(url_for("admin.edit_work", work_id=work.id), 303)


@bp.route("/works/<int:work_id>", methods=["GET", "POST"])
@require("curator")
def edit_work(work_id: int) -> Any:
    """The form; a POST writes what differs, unless somebody else wrote meanwhile."""
    work = find(work_id)
    values = {name: getattr(work, name) for name in editing.FIELDS} | {"artists": editing.artists_as_text(work)}
    if request.method == "POST":
        given = {name: request.form.get(name, "").replace("\r\n", "\n") for name in values}
        if request.form.get("seen") != work.updated_at.isoformat():
            flash(_("Somebody has changed this work meanwhile. Your words are below: compare, and save again."), "warning")
            return form(work, given), 409
        try:
            changed = editing.edit(work, given, editing.makers_in(given["artists"]))
        except CatalogueError as error:
            db.session.rollback()
            flash(retold(str(error)), "error")
            return form(find(work_id), given), 422
        if changed:
            audit.record("work.edit", work.source_id, work=work.id, changed=changed)
            work.updated_at = now()
        db.session.commit()
        flash(_("Saved.") if changed else _("Nothing was changed."), "success")
        return redirect(url_for("admin.edit_work", work_id=work_id), 303)
    return form(work, values)


@bp.post("/works/<int:work_id>/hidden")
@require("curator")
def hide_work(work_id: int) -> Any:
    """Hide the work from visitors, or show it again."""
    work = find(work_id)
    if merging.into(work) is not None:
        return unmerge_work(work_id)
    work.hidden, work.hidden_by = request.form.get("hidden") == "yes", None
    audit.record("work.hide" if work.hidden else "work.show", work.source_id, work=work.id)
    db.session.commit()
    flash(_("Visitors do not see it any more.") if work.hidden else _("Visitors see it again."), "success")
    return followed(work_id, work_id)


@bp.post("/works/<int:work_id>/pictures")
@require("curator")
def add_work_picture(work_id: int) -> Any:
    """A further picture."""
    work, sent = find(work_id), request.files.get("picture")
    name = secure_filename(sent.filename or "") if sent else ""
    if sent is None or not name:
        return refused(CatalogueError("Choose a picture, then add it."), url_for("admin.edit_work", work_id=work_id))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        sent.save(file)
        try:
            picture = editing.add_picture(work, file, name, settings().pictures_dir)
        except CatalogueError as error:
            return refused(error, url_for("admin.edit_work", work_id=work_id))
    work.updated_at = now()
    audit.record("picture.add", work.source_id, work=work.id, picture=picture.id, name=name)
    db.session.commit()
    return followed(work_id, work_id)


@bp.post("/works/<int:work_id>/pictures/<int:picture_id>/remove")
@require("curator")
def remove_work_picture(work_id: int, picture_id: int) -> Any:
    """Take a picture off the work. Its file stays in the instance, so that adding it again costs nothing."""
    work, picture = find(work_id), db.session.get(Picture, picture_id)
    if picture is None or picture.artwork_id != work_id:
        abort(404)
    audit.record("picture.remove", work.source_id, work=work.id, name=picture.source_name, path=picture.path)
    work.pictures.remove(picture)
    work.updated_at = now()
    db.session.commit()
    return followed(work_id, work_id)


@bp.post("/works/<int:work_id>/merge")
@require("curator")
def merge_work(work_id: int) -> Any:
    """Another record of the same work: its pictures come here, and it is hidden."""
    work, number = find(work_id), request.form.get("other", "").strip()
    found = queries.pks_by_source_id([number]).get(number, [])
    others = [pk for pk in found if pk != work_id]
    back = url_for("admin.edit_work", work_id=work_id)
    if len(others) != 1:
        none, several = "There is no other work with the number {}.", "Several works have the number {}; hide one of them by hand."
        return refused(CatalogueError((several if others else none).format(number)), back)
    double = find(others[0])
    try:
        added = merging.merge(work, double)
    except CatalogueError as error:
        return refused(error, back)
    work.updated_at = now()
    audit.record("work.merge", work.source_id, work=work.id, double=double.id, pictures=added)
    db.session.commit()
    return followed(work_id, work_id, double.id)


@bp.post("/works/<int:work_id>/unmerge")
@require("curator")
def unmerge_work(work_id: int) -> Any:
    """Undo a merge: the record is shown again, and what went to the other comes back."""
    work = find(work_id)
    try:
        kept_id = merging.unmerge(work)
    except CatalogueError as error:
        return refused(error, url_for("admin.edit_work", work_id=work_id))
    audit.record("work.unmerge", work.source_id, work=work.id, kept=kept_id)
    db.session.commit()
    flash(_("The two records are two again."), "success")
    return followed(work_id, work_id, kept_id)


def followed(work_id: int, *changed: int) -> Any:
    """Back to the form, the index having followed."""
    index = importing.sync_index(changed)
    if index["state"] == "busy":
        later = N_("A re-index is running, so the index could not follow at once. What was taken out is not shown all the same.")
        flash(_(later), "warning")
    elif index["state"] == "done":
        flash(_("The index knows of it: pictures taken in: %(added)s, taken out: %(removed)s.", **counts(index)), "success")
    return redirect(url_for("admin.edit_work", work_id=work_id), 303)


def counts(index: dict[str, Any]) -> dict[str, str]:
    return {name: str(index[name]) for name in ("added", "removed")}


def form(work: Artwork, values: dict[str, str]) -> str:
    kept = merging.into(work)
    return render_template(
        "admin/work.html", work=work, values=values, fields=editing.FIELDS, seen=work.updated_at.isoformat(),
        kept=queries.artwork(kept) if kept else None, merged=kept is not None, doubles=merging.merged_into(work),
    )  # fmt: skip


def refused(error: CatalogueError, back: str) -> Any:
    db.session.rollback()
    flash(retold(str(error)), "error")
    return redirect(back, 303)


def find(work_id: int) -> Artwork:
    work = queries.artwork(work_id)
    if work is None:
        abort(404)
    return work
