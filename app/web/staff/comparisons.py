"""Two builds on the same photos: sets of photos, comparisons, what came of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from app import services
from app.accounts import audit
from app.accounts.access import has_role, require
from app.catalogue.importers.telling import harmless
from app.engine.errors import ImageError
from app.extensions import db
from app.language import gettext as _
from app.reindexing import comparing, photo_sets
from app.reindexing.photo_sets import PhotoSetError
from app.retelling import retold
from app.usage import jobs
from app.usage.index_models import BuildComparison, PhotoSet
from app.usage.models import Job
from app.web import imaging
from app.web.staff import bp, settings
from app.web.staff.feedback import VERDICT_WORDS
from app.web.staff.import_reports import as_csv
from app.web.staff.indexing import index_status, start_job
from app.web.staff.receiving import UPLOAD_MAX_MB, UploadError, server_path, unpack
from app.web.staff.words import FIGURES

SHOWN = 50
THUMBNAIL = 200
SIDES = ("before", "after", "difference")
FIGURE_COLUMNS = ("figure", "n", *(f"{side}{end}" for side in SIDES for end in ("", "_low", "_high")), "better")
PHOTO_COLUMNS = ("photo", "kind", "artwork_ids", "made_unknown", "before", "before_best", "after", "after_best", "better")


@bp.url_value_preprocessor
def allow_large_set(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """A set of photos may be larger than a visitor's photo. This runs before the form is read for its CSRF token."""
    if endpoint == "admin.save_set" and has_role(current_user, "curator"):
        request.max_content_length = UPLOAD_MAX_MB << 20


@bp.get("/comparisons")
@require("curator")
def comparisons() -> Any:
    """The form (`before`, `after` in the address), sets of photos, and comparisons, newest first."""
    names = services.builds().names()[::-1]
    status = index_status() or {}
    before = request.args.get("before") or status.get("build", "")
    after = request.args.get("after") or next((name for name in names if name != before), "")
    found = select(BuildComparison).order_by(BuildComparison.id.desc()).limit(SHOWN)
    return render_template(
        "admin/comparisons.html", builds=names, before=before, after=after, published=status.get("build"),
        sets=photo_sets.all_sets(), comparisons=list(db.session.scalars(found)), sets_of_demo=demo_set(),
        running=[job for job in jobs.unfinished() if job.kind == "index_compare"],
    )  # fmt: skip


def demo_set() -> Path | None:
    """The photos that come with the demo collection, where there are any."""
    file = settings().demo_dir / "photos.csv"
    return file if file.is_file() else None


@bp.post("/comparisons")
@require("curator")
def start_comparison() -> Any:
    """Compare two builds on a set, as a job."""
    before, after = request.form.get("before", ""), request.form.get("after", "")
    chosen = db.session.get(PhotoSet, _number(request.form.get("set", "")))
    known = services.builds().names()
    if before == after or before not in known or after not in known or chosen is None:
        flash(_("Choose two builds that are kept, and a set of photos."), "error")
        return redirect(url_for("admin.comparisons", before=before, after=after), 303)
    row = BuildComparison(before=before, after=after, photo_set_id=chosen.id, photos_name=chosen.name, user_id=current_user.id)
    db.session.add(row)
    db.session.flush()
    arguments = {"comparison_id": row.id, "before": before, "after": after, "photos": chosen.name}
    job = start_job("index_compare", arguments, "index.compare", after)
    row.job_id = job.id
    db.session.commit()
    return redirect(url_for("admin.comparison", comparison_id=row.id), 303)


@bp.get("/comparisons/<int:comparison_id>")
@require("curator")
def comparison(comparison_id: int) -> Any:
    """What came of it: figures, and the photos that were answered otherwise."""
    row = _found(comparison_id)
    job = db.session.get(Job, row.job_id) if row.job_id else None
    return render_template(
        "admin/comparison.html", row=row, result=row.result, job=job, works=comparing.works_shown(row.result), figures=FIGURES,
        verdicts=VERDICT_WORDS, on_disk=set(services.builds().names()), status=index_status(),
    )  # fmt: skip


@bp.get("/comparisons/<int:comparison_id>.csv")
@require("curator")
def comparison_csv(comparison_id: int) -> Response:
    """The figures; with `?photos=1` the photos that were answered otherwise."""
    row = _found(comparison_id)
    if request.args.get("photos"):
        return as_csv(PHOTO_COLUMNS, _photo_lines(row.result), f"comparison-{row.id}-photos.csv")
    return as_csv(FIGURE_COLUMNS, _figure_lines(row.result), f"comparison-{row.id}.csv")


def _figure_lines(result: dict[str, Any]) -> Iterator[list[Any]]:
    for name, figure in result.get("figures", {}).items():
        sides = [figure[side][end] for side in SIDES for end in ("value", "low", "high")]
        yield [name, figure["before"]["n"], *sides, figure["better"]]


def _photo_lines(result: dict[str, Any]) -> Iterator[list[Any]]:
    for one in result.get("changed", []):
        before, after = one["before"], one["after"]
        named = (one["photo"], one["kind"], "|".join(one["artwork_ids"]))
        answers = (before["verdict"], harmless(before["best"] or ""), after["verdict"], harmless(after["best"] or ""))
        yield [*map(harmless, named), int(one["made_unknown"]), *answers, one["better"]]


@bp.get("/comparisons/<int:comparison_id>/photos/<int:number>.jpg")
@require("curator")
def compared_photo(comparison_id: int, number: int) -> Response:
    """A thumbnail of a photo that the comparison lists; 404 where it is no longer kept."""
    row = _found(comparison_id)
    listed = {one["number"]: one["photo"] for one in row.result.get("changed", [])}
    path = photo_sets.path_of(row.photo_set, listed[number]) if row.photo_set and number in listed else None
    try:
        shown = imaging.shrunk(path, THUMBNAIL) if path else abort(404)
    except ImageError:
        abort(404)
    response = make_response(imaging.jpeg(shown))
    response.headers["Content-Type"] = "image/jpeg"
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


@bp.post("/comparisons/<int:comparison_id>/delete")
@require("curator")
def delete_comparison(comparison_id: int) -> Any:
    """Forget a comparison; the builds stay."""
    row = _found(comparison_id)
    audit.record("index.forget_comparison", row.after, before=row.before, photos=row.photos_name)
    db.session.delete(row)
    db.session.commit()
    flash(_("The comparison is deleted; the builds and the photos are as they were."), "success")
    return redirect(url_for("admin.comparisons"), 303)


@bp.post("/comparisons/sets")
@require("curator")
def save_set() -> Any:
    """Save a set: `kind` settled, server or upload."""
    name, kind = request.form.get("name", ""), request.form.get("kind", "upload")
    try:
        saved = _saved(name, kind)
    except (PhotoSetError, UploadError) as error:
        flash(retold(str(error)), "error")
        return redirect(url_for("admin.comparisons", _anchor="sets"), 303)
    audit.record("photo_set.save", saved.name, kind=saved.kind, photos=saved.photos)
    db.session.commit()
    flash(_("%(name)s is saved.", name=saved.name), "success")
    return redirect(url_for("admin.comparisons", _anchor="sets"), 303)


def _saved(name: str, kind: str) -> PhotoSet:
    """Raises PhotoSetError, UploadError."""
    if kind == "settled":
        return photo_sets.save_settled(name, current_user.id)
    if kind == "demo" and (file := demo_set()):
        return photo_sets.save_on_server(name, file, current_user.id)
    if kind == "server":
        allowed = None if has_role(current_user, "admin") else settings().import_folders_open
        if allowed == []:
            abort(403)
        file = server_path(request.form.get("path", ""), settings().instance, folder=False, allowed=allowed)
        return photo_sets.save_on_server(name, file, current_user.id)
    table, photos = request.files.get("table"), request.files.get("photos")
    if not table or not table.filename or not photos or not photos.filename:
        raise UploadError(_("Choose the CSV and the ZIP with its photos."))
    return photo_sets.save_uploaded(name, lambda home: _lay(table, photos, home), current_user.id)


def _lay(table: FileStorage, photos: FileStorage, home: Path) -> None:
    packed = home / "photos.zip"
    photos.save(packed)
    unpack(packed, home)
    packed.unlink()
    table.save(home / photo_sets.CSV)


@bp.post("/comparisons/sets/<int:set_id>/delete")
@require("curator")
def delete_set(set_id: int) -> Any:
    """Forget a set of photos."""
    found = db.session.get(PhotoSet, set_id)
    if found is None:
        abort(404)
    audit.record("photo_set.delete", found.name, kind=found.kind, photos=found.photos)
    photo_sets.delete(found)
    flash(_("%(name)s is deleted; comparisons keep their figures.", name=found.name), "success")
    return redirect(url_for("admin.comparisons", _anchor="sets"), 303)


def _found(comparison_id: int) -> BuildComparison:
    row = db.session.get(BuildComparison, comparison_id)
    if row is None:
        abort(404)
    return row


def _number(text: str) -> int:
    """A key that a form sent; 0, which none has, where it is no number."""
    return int(text) if text.isdecimal() and len(text) < 10 else 0
