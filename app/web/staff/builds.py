"""One build: its figures and rejects; publishing it again, with what that changes said first."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, url_for

from app import services
from app.accounts import audit
from app.accounts.access import require
from app.engine.errors import BuildError
from app.extensions import db
from app.language import gettext as _
from app.retelling import retold
from app.usage.models import IndexBuild
from app.web.staff import bp
from app.web.staff.indexing import index_status


@bp.get("/builds/<build_id>")
@require("curator")
def build(build_id: str) -> Any:
    """Figures, the pictures that could not be indexed, and the way to publish it."""
    row = db.session.get(IndexBuild, build_id)
    manifest = manifest_of(build_id)
    if row is None and manifest is None:
        abort(404)
    return render_template("admin/build.html", build_id=build_id, row=row, manifest=manifest, status=index_status())


@bp.post("/builds/<build_id>/publish")
@require("curator")
def publish(build_id: str) -> Any:
    """Search this build from now on."""
    before = (index_status() or {}).get("build", "")
    try:
        services.publish_build(build_id)
    except BuildError as error:
        flash(retold(str(error)), "error")
        return redirect(url_for("admin.indexing"), 303)
    audit.record("index.publish", build_id, before=before)
    db.session.commit()
    done = _("%(build)s is searched now.", build=build_id)
    flash(f"{done} {undo(before)}".strip(), "success")
    return redirect(url_for("admin.indexing"), 303)


@bp.post("/builds/<build_id>/delete")
@require("curator")
def delete_build(build_id: str) -> Any:
    """Delete a build that nobody searches; its descriptors stay in the store."""
    try:
        with services.build_lock():
            services.builds().delete(build_id)
    except BuildError as error:
        flash(retold(str(error)), "error")
        return redirect(url_for("admin.indexing"), 303)
    audit.record("index.delete", build_id)
    db.session.commit()
    flash(_("%(build)s is deleted. Descriptors are kept, so that it can be built again quickly.", build=build_id), "success")
    return redirect(url_for("admin.indexing"), 303)


def undo(before: str) -> str:
    """How the publishing is undone."""
    return _("To undo, publish %(build)s again.", build=before) if before else ""


def manifest_of(build_id: str) -> dict[str, Any] | None:
    """The manifest of a build that is on disk and can be read."""
    if build_id not in services.builds().names():
        return None
    try:
        return services.builds().manifest(build_id)
    except BuildError:
        return None
