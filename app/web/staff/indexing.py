"""Re-index: choose a preset, start, watch; the list of builds."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import select

from app import services
from app.accounts import audit
from app.accounts.access import require
from app.catalogue.models import Picture
from app.engine.errors import BuildError, PresetError
from app.engine.presets import search_preset
from app.extensions import db
from app.language import gettext as _
from app.usage import jobs
from app.usage.models import IndexBuild, Job
from app.web.retelling import retold
from app.web.staff import bp, settings
from tasks import dispatch

BUILDS_SHOWN = 50


@bp.get("/index")
@require("curator")
def indexing() -> Any:
    """The form, the running job as a card, and every build."""
    builds = list(db.session.scalars(select(IndexBuild).order_by(IndexBuild.created_at.desc()).limit(BUILDS_SHOWN)))
    status = index_status()
    return render_template(
        "admin/indexing.html",
        status=status,
        presets=services.preset_names(),
        default_preset=settings().preset,
        has_pictures=db.session.scalar(select(Picture.id).limit(1)) is not None,
        running=[job for job in jobs.unfinished() if job.kind == "index_build"],
        builds=builds,
        on_disk=set(services.builds().names()),
        previous=previous_build(),
    )


@bp.post("/index/build")
@require("curator")
def start_build() -> Any:
    """Make the job, commit it with its audit event, then send it."""
    preset = request.form.get("preset") or settings().preset
    try:
        search_preset(preset)
    except PresetError as error:
        flash(retold(str(error)), "error")
        return redirect(url_for("admin.indexing"), 303)
    if any(job.kind == "index_build" for job in jobs.unfinished()):
        flash(_("A re-index is running already: wait for it, or cancel it."), "warning")
        return redirect(url_for("admin.indexing"), 303)
    job = start_job("index_build", {"preset": preset}, "index.build", preset)
    return redirect(url_for("admin.job", job_id=job.id), 303)


def start_job(kind: str, arguments: dict[str, Any], action: str, subject: str) -> Job:
    """A job of the present user: audited, committed, then sent."""
    audit.record(action, subject, **{name: value for name, value in arguments.items() if name != "images"})
    job = jobs.create(kind, arguments, user_id=current_user.id)
    dispatch.send(job)
    if job.state == "failed":
        flash(retold(job.message), "error")
    return job


def index_status() -> dict[str, Any] | None:
    """What is searched now; None while nothing was built; `trouble` where the published build cannot be read."""
    try:
        return services.index_status()
    except BuildError as error:
        return {"trouble": str(error)} if services.builds().names() else None


def previous_build() -> str | None:
    """The build that a roll-back would publish."""
    try:
        return services.builds().previous()
    except (BuildError, ValueError):
        return None
