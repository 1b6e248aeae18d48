"""The row that every build has in `index_builds`: begun, ended in one of three ways, or left behind by a process that died."""

from __future__ import annotations

from sqlalchemy import select

from app.catalogue.models import Picture, now
from app.engine.errors import CancelledError, EngineError
from app.engine.types import BuildReport
from app.extensions import db
from app.usage import alerts, failures
from app.usage.models import IndexBuild

DIED = "The process that built it ended before it was done; the index that was serving went on serving."


def begin(preset: str, job_id: str | None) -> IndexBuild:
    """A row for a build that begins now. Callers hold the build lock, so that rows still running are of processes that died."""
    for row in db.session.scalars(select(IndexBuild).where(IndexBuild.state == "running")):
        _end(row, "failed", DIED)
    row = IndexBuild(build_id=f"pending-{now():%Y%m%d-%H%M%S-%f}", preset=preset, job_id=job_id)
    db.session.add(row)
    db.session.commit()
    return row


def failed(row: IndexBuild, error: BaseException) -> None:
    """It ended by an error, or was cancelled."""
    sentence = str(error) if isinstance(error, EngineError) else f"{type(error).__name__}: {error}"
    _end(row, "cancelled" if isinstance(error, CancelledError) else "failed", sentence)


def done(row: IndexBuild, report: BuildReport) -> None:
    """It came to its end."""
    names = dict(db.session.execute(select(Picture.id, Picture.source_name)).all()) if report.rejects else {}
    row.build_id, row.state, row.finished_at = report.build_id, "done", now()
    row.works, row.vectors, row.seconds = report.works, report.vectors, report.seconds
    row.recall_at_10, row.nprobe = report.recall_at_10, report.nprobe
    row.rejects = [
        {"picture_id": r.picture_id, "source_name": names.get(r.picture_id, ""), "reason": r.reason} for r in report.rejects
    ]
    db.session.commit()


def stopped() -> IndexBuild | None:
    """The newest build, where it was cancelled or failed: what it described is kept."""
    newest = db.session.scalar(select(IndexBuild).order_by(IndexBuild.created_at.desc()).limit(1))
    return newest if newest is not None and newest.state in ("failed", "cancelled") else None


def _end(row: IndexBuild, state: str, message: str) -> None:
    db.session.rollback()
    row.state, row.message, row.finished_at = state, message, now()
    if state == "failed" and row.job_id is None:  # a job says it itself
        alerts.tell(failures.record("build", row.preset, message))
    db.session.commit()
