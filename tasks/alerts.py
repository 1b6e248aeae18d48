"""Messages to the operator's webhook, tried again on a schedule; the web process' watch does the same, in case no worker runs."""

from __future__ import annotations

from app.usage import alerts, failures
from tasks.application import celery


@celery.task(name="tasks.alerts.deliver_due")  # type: ignore[untyped-decorator]
def deliver_due() -> int:
    """Post every message whose time has come; returns how many went."""
    return alerts.deliver_due()


@celery.task(name="tasks.alerts.prune")  # type: ignore[untyped-decorator]
def prune() -> int:
    """Remove failures after 90 days; returns how many."""
    return failures.prune()
