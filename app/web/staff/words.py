"""Figures and states in words: pure functions that the staff templates use as filters."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.catalogue.models import now
from app.usage import jobs
from app.usage.models import Job
from app.web.staff import bp

KINDS = {"index_build": "Re-index", "import": "Import", "statistics": "Statistics", "housekeeping": "Housekeeping"}
STAGES = {  # of `Indexer.build` and `run_import`
    "describe": "Describing pictures",
    "train": "Building the index",
    "check": "Checking it against exact search",
    "write": "Writing it to disk",
    "reading": "Reading rows",
    "pictures": "Taking pictures in",
    "storing": "Storing works",
}
SILENT_WORD_SECONDS = 15.0  # five missed heartbeats
SECOND, MINUTE, HOUR, DAY = 1, 60, 3600, 86400


def duration(seconds: float | None) -> str:
    """`8 s`, `3 min 20 s`, `2 h 5 min`; empty for None."""
    if seconds is None:
        return ""
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s" if whole % MINUTE else f"{whole // MINUTE} min"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"


def ago(at: datetime | None, present: datetime | None = None) -> str:
    """`just now`, `5 min ago`, `3 h ago`, `2 days ago`; `never` for None."""
    if at is None:
        return "never"
    seconds = ((present or now()) - at).total_seconds()
    if seconds < MINUTE:
        return "just now"
    for size, word in ((DAY, "days"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {word[:-1] if count == 1 and word == 'days' else word} ago"
    return "just now"


def kind_of(job: Job) -> str:
    """What a job does, in words."""
    return KINDS.get(job.kind, job.kind.replace("_", " ").capitalize())


def title_of(job: Job) -> str:
    """A job by what it does and to what."""
    arguments = job.arguments
    if job.kind == "import":
        return f"{'Dry run' if arguments.get('dry_run') else 'Import'} of {arguments.get('name') or arguments.get('file')}"
    if job.kind == "index_build":
        return f"Re-index with preset {arguments.get('preset') or 'default'}"
    return kind_of(job)


def took(job: Job) -> float | None:
    """Seconds from its start to its end, or to now."""
    if job.started_at is None:
        return None
    return ((job.finished_at or now()) - job.started_at).total_seconds()


def card(job: Job) -> dict[str, Any]:
    """A job as its card shows it, and as `/admin/jobs/<id>.json` tells it."""
    silence = jobs.silence(job)
    return {
        "id": job.id,
        "kind": job.kind,
        "title": title_of(job),
        "state": job.state,
        "stage": STAGES.get(job.stage, job.stage),
        "done": job.done,
        "total": job.total,
        "share": round(job.done / job.total, 4) if job.total else None,
        "per_second": job.result.get("per_second") if job.state == "running" else None,
        "seconds_left": job.result.get("seconds_left") if job.state == "running" else None,
        "seconds": took(job),
        "message": job.message,
        "cancel_requested": job.cancel_requested,
        "silent_seconds": silence if silence > SILENT_WORD_SECONDS else None,
        "ended": job.state not in jobs.UNFINISHED,
        "figures": figures(job, silence),
    }


def figures(job: Job, silence: float = 0.0) -> str:
    """The line under the bar: `412 of 1,003 · 3.4 per second · 2 min 54 s left`."""
    if job.state == "queued":
        return "Waiting for the worker."
    if job.state != "running":
        return job.message
    parts = [f"{job.done:,} of {job.total:,}" if job.total else ""]
    if "per_second" in job.result:
        parts += [f"{job.result['per_second']:,.1f} per second", f"{duration(job.result['seconds_left'])} left"]
    if silence > SILENT_WORD_SECONDS:
        parts.append(f"the worker has not been heard of for {duration(silence)}")
    if job.cancel_requested:
        parts.append("stopping at the next step")
    return " · ".join(part for part in parts if part) or "Beginning …"


for filter_ in (duration, ago, kind_of, title_of, took, card):
    bp.app_template_filter(filter_.__name__)(filter_)
