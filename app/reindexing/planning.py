"""Re-indexing by itself: daily, weekly, or when enough works have changed; published only where its check holds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app import services
from app.accounts import audit
from app.catalogue.models import now
from app.engine.errors import BuildError, NoIndexError
from app.engine.types import BuildReport
from app.extensions import db
from app.reindexing import health
from app.usage import jobs
from app.usage.index_models import PLAN_MODES, ReindexPlan
from app.usage.models import Job

REJECTS_MORE = 0.02  # share of the pictures by which rejects may grow: more means that a disk or a folder is gone
TRIED = timedelta(days=1)  # until a plan by changes tries again after a build that was not published
MOST_CHANGES, MOST_MARGIN = 1_000_000, 1.0


class PlanError(ValueError):
    """A plan that cannot be kept; the message says what is wrong with it."""


def plan() -> ReindexPlan:
    """The plan; one that is off where none was made."""
    return db.session.scalar(select(ReindexPlan).order_by(ReindexPlan.id).limit(1)) or ReindexPlan(
        mode="off", weekday=0, hour=3, changes=100, preset="", margin=0.01, note="", looked_at=now()
    )


def save(*, mode: str, weekday: int, hour: int, changes: int, margin: float) -> ReindexPlan:
    """Keep a plan, from now on. Audited; commits. Raises PlanError."""
    if mode not in PLAN_MODES:
        raise PlanError(f"There is no plan {mode!r}; there are {', '.join(PLAN_MODES)}.")
    if not (0 <= weekday <= 6 and 0 <= hour <= 23 and 1 <= changes <= MOST_CHANGES and 0 <= margin <= MOST_MARGIN):
        raise PlanError("A weekday is 0 to 6, an hour 0 to 23, works 1 or more, and the margin of the recall 0 to 1.")
    kept = plan()
    kept.mode, kept.weekday, kept.hour, kept.changes, kept.margin = mode, weekday, hour, changes, margin
    kept.looked_at = now()  # what lies before is past
    db.session.add(kept)
    audit.record("index.schedule", mode, weekday=weekday, hour=hour, changes=changes, margin=margin)
    db.session.commit()
    return kept


def last_time(mode: str, weekday: int, hour: int, present: datetime) -> datetime | None:
    """When a daily or weekly plan last came, at or before `present`; None for the others."""
    if mode not in ("daily", "weekly"):
        return None
    at = present.replace(hour=hour, minute=0, second=0, microsecond=0)
    if mode == "weekly":
        at -= timedelta(days=(at.weekday() - weekday) % 7)
    return at if at <= present else at - timedelta(days=7 if mode == "weekly" else 1)


def next_time(mode: str, weekday: int, hour: int, present: datetime) -> datetime | None:
    """When a daily or weekly plan comes next; None for the others."""
    last = last_time(mode, weekday, hour, present)
    return None if last is None else last + timedelta(days=7 if mode == "weekly" else 1)


def look(present: datetime | None = None) -> Job | None:
    """Begin a re-index if its time has come and something has changed; a note tells why it was left out. Commits.

    The job is returned to be sent; None where there is nothing to do.
    """
    present, kept = present or now(), plan()
    if kept.mode == "off":
        return None
    if kept.mode == "changes":
        moved, why = _moved()
        if moved is not None and moved < kept.changes and not why:
            return None
    else:
        last = last_time(kept.mode, kept.weekday, kept.hour, present)
        if last is None or kept.looked_at >= last:
            return None
        moved, why = _moved()
        if moved == 0 and not why:
            note(f"Left out: nothing has changed since {services.builds().published()} was built.", present)
            return None
    if any(job.kind == "index_build" for job in jobs.unfinished()):
        return None  # it is looked at again in a while
    if kept.mode == "changes" and _tried_lately(present):
        return None  # what came of that was not published: somebody has to look
    return _begin(kept, moved, why, present)


def _tried_lately(present: datetime) -> bool:
    """Whether a planned build of the last day was not published."""
    planned = [job for job in jobs.recent("index_build") if job.arguments.get("planned")]
    return bool(planned) and planned[0].created_at > present - TRIED and not planned[0].result.get("published")


def _moved() -> tuple[int | None, list[str]]:
    """How many works a rebuild would take up (None: nothing is published), and in what the code has gone on since."""
    shelf = services.builds()
    try:
        build_id = shelf.current()
        return health.moved(build_id).works, [part for part in health.drifted(shelf.manifest(build_id))[0] if part != "calibration"]
    except (NoIndexError, BuildError):
        return None, []


def _begin(kept: ReindexPlan, moved: int | None, why: list[str], present: datetime) -> Job | None:
    if not services.gallery_pictures():
        note("Left out: there is no picture to index.", present)
        return None
    arguments: dict[str, Any] = {"preset": kept.preset or services.settings().preset, "margin": kept.margin, "planned": True}
    audit.record("index.build", arguments["preset"], planned=kept.mode, works=moved, drift=why)
    kept.looked_at = present
    db.session.add(kept)
    return jobs.create("index_build", arguments)


def note(sentence: str, at: datetime | None = None) -> None:
    """Keep what came of the plan's last time. Commits."""
    kept = plan()
    kept.note, kept.note_at = sentence, at or now()
    kept.looked_at = max(kept.looked_at, kept.note_at)
    db.session.add(kept)
    db.session.commit()


def objection(report: BuildReport, margin: float) -> str:
    """Why a new build is not to be published instead of the one that serves; empty where nothing speaks against it."""
    shelf = services.builds()
    try:
        serving = shelf.manifest(shelf.current())
    except BuildError:  # nothing serves, so anything is better
        return ""
    lost = serving["recall_at_10"] - report.recall_at_10
    if lost > margin:
        return (
            f"Not published: its recall is {report.recall_at_10:.4f}, that of the published build {serving['recall_at_10']:.4f}, "
            f"and {margin:g} less is allowed. Look at it, and publish it by hand or delete it."
        )
    more = len(report.rejects) - serving["rejects"]
    if more > max(1, REJECTS_MORE * (report.pictures + len(report.rejects))):
        return (
            f"Not published: {len(report.rejects)} pictures cannot be read, {more} more than in the published build. "
            "See which, and whether the pictures' folder is whole."
        )
    return ""
