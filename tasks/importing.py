"""Imports and their undoing: the same verbs as `flask catalogue import` and `flask catalogue undo`, as jobs.

A job that is begun again after a crash finds what it had fetched, and where it had written already, its own run.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from celery import Task
from flask import current_app
from sqlalchemy import select

from app.catalogue.errors import CatalogueError
from app.catalogue.models import ImportRun
from app.engine.errors import CancelledError
from app.extensions import db
from app.settings import Settings
from app.usage.models import Job
from tasks.application import celery
from tasks.runner import Outcome, Progress, ShouldCancel, run_job

if TYPE_CHECKING:
    from app.catalogue.importers import ImportReport

REJECTS_KEPT = 1000  # of a dry run, on the job's own page; its report has them all


@celery.task(bind=True, name="tasks.importing.import_catalogue")  # type: ignore[untyped-decorator]
def import_catalogue(self: Task[Any, Any], job_id: str) -> None:
    """Import the file that the job names."""
    run_job(job_id, load, (CatalogueError, OSError), self.request.id or "")


@celery.task(bind=True, name="tasks.importing.undo_import")  # type: ignore[untyped-decorator]
def undo_import(self: Task[Any, Any], job_id: str) -> None:
    """Undo the import that the job names."""
    run_job(job_id, undo, (CatalogueError, OSError), self.request.id or "")


def load(job: Job, progress: Progress, should_cancel: ShouldCancel) -> Outcome:
    """A shell over `run_import`; what came of it lies in the import's own row, which the result names."""
    from app import importing

    tell = stopping(progress, should_cancel)
    dry_run = bool(job.arguments.get("dry_run"))
    run = db.session.scalar(select(ImportRun).where(ImportRun.job_id == job.id, ImportRun.dry_run == dry_run))
    if run is None:
        run = _imported(job, tell)
    result = {
        "run_id": run.id,
        "collection": run.collection.name if run.collection else run.details.get("collection", ""),
        "format": run.format,
        "counts": run.counts,
        "rejects": run.rejects[:REJECTS_KEPT] if dry_run else [],
    }
    if not dry_run:
        progress("indexing", 0, 1)
        result["index"] = importing.sync_index(importing.works_of(run.id))
    return result, sentence(run.counts, dry_run)


def _imported(job: Job, tell: Progress) -> ImportRun:
    from app import importing
    from app.catalogue.importers.telling import keep_dry_run

    report, name = _report(job, tell)
    if not report.dry_run:
        run = db.session.get(ImportRun, report.run_id)
        assert run is not None
        return run
    if job.arguments.get("likes"):
        importing.find_likes(report, tell)
    return keep_dry_run(report, name, user_id=job.user_id, job_id=job.id)


def _report(job: Job, tell: Progress) -> tuple[ImportReport, str]:
    from app.catalogue import unpacking
    from app.catalogue.harvest import Harvest
    from app.catalogue.importers import collection_at, run_import

    settings: Settings = current_app.extensions["pinakes.settings"]
    arguments = job.arguments
    if arguments.get("packed"):
        unpacking.ensure(Path(arguments["packed"]), Path(arguments["images"]), tell)
    collection, address = arguments.get("collection") or None, arguments.get("address") or ""
    harvest = None
    if arguments.get("harvest"):
        harvest = Harvest(Path(arguments["harvest"]), current_app.extensions.get("pinakes.network"))
    if address and harvest:
        tell("fetching", 0, 1)
        file, collection = harvest.document(address), collection or collection_at(address)
    else:
        file = Path(arguments["file"])
    name = str(arguments.get("name") or file.name)
    report = run_import(
        file,
        format=arguments.get("format") or "auto",
        images=Path(arguments["images"]) if arguments.get("images") else None,
        collection=collection,
        dry_run=bool(arguments.get("dry_run")),
        pictures_dir=settings.pictures_dir,
        progress=tell,
        user_id=job.user_id,
        mapping=arguments.get("mapping") or None,
        harvest=harvest,
        job_id=job.id,
        file_name=name,
    )
    return report, name


def undo(job: Job, progress: Progress, should_cancel: ShouldCancel) -> Outcome:
    """A shell over `undo_import` of the catalogue; then the index follows."""
    from app import importing
    from app.catalogue.importers import undoing

    run_id = int(job.arguments["run_id"])
    undoing.undo_import(run_id, stopping(progress, should_cancel))
    progress("indexing", 0, 1)
    index = importing.sync_index(importing.works_of(run_id))
    run = db.session.get(ImportRun, run_id)
    counts = run.details["undone"] if run else {}
    return {"run_id": run_id, "counts": counts, "index": index}, undone(counts)


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


def undone(counts: dict[str, int]) -> str:
    """What came of an undo."""
    gone, back, kept = counts["gone"], counts["restored"], counts["kept"] + counts["partly"] + counts["hidden"]
    return f"Undone: {gone:,} works taken out, {back:,} as before, {kept:,} kept in part or whole."
