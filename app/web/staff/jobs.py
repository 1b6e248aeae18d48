"""Long jobs: the list, a job's card, its state as JSON for the card's script, and cancel."""

from __future__ import annotations

from typing import Any

from flask import Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask_login import current_user

from app.accounts import audit
from app.accounts.access import has_role, require
from app.extensions import db
from app.language import gettext as _
from app.language import said
from app.retelling import retold
from app.usage import jobs as desk
from app.usage import retrying
from app.usage.models import JOB_STATES, Job
from app.web.staff import bp
from app.web.staff.words import KINDS, card, title_of
from tasks import dispatch

JOBS_SHOWN = 200


@bp.get("/jobs")
@require("curator")
def jobs() -> Any:
    """The newest jobs; `kind` and `state` in the address filter them."""
    kind, state = request.args.get("kind", ""), request.args.get("state", "")
    query = db.select(Job).order_by(Job.created_at.desc()).limit(JOBS_SHOWN)
    query = query.where(Job.kind == kind) if kind in KINDS else query
    query = query.where(Job.state == state) if state in JOB_STATES else query
    found = list(db.session.scalars(query))
    return render_template("admin/jobs.html", jobs=found, kinds=KINDS, states=JOB_STATES, kind=kind, state=state)


@bp.get("/jobs/<job_id>")
@require("curator")
def job(job_id: str) -> Any:
    """One job; while it runs, the page follows it (by script, else by reloading itself)."""
    return render_template("admin/job.html", job=find(job_id))


@bp.get("/jobs/<job_id>.json")
@require("curator")
def job_json(job_id: str) -> Response:
    """The card as JSON."""
    response = jsonify(card(find(job_id)))
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/jobs/<job_id>/cancel")
@require("curator")
def cancel(job_id: str) -> Any:
    """Ask the job to stop."""
    found = find(job_id)
    if desk.request_cancel(found):
        audit.record("job.cancel", title_of(found), job=found.id)
        db.session.commit()
        cancelled = found.state == "cancelled"
        flash(_("Cancelled.") if cancelled else _("It stops at its next step; nothing will have changed."), "success")
    else:
        flash(_("It had ended already."), "warning")
    return redirect(url_for("admin.job", job_id=job_id), 303)


@bp.post("/jobs/<job_id>/retry")
@require("curator")
def retry(job_id: str) -> Any:
    """Do it again with the same arguments, as a job of its own; one whose worker died is taken up again itself."""
    found = find(job_id)
    try:
        again = retrying.again(found, current_user.id, admin=has_role(current_user, "admin"))
    except retrying.RetryError as error:
        flash(said(error), "warning")
        return redirect(url_for("admin.job", job_id=job_id), 303)
    audit.record("job.retry", title_of(found), job=found.id, again=again.id)
    db.session.commit()
    dispatch.send(again)
    if again.state == "failed":
        flash(retold(again.message), "error")
    return redirect(url_for("admin.job", job_id=again.id), 303)


def find(job_id: str) -> Job:
    found = db.session.get(Job, job_id)
    if found is None:
        abort(404)
    return found
