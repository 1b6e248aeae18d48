"""Imports: a catalogue file comes in, is tried, then loaded; the list of imports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from app.accounts.access import has_role, require
from app.catalogue import queries
from app.catalogue.importers import FORMATS, collection_at, is_address, main_file
from app.catalogue.models import Collection
from app.extensions import db
from app.language import gettext as _
from app.usage import jobs
from app.usage.models import Job
from app.usage.pruning import imports_folder
from app.web.staff import bp, import_drafts, settings
from app.web.staff.import_drafts import Draft
from app.web.staff.indexing import start_job
from app.web.staff.receiving import UPLOAD_MAX_MB, UploadError, receive, server_path

RUNS_SHOWN = 100


@bp.url_value_preprocessor
def allow_large_upload(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Curators may send more than a visitor's photo. This runs before the form is read for its CSRF token."""
    if endpoint == "admin.try_import" and has_role(current_user, "curator"):
        request.max_content_length = UPLOAD_MAX_MB << 20


@bp.get("/imports")
@require("curator")
def imports() -> Any:
    """The form, running imports, and what was imported."""
    return render_template(
        "admin/imports.html",
        runs=queries.import_runs(RUNS_SHOWN),
        formats=FORMATS,
        collections=db.session.scalars(db.select(Collection.name).order_by(Collection.name)).all(),
        folders=settings().import_folders_open,
        running=[job for job in jobs.unfinished() if job.kind in ("import", "import_undo")],
    )


@bp.post("/imports")
@require("curator")
def try_import() -> Any:
    """Take the files in; then ask what the columns mean, or start a dry run, which changes nothing."""
    try:
        draft = taken_in()
    except UploadError as error:
        flash(str(error), "error")
        return redirect(url_for("admin.imports"), 303)
    folder = imports_folder(settings())
    import_drafts.save(folder, draft)
    if import_drafts.wants_mapping(draft):
        return redirect(url_for("admin.mapping", draft_id=draft.id), 303)
    job = start_job("import", draft.arguments(folder), "catalogue.try", draft.name)
    return redirect(url_for("admin.job", job_id=job.id), 303)


def taken_in() -> Draft:
    """What the form says: files uploaded, by their paths on the server, or by an address. Raises UploadError."""
    folder = imports_folder(settings())
    path, images, address = (request.form.get(name, "").strip() for name in ("path", "images_path", "address"))
    if address:
        if not is_address(address):
            raise UploadError(_("Give the address of a IIIF manifest or collection, beginning with https://."))
        draft = import_drafts.new(folder, address)
        draft.address, draft.collection = address, collection_at(address)
    elif path:
        allowed = None if has_role(current_user, "admin") else settings().import_folders_open
        if allowed == []:
            abort(403)
        file = server_path(path, settings().instance, folder=False, allowed=allowed)
        pictures = server_path(images, settings().instance, folder=True, allowed=allowed) if images else None
        draft = import_drafts.new(folder, file.name)
        draft.file, draft.images = str(file), str(pictures or "")
    else:
        files, packed = receive(request.files.getlist("catalogue"), request.files.get("pictures"), folder)
        file = main_file(files)
        draft = Draft(file.parent.name, file.name, str(file))
        if packed:
            draft.packed, draft.images = str(packed), str(packed.with_suffix(""))
    format_ = request.form.get("format", "auto")
    draft.format = format_ if format_ in FORMATS else "auto"
    draft.collection = request.form.get("collection", "").strip() or draft.collection
    draft.fetch, draft.likes = "fetch" in request.form, "likes" in request.form
    return draft


@bp.post("/imports/<job_id>/load")
@require("curator")
def load_import(job_id: str) -> Any:
    """Load for real what a dry run has tried."""
    tried = db.session.get(Job, job_id)
    if tried is None or tried.kind != "import" or tried.state != "done" or not tried.arguments.get("dry_run"):
        abort(404)
    if not tried.arguments.get("address") and not Path(tried.arguments["file"]).is_file():
        flash(_("The uploaded file has been cleared away meanwhile; upload it again."), "error")
        return redirect(url_for("admin.imports"), 303)
    arguments = {name: value for name, value in tried.arguments.items() if name != "attempts"}
    job = start_job("import", {**arguments, "dry_run": False}, "catalogue.import", tried.arguments["name"])
    return redirect(url_for("admin.job", job_id=job.id), 303)
