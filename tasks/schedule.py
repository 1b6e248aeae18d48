"""What the scheduler sends, and when (UTC)."""

from __future__ import annotations

from typing import Any

from celery.schedules import crontab

LOST_JOBS_SECONDS = 30.0  # between looks for jobs whose worker died
MAIL_SECONDS = 60.0  # between looks for mail that is to be tried again


def entry(task: str, schedule: Any, expires: float) -> dict[str, Any]:
    """One row; a message that no worker took within `expires` seconds is dropped, so that none pile up."""
    return {"task": task, "schedule": schedule, "options": {"expires": expires}}


def beat_schedule() -> dict[str, dict[str, Any]]:
    """The table that `celery beat` reads."""
    return {
        "statistics": entry("tasks.statistics.roll_up", crontab(minute=10), expires=3600),
        "planned re-index": entry("tasks.indexing.look_at_plan", crontab(minute="*/10"), expires=600),
        "old files": entry("tasks.housekeeping.prune", crontab(hour=3, minute=30), expires=6 * 3600),
        "old failures": entry("tasks.alerts.prune", crontab(hour=3, minute=40), expires=6 * 3600),
        "alerts": entry("tasks.alerts.deliver_due", MAIL_SECONDS, expires=MAIL_SECONDS),
        "mail": entry("tasks.mail.deliver_due", MAIL_SECONDS, expires=MAIL_SECONDS),
        "lost jobs": entry("tasks.housekeeping.recover_lost_jobs", LOST_JOBS_SECONDS, expires=LOST_JOBS_SECONDS),
    }
