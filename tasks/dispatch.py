"""Sending a job to the workers: after its row is committed, never before."""

from __future__ import annotations

from flask import current_app
from kombu.exceptions import OperationalError

from app.settings import Settings
from app.usage import jobs
from app.usage.models import Job
from tasks.application import broker_url, celery, transport_options

TASKS = {
    "index_build": "tasks.indexing.reindex",
    "index_measure": "tasks.indexing.measure",
    "index_compare": "tasks.indexing.compare",
    "index_map": "tasks.indexing.draw_map",
    "import": "tasks.importing.import_catalogue",
    "import_undo": "tasks.importing.undo_import",
}


def send(job: Job) -> None:
    """Hand the job to the broker; in tests run it here. A broker that does not answer fails the job, in a sentence."""
    settings: Settings = current_app.extensions["pinakes.settings"]
    if settings.testing:
        celery.loader.import_default_modules()
        celery.tasks[TASKS[job.kind]].apply([job.id])
        return
    try:
        post(TASKS[job.kind], [job.id])
    except OperationalError as error:
        jobs.fail(job, f"The broker does not answer ({error}); start it, then start this again.")


def post(task: str, arguments: list[object]) -> None:
    """Send one message to the application's broker. Raises kombu's OperationalError if it does not answer."""
    url = broker_url(current_app.extensions["pinakes.settings"])
    with celery.connection(url, transport_options=transport_options(url)) as connection:
        celery.send_task(task, arguments, connection=connection, retry=False)
