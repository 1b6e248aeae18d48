"""The Celery application: `celery -A tasks.application worker` and `… beat`. Tasks run inside the Flask application."""

from __future__ import annotations

import functools
import warnings
from typing import Any

from celery import Celery, Task
from celery.exceptions import SecurityWarning
from celery.signals import celeryd_init, worker_ready
from flask import Flask, has_app_context

from app.settings import Settings, load_settings
from tasks import beating as _beating  # noqa: F401  its signals
from tasks.schedule import beat_schedule

LONGEST_TASK_SECONDS = 12 * 3600
MODULES = ("tasks.indexing", "tasks.importing", "tasks.statistics", "tasks.housekeeping", "tasks.mail", "tasks.alerts")


def broker_url(settings: Settings) -> str:
    """The broker by URL, or the embedded one of the instance wherever the supervisor put its socket."""
    from app.supervisor.lock import read_note

    return settings.broker_url or str(read_note(settings.instance).get("broker") or settings.broker)


def transport_options(url: str) -> dict[str, Any]:
    """Options of the Redis transport (kombu.transport.redis); other transports take none of them."""
    if not url.startswith("redis"):
        return {}
    return {
        "visibility_timeout": LONGEST_TASK_SECONDS,  # a task that runs longer would be given to a second worker
        "unacked_restore_interval": 2,  # seconds between looks for work whose worker died; kombu's default is 10
        "unacked_restore_throttle": 1,  # look every time; kombu's default is every tenth
        "socket_connect_timeout": 3,
        "socket_keepalive": not url.startswith("redis+socket"),
    }


def configuration(settings: Settings | None = None) -> dict[str, Any]:
    """Celery's settings. Results are kept in the table `jobs`, not in the broker."""
    settings = settings or load_settings()
    url = broker_url(settings)
    return {
        "broker_url": url,
        "broker_transport_options": transport_options(url),
        "broker_connection_retry_on_startup": True,
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "worker_soft_shutdown_timeout": 3.0,  # then a running task goes back to the queue
        "worker_hijack_root_logger": False,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "task_serializer": "json",
        "accept_content": ["json"],
        "timezone": "UTC",
        "imports": MODULES,
        "beat_schedule": beat_schedule(),
        "beat_max_loop_interval": 60,
        "task_publish_retry_policy": {"max_retries": 2, "interval_start": 0.2, "interval_step": 0.5},
    }


@functools.cache
def flask_application() -> Flask:
    """The Flask application of this worker process, made at its first task: after the fork."""
    from app import create_app

    return create_app()


class ContextTask(Task):  # type: ignore[misc]
    """A task inside an application context: the caller's own where there is one (tests), else the worker's."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if has_app_context():
            return self.run(*args, **kwargs)
        with flask_application().app_context():
            return self.run(*args, **kwargs)


@celeryd_init.connect  # type: ignore[untyped-decorator]
def _no_warning_about_root(**_: Any) -> None:
    """The warning is of pickled messages, which a worker run by root would execute; this one reads JSON alone."""
    warnings.filterwarnings("ignore", category=SecurityWarning)


@worker_ready.connect  # type: ignore[untyped-decorator]
def _resume(**_: Any) -> None:
    """Take up what was unfinished: in a child, since the parent must open no database before it forks another."""
    celery.send_task("tasks.housekeeping.resume_jobs")


celery = Celery("pinakes", task_cls=ContextTask)
celery.add_defaults(configuration)  # read when first needed, so that importing this module needs no settings
