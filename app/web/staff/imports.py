"""Imports: a catalogue file comes in, is tried, then loaded; the list of imports with their rejects."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user

from app.accounts.access import has_role, require
from app.catalogue.importers import FORMATS
from app.catalogue.models import Collection, ImportRun
from app.extensions import db
from app.language import gettext as _
from app.usage import jobs
from app.usage.models import Job
from app.usage.pruning import imports_folder
from app.web.staff import bp, settings
from app.web.staff.indexing import start_job
from app.web.staff.receiving import UPLOAD_MAX_MB, UploadError, receive, server_path

RUNS_SHOWN = 100
REJECTS_SHOWN = 1000


@bp.url_value_preprocessor
def allow_large_upload(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Curators may send more than a visitor's photo. This runs before the form is read for its CSRF token."""
    if endpoint == "admin.try_import" and has_role(current_user, "curator"):
        request.max_content_length = UPLOAD_MAX_MB << 20


@bp.get("/imports")
@require("curator")
def imports() -> Any:
    """The form, running imports, and what was imported."""
    runs = db.session.scalars(db.select(ImportRun).order_by(ImportRun.created_at.desc()).limit(RUNS_SHOWN)).all()
    return render_template(
        "admin/imports.html",
        runs=runs,
        formats=FORMATS,
        collections=db.session.scalars(db.select(Collection.name).order_by(Collection.name)).all(),
        running=[job for job in jobs.unfinished() if job.kind == "import"],
    )


@bp.post("/imports")
@require("curator")
def try_import() -> Any:
    """Take the files in and start a dry run, which changes nothing."""
    try:
        file, images = taken_in()
    except UploadError as error:
        flash(str(error), "error")
        return redirect(url_for("admin.imports"), 303)
    format_ = request.form.get("format", "auto")
    arguments = {
        "file": str(file),
        "name": file.name,
        "images": str(images) if images else "",
        "collection": request.form.get("collection", "").strip(),
        "format": format_ if format_ in FORMATS else "auto",
        "dry_run": True,
    }
    job = start_job("import", arguments, "catalogue.try", file.name)
    return redirect(url_for("admin.job", job_id=job.id), 303)


def taken_in() -> tuple[Path, Path | None]:
    """The catalogue file and the folder of pictures, uploaded or by their paths on the server. Raises UploadError."""
    path, images = request.form.get("path", "").strip(), request.form.get("images_path", "").strip()
    if path:
        if not has_role(current_user, "admin"):  # it lets one read whatever the server can
            abort(403)
        home = settings().instance
        return server_path(path, home, folder=False), server_path(images, home, folder=True) if images else None
    return receive(request.files.get("catalogue"), request.files.get("pictures"), imports_folder(settings()))


@bp.post("/imports/<job_id>/load")
@require("curator")
def load_import(job_id: str) -> Any:
    """Load for real what a dry run has tried."""
    tried = db.session.get(Job, job_id)
    if tried is None or tried.kind != "import" or tried.state != "done" or not tried.arguments.get("dry_run"):
        abort(404)
    if not Path(tried.arguments["file"]).is_file():
        flash(_("The uploaded file has been cleared away meanwhile; upload it again."), "error")
        return redirect(url_for("admin.imports"), 303)
    arguments = {name: value for name, value in tried.arguments.items() if name != "attempts"}
    job = start_job("import", {**arguments, "dry_run": False}, "catalogue.import", tried.arguments["name"])
    return redirect(url_for("admin.job", job_id=job.id), 303)


@bp.get("/imports/<int:run_id>")
@require("curator")
def import_run(run_id: int) -> Any:
    """One import: its counts, and every rejected row with its reason."""
    run = find(run_id)
    return render_template("admin/import.html", run=run, shown=run.rejects[:REJECTS_SHOWN])


@bp.get("/imports/<int:run_id>/rejects.csv")
@require("curator")
def rejects_csv(run_id: int) -> Response:
    """The rejects as a file to work through."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("line", "reason"))
    writer.writerows((reject.get("line"), reject.get("reason")) for reject in find(run_id).rejects)
    response = Response(out.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="rejects-{run_id}.csv"'
    return response


def find(run_id: int) -> ImportRun:
    run = db.session.get(ImportRun, run_id)
    if run is None:
        abort(404)
    return run
