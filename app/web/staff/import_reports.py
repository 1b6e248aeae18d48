"""An import's report: what is new, changed field by field, rejected, without its picture, or looks like a work that is there."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, stream_with_context, url_for
from sqlalchemy import ColumnElement, func, select

from app.accounts.access import require
from app.catalogue.import_models import ImportChange
from app.catalogue.importers.telling import REPORT_HEADER, differences, harmless, report_lines
from app.catalogue.importers.undoing import can_be_undone
from app.catalogue.models import ImportRun
from app.extensions import db
from app.language import gettext as _
from app.sentences import N_
from app.usage import jobs
from app.usage.models import Job
from app.web.staff import bp
from app.web.staff.indexing import start_job

ROWS = 100
TABS = {
    "added": N_("New"),
    "changed": N_("Changed"),
    "rejected": N_("Rejected"),
    "missing": N_("Pictures missing"),
    "likes": N_("Looks like"),
    "kept": N_("Not undone"),
}


@bp.get("/imports/<int:run_id>")
@require("curator")
def import_run(run_id: int) -> Any:
    """One import, or what a dry run would do: `show` in the address chooses the list, `page` its part."""
    run = find(run_id)
    counts = {name: count for name in TABS if (count := count_of(run, name)) or name in ("added", "changed", "rejected")}
    first = next((name for name in counts if counts[name]), "rejected")
    show = request.args.get("show", "")
    show = show if show in counts else first
    page = max(1, request.args.get("page", 1, type=int))
    job = db.session.get(Job, run.job_id) if run.job_id else None
    return render_template(
        "admin/import.html",
        run=run,
        job=job,
        tabs=[(name, TABS[name], count) for name, count in counts.items()],
        show=show,
        rows=rows_of(run, show, page),
        page=page,
        pages=-(-counts[show] // ROWS),
        differences=differences,
        can_undo=can_be_undone(run),
        undo_job=undo_job(run),
    )


@bp.get("/imports/<int:run_id>/report.csv")
@require("curator")
def report_csv(run_id: int) -> Response:
    """The whole report as a file, sent as it is read."""
    run = find(run_id)
    lines = report_lines(changes_of(run), run.rejects)
    return as_csv(REPORT_HEADER, ((harmless(cell) for cell in line) for line in lines), f"import-{run_id}.csv")


@bp.get("/imports/<int:run_id>/rejects.csv")
@require("curator")
def rejects_csv(run_id: int) -> Response:
    """The rejects as a file to work through."""
    rows = ((reject.get("line"), harmless(reject.get("reason"))) for reject in find(run_id).rejects)
    return as_csv(("line", "reason"), rows, f"rejects-{run_id}.csv")


@bp.route("/imports/<int:run_id>/undo", methods=["GET", "POST"])
@require("curator")
def undo_run(run_id: int) -> Any:
    """What undoing the import would do, in numbers; a POST does it."""
    run = find(run_id)
    if not can_be_undone(run) or undo_job(run):
        flash(_("This import cannot be undone, or is being undone already."), "warning")
        return redirect(url_for("admin.import_run", run_id=run_id), 303)
    if request.method == "GET":
        counts = {name: count_of(run, name) for name in ("added", "changed")}
        return render_template("admin/import_undo.html", run=run, counts=counts)
    job = start_job("import_undo", {"run_id": run_id, "name": run.file_name}, "catalogue.undo", run.file_name)
    return redirect(url_for("admin.job", job_id=job.id), 303)


def undo_job(run: ImportRun) -> Job | None:
    """The job that is undoing the import now."""
    waiting = (job for job in jobs.unfinished() if job.kind == "import_undo" and job.arguments.get("run_id") == run.id)
    return next(waiting, None)


def find(run_id: int) -> ImportRun:
    run = db.session.get(ImportRun, run_id)
    if run is None:
        abort(404)
    return run


def _of(run: ImportRun, show: str) -> list[ColumnElement[bool]]:
    """Which changes a list shows."""
    chosen: dict[str, ColumnElement[bool]] = {
        "added": ImportChange.kind == "added",
        "changed": ImportChange.kind == "changed",
        "missing": ImportChange.missing_count > 0,
        "likes": ImportChange.likes_count > 0,
        "kept": ImportChange.kept_because != "",
    }
    return [ImportChange.run_id == run.id, chosen[show]]


def count_of(run: ImportRun, show: str) -> int:
    if show == "rejected":
        return len(run.rejects)
    return db.session.scalar(select(func.count()).select_from(ImportChange).where(*_of(run, show))) or 0


def rows_of(run: ImportRun, show: str, page: int) -> list[Any]:
    """A page of the list: rejects as they are, else changes."""
    if show == "rejected":
        return run.rejects[(page - 1) * ROWS : page * ROWS]
    query = select(ImportChange).where(*_of(run, show)).order_by(ImportChange.id).limit(ROWS).offset((page - 1) * ROWS)
    return list(db.session.scalars(query))


def changes_of(run: ImportRun) -> Iterator[ImportChange]:
    """All changes, a thousand at a time."""
    last = 0
    query = select(ImportChange).where(ImportChange.run_id == run.id).order_by(ImportChange.id).limit(1000)
    while found := list(db.session.scalars(query.where(ImportChange.id > last))):
        yield from found
        last = found[-1].id
        db.session.expunge_all()


def as_csv(header: tuple[str, ...], rows: Iterator[Any], name: str) -> Response:
    """A CSV that is sent while it is made."""

    def lines() -> Iterator[str]:
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(header)
        for row in rows:
            writer.writerow(list(row))
            if out.tell() > 32_768:
                yield out.getvalue()
                out.seek(0)
                out.truncate()
        yield out.getvalue()

    response = Response(stream_with_context(lines()), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
