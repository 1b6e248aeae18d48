"""What the application believes: settings, weights, index, database, broker. Each part is asked for itself, so that one
that is down does not hide the others."""

from __future__ import annotations

import platform
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from flask import current_app
from sqlalchemy import func, make_url, select, text
from sqlalchemy.exc import SQLAlchemyError

from app.engine.errors import EngineError, NoIndexError
from app.extensions import db
from app.settings import Settings

MASK = "********"
SECRET_NAMES = ("secret", "password", "token", "key", "alert_url")  # who has a webhook's address may write there
VERSIONS = ("flask", "sqlalchemy", "celery", "keras", "openvino", "faiss-cpu", "opencv-python-headless", "numpy")
Report = dict[str, Any]


def diagnose() -> Report:
    """All parts. `problems` is a list of sentences; empty where everything that serving needs is there."""
    settings: Settings = current_app.extensions["pinakes.settings"]
    parts: dict[str, Callable[[Settings], Report]] = {
        "weights": weights, "index": index, "database": database, "broker": broker
    }  # fmt: skip
    report: Report = {"settings": masked(settings), "versions": versions()}
    report |= {name: part(settings) for name, part in parts.items()}
    report["running"] = running(settings)
    report["problems"] = [report[name]["problem"] for name in parts if report[name].get("problem")]
    return report


def masked(settings: Settings) -> Report:
    """Every setting with its value and whether the environment set it; secrets and passwords in URLs are masked."""
    given = settings.model_fields_set
    return {
        name: {"value": mask(name, getattr(settings, name)), "source": "environment" if name in given else "default"}
        for name in type(settings).model_fields
    }


def mask(name: str, value: Any) -> Any:
    """The value as it may be shown."""
    if value and any(part in name for part in SECRET_NAMES):
        return MASK
    if isinstance(value, str) and "://" in value:
        return mask_url(value)
    return value if isinstance(value, int | float | bool) else str(value)


def mask_url(url: str) -> str:
    """A URL without its password; one that cannot be read is masked whole."""
    head, _, tail = url.rpartition("@")
    if not head:
        return url
    scheme, _, user = head.partition("://")
    return f"{scheme}://{user.split(':')[0]}:{MASK}@{tail}" if ":" in user else url


def versions() -> dict[str, str]:
    return {"python": platform.python_version()} | {name: version(name) for name in VERSIONS}


def weights(_settings: Settings) -> Report:
    """Every weight file with its state; those that the default encoder needs must be ready."""
    from app.engine import weights as store

    try:
        files = store.status()
    except EngineError as error:
        return {"files": [], "problem": str(error)}
    missing = [str(file["name"]) for file in files if file["default"] and file["state"] != "ready"]
    problem = f"Weights {', '.join(missing)} are not ready: `flask weights fetch` fetches them." if missing else ""
    return {"files": files, "problem": problem}


def index(settings: Settings) -> Report:
    """The published build and the engine that serves it."""
    from app import services
    from app.engine.index import milvus

    engine: Report = {"engine": "faiss"}
    if settings.index_url:
        engine = {"engine": milvus.NAME, "server": mask_url(settings.index_url)}
        if trouble := milvus.trouble(settings.index_url):
            engine["problem"] = trouble
    try:
        return {**engine, **services.index_status(), "builds": services.builds().names()}
    except NoIndexError as error:
        return {**engine, "build": None, "problem": str(error)}
    except (EngineError, OSError, SQLAlchemyError, KeyError, ValueError) as error:
        return {**engine, "problem": f"The index cannot be read: {' '.join(str(error).split())[:300]}"}


def database(settings: Settings) -> Report:
    """Whether the database answers, and whether its tables are those of this version."""
    from app.catalogue.models import Artwork

    url = make_url(settings.database).render_as_string(hide_password=True)
    try:
        revision, newest = db.session.scalar(text("SELECT version_num FROM alembic_version")), newest_revision()
        works = db.session.scalar(select(func.count()).select_from(Artwork))
    except SQLAlchemyError as error:
        db.session.rollback()
        why = " ".join(str(getattr(error, "orig", error)).split())[:200]
        return {"url": url, "problem": f"The database cannot be used ({why}): `flask db upgrade` makes its tables."}
    behind = "" if revision == newest else f"The database is at {revision}, this version needs {newest}: `flask db upgrade`."
    return {"url": url, "revision": revision, "works": works, "problem": behind}


def newest_revision() -> str | None:
    """The newest migration of this version."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory(current_app.extensions["migrate"].directory).get_current_head()


def broker(settings: Settings) -> Report:
    """Whether the broker answers. The embedded one runs only while `make run` does."""
    from celery import Celery
    from kombu.exceptions import OperationalError

    from tasks.application import broker_url, transport_options

    url = broker_url(settings)
    try:
        with Celery(broker=url).connection(transport_options=transport_options(url), connect_timeout=3) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0.1, timeout=5)
    except (OperationalError, OSError) as error:
        if settings.broker_url:
            return {"url": mask_url(url), "answers": False, "problem": f"The broker does not answer: {error}"}
        return {"url": mask_url(url), "answers": False, "note": "The embedded broker starts with `make run`."}
    return {"url": mask_url(url), "answers": True}


def running(settings: Settings) -> Report:
    """Where the supervisor of this instance serves; empty if none runs."""
    from app.supervisor.lock import read_note

    note = read_note(settings.instance)
    return {name: note[name] for name in ("pid", "url") if name in note}
