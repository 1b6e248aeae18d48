"""The audit trail: who did what to which thing."""

from __future__ import annotations

from typing import Any

from flask import has_request_context
from flask_login import current_user

from app.accounts.models import AuditEvent
from app.extensions import db


def record(action: str, subject: str = "", **details: Any) -> AuditEvent:
    """Add an event to the session; the caller's commit keeps it together with what it tells of, or neither.

    `action` is `<thing>.<verb>` (`index.build`, `user.role`), `subject` names the thing, `details` must be JSON.
    """
    user = current_user if has_request_context() and current_user and current_user.is_authenticated else None
    event = AuditEvent(
        user_id=user.id if user else None,
        actor=user.email if user else "visitor" if has_request_context() else "command line",
        action=action,
        subject=subject,
        details=details,
    )
    db.session.add(event)
    return event
