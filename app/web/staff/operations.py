"""Operations: who works, what waits, what is full, what failed and whom it is written to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_login import current_user
from kombu.exceptions import OperationalError
from sqlalchemy import func, select

from app import services
from app.accounts import audit
from app.accounts.access import has_role, require
from app.catalogue.models import now
from app.extensions import db
from app.language import decimal, ngettext
from app.language import gettext as _
from app.operations import beats, health, logs
from app.operations.backup import taking
from app.sentences import N_
from app.usage import alerts, failures, retrying
from app.usage.failures import KINDS, Failure
from app.usage.jobs import unfinished
from app.web.staff import bp, settings
from app.web.staff.words import title_of_job_kind

PER_PAGE = 50
FAILURES_SHOWN = 8
DAY = timedelta(days=1)
KIND_WORDS = {
    "search": N_("A search failed"),
    "page": N_("A page failed"),
    "job": N_("A job failed"),
    "build": N_("A build failed"),
    "worker": N_("A worker fell silent"),
    "scheduler": N_("The scheduler fell silent"),
    "disk": N_("The disk is nearly full"),
}
ADVICE = {
    "search": N_("Ask with the same photo; if it fails again, the log has the place in the program under this number."),
    "page": N_("Open it again; if it fails again, the log has the place in the program under this number."),
    "job": N_("Mend what the sentence names, then try the job again from its page."),
    "build": N_("The index that was serving goes on serving; mend the cause and build again."),
    "worker": N_("Jobs wait until a worker runs: start it again; its log says why it ended."),
    "scheduler": N_("Nothing is done on schedule until it runs: start it again; its log says why it ended."),
    "disk": N_("Make room: old builds, backups beside the instance, pictures of imports that were given up."),
}
PROCESS_WORDS = {"web": N_("Web server"), "worker": N_("Worker"), "scheduler": N_("Scheduler")}
PART_WORDS = {
    "database": N_("Database"),
    "pictures": N_("Pictures"),
    "uploads": N_("Visitors’ photos"),
    "builds": N_("Builds of the index"),
    "descriptors": N_("Descriptors"),
    "thumbnails": N_("Thumbnails"),
    "imports": N_("Files of imports"),
    "logs": N_("Log"),
}


@bp.get("/operations")
@require("curator")
def operations() -> Any:
    """The state of everything, as it is now."""
    backup = taking.last(settings())
    shown = list(db.session.scalars(failures.listing().limit(FAILURES_SHOWN)))
    return render_template(
        "admin/operations.html", processes=processes(), desk=services.desk(), queue=health.queue(), disk=health.disk(),
        memory=health.memory(), parts=PART_WORDS, backup=backup, backup_at=moment_of(backup["at"]) if backup else None,
        failures=shown, failed_today=failed_since(now() - DAY),
        lost=[job for job in unfinished() if retrying.is_lost(job)], **messages(),
    )  # fmt: skip


@bp.get("/operations/failures")
@require("curator")
def failure_list() -> Any:
    """Every failure of the last 90 days; `kind`, `number` and `page` in the address."""
    kind, number = request.args.get("kind", ""), request.args.get("number", "").strip()
    page = db.paginate(failures.listing(kind, number), per_page=PER_PAGE, max_per_page=PER_PAGE, error_out=False)
    if page.page > max(1, page.pages):
        return redirect(url_for("admin.failure_list", kind=kind, number=number, page=max(1, page.pages)))
    log = logs.path_of(current_app)
    return render_template("admin/failures.html", page=page, kinds=KIND_WORDS, kind=kind, number=number, log=log)


@bp.post("/operations/alerts")
@require("admin")
def switch_alerts() -> Any:
    """Whether failures are written to this admin."""
    wanted = request.form.get("wanted") == "1"
    alerts.want(current_user, wanted)
    audit.record("alerts.on" if wanted else "alerts.off", current_user.email)
    db.session.commit()
    flash(_("Failures are written to you from now on.") if wanted else _("Failures are no longer written to you."), "success")
    return redirect(url_for("admin.operations"), 303)


@bp.post("/operations/test")
@require("admin")
def test_alerts() -> Any:
    """Write to all who would be written to, so that somebody sees it arrive."""
    count = alerts.send_test(current_user.email)
    audit.record("alerts.test", "", messages=count)
    db.session.commit()
    post_now()
    if count:
        flash(ngettext("%(num)s test message is on its way.", "%(num)s test messages are on their way.", count), "success")
    else:
        flash(_("Nobody would be written to: no admin wants mail, and no webhook is set."), "warning")
    return redirect(url_for("admin.operations"), 303)


def post_now() -> None:
    """Hand the webhook's message to a worker; without a broker the watch sends it within half a minute."""
    from tasks import dispatch

    if settings().testing:
        alerts.deliver_due()
        return
    if settings().alert_url:
        try:
            dispatch.post("tasks.alerts.deliver_due", [])
        except OperationalError:
            return


def messages() -> dict[str, Any]:
    """Who is written to, and how the last message to the webhook fared."""
    return {
        "readers": [user.email for user in alerts.readers()],
        "wants": has_role(current_user, "admin") and alerts.wants(current_user),
        "webhook": bool(settings().alert_url),
        "posted": alerts.latest_post(),
        "mails": bool(settings().mail_url),
    }


def processes() -> list[dict[str, Any]]:
    """The web process that answers, and every worker and scheduler that was heard of."""
    found = [
        {
            "what": _(PROCESS_WORDS.get(beat.kind, beat.kind)), "name": beat.name.partition(":")[2], "silent": beat.silent,
            "at": moment_of(beat.at), "started": moment_of(beat.started), "memory": beat.facts.get("memory", 0),
            "running": [title_of_job_kind(name) for name in beat.facts.get("running", [])],
            "processes": beat.facts.get("processes"), "done": beat.facts.get("done"), "kind": beat.kind,
        }
        for beat in beats.read(settings().instance)
        if not beat.here
    ]  # fmt: skip
    return sorted(found, key=lambda row: (row["kind"] != "worker", row["name"]))


def moment_of(seconds: float) -> datetime:
    """Seconds since 1970 as the tables keep times: UTC, without saying so."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def failed_since(since: datetime) -> int:
    return db.session.scalar(select(func.count()).select_from(Failure).where(Failure.at > since)) or 0


@bp.app_template_filter()
def failure_word(failure: Failure) -> str:
    """What failed."""
    assert set(KIND_WORDS) == set(KINDS)
    return _(KIND_WORDS[failure.kind])


@bp.app_template_filter()
def advice(failure: Failure) -> str:
    """What to do about it."""
    return _(ADVICE[failure.kind])


@bp.app_template_filter()
def size(count: float) -> str:
    """Bytes as `40 KB`, `812 MB` or `3.4 GB`."""
    if count < 1 << 20:
        return f"{decimal(count / 1024, 0)} KB"
    if count < 1 << 30:
        return f"{decimal(count / (1 << 20), 0 if count >= 10 << 20 else 1)} MB"
    return f"{decimal(count / (1 << 30))} GB"


bp.app_template_filter("can_retry")(retrying.can_retry)
