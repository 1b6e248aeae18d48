"""What is thrown away and taken up again: old photos, old builds, jobs whose worker died."""

from __future__ import annotations

import logging

from flask import current_app

from app.accounts import collections, mail
from app.engine.errors import BuildError
from app.usage import jobs, pruning
from tasks.application import celery

log = logging.getLogger(__name__)


@celery.task(name="tasks.housekeeping.prune")  # type: ignore[untyped-decorator]
def prune() -> dict[str, int]:
    """Remove visitors' photos, index builds, mail and guests' collections that are past what the settings keep."""
    keep_days = current_app.extensions["pinakes.settings"].guests_keep_days
    return {
        "photos": pruning.prune_uploads(),
        "files": pruning.prune_imports(),
        "builds": prune_builds(),
        "mail": mail.prune(),
        "collections": collections.prune(keep_days),
    }


def prune_builds() -> int:
    """Remove builds beyond `builds_keep`; while one is being made, this waits for the next time."""
    from app import services

    try:
        return len(services.prune_builds())
    except BuildError as error:
        log.warning("builds were not pruned: %s", error)
        return 0


@celery.task(name="tasks.housekeeping.recover_lost_jobs")  # type: ignore[untyped-decorator]
def recover_lost_jobs() -> int:
    """Send jobs again whose worker died and whose message did not come back; returns how many."""
    from tasks.dispatch import send

    lost = jobs.mark_lost()
    for job in lost:
        send(job)
    return len(lost)


@celery.task(name="tasks.housekeeping.resume_jobs")  # type: ignore[untyped-decorator]
def resume_jobs() -> int:
    """Send every unfinished job again, when a worker starts: its message may have gone with a broker that was stopped.

    A job that a worker is running is not run twice: its claim fails (see `app.usage.jobs.start`).
    """
    from tasks.dispatch import send

    waiting = jobs.unfinished()
    for job in waiting:
        send(job)
    return len(waiting)
