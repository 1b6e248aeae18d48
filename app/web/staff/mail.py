"""Mail: what the site wrote to whom, and what became of it."""

from __future__ import annotations

from typing import Any

from flask import abort, redirect, render_template, request, url_for

from app.accounts import audit
from app.accounts import mail as outbox
from app.accounts.access import require
from app.accounts.models import Mail
from app.extensions import db
from app.sentences import N_
from app.web.staff import bp, settings

PER_PAGE = 50
STATES = {"kept": N_("kept here"), "waiting": N_("waiting"), "sent": N_("sent"), "failed": N_("not sent")}


@bp.get("/mail")
@require("admin")
def mail() -> Any:
    """Newest first; `state`, `to` and `page` in the address."""
    state, recipient = request.args.get("state", ""), request.args.get("to", "").strip()
    query = outbox.listing(state if state in STATES else "", recipient)
    page = db.paginate(query, per_page=PER_PAGE, max_per_page=PER_PAGE, error_out=False)
    if page.page > max(1, page.pages):
        return redirect(url_for("admin.mail", state=state, to=recipient, page=max(1, page.pages)))
    return render_template(
        "admin/mail.html", page=page, states=STATES, state=state, to=recipient,
        sends=bool(settings().mail_url), keep_days=settings().mail_keep_days,
    )  # fmt: skip


@bp.get("/mail/<int:mail_id>")
@require("admin")
def read_mail(mail_id: int) -> Any:
    """One message. It may hold a way into somebody's account, so reading it is an event of the audit trail."""
    found = db.session.get(Mail, mail_id)
    if found is None:
        abort(404)
    if found.text:
        audit.record("mail.read", found.recipient, kind=found.kind)
        db.session.commit()
    return render_template("admin/mail_message.html", mail=found, states=STATES)
