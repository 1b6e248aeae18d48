"""Figures and states in words: pure functions that the staff templates use as filters."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app import language
from app.catalogue.models import now
from app.language import gettext as _
from app.language import ngettext
from app.retelling import retold
from app.sentences import N_
from app.usage import jobs
from app.usage.models import Job
from app.web.staff import bp
from app.web.staff.steps import seconds_left, steps

KINDS = {
    "index_build": N_("Re-index"),
    "index_measure": N_("Measurement before a re-index"),
    "index_compare": N_("Comparison of two builds"),
    "index_map": N_("Map of the index"),
    "import": N_("Import"),
    "import_undo": N_("Undo of an import"),
    "statistics": N_("Statistics"),
    "housekeeping": N_("Housekeeping"),
}
STAGES = {  # of `Indexer.build` and `run_import`
    "describe": N_("Describing pictures"),
    "train": N_("Building the index"),
    "check": N_("Checking it against exact search"),
    "graph": N_("Linking a graph"),
    "map": N_("Laying pictures out"),
    "write": N_("Writing it to disk"),
    "publish": N_("Publishing it"),
    "photos": N_("Asking both builds"),
    "unpacking": N_("Unpacking pictures"),
    "reading": N_("Reading rows"),
    "pictures": N_("Taking pictures in"),
    "storing": N_("Storing works"),
    "fetching": N_("Fetching it from the web"),
    "comparing": N_("Comparing pictures with the collection"),
    "undoing": N_("Undoing"),
    "indexing": N_("Taking it into the index"),
}
STATES = {
    "queued": N_("queued"),
    "running": N_("running"),
    "done": N_("done"),
    "failed": N_("failed"),
    "cancelled": N_("cancelled"),
}
PLANS = {
    "off": N_("never by itself"),
    "daily": N_("every day"),
    "weekly": N_("every week"),
    "changes": N_("when enough works have changed"),
}
WEEKDAYS = (
    N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"),
)  # fmt: skip
DRIFTS = {  # of engine.lineage
    "preset": N_("There is no preset of this name any more: re-index with another."),
    "encoder_fingerprint": N_("The encoder has other weights or other settings now, so that photos cannot be compared with it."),
    "build_fingerprint": N_("The preset describes pictures otherwise now."),
    "noise": N_("What the whitening knows of photos is another file now."),
    "definition": N_("The preset searches otherwise now; the build fits it still."),
    "calibration": N_("How sure an answer is, is judged by newer figures; compare it with a new build on your photos."),
}
FIGURES = {  # of evaluation.paired: what it is called, and how it is written
    "top1": (N_("right work first"), "share"),
    "set_f1": (N_("all works of the photo found, none besides (F1)"), "share"),
    "gap": (N_("sure answers are right (GAP)"), "share"),
    "false_accept_rate": (N_("unknown works “recognised”"), "share"),
    "missed_rate": (N_("known works said not to be here"), "share"),
    "latency_ms": (N_("time of a search, median"), "ms"),
}
ROLE_WORDS = {"visitor": N_("visitor"), "curator": N_("curator"), "admin": N_("admin")}
COUNTS = {  # of `run_import`
    "added": N_("added"),
    "updated": N_("updated"),
    "unchanged": N_("unchanged"),
    "rejected": N_("rejected"),
    "pictures_added": N_("pictures added"),
    "pictures_missing": N_("pictures missing"),
    "gone": N_("taken out"),
    "restored": N_("as before"),
    "partly": N_("as before in part"),
    "kept": N_("left as edited"),
    "hidden": N_("hidden"),
    "artists": N_("artists taken out"),
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
        return _("never")
    seconds = ((present or now()) - at).total_seconds()
    if seconds < MINUTE:
        return _("just now")
    if seconds < HOUR:
        return _("%(time)s ago", time=f"{seconds // MINUTE:.0f} min")
    if seconds < DAY:
        return _("%(time)s ago", time=f"{seconds // HOUR:.0f} h")
    return ngettext("%(num)s day ago", "%(num)s days ago", int(seconds // DAY))


def kind_of(job: Job) -> str:
    """What a job does, in words."""
    word = _word(KINDS, job.kind)
    return word[:1].upper() + word[1:]


def job_kind_word(kind: str) -> str:
    """A kind of job, in words."""
    word = _word(KINDS, kind)
    return word[:1].upper() + word[1:]


def title_of_job_kind(task: str) -> str:
    """What a worker does, by the name of its task: that of a kind of job, or the task's own."""
    from tasks.dispatch import TASKS

    kinds = {name: kind for kind, name in TASKS.items()}
    return job_kind_word(kinds[task]) if task in kinds else task.rpartition(".")[2].replace("_", " ")


def state_word(state: str) -> str:
    """The state of a job or a build, in words."""
    return _word(STATES, state)


def stage_word(stage: str) -> str:
    """The stage of a job, in words."""
    return _word(STAGES, stage)


def role_word(role: str) -> str:
    """A role, in words."""
    return _word(ROLE_WORDS, role)


def count_word(name: str) -> str:
    """What an import has counted, in words."""
    return _word(COUNTS, name)


def _word(words: dict[str, str], name: str) -> str:
    """The word for a name; the name itself, readable, where there is none."""
    return _(words[name]) if name in words else name.replace("_", " ")


def title_of(job: Job) -> str:
    """A job by what it does and to what."""
    arguments = job.arguments
    if job.kind == "import":
        file = arguments.get("name") or arguments.get("file")
        return _("Dry run of %(file)s", file=file) if arguments.get("dry_run") else _("Import of %(file)s", file=file)
    if job.kind == "import_undo":
        return _("Undo of the import of %(file)s", file=arguments.get("name"))
    if job.kind == "index_build":
        return _("Re-index with preset %(preset)s", preset=arguments.get("preset") or "default")
    if job.kind == "index_compare":
        return _("Comparison of %(after)s with %(before)s", after=arguments.get("after"), before=arguments.get("before"))
    return kind_of(job)


def took(job: Job) -> float | None:
    """Seconds from its start to its end, or to now."""
    if job.started_at is None:
        return None
    return ((job.finished_at or now()) - job.started_at).total_seconds()


def card(job: Job) -> dict[str, Any]:
    """A job as its card shows it, and as `/admin/jobs/<id>.json` tells it."""
    silence, of_job = jobs.silence(job), steps(job)
    left = seconds_left(job, of_job)
    return {
        "id": job.id,
        "kind": job.kind,
        "title": title_of(job),
        "state": job.state,
        "state_word": state_word(job.state),
        "stage": stage_word(job.stage),
        "done": job.done,
        "total": job.total,
        "share": round(job.done / job.total, 4) if job.total else None,
        "per_second": job.result.get("per_second") if job.state == "running" else None,
        "seconds_left": job.result.get("seconds_left") if job.state == "running" else None,
        "seconds": took(job),
        "message": retold(job.message),
        "cancel_requested": job.cancel_requested,
        "silent_seconds": silence if silence > SILENT_WORD_SECONDS else None,
        "ended": job.state not in jobs.UNFINISHED,
        "figures": figures(job, silence),
        "steps": [{**step, "word": stage_word(step["stage"])} for step in of_job],
        "in_all": _("In all about %(time)s left.", time=duration(left)) if left is not None else "",
    }


def figures(job: Job, silence: float = 0.0) -> str:
    """The line under the bar: `412 of 1,003 · 3.4 per second · 2 min 54 s left`."""
    if job.state == "queued":
        return _("Waiting for the worker.")
    if job.state != "running":
        return retold(job.message)
    parts = []
    if job.total:
        parts.append(_("%(done)s of %(total)s", done=language.thousands(job.done), total=language.thousands(job.total)))
    if "per_second" in job.result:
        rate = job.result["per_second"]
        parts.append(_("%(rate)s per second", rate=language.decimal(rate, 1 if rate >= 0.1 else 3)))
        parts.append(_("%(time)s left", time=duration(job.result["seconds_left"])))
    if silence > SILENT_WORD_SECONDS:
        parts.append(_("the worker has not been heard of for %(time)s", time=duration(silence)))
    if job.cancel_requested:
        parts.append(_("stopping at the next step"))
    return " · ".join(parts) or _("Beginning …")


for filter_ in (duration, ago, kind_of, title_of, took, card, job_kind_word, state_word, stage_word, role_word, count_word, retold):
    bp.app_template_filter(filter_.__name__)(filter_)
