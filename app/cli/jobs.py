"""`flask jobs`: long jobs from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask.cli import with_appcontext

from app.cli.output import one_line_errors, print_json
from app.sentences import SentenceError

if TYPE_CHECKING:
    from app.usage.models import Job


class JobCommandError(ValueError):
    """A command cannot do what was asked."""


@click.group("jobs")
def command() -> None:
    """Long jobs: list and cancel them, try them again."""


@command.command("list", epilog="Example: flask jobs list --json")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON only.")
@with_appcontext
def list_(limit: int, as_json: bool) -> None:
    """List the newest jobs."""
    from app.usage import jobs

    found = jobs.recent(limit=limit)
    if as_json:
        names = ("id", "kind", "state", "stage", "done", "total", "message")
        print_json([{name: getattr(job, name) for name in names} for job in found])
        return
    for job in found:
        click.echo(f"{job.id}  {job.kind:12} {job.state:10} {job.message or f'{job.stage} {job.done}/{job.total}'}")
    if not found:
        click.echo("No jobs yet.")


@command.command("cancel", epilog="Example: flask jobs cancel 6f1e2a")
@click.argument("job_id")
@with_appcontext
@one_line_errors(ValueError)
def cancel(job_id: str) -> None:
    """Ask the job JOB_ID (its first characters are enough) to stop; nothing that it did is kept."""
    from app.accounts import audit
    from app.extensions import db
    from app.usage import jobs

    found = named(job_id)
    if not jobs.request_cancel(found):
        raise JobCommandError(f"The job {found.id} has ended already ({found.state}).")
    audit.record("job.cancel", found.kind, job=found.id)
    db.session.commit()
    click.echo("Cancelled." if found.state == "cancelled" else "It stops at its next step.")


@command.command("retry", epilog="Example: flask jobs retry 6f1e2a")
@click.argument("job_id")
@with_appcontext
@one_line_errors(ValueError, SentenceError)
def retry(job_id: str) -> None:
    """Do the job JOB_ID (its first characters are enough) again: one that failed, was cancelled, or lost its worker."""
    from app.accounts import audit
    from app.extensions import db
    from app.usage import retrying
    from tasks import dispatch

    found = named(job_id)
    again = retrying.again(found, found.user_id)
    audit.record("job.retry", found.kind, job=found.id, again=again.id)
    db.session.commit()
    dispatch.send(again)
    if again.state == "failed":
        raise JobCommandError(again.message)
    click.echo(f"{again.id}  {again.kind}  {again.state}")


def named(job_id: str) -> Job:
    """The one job whose id begins so. Raises JobCommandError."""
    from app.extensions import db
    from app.usage.models import Job

    found = list(db.session.scalars(db.select(Job).where(Job.id.startswith(job_id, autoescape=True)).limit(2)))
    if len(found) != 1:
        raise JobCommandError(f"{'No job begins' if not found else 'Several jobs begin'} with {job_id!r}: see `flask jobs list`.")
    job: Job = found[0]
    return job
