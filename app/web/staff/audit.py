"""The audit trail: who did what to which thing, and when."""

from __future__ import annotations

from typing import Any

from flask import render_template, request

from app.accounts.access import require
from app.accounts.models import AuditEvent
from app.extensions import db
from app.web.staff import bp

PER_PAGE = 100


@bp.get("/audit")
@require("admin")
def audit() -> Any:
    """Newest first; `action` (its first part), `actor` and `page` in the address."""
    action, actor = request.args.get("action", ""), request.args.get("actor", "").strip()
    page = max(1, request.args.get("page", 1, type=int))
    query = db.select(AuditEvent).order_by(AuditEvent.at.desc(), AuditEvent.id.desc())
    query = query.where(AuditEvent.action.startswith(f"{action}.", autoescape=True)) if action else query
    query = query.where(AuditEvent.actor.icontains(actor, autoescape=True)) if actor else query
    rows = list(db.session.scalars(query.offset((page - 1) * PER_PAGE).limit(PER_PAGE + 1)))
    things = sorted({name.split(".")[0] for name in db.session.scalars(db.select(AuditEvent.action).distinct())})
    return render_template(
        "admin/audit.html", events=rows[:PER_PAGE], more=len(rows) > PER_PAGE, page=page,
        things=things, action=action, actor=actor,
    )  # fmt: skip
