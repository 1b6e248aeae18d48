"""Mail handed to the mail server: at once after it was written, and again on a schedule where that failed."""

from __future__ import annotations

from app.accounts import mail
from tasks.application import celery


@celery.task(name="tasks.mail.deliver_due")  # type: ignore[untyped-decorator]
def deliver_due() -> int:
    """Send every message whose time has come; returns how many went."""
    return mail.deliver_due()
