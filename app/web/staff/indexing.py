"""Re-index: what it will cost, start, watch, take up again; the health of what is searched; the list of builds."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import select

from app import services
from app.accounts import audit
from app.accounts.access import require
from app.catalogue.models import Picture, now
from app.engine.errors import BuildError, EngineError, PresetError
from app.engine.lineage import with_engine
from app.engine.presets import search_preset
from app.extensions import db
from app.language import decimal
from app.language import gettext as _
from app.reindexing import health, planning, rows
from app.reindexing.estimate import Estimate, engines_offered, estimate
from app.retelling import retold
from app.usage import jobs
from app.usage.models import IndexBuild, Job
from app.web.staff import bp, settings
from app.web.staff.words import DRIFTS, PLANS, WEEKDAYS
from tasks import dispatch

BUILDS_SHOWN = 50
KINDS = ("index_build", "index_measure", "index_compare")


@bp.get("/index")
@require("curator")
def indexing() -> Any:
    """The form with its costs (`preset` in the address), the running job as a card, health, plan, and every build."""
    builds = list(db.session.scalars(select(IndexBuild).order_by(IndexBuild.created_at.desc()).limit(BUILDS_SHOWN)))
    chosen = request.args.get("preset") or settings().preset
    engine = request.args.get("engine", "")
    cost, trouble = cost_of(chosen, engine)
    stopped = rows.stopped()
    plan = planning.plan()
    return render_template(
        "admin/indexing.html",
        status=index_status(),
        health=health_now(),
        recall_wanted=health.RECALL_WANTED,
        presets=services.preset_names(),
        chosen=chosen,
        cost=cost,
        cost_trouble=trouble,
        engines=engines_offered(),
        engine=engine,
        stopped=stopped,
        kept=cost_of(stopped.preset)[0] if stopped else None,
        has_pictures=db.session.scalar(select(Picture.id).limit(1)) is not None,
        running=[job for job in jobs.unfinished() if job.kind in KINDS],
        building=any(job.kind == "index_build" for job in jobs.unfinished()),
        builds=builds,
        on_disk=set(services.builds().names()),
        previous=previous_build(),
        plan=plan,
        next_time=planning.next_time(plan.mode, plan.weekday, plan.hour, now()),
        plans=PLANS,
        weekdays=WEEKDAYS,
        drifts=DRIFTS,
    )


@bp.post("/index/build")
@require("curator")
def start_build() -> Any:
    """Make the job, commit it with its audit event, then send it."""
    preset, engine = request.form.get("preset") or settings().preset, request.form.get("engine", "")
    try:
        with_engine(search_preset(preset), engine)
    except PresetError as error:
        flash(retold(str(error)), "error")
        return redirect(url_for("admin.indexing"), 303)
    if any(job.kind == "index_build" for job in jobs.unfinished()):
        flash(_("A re-index is running already: wait for it, or cancel it."), "warning")
        return redirect(url_for("admin.indexing"), 303)
    publish = request.form.get("then", "publish") != "compare"
    job = start_job("index_build", {"preset": preset, "engine": engine, "publish": publish}, "index.build", preset)
    return redirect(url_for("admin.job", job_id=job.id), 303)


@bp.post("/index/measure")
@require("curator")
def start_measurement() -> Any:
    """Describe a handful of pictures, so that the cost of the whole is known."""
    preset = request.form.get("preset") or settings().preset
    if any(job.kind in ("index_build", "index_measure") for job in jobs.unfinished()):
        flash(_("A re-index is running already: wait for it, or cancel it."), "warning")
        return redirect(url_for("admin.indexing", preset=preset), 303)
    job = start_job("index_measure", {"preset": preset}, "index.measure", preset)
    return redirect(url_for("admin.job", job_id=job.id), 303)


def start_job(kind: str, arguments: dict[str, Any], action: str, subject: str) -> Job:
    """A job of the present user: audited, committed, then sent."""
    audit.record(action, subject, **{name: value for name, value in arguments.items() if name != "images"})
    job = jobs.create(kind, arguments, user_id=current_user.id)
    dispatch.send(job)
    if job.state == "failed":
        flash(retold(job.message), "error")
    return job


@bp.app_template_filter("filesize")
def filesize(count: int) -> str:
    """`350 kB`, `1.2 GB`: bytes as a person reads them."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{decimal(count / size, 1 if count < 10 * size else 0)} {unit}"
    return f"{count} B"


def cost_of(preset: str, engine: str = "") -> tuple[Estimate | None, str]:
    """What a build would cost, or why that cannot be said."""
    try:
        return estimate(preset, engine), ""
    except EngineError as error:
        return None, retold(str(error))


def health_now() -> health.Health | None:
    """Of the published build; None where there is none, or it cannot be read (`index_status` then says why)."""
    try:
        return health.health()
    except (BuildError, OSError, KeyError):
        return None


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
