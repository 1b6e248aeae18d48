"""The import of a catalogue file: the same verb as `flask catalogue import`, as a job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from celery import Task
from flask import current_app

from app.catalogue.errors import CatalogueError
from app.engine.errors import CancelledError
from app.settings import Settings
from app.usage.models import Job
from tasks.application import celery
from tasks.runner import Outcome, Progress, ShouldCancel, run_job

REJECTS_KEPT = 1000  # of a dry run, whose own row is not kept


@celery.task(bind=True, name="tasks.importing.import_catalogue")  # type: ignore[untyped-decorator]
def import_catalogue(self: Task[Any, Any], job_id: str) -> None:
    """Import the file that the job names."""
    run_job(job_id, load, (CatalogueError, OSError), self.request.id or "")


def load(job: Job, progress: Progress, should_cancel: ShouldCancel) -> Outcome:
    """A shell over `run_import`; the rejects lie in the import's own row, which the result names."""
    from app.catalogue.importers import run_import

    settings: Settings = current_app.extensions["pinakes.settings"]
    arguments = job.arguments
    report = run_import(
        Path(arguments["file"]),
        format=arguments.get("format") or "auto",
        images=Path(arguments["images"]) if arguments.get("images") else None,
        collection=arguments.get("collection") or None,
        dry_run=bool(arguments.get("dry_run")),
        pictures_dir=settings.pictures_dir,
        progress=stopping(progress, should_cancel),
        user_id=job.user_id,
    )
    result = {
        "run_id": report.run_id,
        "collection": report.collection,
        "format": report.format,
        "counts": report.counts,
        "rejects": report.rejects[:REJECTS_KEPT] if report.dry_run else [],
    }
    return result, sentence(report.counts, report.dry_run)


def stopping(progress: Progress, should_cancel: ShouldCancel) -> Progress:
    """A progress that ends the work when a stop was asked for: the importer's transaction is then rolled back."""

    def tell(stage: str, done: int, total: int) -> None:
        if should_cancel():
            raise CancelledError("Stopped as asked.")
        progress(stage, done, total)

    return tell


def sentence(counts: dict[str, Any], dry_run: bool) -> str:
    """What came of an import, or would come of it."""
    names = ("added", "updated", "unchanged", "rejected")
    told = ", ".join(f"{counts.get(name, 0):,} {name}" for name in names)
    return f"{'Dry run: ' if dry_run else ''}{told}."
